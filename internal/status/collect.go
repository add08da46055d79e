package status

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"parley/coordinator/txclient"
	"parley/idworker/idclient"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

const (
	// statusTimeout bounds every question of one look. All are asked at once.
	statusTimeout = time.Second
	// statusWindow is how long everybody has to answer a question to all.
	statusWindow = 400 * time.Millisecond
)

// answers is what one look heard. A question without an answer leaves its
// field empty and stands in silent.
type answers struct {
	at           time.Time
	services     []micro.Stats
	Coordinators []txwire.CoordinatorState
	Branches     []txwire.Branches
	workers      []idwire.IDWorkerState
	leases       idwire.Leases
	gateways     []chatwire.GatewayState
	streams      map[string]*jetstream.StreamInfo
	servers      []streams.ServerSaid
	probes       []probe

	mu     sync.Mutex
	silent []silence
}

// silence is a question without an answer.
type silence struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// asker has what it takes to ask.
type asker struct {
	nc  *nats.Conn
	js  jetstream.JetStream
	tx  *txclient.Client
	ids *idclient.Client
	// given are the addresses that a person named.
	given string
}

func newAsker(nc *nats.Conn, given string) (*asker, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	tx, err := txclient.New(nc)
	if err != nil {
		return nil, err
	}
	ids, err := idclient.New(nc, idclient.Config{})
	if err != nil {
		return nil, errors.Join(err, tx.Close())
	}
	return &asker{nc: nc, js: js, tx: tx, ids: ids, given: given}, nil
}

func (q *asker) close() {
	q.ids.Close()
	_ = q.tx.Close() // it only gives up a subscription
}

// ask asks everything at once and returns when all is answered or late.
func (q *asker) ask(ctx context.Context) *answers {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	a := &answers{at: time.Now(), streams: map[string]*jetstream.StreamInfo{}}
	var all sync.WaitGroup
	ask := func(what string, f func() error) {
		all.Go(func() {
			err := connected(q.nc)
			if err == nil {
				err = f()
			}
			a.fail(what, err)
		})
	}
	all.Go(func() { a.probes = ProbeAll(ctx, AddressesOf(append(q.nc.Servers(), q.given)...)) })
	ask("services", func() (err error) {
		a.services, err = gatherJSON[micro.Stats](ctx, q.nc, statsSubject, nil)
		return err
	})
	ask("coordinators", func() (err error) { a.Coordinators, err = q.tx.Coordinators(ctx); return err })
	ask("participants", func() (err error) { a.Branches, err = q.tx.AllBranches(ctx, txwire.BranchQuery{}); return err })
	ask("idworkers", func() (err error) { a.workers, err = q.ids.Workers(ctx); return err })
	ask("leases", func() (err error) { a.leases, err = q.ids.Leases(ctx); return err })
	ask("gateways", func() (err error) {
		a.gateways, err = gatherJSON[chatwire.GatewayState](ctx, q.nc, chatwire.SubjectGateways, wire.Encode(chatwire.GatewaysRequest{V: wire.Version}))
		return err
	})
	ask("servers", func() (err error) {
		a.servers, err = gatherJSON[streams.ServerSaid](ctx, q.nc, streams.PingServers, []byte(streams.PingEverybody))
		return err
	})
	for _, spec := range catalog.Streams() {
		ask("stream "+spec.Name, func() error {
			s, err := q.js.Stream(ctx, spec.Name)
			if err != nil {
				return err
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			a.streams[spec.Name] = s.CachedInfo()
			return nil
		})
	}
	all.Wait()
	slices.SortFunc(a.silent, func(x, y silence) int { return cmp.Compare(x.What, y.What) })
	return a
}

// fail notes a question without an answer.
func (a *answers) fail(what string, err error) {
	if err == nil {
		return
	}
	why := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout):
		why = fmt.Sprintf("no answer within %v", statusTimeout)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		why = "it does not exist: `parley init` creates it, once"
	case errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse):
		why = "nobody answers"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent = append(a.silent, silence{What: what, Why: cli.Printable(why)})
}

// statsSubject is answered by every NATS micro service.
var statsSubject = micro.APIPrefix + "." + micro.StatsVerb.String()

// maxGathered bounds the answers to one question.
const maxGathered = 1024

// gatherJSON collects the answers of everybody for a while. What cannot be
// read is left out: somebody else's service may be listening too.
func gatherJSON[T any](ctx context.Context, nc *nats.Conn, subject string, request []byte) ([]T, error) {
	box := make(chan *nats.Msg, maxGathered)
	inbox := nc.NewInbox()
	sub, err := nc.ChanSubscribe(inbox, box)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection is closed, or it works
	if err := nc.PublishRequest(subject, inbox, request); err != nil {
		return nil, err
	}
	over := time.NewTimer(statusWindow)
	defer over.Stop()
	var found []T
	for range maxGathered {
		select {
		case <-over.C:
			return found, nil
		case <-ctx.Done():
			return found, ctx.Err()
		case msg := <-box:
			if len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
				return found, nil // the broker's word that nobody listens
			}
			var v T
			if json.Unmarshal(msg.Data, &v) == nil {
				found = append(found, v)
			}
		}
	}
	return found, nil
}
