package orders

import (
	"slices"
	"strings"

	"parley/wire/txwire"
)

// Bounds of an index.
const (
	// MaxPerSecond bounds the new transactions that are followed each second:
	// more than that nobody can look at.
	MaxPerSecond = 20
	// maxTxs bounds the transactions that are remembered, and maxEvents the
	// events of each: those that are repeated for long are in doubt, of which
	// the first and the last are enough.
	maxTxs    = 256
	maxEvents = 64
	// maxKeys bounds the submissions that wait for their prepare, the transactions
	// that do, and the keys of orders placed here.
	maxKeys = 256
	// maxFresh bounds the events of one [TxEvents].
	maxFresh = 1024
	// maxPassed bounds what is remembered of transactions not followed, to
	// count each once.
	maxPassed = 4096
)

// index holds the transactions that were seen. It is pure: the time is an argument.
type index struct {
	txs   map[string]*seen
	order []string // ids, oldest first
	// submits are submissions without a prepare yet, by key.
	submits map[string]int64
	// late are transactions without their submission yet, by key: what different
	// processes send can be overtaken on the way here.
	late map[string]string
	// early are events of transactions without a prepare yet, by id, for the same
	// reason.
	early map[string][]TxEvent
	// own are keys that are followed whatever the traffic.
	own map[string]bool

	second int64 // the second in which opened were opened
	opened int
	passed map[string]bool
	// What the next frame has.
	fresh   []TxEvent
	dropped int
}

// seen is one transaction.
type seen struct {
	TxSeen
	ended bool
}

func newIndex() *index {
	return &index{txs: make(map[string]*seen), submits: make(map[string]int64), late: make(map[string]string), early: make(map[string][]TxEvent), own: make(map[string]bool), passed: make(map[string]bool)}
}

func (x *index) follows(id string) bool { return x.txs[id] != nil }

// full reports whether no more new transactions are followed in this second.
func (x *index) full(us int64) bool {
	if s := us / 1_000_000; s != x.second {
		x.second, x.opened = s, 0
	}
	return x.opened >= MaxPerSecond && len(x.own) == 0
}

// pass counts a transaction that is not followed.
func (x *index) pass(id string) {
	if x.passed[id] {
		return
	}
	if len(x.passed) >= maxPassed {
		clear(x.passed)
	}
	x.passed[id] = true
	x.dropped++
}

// follow has the transaction with this key followed in any case.
func (x *index) follow(key string) {
	if len(x.own) >= maxKeys {
		clear(x.own)
	}
	x.own[key] = true
}

func (x *index) submitted(key string, us int64) {
	if id, ok := x.late[key]; ok {
		delete(x.late, key)
		if t := x.txs[id]; t != nil {
			x.add(TxEvent{At: min(us, t.At-1), Kind: kindSubmit, Tx: id, Key: key}) // it came before all that
		}
		return
	}
	if len(x.submits) >= maxKeys {
		clear(x.submits) // their prepares never came, or came too fast to follow
	}
	x.submits[key] = us
}

// open begins to follow a transaction, unless there are too many.
func (x *index) open(id, key string, us int64) {
	if x.follows(id) {
		return
	}
	if x.opened >= MaxPerSecond && !x.own[key] {
		x.pass(id)
		return
	}
	delete(x.own, key)
	x.opened++
	for len(x.order) >= maxTxs {
		delete(x.txs, x.order[0])
		x.order = x.order[1:]
	}
	x.txs[id] = &seen{TxSeen: TxSeen{ID: id, Key: key, At: us}}
	x.order = append(x.order, id)
	if at, ok := x.submits[key]; ok {
		delete(x.submits, key)
		x.add(TxEvent{At: at, Kind: kindSubmit, Tx: id, Key: key})
		return
	}
	if len(x.late) >= maxKeys {
		clear(x.late)
	}
	x.late[key] = id
}

// add notes an event of a transaction that is followed.
func (x *index) add(e TxEvent) {
	t := x.txs[e.Tx]
	if t == nil {
		x.hold(e)
		return
	}
	if t.At == 0 || e.At < t.At {
		t.At = e.At
	}
	kind := e.Kind
	if kind == txwire.KindAck {
		// The answer to a participant that asked went to it alone.
		kind = e.Status
	}
	switch kind {
	case kindAppend, txwire.KindCommit:
		t.Status, t.ended = txwire.StatusCommitted, true
	case txwire.KindAbort:
		t.Status, t.ended = txwire.StatusAborted, true
		if t.Reason == "" {
			t.Reason = e.Reason
		}
	case kindOutcome:
		t.Status, t.Reason, t.ended = txwire.Status(e.Status), e.Reason, true
	}
	if len(t.Events) < maxEvents {
		t.Events = append(t.Events, e)
	} else {
		t.Events[maxEvents-1] = e
	}
	if len(x.fresh) < maxFresh {
		x.fresh = append(x.fresh, e)
	}
}

// hold keeps an event until the prepare of its transaction comes.
func (x *index) hold(e TxEvent) {
	if x.passed[e.Tx] || x.full(e.At) || len(x.early[e.Tx]) >= maxEvents {
		return
	}
	if len(x.early) >= maxKeys {
		clear(x.early) // their prepares never came, or came before anybody watched
	}
	x.early[e.Tx] = append(x.early[e.Tx], e)
}

// release adds what was held for a transaction, after its prepare at us.
func (x *index) release(id string, us int64) {
	for _, e := range x.early[id] {
		e.At = max(e.At, us+1)
		x.add(e)
	}
	delete(x.early, id)
}

// undecided are the transactions of a log that have no outcome yet.
func (x *index) undecided(log string) (ids []string) {
	for _, id := range x.order {
		if !x.txs[id].ended && strings.HasPrefix(id, log+".") {
			ids = append(ids, id)
		}
	}
	return ids
}

// take is what happened since the last time.
func (x *index) take() (TxEvents, bool) {
	f := TxEvents{Events: x.fresh, Dropped: x.dropped}
	x.fresh, x.dropped = nil, 0
	return f, len(f.Events) > 0 || f.Dropped > 0
}

// tx is what was seen of one transaction.
func (x *index) tx(id string) (TxSeen, bool) {
	t := x.txs[id]
	if t == nil {
		return TxSeen{}, false
	}
	s := t.TxSeen
	s.Events = slices.Clone(s.Events)
	slices.SortStableFunc(s.Events, func(a, b TxEvent) int { return int(a.At - b.At) })
	return s, true
}

// newest are the transactions seen, newest first, without their events.
func (x *index) newest() TxsSeen {
	list := TxsSeen{Txs: []TxSeen{}}
	for _, id := range slices.Backward(x.order) {
		t := x.txs[id].TxSeen
		t.Events = nil
		list.Txs = append(list.Txs, t)
	}
	return list
}
