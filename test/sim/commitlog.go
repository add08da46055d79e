package sim

import (
	"slices"

	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// commitLog is one subject of the abstract broker: what was ever stored on it,
// what of it was purged, and what is still on its way. Sequences are numbered
// within the log, since the machines compare sequences of one log only, unless
// something befalls the whole stream; see [Config].
type commitLog struct {
	name    string
	records []entry
	// pending are writes that were published and not applied. Each may be
	// applied at any time at which its condition holds, once; whoever repeats a
	// write publishes another one.
	pending []write
	// purging: a purge of everything is on its way.
	purging bool
	// lost are records that were stored and are missing since an older store was
	// put under the stream.
	lost []entry
}

type entry struct {
	machine.Stored
	purged bool
}

// last is the sequence of the last record on the subject, 0 if there is none.
func (l *commitLog) last() uint64 {
	if n := len(l.records); n > 0 && !l.records[n-1].purged {
		return l.records[n-1].Seq
	}
	return 0
}

// accepts is the condition of a publish.
func (l *commitLog) accepts(w write) bool { return w.expect == l.last() }

// hopeless: the condition can never hold again. An expected 0 always can,
// after a purge.
func (l *commitLog) hopeless(w write) bool {
	return w.expect != 0 && !l.accepts(w)
}

// publish puts a write on its way.
func (l *commitLog) publish(w write) {
	if l.hopeless(w) {
		return
	}
	at, found := slices.BinarySearchFunc(l.pending, w, compareWrites)
	if !found {
		l.pending = slices.Insert(slices.Clip(l.pending), at, w)
	}
}

func compareWrites(a, b write) int {
	if a.record.Nonce != b.record.Nonce {
		if a.record.Nonce < b.record.Nonce {
			return -1
		}
		return 1
	}
	return int(a.expect) - int(b.expect)
}

// purge removes a prefix immediately, since reads are stale anyway and may miss any
// record or show any that was removed. A purge of everything changes what the next
// write finds, so it happens some time later.
func (l *commitLog) purge(p purge) {
	if p.before == 0 {
		l.purging = true
		return
	}
	for i := range len(l.records) - 1 {
		if l.records[i].Seq < p.before {
			l.records[i].purged = true
		}
	}
}

// events are what can happen at the log by itself.
func (l *commitLog) events() []event {
	var es []event
	for _, w := range l.pending {
		if l.accepts(w) {
			es = append(es, event{kind: onWrite, write: w})
		}
	}
	if l.purging {
		es = append(es, event{kind: onPurge})
	}
	return es
}

func (l *commitLog) do(e event) {
	switch e.kind {
	case onWrite:
		l.pending = slices.DeleteFunc(slices.Clone(l.pending), func(w write) bool { return compareWrites(w, e.write) == 0 })
		seq := e.seq
		if seq == 0 {
			seq = uint64(len(l.records) + 1)
		}
		l.records = append(slices.Clip(l.records), entry{Stored: machine.Stored{Seq: seq, Record: e.write.record}})
	case onPurge:
		l.purging = false
		for i := range l.records {
			l.records[i].purged = true
		}
	}
	l.pending = slices.DeleteFunc(slices.Clone(l.pending), l.hopeless)
}

// fresh is what a read finds that is not stale.
func (l *commitLog) fresh() []machine.Stored {
	var found []machine.Stored
	for _, r := range l.records {
		if !r.purged {
			found = append(found, r.Stored)
		}
	}
	return found
}

// committed calls fn for every commit that was ever stored.
func (l *commitLog) committed(fn func(txwire.ID, txwire.Committed)) {
	for _, r := range slices.Concat(l.records, l.lost) {
		for _, c := range r.Record.Commits {
			fn(txwire.ID{Log: l.name, N: c.N}, c)
		}
	}
}

func (l *commitLog) clone() *commitLog {
	c := *l
	c.records = slices.Clone(l.records)
	return &c
}
