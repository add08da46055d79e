package idsim

import (
	"fmt"

	"parley/idworker/snowflake"
	"parley/test/explore"
	"parley/wire/idwire"
)

// The invariants.
const (
	// Unique: no ID is made twice.
	Unique explore.Invariant = "unique"
	// Ascending: the IDs that one process makes of a number ascend.
	Ascending explore.Invariant = "ascending"
	// Reserved: an ID that is made lies below the until of its number's newest
	// record. It holds whenever records are not lost.
	Reserved explore.Invariant = "reserved"
	// Bounded: no record is stored whose until is beyond the broker's time and
	// Reserve.
	Bounded explore.Invariant = "bounded"
	// SameStream: a range is only used when the record that reserves it was
	// stored in the stream that the process knows.
	SameStream explore.Invariant = "same stream"
	// Live: when nothing goes wrong any more, whoever can have a number gets
	// one, and makes IDs.
	Live explore.Invariant = "live"
	// Loud: nothing panics.
	Loud explore.Invariant = "loud"
)

func (w *world) fail(i explore.Invariant, format string, args ...any) {
	if w.broken == nil && (i != Reserved || !w.cfg.Blind) {
		w.broken = &explore.Broken{Invariant: i, What: fmt.Sprintf(format, args...)}
	}
}

// checkTaken checks a block of IDs that a process has just made.
func (w *world) checkTaken(p *process, b snowflake.Block) {
	s := span{b.Start, b.Start + int64(b.Count), p.incarnation}
	if int(p.worker) == b.Worker && s.from < p.last {
		w.fail(Ascending, "%s makes %s of worker %d after %s", p.name(), timestampOf(s.from), b.Worker, timestampOf(p.last-1))
	}
	r := w.register(b.Worker)
	if before, twice := r.take(s); twice {
		w.fail(Unique, "%s makes %s to %s of worker %d, and %s to %s were made before",
			p.name(), timestampOf(s.from), timestampOf(s.to-1), b.Worker, timestampOf(before.from), timestampOf(before.to-1))
	}
	if w.cfg.Unverified || p.incarnation != w.g.incarnation {
		return
	}
	if row := r.newest(w.g.incarnation); row == nil || s.to > snowflake.Counter(row.Record.Until, 0) {
		w.fail(Reserved, "%s makes %s of worker %d, and its newest record does not reserve it", p.name(), timestampOf(s.to-1), b.Worker)
	}
}

// checkStored checks a record that is stored after old, which may be nil.
func (w *world) checkStored(r *register, old *row, record idwire.Lease) {
	if record.Until > w.g.now+w.cfg.limits().Reserve && (old == nil || record.Until > old.Record.Until) {
		w.fail(Bounded, "worker %d is %s until %d, and the broker's time is %d", record.Worker, record.State, record.Until, w.g.now)
	}
	if w.cfg.Unverified {
		return
	}
	for _, s := range r.taken {
		if s.incarnation == w.g.incarnation && s.to > snowflake.Counter(record.Until, 0) {
			w.fail(Reserved, "worker %d is %s until %d, and %s was made", record.Worker, record.State, record.Until, timestampOf(s.to-1))
		}
	}
}

// checkIncarnation checks a process that is about to use what it reserved.
func (w *world) checkIncarnation(p *process) {
	if p.standsIn != p.incarnation {
		w.fail(SameStream, "%s uses a record that stands in another stream than it knows", p.name())
	}
}
