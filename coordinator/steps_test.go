package coordinator_test

import (
	"testing"
	"time"

	"parley/coordinator/txclient"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Small steps that several tests take.

// result is what a client received.
type result struct {
	o   txwire.Outcome
	err error
}

// submit submits beside the test.
func submit(t *testing.T, c *txclient.Client, r txclient.Request) <-chan result {
	answer := make(chan result, 1)
	go func() {
		o, err := c.Submit(t.Context(), r)
		answer <- result{o, err}
	}()
	return answer
}

// requestSubmit submits once, without a client library, and is given the first
// answer that is not "pending".
func requestSubmit(t *testing.T, nc *nats.Conn, r txclient.Request) txwire.Outcome {
	t.Helper()
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	data := wire.Encode(txwire.Submit{V: wire.Version, Key: r.Key, Branches: r.Branches, TimeoutMS: r.Timeout.Milliseconds(), Wait: r.Wait})
	if err := nc.PublishRequest(txwire.SubjectSubmit, inbox, data); err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := sub.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		if o := decode[txwire.Outcome](t, msg.Data); o.Status != txwire.StatusPending {
			return o
		}
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// first waits for the first branch of a fake and is its id.
func (f *fake) first() (id txwire.ID) {
	f.t.Helper()
	late := time.After(patience)
	for {
		f.set(func(f *fake) {
			for i := range f.branches {
				id = i
			}
		})
		if !id.IsZero() {
			return id
		}
		select {
		case <-f.changed:
		case <-late:
			f.t.Fatalf("%s: no prepare came", f.name)
		}
	}
}

// count is how many branches are in a state.
func (f *fake) count(state txwire.BranchState) (n int) {
	f.set(func(f *fake) {
		for _, b := range f.branches {
			if b.State == state {
				n++
			}
		}
	})
	return n
}

// states are the branches with a key, by transaction.
func (f *fake) states(key string) map[txwire.ID]txwire.BranchState {
	all := map[txwire.ID]txwire.BranchState{}
	f.set(func(f *fake) {
		for id, b := range f.branches {
			if b.Key == key {
				all[id] = b.State
			}
		}
	})
	return all
}

// posesAsOwner answers for a log as a living owner would.
func (s *harness) posesAsOwner(t *testing.T, log string) {
	t.Helper()
	nc := s.Connect(t)
	_, err := nc.Subscribe(txwire.OwnerSubject(log), func(msg *nats.Msg) {
		_ = msg.Respond(wire.Encode(txwire.Resolved{V: wire.Version, Status: txwire.StatusUnknown}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

// onlyLog waits for the one commit log there is.
func (s *harness) onlyLog(t *testing.T) (log string) {
	t.Helper()
	eventually(t, "one commit log", func() bool {
		logs := s.logs(t)
		for subject := range logs {
			log, _ = txwire.ParseLogSubject(subject)
		}
		return len(logs) == 1
	})
	return log
}
