package orders

import (
	"fmt"
	"slices"
	"testing"

	"parley/wire"
	"parley/wire/txwire"
)

const log1 = "aaaabbbbccccdddd"

func prepare(key string) []byte {
	return wire.Encode(txwire.Prepare{
		V: wire.Version, Key: key, Digest: "00112233445566778899aabbccddeeff", DecideBy: 1, OpenSeq: 1, Payload: []byte(`{}`),
	})
}

func id(n uint64) txwire.ID { return txwire.ID{Log: log1, N: n} }

func kinds(events []TxEvent) (k []string) {
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return k
}

// What a client sent can be overtaken by what the coordinator answers to it: the
// submission stands first all the same.
func TestSubmissionComesLate(t *testing.T) {
	x := newIndex()
	submit := wire.Encode(txwire.Submit{V: wire.Version, Key: "k", Branches: []txwire.Branch{{Participant: "inventory", Payload: []byte(`{}`)}}})
	x.note(txwire.Subject(txwire.KindPrepare, "inventory", id(1)), prepare("k"), 20)
	x.note(txwire.SubjectSubmit, submit, 21)
	x.note(txwire.SubjectSubmit, submit, 2_500_021) // the client repeats it
	seen, ok := x.tx(id(1).String())
	if want := []string{"submit", "prepare"}; !ok || !slices.Equal(kinds(seen.Events), want) || seen.At >= 20 {
		t.Errorf("seen: %+v, want %v", seen, want)
	}
}

// What different processes send can be overtaken on the way: what came before the prepare
// that it answers is kept, and stands after it.
func TestVoteComesEarly(t *testing.T) {
	x := newIndex()
	vote := wire.Encode(txwire.Vote{V: wire.Version, Journal: "journal234567abc", Yes: true})
	x.note(txwire.Subject(txwire.KindVote, "inventory", id(1)), vote, 19)
	x.note(txwire.Subject(txwire.KindPrepare, "inventory", id(1)), prepare("k"), 20)
	f, _ := x.take()
	seen, ok := x.tx(id(1).String())
	if want := []string{"prepare", "vote"}; !ok || !slices.Equal(kinds(seen.Events), want) || !slices.Equal(kinds(f.Events), want) {
		t.Errorf("seen: %+v, want %v; published %+v", seen, want, f)
	}
	for n := range uint64(3 * maxKeys) {
		x.note(txwire.Subject(txwire.KindVote, "inventory", id(100+n)), vote, 30)
	}
	if len(x.early) > maxKeys {
		t.Errorf("%d transactions wait for their prepare, the limit is %d", len(x.early), maxKeys)
	}
}

func TestOneTransaction(t *testing.T) {
	x := newIndex()
	x.note(txwire.SubjectSubmit, wire.Encode(txwire.Submit{V: wire.Version, Key: "k", Branches: []txwire.Branch{{Participant: "inventory", Payload: []byte(`{}`)}}}), 10)
	x.note(txwire.Subject(txwire.KindPrepare, "inventory", id(1)), prepare("k"), 20)
	x.note(txwire.Subject(txwire.KindVote, "inventory", id(1)), wire.Encode(txwire.Vote{V: wire.Version, Journal: "journal234567abc", Yes: true}), 30)
	x.note(txwire.Subject(txwire.KindVote, "inventory", id(2)), wire.Encode(txwire.Vote{V: wire.Version, Journal: "journal234567abc", Yes: true}), 30)
	x.note(txwire.LogSubject(log1), []byte("nonsense"), 35)
	f, ok := x.take()
	if want := []string{"submit", "prepare", "vote"}; !ok || !slices.Equal(kinds(f.Events), want) || f.Events[0].At != 10 || !*f.Events[2].Yes {
		t.Fatalf("published %+v, want %v", f, want)
	}
	if _, ok := x.take(); ok {
		t.Error("the same was published twice")
	}
	seen, ok := x.tx(id(1).String())
	if !ok || len(seen.Events) != 3 || seen.Status != "" || seen.Key != "k" {
		t.Errorf("seen: %+v", seen)
	}
	x.note(txwire.Subject(txwire.KindCommit, "inventory", id(1)), wire.Encode(txwire.Commit{V: wire.Version, Journal: "journal234567abc", DecideBy: 1}), 40)
	if seen, _ = x.tx(id(1).String()); seen.Status != txwire.StatusCommitted {
		t.Errorf("after the commit: %+v", seen)
	}
	if all := x.newest(); len(all.Txs) != 1 || all.Txs[0].Events != nil {
		t.Errorf("newest: %+v", all)
	}
}

// A participant that asked for the outcome of its branch acknowledges it; the
// acknowledgement of one that cannot act on it does not show the outcome.
func TestOutcomeOfAcks(t *testing.T) {
	for _, c := range []struct {
		ack  txwire.Ack
		want txwire.Status
	}{
		{txwire.Ack{Of: txwire.KindAbort}, txwire.StatusAborted},
		{txwire.Ack{Of: txwire.KindCommit}, txwire.StatusCommitted},
		{txwire.Ack{Of: txwire.KindCommit, Code: wire.CodeViolation, Reason: "it was aborted here"}, ""},
	} {
		x := newIndex()
		x.note(txwire.Subject(txwire.KindPrepare, "inventory", id(1)), prepare("k"), 20)
		c.ack.V, c.ack.Journal = wire.Version, "journal234567abc"
		x.note(txwire.Subject(txwire.KindAck, "inventory", id(1)), wire.Encode(c.ack), 30)
		if seen, _ := x.tx(id(1).String()); seen.Status != c.want || len(seen.Events) != 2 {
			t.Errorf("after %+v the transaction is %q with %d events, want %q", c.ack, seen.Status, len(seen.Events), c.want)
		}
	}
}

// Heavy traffic is bounded and counted; what was ordered here is followed in
// any case, and nothing grows.
func TestBounds(t *testing.T) {
	x := newIndex()
	const second = 1_000_000
	x.follow("mine")
	for n := range uint64(10_000) {
		key := fmt.Sprint(n)
		if n == 9_000 {
			key = "mine"
		}
		for range 2 { // a repeated prepare is the same transaction
			x.note(txwire.Subject(txwire.KindPrepare, "inventory", id(n+1)), prepare(key), second+int64(n))
		}
	}
	f, _ := x.take()
	if len(x.txs) != MaxPerSecond+1 || f.Dropped != 10_000-MaxPerSecond-1 {
		t.Errorf("%d are followed and %d left out, want %d and %d", len(x.txs), f.Dropped, MaxPerSecond+1, 10_000-MaxPerSecond-1)
	}
	if _, ok := x.tx(id(9_001).String()); !ok {
		t.Error("the own order is not followed")
	}
	for s := range int64(100) {
		for n := range uint64(MaxPerSecond) {
			for at := range int64(maxEvents + 10) {
				x.note(txwire.Subject(txwire.KindPrepare, "inventory", id(20_000+uint64(s)*100+n)), prepare("x"), (s+10)*second+at)
			}
		}
	}
	if f, _ = x.take(); len(f.Events) > maxFresh || len(x.txs) > maxTxs || len(x.order) > maxTxs || len(x.submits) > maxKeys {
		t.Errorf("grown to %d events, %d transactions, %d keys", len(f.Events), len(x.txs), len(x.submits))
	}
	for _, tx := range x.txs {
		if len(tx.Events) > maxEvents {
			t.Errorf("%s has %d events", tx.ID, len(tx.Events))
		}
	}
}
