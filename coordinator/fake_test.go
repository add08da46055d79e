package coordinator_test

import (
	"sync"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	pm "parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// fake is a participant that keeps its journal in memory: the real machine
// without a database, so that these tests see the coordinator alone.
type fake struct {
	t    testing.TB
	nc   *nats.Conn
	name string
	env  pm.Env

	mu       sync.Mutex
	refuse   string // reason to refuse, "" accepts
	silent   bool
	branches map[txwire.ID]*pm.Branch
	keys     map[string]*hold
	changed  chan struct{}
}

type hold struct {
	holder txwire.ID
	digest string
	closed bool
	reason string
}

func newFake(t testing.TB, nc *nats.Conn, name string) *fake {
	env := pm.Env{Journal: journal(name), Incarnation: incarnation(t, nc)}
	f := &fake{
		t: t, nc: nc, name: name, env: env,
		branches: map[txwire.ID]*pm.Branch{}, keys: map[string]*hold{}, changed: make(chan struct{}, 1),
	}
	for _, kind := range []string{txwire.KindPrepare, txwire.KindCommit, txwire.KindAbort} {
		sub, err := nc.Subscribe(txwire.ParticipantFilter(kind, name), f.on)
		roletest.Must(t, err)
		t.Cleanup(func() { _ = sub.Unsubscribe() })
	}
	ping, err := nc.Subscribe(txwire.PingSubject(name), func(msg *nats.Msg) { _ = msg.Respond([]byte("{}")) })
	roletest.Must(t, err)
	t.Cleanup(func() { _ = ping.Unsubscribe() })
	roletest.Must(t, nc.Flush())
	return f
}

// incarnation is that of the commit log's stream, which a journal remembers.
func incarnation(t testing.TB, nc *nats.Conn) string {
	t.Helper()
	js, err := jetstream.New(nc)
	roletest.Must(t, err)
	s, err := js.Stream(t.Context(), txwire.LogStream().Name)
	roletest.Must(t, err)
	return s.CachedInfo().Config.Metadata[wire.MetaIncarnation]
}

func journal(name string) string { return (name + "aaaaaaaaaaaaaaaa")[:16] }

func (f *fake) on(msg *nats.Msg) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent {
		return
	}
	kind, _, id, err := txwire.ParseSubject(msg.Subject)
	if err != nil {
		f.t.Error(err)
		return
	}
	env := f.env
	env.Now = time.Now().UnixMilli()
	var s pm.Step
	var key string
	switch kind {
	case txwire.KindPrepare:
		m := decode[txwire.Prepare](f.t, msg.Data)
		key = m.Key
		if s = pm.Prepare(env, f.view(id, key), id, m); s.Call == pm.CallPrepare {
			if f.refuse != "" {
				s = pm.Refuse(env, id, m, f.refuse)
			} else {
				s = pm.Accept(env, id, m, []byte(`{"from":"`+f.name+`"}`))
			}
		}
	case txwire.KindCommit:
		key = f.keyOf(id)
		s = pm.Commit(env, f.view(id, key), decode[txwire.Commit](f.t, msg.Data))
	case txwire.KindAbort:
		m := decode[txwire.Abort](f.t, msg.Data)
		key = m.Key
		s = pm.Abort(env, f.view(id, key), id, m)
	}
	f.apply(id, key, s)
}

func decode[T any, M wire.Message[T]](t testing.TB, data []byte) T {
	v, err := wire.Decode[T, M](data)
	if err != nil {
		t.Error(err)
	}
	return v
}

func (f *fake) keyOf(id txwire.ID) string {
	if b := f.branches[id]; b != nil {
		return b.Key
	}
	return ""
}

func (f *fake) view(id txwire.ID, key string) pm.View {
	v := pm.View{Branch: f.branches[id]}
	if h := f.keys[key]; h != nil {
		v.Key = &pm.KeyHold{Holder: h.holder, Digest: h.digest, State: txwire.BranchAborted, Code: wire.CodeAborted, Reason: h.reason}
		if !h.closed {
			v.Key.State = f.branches[h.holder].State
		}
	}
	return v
}

func (f *fake) apply(id txwire.ID, key string, s pm.Step) {
	if s.Violation != "" {
		f.t.Logf("%s: violation: %s", f.name, s.Violation)
	}
	if s.Put != nil {
		b := *s.Put
		f.branches[id] = &b
		switch s.Key {
		case pm.KeyHeld:
			f.keys[key] = &hold{holder: id, digest: b.Digest}
		case pm.KeyFree:
			delete(f.keys, key)
		case pm.KeyClose:
			f.keys[key] = &hold{holder: id, digest: b.Digest, closed: true, reason: b.Reason}
		}
	}
	if s.Vote != nil {
		_ = f.nc.Publish(txwire.Subject(txwire.KindVote, f.name, id), wire.Encode(*s.Vote))
	}
	if s.Ack != nil {
		_ = f.nc.Publish(txwire.Subject(txwire.KindAck, f.name, id), wire.Encode(*s.Ack))
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// set changes the fake's behaviour.
func (f *fake) set(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// prepared waits for the first branch and is its transaction.
func (f *fake) prepared() txwire.ID {
	f.t.Helper()
	for {
		f.mu.Lock()
		for id := range f.branches {
			f.mu.Unlock()
			return id
		}
		f.mu.Unlock()
		select {
		case <-f.changed:
		case <-time.After(patience):
			f.t.Fatalf("%s: no prepare came", f.name)
		}
	}
}

// await waits until the branch is in the state.
func (f *fake) await(id txwire.ID, want txwire.BranchState) {
	f.t.Helper()
	late := time.After(patience)
	for {
		f.mu.Lock()
		b := f.branches[id]
		f.mu.Unlock()
		if b != nil && b.State == want {
			return
		}
		select {
		case <-f.changed:
		case <-late:
			f.t.Fatalf("%s: branch %s is %+v, want %s", f.name, id, b, want)
		}
	}
}

// ask resolves a branch in doubt as the SDK would, once.
func (f *fake) ask(id txwire.ID) txwire.Resolved {
	f.t.Helper()
	f.mu.Lock()
	b := f.branches[id]
	f.mu.Unlock()
	q := txwire.Resolve{V: wire.Version, ID: id, Participant: f.name, Journal: f.env.Journal, DecideBy: b.DecideBy}
	msg, err := f.nc.Request(txwire.SubjectResolve, wire.Encode(q), patience)
	if err != nil {
		f.t.Fatal(err)
	}
	r := decode[txwire.Resolved](f.t, msg.Data)
	f.mu.Lock()
	defer f.mu.Unlock()
	env := f.env
	env.Now = time.Now().UnixMilli()
	f.apply(id, b.Key, pm.Resolved(env, f.view(id, b.Key), r))
	return r
}
