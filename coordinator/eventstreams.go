package coordinator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// eventStreams are the streams that take the subjects of [Config.EventSubjects], as the
// broker listed them lately. Submissions do not wait for a list while the last one has
// their streams: a stream that was deleted since takes no event, and the commit waits
// for it, with an alarm. Subjects often contain the ID of something, so it is streams
// that are remembered, and not subjects.
type eventStreams struct {
	nc      *nats.Conn
	filters []string

	mu    sync.Mutex
	at    time.Time // when the last complete list was requested
	known []jetstream.StreamConfig
	// reading is closed when the list that is being read has arrived, or failed.
	reading chan struct{}
	failed  error // why the last one did
}

const (
	// streamsValid is how long a list is used before the next one is requested.
	streamsValid = 5 * time.Second
	// streamsAgain is how long a subject that no stream takes is not looked up again.
	streamsAgain = 250 * time.Millisecond
	// streamsTimeout bounds one list: brokers wait 4 s for streams without a leader.
	streamsTimeout = 5 * time.Second
)

// allowed returns an error that names the event that a submission may not have here.
func (s *eventStreams) allowed(events []txwire.Event) error {
	for i, e := range events {
		if !slices.ContainsFunc(s.filters, func(filter string) bool { return matches(filter, e.Subject) }) {
			return wire.Invalidf("events[%d]: this coordinator may not publish events on %q; allowed are %s (`--event-subjects` of `parley coordinator`)",
				i, e.Subject, listed(s.filters))
		}
	}
	return nil
}

func listed(filters []string) string {
	if len(filters) == 0 {
		return "none"
	}
	return strings.Join(filters, ", ")
}

// find returns the events with the streams that take them. If the known streams do not
// take them, certain reports whether the list is new enough to refuse the events.
func (s *eventStreams) find(events []txwire.Event, now time.Time) (found []txwire.CommittedEvent, certain bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	certain = !s.at.IsZero() && now.Sub(s.at) < streamsAgain
	for i, e := range events {
		at := slices.IndexFunc(s.known, func(c jetstream.StreamConfig) bool {
			return slices.ContainsFunc(c.Subjects, func(filter string) bool { return matches(filter, e.Subject) })
		})
		if at < 0 {
			return nil, certain, wire.Invalidf("events[%d]: no JetStream stream takes the subject %q: create one first", i, e.Subject)
		}
		if err := takes(&s.known[at], &e); err != nil {
			return nil, certain, wire.Invalidf("events[%d]: %v", i, err)
		}
		found = append(found, txwire.CommittedEvent{Index: i, Stream: s.known[at].Name, Event: e})
	}
	return found, true, nil
}

// stale reports whether the next list is due, and not being read.
func (s *eventStreams) stale(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reading == nil && now.Sub(s.at) > streamsValid
}

// takes returns why a stream would never acknowledge an event.
func takes(c *jetstream.StreamConfig, e *txwire.Event) error {
	// The broker counts headers, too: those of the event and Parley's.
	const overhead = 512
	switch size := e.Size() + overhead; {
	case c.NoAck:
		return fmt.Errorf("the stream %s does not acknowledge messages (no_ack)", c.Name)
	case c.Sealed:
		return fmt.Errorf("the stream %s is sealed", c.Name)
	case c.MaxMsgSize > 0 && size > int(c.MaxMsgSize):
		return fmt.Errorf("the event has %d bytes with its headers, the stream %s takes %d (max_msg_size)", size, c.Name, c.MaxMsgSize)
	default:
		return nil
	}
}

// read reads a list, or waits for the one that is being read.
func (s *eventStreams) read(ctx context.Context) error {
	s.mu.Lock()
	if reading := s.reading; reading != nil {
		s.mu.Unlock()
		select {
		case <-reading:
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.failed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.reading = make(chan struct{})
	s.mu.Unlock()
	began := time.Now()
	known, err := s.list(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed = err; err == nil {
		s.at, s.known = began, known
	}
	close(s.reading)
	s.reading = nil
	return err
}

func (s *eventStreams) list(ctx context.Context) (known []jetstream.StreamConfig, err error) {
	ctx, cancel := context.WithTimeout(ctx, streamsTimeout)
	defer cancel()
	for _, filter := range s.filters {
		all, err := streams.List(ctx, s.nc, filter)
		if err != nil {
			return nil, fmt.Errorf("listing the streams that take %s: %w", filter, err)
		}
		known = append(known, all...)
	}
	return known, nil
}

// matches reports whether a subject matches a filter with the wildcards of NATS.
func matches(filter, subject string) bool {
	for {
		f, moreFilter, more := strings.Cut(filter, ".")
		s, moreSubject, left := strings.Cut(subject, ".")
		switch {
		case f == ">":
			return true
		case f != "*" && f != s:
			return false
		case !more || !left:
			return more == left
		}
		filter, subject = moreFilter, moreSubject
	}
}

// checkFilters checks [Config.EventSubjects].
func checkFilters(filters []string) error {
	for _, filter := range filters {
		if err := txwire.CheckEventFilter(filter); err != nil {
			return fmt.Errorf("coordinator: subjects of events: %w", err)
		}
	}
	return nil
}
