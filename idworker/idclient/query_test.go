package idclient_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

const holder = "aaaabbbbccccdddd"

// answers makes somebody answer on a subject.
func answers(t *testing.T, s *brokertest.Server, subject string, with func(data []byte) []byte) *nats.Subscription {
	t.Helper()
	nc := s.Connect(t)
	sub, err := nc.Subscribe(subject, func(msg *nats.Msg) {
		_ = msg.Respond(with(msg.Data)) // after the test it may be too late
	})
	roletest.Must(t, err)
	roletest.Must(t, nc.Flush())
	return sub
}

func TestRequest(t *testing.T) {
	s := brokertest.Run(t)
	c := newClient(t, s, idclient.Config{})
	if _, err := c.Request(t.Context(), 1); wire.CodeOf(err) != wire.CodeUnavailable || !strings.Contains(err.Error(), "`parley idworker`") {
		t.Errorf("without an idworker: %v", err)
	}

	sub := answers(t, s, idwire.SubjectNext, func(data []byte) []byte {
		r := idwire.Request{Count: 1}
		if len(data) > 0 {
			var err error
			if r, err = wire.Decode[idwire.Request](data); err != nil {
				t.Error(err)
			}
		}
		all := idwire.IDs{V: wire.Version}
		for i := range r.Count {
			all.IDs = append(all.IDs, snowflake.NewID(1000, 3, i))
		}
		return wire.Encode(all)
	})
	for _, n := range []int{1, 2, idwire.MaxIDs} {
		if ids, err := c.Request(t.Context(), n); err != nil || len(ids) != n || ids[0].Worker() != 3 {
			t.Errorf("%d: got %d, %v", n, len(ids), err)
		}
	}
	for _, n := range []int{0, -1, idwire.MaxIDs + 1} {
		if _, err := c.Request(t.Context(), n); wire.CodeOf(err) != wire.CodeInvalid || !strings.Contains(err.Error(), "1 to 4096") {
			t.Errorf("%d: got %v", n, err)
		}
	}
	roletest.Must(t, sub.Unsubscribe())

	for _, w := range []struct {
		answer string
		code   wire.Code
		part   string
	}{
		{`{"v":1,"ids":["1","2"]}`, wire.CodeInvalid, "2 IDs, requested were 3"},
		{`{"v":1,"ids":["1","3","2"]}`, wire.CodeInvalid, "above the one before"},
		{`{"v":1,"ids":null,"code":"busy","reason":"the lease is used up"}`, wire.CodeBusy, "used up"},
		{`[1]`, wire.CodeInvalid, "malformed"},
	} {
		sub := answers(t, s, idwire.SubjectNext, func([]byte) []byte { return []byte(w.answer) })
		if ids, err := c.Request(t.Context(), 3); ids != nil || wire.CodeOf(err) != w.code || !strings.Contains(err.Error(), w.part) {
			t.Errorf("%s: got %v, %v", w.answer, ids, err)
		}
		roletest.Must(t, sub.Unsubscribe())
	}
}

// A request to an idworker that is silent ends with its context.
func TestSilentQuery(t *testing.T) {
	s := brokertest.Run(t)
	asked := make(chan struct{})
	nc := s.Connect(t)
	if _, err := nc.Subscribe(idwire.SubjectLeases, func(*nats.Msg) { close(asked) }); err != nil {
		t.Fatal(err)
	}
	roletest.Must(t, nc.Flush())
	c := newClient(t, s, idclient.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-asked; cancel(errGone) }()
	if _, err := c.Leases(ctx); !errors.Is(err, errGone) || wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestLeasesAndRetire(t *testing.T) {
	s := brokertest.Run(t)
	c := newClient(t, s, idclient.Config{})
	row := idwire.Lease{V: wire.Version, Worker: 5, State: idwire.LeaseHeld, Until: 99, Holder: holder, Nonce: holder}
	answers(t, s, idwire.SubjectLeases, func(data []byte) []byte {
		if _, err := wire.Decode[idwire.LeasesRequest](data); err != nil {
			t.Error(err)
		}
		return wire.Encode(idwire.Leases{V: wire.Version, BrokerTime: 7, Leases: []idwire.Lease{row}})
	})
	if got, err := c.Leases(t.Context()); err != nil || got.BrokerTime != 7 || len(got.Leases) != 1 || got.Leases[0] != row {
		t.Errorf("got %+v, %v", got, err)
	}

	answers(t, s, idwire.SubjectRetire, func(data []byte) []byte {
		r, err := wire.Decode[idwire.RetireRequest](data)
		if err != nil {
			t.Error(err)
		}
		if r.Worker != 5 {
			return wire.Encode(idwire.Leases{V: wire.Version, Code: wire.CodeNotFound, Reason: "nobody ever held it"})
		}
		retired := row
		retired.State = idwire.LeaseRetired
		return wire.Encode(idwire.Leases{V: wire.Version, Leases: []idwire.Lease{retired}})
	})
	if got, err := c.Retire(t.Context(), 5); err != nil || got.Leases[0].State != idwire.LeaseRetired {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := c.Retire(t.Context(), 6); wire.CodeOf(err) != wire.CodeNotFound || !strings.Contains(err.Error(), "nobody ever") {
		t.Errorf("got %v", err)
	}
	for _, n := range []int{-1, 32} {
		if _, err := c.Retire(t.Context(), n); wire.CodeOf(err) != wire.CodeInvalid || !strings.Contains(err.Error(), "0 to 31") {
			t.Errorf("worker %d: got %v", n, err)
		}
	}
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	c := newClient(t, s, idclient.Config{})
	if all, err := c.Workers(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("without any: %+v, %v", all, err)
	}
	numbers := []int{9, -1, 2}
	for i, n := range numbers {
		state := idwire.IDWorkerState{V: wire.Version, Holder: strings.Repeat(string(rune('a'+i)), 16), State: idwire.WorkerStandby}
		if n >= 0 {
			state.State, state.Worker = idwire.WorkerHolding, &n
		}
		answers(t, s, idwire.SubjectWorkers, func(data []byte) []byte {
			if _, err := wire.Decode[idwire.WorkersRequest](data); err != nil {
				t.Error(err)
			}
			return wire.Encode(state)
		})
	}
	all, err := c.Workers(t.Context())
	if err != nil || len(all) != 3 || *all[0].Worker != 2 || *all[1].Worker != 9 || all[2].Worker != nil {
		t.Errorf("got %+v, %v", all, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errGone)
	if _, err := c.Workers(ctx); !errors.Is(err, errGone) {
		t.Errorf("its context ended: %v", err)
	}

	sub := answers(t, s, idwire.SubjectWorkers, func([]byte) []byte { return []byte("{}") })
	if _, err := c.Workers(t.Context()); wire.CodeOf(err) != wire.CodeVersion {
		t.Errorf("an answer that cannot be read: %v", err)
	}
	if err := sub.Unsubscribe(); err != nil {
		t.Error(err)
	}
}
