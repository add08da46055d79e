package orders

import (
	"slices"
	"strings"

	"parley/chatgw/frame"
	"parley/wire/txwire"
)

// Bounds of a book.
const (
	// MaxPerSecond bounds the new transactions that are followed each second:
	// more than that nobody can look at.
	MaxPerSecond = 20
	// maxTxs bounds the transactions that are remembered, and maxEvents the
	// events of each: those that are repeated for long are in doubt, of which
	// the first and the last tell enough.
	maxTxs    = 256
	maxEvents = 64
	// maxKeys bounds the submissions that wait for their prepare, and the keys
	// of orders placed here.
	maxKeys = 256
	// maxFresh bounds the events of one [frame.Tx].
	maxFresh = 1024
	// maxPassed bounds what is remembered of transactions not followed, to
	// count each once.
	maxPassed = 4096
)

// book is the transactions that were seen. It is pure: the time is an argument.
type book struct {
	txs   map[string]*seen
	order []string // ids, oldest first
	// submits are submissions without a prepare yet, by key.
	submits map[string]int64
	// late are transactions without their submission yet, by key: what different
	// processes send can be overtaken on the way here.
	late map[string]string
	// own are keys that are followed whatever the traffic.
	own map[string]bool

	second int64 // the second in which opened were opened
	opened int
	passed map[string]bool
	// What the next frame has.
	fresh   []frame.TxEvent
	dropped int
}

// seen is one transaction.
type seen struct {
	frame.TxSeen
	ended bool
}

func newBook() *book {
	return &book{txs: make(map[string]*seen), submits: make(map[string]int64), late: make(map[string]string), own: make(map[string]bool), passed: make(map[string]bool)}
}

func (b *book) follows(id string) bool { return b.txs[id] != nil }

// full reports whether no more new transactions are followed in this second.
func (b *book) full(us int64) bool {
	if s := us / 1_000_000; s != b.second {
		b.second, b.opened = s, 0
	}
	return b.opened >= MaxPerSecond && len(b.own) == 0
}

// pass counts a transaction that is not followed.
func (b *book) pass(id string) {
	if b.passed[id] {
		return
	}
	if len(b.passed) >= maxPassed {
		clear(b.passed)
	}
	b.passed[id] = true
	b.dropped++
}

// follow has the transaction with this key followed in any case.
func (b *book) follow(key string) {
	if len(b.own) >= maxKeys {
		clear(b.own)
	}
	b.own[key] = true
}

func (b *book) submitted(key string, us int64) {
	if id, ok := b.late[key]; ok {
		delete(b.late, key)
		if t := b.txs[id]; t != nil {
			b.add(frame.TxEvent{At: min(us, t.At-1), Kind: kindSubmit, Tx: id, Key: key}) // it came before all that
		}
		return
	}
	if len(b.submits) >= maxKeys {
		clear(b.submits) // their prepares never came, or came too fast to follow
	}
	b.submits[key] = us
}

// open begins to follow a transaction, unless there are too many.
func (b *book) open(id, key string, us int64) {
	if b.follows(id) {
		return
	}
	if b.opened >= MaxPerSecond && !b.own[key] {
		b.pass(id)
		return
	}
	delete(b.own, key)
	b.opened++
	for len(b.order) >= maxTxs {
		delete(b.txs, b.order[0])
		b.order = b.order[1:]
	}
	b.txs[id] = &seen{TxSeen: frame.TxSeen{ID: id, Key: key, At: us}}
	b.order = append(b.order, id)
	if at, ok := b.submits[key]; ok {
		delete(b.submits, key)
		b.add(frame.TxEvent{At: at, Kind: kindSubmit, Tx: id, Key: key})
		return
	}
	if len(b.late) >= maxKeys {
		clear(b.late)
	}
	b.late[key] = id
}

// add notes an event of a transaction that is followed.
func (b *book) add(e frame.TxEvent) {
	t := b.txs[e.Tx]
	if t == nil {
		return
	}
	if t.At == 0 || e.At < t.At {
		t.At = e.At
	}
	kind := e.Kind
	if kind == txwire.KindAck {
		// A participant that asked was answered where nobody else hears it.
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
	if len(b.fresh) < maxFresh {
		b.fresh = append(b.fresh, e)
	}
}

// undecided are the transactions of a log that have no outcome yet.
func (b *book) undecided(log string) (ids []string) {
	for _, id := range b.order {
		if !b.txs[id].ended && strings.HasPrefix(id, log+".") {
			ids = append(ids, id)
		}
	}
	return ids
}

// take is what happened since the last time.
func (b *book) take() (frame.Tx, bool) {
	f := frame.Tx{Events: b.fresh, Dropped: b.dropped}
	b.fresh, b.dropped = nil, 0
	return f, len(f.Events) > 0 || f.Dropped > 0
}

// tx is what was seen of one transaction.
func (b *book) tx(id string) (frame.TxSeen, bool) {
	t := b.txs[id]
	if t == nil {
		return frame.TxSeen{}, false
	}
	s := t.TxSeen
	s.Events = slices.Clone(s.Events)
	slices.SortStableFunc(s.Events, func(a, b frame.TxEvent) int { return int(a.At - b.At) })
	return s, true
}

// newest are the transactions seen, newest first, without their events.
func (b *book) newest() frame.TxsSeen {
	list := frame.TxsSeen{Txs: []frame.TxSeen{}}
	for _, id := range slices.Backward(b.order) {
		t := b.txs[id].TxSeen
		t.Events = nil
		list.Txs = append(list.Txs, t)
	}
	return list
}
