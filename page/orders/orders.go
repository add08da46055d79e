package orders

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/chatgw"
	"parley/coordinator/txclient"
	"parley/wire"
)

// Name is that of the extension.
const Name = "orders"

// Service is the extension. Make it with [New], and run it along with the gateway.
type Service struct {
	nc    *nats.Conn
	ready chan struct{}

	mu       sync.Mutex
	client   *txclient.Client // nil unless it runs
	index    *index
	watchers map[chatgw.Client]bool
	subs     []*nats.Subscription
	idle     time.Time // since when nobody watches
}

const (
	// sendEvery is how often watchers are sent what happened, so that busy traffic
	// comes in few frames.
	sendEvery = 50 * time.Millisecond
	// linger is how long the subscriptions are kept when nobody watches any more:
	// pages are reloaded.
	linger = 10 * time.Second
	// maxPending bounds the messages that wait to be read; the rest is not shown.
	maxPending = 4096
)

var errStopped = &wire.Error{Code: wire.CodeUnavailable, Text: "the gateway is stopping"}

// New returns a service over an open connection, which it does not close.
func New(nc *nats.Conn) (*Service, error) {
	if nc == nil {
		return nil, errors.New("orders: a NATS connection is required")
	}
	return &Service{nc: nc, ready: make(chan struct{}), index: newIndex(), watchers: make(map[chatgw.Client]bool)}, nil
}

// Ready is closed when it serves.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Extension is for [chatgw.Deps].
func (s *Service) Extension() chatgw.Extension {
	return chatgw.Extension{Name: Name, Handle: s.handle, Closed: s.unwatch}
}

// Run serves until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	client, err := txclient.New(s.nc)
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	defer client.Close()
	s.mu.Lock()
	s.client = client
	s.mu.Unlock()
	close(s.ready)
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			s.unsubscribe()
			s.client = nil
			return nil
		case now := <-tick.C:
			if err := s.sendEvents(now); err != nil {
				return err
			}
		}
	}
}

func (s *Service) handle(_ context.Context, c chatgw.Client, r chatgw.Request) error {
	q, err := chatgw.DecodeBody[Request](r.Body)
	if err != nil {
		return err
	}
	switch q.What {
	case Watch:
		return chatgw.Unavailable(s.watch(c))
	case Unwatch:
		s.unwatch(c)
		return nil
	}
	return c.Go(r, func(ctx context.Context) (any, error) {
		answer, err := s.answer(ctx, q)
		return answer, chatgw.Unavailable(err)
	})
}

// sendEvents sends watchers what happened.
func (s *Service) sendEvents(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.watchers) == 0 {
		if s.subs != nil && now.Sub(s.idle) > linger {
			s.unsubscribe()
		}
		return nil
	}
	events, ok := s.index.take()
	if !ok {
		return nil
	}
	return chatgw.Broadcast(maps.Keys(s.watchers), events)
}

func (s *Service) watch(c chatgw.Client) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return errStopped
	}
	if s.subs == nil {
		if err := s.subscribe(); err != nil {
			return err
		}
	}
	if len(s.watchers) == 0 {
		s.index.take() // what nobody watched
	}
	s.watchers[c] = true
	return nil
}

func (s *Service) unwatch(c chatgw.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, c)
	if len(s.watchers) == 0 {
		s.idle = time.Now()
	}
}

func (s *Service) subscribe() error {
	for _, subject := range subjects() {
		sub, err := s.nc.Subscribe(subject, s.note)
		if err == nil {
			s.subs = append(s.subs, sub)
			err = sub.SetPendingLimits(maxPending, -1)
		}
		if err != nil {
			s.unsubscribe()
			return fmt.Errorf("orders: subscribing to %s: %w", subject, err)
		}
	}
	return nil
}

func (s *Service) unsubscribe() {
	for _, sub := range s.subs {
		_ = sub.Unsubscribe() // fails when the connection is closed, and with it this
	}
	s.subs = nil
}

func (s *Service) note(m *nats.Msg) {
	now := time.Now().UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.note(m.Subject, m.Data, now)
}
