package machine

import (
	"slices"
	"strings"
	"testing"

	"parley/wire"
	"parley/wire/txwire"
)

func event(index int, stream string, size int) txwire.CommittedEvent {
	return txwire.CommittedEvent{Index: index, Stream: stream, Event: txwire.Event{Subject: "s", Data: make([]byte, size)}}
}

// started is a machine whose log is open.
func started(limits Limits) *Machine {
	m := New("prefixxxx", limits)
	m.Opened("testlogtestloga2", 1)
	m.Actions()
	return m
}

// submit has a transaction of one participant with events, which votes yes.
func submit(m *Machine, key string, events ...txwire.CommittedEvent) txwire.ID {
	m.Submit(Submission{Key: key, Branches: []txwire.Branch{{Participant: "p"}}, Events: events}, Waiter{To: key})
	id := txwire.ID{Log: m.Log(), N: m.own.next}
	m.Vote(id, "p", txwire.Vote{Yes: true, Journal: "j"})
	return id
}

// of returns the actions of one kind, and forgets the others.
func of[A Action](m *Machine) (some []A) {
	for _, a := range m.Actions() {
		if a, ok := a.(A); ok {
			some = append(some, a)
		}
	}
	return some
}

// A stream whose backlog is full refuses submissions with events for it, and no others;
// there is room again for what is settled, aborted or given up.
func TestEventBacklog(t *testing.T) {
	limits := DefaultLimits()
	limits.Backlog = 2 * 2048
	m := started(limits)
	id := submit(m, "k1", event(0, "ORDERS", 1), event(1, "ORDERS", 1))
	full := func(key, stream string) bool {
		t.Helper()
		m.Actions()
		submit(m, key, event(0, stream, 1))
		for _, r := range of[Reply](m) {
			if r.Outcome.Key == key && r.Outcome.Code == wire.CodeBusy {
				if !strings.Contains(r.Outcome.Reason, stream) || !strings.Contains(r.Outcome.Reason, "4096") {
					t.Errorf("the reason is %q", r.Outcome.Reason)
				}
				return true
			}
		}
		return false
	}
	if !full("k2", "ORDERS") {
		t.Error("a third event is accepted")
	}
	if full("k3", "MAIL") {
		t.Error("the backlog of one stream refuses an event for another one")
	}
	m.Appended(m.Log(), m.own.flight.record.Nonce, AppendStored, 2)
	m.Published(id, 1)
	m.Published(id, 1)
	if full("k4", "ORDERS") {
		t.Error("an acknowledged event still counts")
	}
	m.Deadline(txwire.ID{Log: m.Log(), N: m.own.next}) // k4 was not taken into the record
	m.GiveUp(txwire.ID{Log: m.Log(), N: m.own.next})
	m.DropEvent(id, 0)
	if n := m.backlog["ORDERS"]; n != 0 {
		t.Errorf("%d bytes are counted for ORDERS", n)
	}
}

// A record holds events up to its limit, whatever the transactions are; what does not
// fit goes into the next one. The first transaction always fits.
func TestEventsOfOneRecord(t *testing.T) {
	m := started(DefaultLimits())
	first := submit(m, "first")
	for range 20 {
		submit(m, wire.NewToken(), event(0, "ORDERS", txwire.MaxEventBytes-1))
	}
	submit(m, "last")
	var sizes []int
	for seq := uint64(2); m.own.flight != nil; seq++ {
		r := m.own.flight.record
		if size := len(wire.Encode(complete(r))); size > txwire.MaxRecord {
			t.Errorf("a record of %d bytes", size)
		}
		sizes = append(sizes, len(r.Commits))
		m.Appended(m.Log(), r.Nonce, AppendStored, seq)
	}
	if want := []int{1, 3, 3, 3, 3, 3, 3, 3}; !slices.Equal(sizes, want) {
		t.Errorf("records of %v transactions after %v, want %v", sizes, first, want)
	}
}

// complete gives a record what the tests leave out.
func complete(r txwire.Record) txwire.Record {
	for i := range r.Commits {
		r.Commits[i].DecideBy = 1
		for j := range r.Commits[i].Branches {
			r.Commits[i].Branches[j].Journal = "journal234567abc"
		}
	}
	return r
}

