package machine

import (
	"slices"
	"testing"

	"parley/wire/txwire"
)

// adopt has a machine drive a log with one commit of two participants.
func adopt(m *Machine, id txwire.ID) {
	m.Adopt(id.Log)
	m.Read(id.Log, []Stored{
		{Seq: 1, Record: txwire.Record{Kind: txwire.RecordOpen, Nonce: "o"}},
		{Seq: 2, Record: txwire.Record{Kind: txwire.RecordCommits, Nonce: "c", Prev: 1, Base: 2, Commits: []txwire.Committed{{
			N: 1, Key: "k", DecideBy: 1, Branches: []txwire.CommittedBranch{{Participant: "inventory", Journal: "lost"}, {Participant: "delivery", Journal: "kept"}},
		}}}},
		{Seq: 3, Record: txwire.Record{Kind: txwire.RecordSeal, Nonce: "s", Prev: 2, Base: 2}},
	})
}

// commits are the participants that a commit is sent to, purged whether a log is.
func commits(all []Action) (to []string, purged bool) {
	for _, a := range all {
		switch a := a.(type) {
		case SendCommit:
			to = append(to, a.To)
		case Purge:
			purged = true
		}
	}
	return to, purged
}

func TestAbandonedBranch(t *testing.T) {
	for _, before := range []bool{false, true} {
		m, id := New("prefixxxx", DefaultLimits()), txwire.ID{Log: "testlogtestloga2", N: 1}
		want := []string{"inventory", "delivery"}
		if before {
			// It is known before the log is read, as after a restart.
			m.Abandon(id, "inventory", "lost")
			want = want[1:]
		}
		adopt(m, id)
		if to, _ := commits(m.Actions()); !slices.Equal(to, want) {
			t.Fatalf("commits are sent to %v, want %v", to, want)
		}
		ack := txwire.Ack{Of: txwire.KindCommit, Journal: "kept"}
		m.Ack(id, "delivery", ack)
		if !before {
			if m.Unfinished() != 1 || m.Idle() {
				t.Errorf("%d are unfinished", m.Unfinished())
			}
			m.Abandon(id, "inventory", "another")
			if m.Unfinished() != 1 {
				t.Error("another journal was abandoned, and the transaction no longer counts")
			}
			m.Abandon(id, "inventory", "lost")
			m.Abandon(id, "inventory", "lost")
		}
		m.Resend(id)
		to, purged := commits(m.Actions())
		r := m.Report()
		if len(to) != 0 || purged || m.Unfinished() != 0 || r.Unfinished != 0 || r.Abandoned != 1 || len(r.Txs) != 0 || !m.Idle() {
			t.Errorf("abandoned (before: %v): sent to %v, purged %v, %d unfinished, report %+v, idle %v", before, to, purged, m.Unfinished(), r, m.Idle())
		}
		if o, ok := m.Status(id); !ok || o.Status != txwire.StatusCommitted || o.Applied {
			t.Errorf("its status is %+v", o)
		}
		// The journal comes back, asks, and acknowledges.
		m.Resolve(Question{To: "q", Ask: txwire.Resolve{ID: id, Participant: "inventory", Journal: "lost"}})
		found := false
		for _, a := range m.Actions() {
			if a, ok := a.(Answer); ok {
				found = a.Resolved.Status == txwire.StatusCommitted
			}
		}
		if !found {
			t.Error("the journal that returned does not receive the commit")
		}
		ack.Journal = "lost"
		m.Ack(id, "inventory", ack)
		if _, purged := commits(m.Actions()); !purged || m.Abandoned() != 0 {
			t.Errorf("after its acknowledgement the log is purged: %v, %d are abandoned", purged, m.Abandoned())
		}
	}
}
