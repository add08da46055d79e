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
	// statusTimeout bounds the requests of one snapshot, which are sent concurrently.
	statusTimeout = time.Second
	// statusWindow is how long responses to a request to all processes are collected.
	statusWindow = 400 * time.Millisecond
)

// responses are those of one snapshot. A request without a response leaves its
// field empty and is listed in silent.
type responses struct {
	at           time.Time
	services     []micro.Stats
	Coordinators []txwire.CoordinatorState
	Branches     []txwire.Branches
	workers      []idwire.IDWorkerState
	leases       idwire.Leases
	gateways     []chatwire.GatewayState
	streams      map[string]*jetstream.StreamInfo
	servers      []streams.ServerInfo
	probes       []probe

	mu     sync.Mutex
	silent []silence
}

// silence is a request that was not answered, and why.
type silence struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// collector requests the state of every process and stream.
type collector struct {
	nc  *nats.Conn
	js  jetstream.JetStream
	tx  *txclient.Client
	ids *idclient.Client
	// given is the list of broker URLs on the command line.
	given string
}

func newCollector(nc *nats.Conn, given string) (*collector, error) {
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
	return &collector{nc: nc, js: js, tx: tx, ids: ids, given: given}, nil
}

func (q *collector) close() {
	q.ids.Close()
	_ = q.tx.Close() // only removes a subscription
}

// errDisconnected is the failure of each request while no broker can be reached.
var errDisconnected = errors.New("not connected to any broker")

func (q *collector) connected() error {
	if !q.nc.IsConnected() {
		return errDisconnected
	}
	return nil
}

// collect sends all requests concurrently and returns when each was answered or
// timed out.
func (q *collector) collect(ctx context.Context) *responses {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	a := &responses{at: time.Now(), streams: map[string]*jetstream.StreamInfo{}}
	var all sync.WaitGroup
	request := func(what string, f func() error) {
		all.Go(func() {
			err := q.connected()
			if err == nil {
				err = f()
			}
			a.fail(what, err)
		})
	}
	all.Go(func() { a.probes = ProbeAll(ctx, AddressesOf(append(q.nc.Servers(), q.given)...)) })
	request("services", func() (err error) {
		a.services, err = gatherJSON[micro.Stats](ctx, q.nc, statsSubject, nil)
		return err
	})
	request("coordinators", func() (err error) { a.Coordinators, err = q.tx.Coordinators(ctx); return err })
	request("participants", func() (err error) { a.Branches, err = q.tx.AllBranches(ctx, txwire.BranchQuery{}); return err })
	request("idworkers", func() (err error) { a.workers, err = q.ids.Workers(ctx); return err })
	request("leases", func() (err error) { a.leases, err = q.ids.Leases(ctx); return err })
	request("gateways", func() (err error) {
		a.gateways, err = gatherJSON[chatwire.GatewayState](ctx, q.nc, chatwire.SubjectGateways, wire.Encode(chatwire.GatewaysRequest{V: wire.Version}))
		return err
	})
	request("servers", func() (err error) {
		a.servers, err = gatherJSON[streams.ServerInfo](ctx, q.nc, streams.PingServers, []byte(streams.PingRequest))
		return err
	})
	for _, spec := range catalog.Streams() {
		request("stream "+spec.Name, func() error {
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

// fail records a request that was not answered.
func (a *responses) fail(what string, err error) {
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
		why = "no process answers"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent = append(a.silent, silence{What: what, Why: cli.Printable(why)})
}

// statsSubject is answered by every NATS micro service.
var statsSubject = micro.APIPrefix + "." + micro.StatsVerb.String()

// maxGathered bounds the responses to one request.
const maxGathered = 1024

// gatherJSON collects the responses of all processes within statusWindow. Those that
// cannot be decoded are left out: other programs may subscribe to the subject too.
func gatherJSON[T any](ctx context.Context, nc *nats.Conn, subject string, request []byte) ([]T, error) {
	box := make(chan *nats.Msg, maxGathered)
	inbox := nc.NewInbox()
	sub, err := nc.ChanSubscribe(inbox, box)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
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
				return found, nil // the broker's notice that there is no subscriber
			}
			var v T
			if json.Unmarshal(msg.Data, &v) == nil {
				found = append(found, v)
			}
		}
	}
	return found, nil
}