// A transaction is held until its events are settled, its clients are not; a commit that
// is carried forward has only the events that are not settled, and a later record of an
// idle owner names those that are.
func TestEventsAreHeld(t *testing.T) {
	limits := DefaultLimits()
	limits.CarryAt = 1
	m := started(limits)
	m.Submit(Submission{Key: "k", Branches: []txwire.Branch{{Participant: "p"}}, Events: []txwire.CommittedEvent{event(0, "A", 1), event(1, "B", 1)}},
		Waiter{To: "applied", Wait: txwire.WaitApplied})
	id := txwire.ID{Log: m.Log(), N: 1}
	m.Vote(id, "p", txwire.Vote{Yes: true, Journal: "j"})
	for _, a := range m.Actions() {
		if _, ok := a.(Publish); ok {
			t.Fatal("an event is published before its commit is stored")
		}
	}
	m.Appended(m.Log(), m.own.flight.record.Nonce, AppendStored, 2)
	m.Actions()
	m.Ack(id, "p", txwire.Ack{Of: txwire.KindCommit, Journal: "j"})
	if r := of[Reply](m); len(r) != 1 || !r[0].Outcome.Applied {
		t.Errorf("the client is answered %+v", r)
	}
	m.Published(id, 0)
	m.NotPublished(id, 1, "no stream takes it")
	if r := m.Report(); r.Unpublished != 1 || r.Problem != "no stream takes it" || len(r.Txs) != 1 || !slices.Equal(r.Txs[0].Unpublished, []int{1}) {
		t.Errorf("the report is %+v", r)
	}
	if o, ok := m.Status(id); !ok || !o.Applied {
		t.Errorf("the status is %+v", o)
	}
	m.Resend(id)
	if again := of[Publish](m); len(again) != 1 || again[0].Event.Index != 1 {
		t.Errorf("published again: %+v", again)
	}
	m.Trim()
	records := of[Append](m)
	if len(records) != 1 || !slices.EqualFunc(records[0].Record.Settled, []txwire.SettledEvents{{N: 1, Indexes: []int{0}}}, func(a, b txwire.SettledEvents) bool {
		return a.N == b.N && slices.Equal(a.Indexes, b.Indexes)
	}) {
		t.Fatalf("an idle owner appends %+v", records)
	}
	m.Appended(m.Log(), records[0].Record.Nonce, AppendStored, 3)
	m.Trim()
	records = of[Append](m)
	if len(records) != 1 || len(records[0].Record.Commits) != 1 || len(records[0].Record.Commits[0].Events) != 1 || records[0].Record.Commits[0].Events[0].Index != 1 {
		t.Fatalf("carried forward: %+v", records)
	}
	m.Appended(m.Log(), records[0].Record.Nonce, AppendStored, 4)
	m.Published(id, 1)
	if m.Unfinished() != 0 || len(m.backlog) != 0 {
		t.Errorf("%d are unfinished, the backlog is %v", m.Unfinished(), m.backlog)
	}
}

// Who adopts a log publishes what the last record of a transaction has and no record
// names as settled. Without settled events it would publish everything again.
func TestAdoptedEvents(t *testing.T) {
	id := txwire.ID{Log: "testlogtestloga2", N: 1}
	commit := func(events ...txwire.CommittedEvent) []txwire.Committed {
		return []txwire.Committed{{N: 1, Key: "k", DecideBy: 1, Branches: []txwire.CommittedBranch{{Participant: "p", Journal: "j"}}, Events: events}}
	}
	all := []txwire.CommittedEvent{event(0, "A", 1), event(1, "A", 1), event(2, "B", 1), event(3, "B", 1)}
	for _, dropFirst := range []bool{false, true} {
		m := New("prefixxxx", DefaultLimits())
		if dropFirst {
			m.DropEvent(id, 3)
		}
		m.Adopt(id.Log)
		m.Read(id.Log, []Stored{
			{Seq: 1, Record: txwire.Record{Kind: txwire.RecordOpen, Nonce: "o"}},
			{Seq: 2, Record: txwire.Record{Kind: txwire.RecordCommits, Nonce: "c", Prev: 1, Commits: commit(all...)}},
			{Seq: 3, Record: txwire.Record{Kind: txwire.RecordCommits, Nonce: "d", Prev: 2, Settled: []txwire.SettledEvents{{N: 1, Indexes: []int{1}}}}},
			{Seq: 4, Record: txwire.Record{Kind: txwire.RecordCommits, Nonce: "e", Prev: 3, Commits: commit(all[1:]...)}},
			{Seq: 5, Record: txwire.Record{Kind: txwire.RecordSeal, Nonce: "s", Prev: 4}},
		})
		if !dropFirst {
			m.DropEvent(id, 3)
		}
		var published []int
		for _, a := range m.Actions() {
			if a, ok := a.(Publish); ok {
				published = append(published, a.Event.Index)
			}
		}
		want := []int{2}
		if !dropFirst {
			want = []int{2, 3}
		}
		if !slices.Equal(published, want) {
			t.Errorf("published are %v, want %v", published, want)
		}
		m.Ack(id, "p", txwire.Ack{Of: txwire.KindCommit, Journal: "j"})
		if _, purged := commits(m.Actions()); purged || m.Idle() {
			t.Error("the log is purged before its event is published")
		}
		m.Published(id, 2)
		if _, purged := commits(m.Actions()); !purged || len(m.backlog) != 0 {
			t.Errorf("the log is purged: %v, backlog %v", purged, m.backlog)
		}
	}
}
