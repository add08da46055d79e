package machine

import (
	"testing"

	"parley/wire"
	"parley/wire/txwire"
)

// Yes votes of two journals under one name abort the transaction, before and
// after all others have voted, and each journal is sent the abort: committing at
// one of them would leave the other in doubt for ever.
func TestTwoJournalsUnderOneNameAbort(t *testing.T) {
	m := New("aaaaaaaaa", DefaultLimits())
	m.Opened("log", 1)
	id := txwire.ID{Log: "log", N: 1}
	m.Submit(Submission{Key: "k", Digest: "d", DecideBy: 1, Branches: []txwire.Branch{{Participant: "inventory"}, {Participant: "delivery"}}}, Waiter{To: "client"})
	m.Vote(id, "inventory", txwire.Vote{Yes: true, Journal: "one"})
	m.Vote(id, "inventory", txwire.Vote{Yes: true, Journal: "one"}) // again, which changes nothing
	m.Actions()
	m.Vote(id, "inventory", txwire.Vote{Yes: true, Journal: "two"})
	m.Vote(id, "delivery", txwire.Vote{Yes: true, Journal: "three"})
	m.Ack(id, "inventory", txwire.Ack{Of: txwire.KindAbort, Closed: true, Journal: "one"})
	var reply *Reply
	aborts := 0
	for _, a := range m.Actions() {
		switch a := a.(type) {
		case SendAbort:
			aborts++
		case Append:
			t.Errorf("a transaction with two journals under one name is appended: %+v", a.Record)
		case Reply:
			reply = &a
		}
	}
	if aborts < 2 {
		t.Errorf("%d aborts were sent, want one to each participant", aborts)
	}
	if reply == nil || reply.Outcome.Status != txwire.StatusAborted || reply.Outcome.Code != wire.CodeTwoJournals || reply.Outcome.Participant != "inventory" {
		t.Errorf("the client is answered with %+v, want aborted, %s of inventory", reply, wire.CodeTwoJournals)
	}
}
