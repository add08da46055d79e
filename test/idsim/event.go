package idsim

import (
	"fmt"
	"strings"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

// maxNumbers bounds the worker numbers of a world.
const maxNumbers = 8

// event is something that happens to one process, to one number's register, or
// to the broker.
type event struct {
	kind eventKind
	// at is the process or the worker number.
	at int8
	// sees is which record of each number a read finds: its place in
	// register.rows, or -1 for none.
	sees [maxNumbers]int8
	// stale is how many of them are not the newest.
	stale uint8
	// asked: the broker answered a Learn when it was sent, not just now.
	asked bool
	// n is the write that is applied, or how many records are lost.
	n int8
	// offset is where a clock jumps to.
	offset int64
	// count is how many IDs are taken, as many as there are if it is everyID.
	count int32
	// ms is by how much time moves on.
	ms int64
}

// everyID is more than a range can have.
const everyID = 1 << 30

type eventKind uint8

const (
	onTick eventKind = iota
	// At a process.
	onTable
	onLearned
	onFound
	onWritten
	onWoke
	onSilence
	onTake
	onStop
	onDrain
	onCrash
	onRestart
	onJump
	// At a number's register.
	onApply
	onRetire
	onCut
	// At the stream.
	onLost
)

// text is the event as a person reads it, seen from the world before it.
func (w *world) text(e event) string {
	p := string(rune('A' + e.at))
	switch e.kind {
	case onTick:
		return fmt.Sprintf("the broker's time is %d", w.g.now+e.ms)
	case onTable:
		var sees []string
		for n := range w.regs {
			sees = append(sees, w.sight(n, e.sees[n]))
		}
		return p + " reads all: " + strings.Join(sees, "; ")
	case onLearned:
		a := w.procs[e.at].asked
		at := w.g.now
		if e.asked {
			at = a.broker
		}
		return fmt.Sprintf("%s learns that the broker's time is %d, its own was %d", p, at, a.own)
	case onFound:
		n := w.procs[e.at].open.(lease.Read).Worker
		return p + " reads: " + w.sight(n, e.sees[n])
	case onWritten:
		a := w.procs[e.at].answer
		if a.Answer == lease.Stored {
			return fmt.Sprintf("%s learns that its record is stored at %d", p, a.seq)
		}
		return p + " learns that another record is last"
	case onWoke:
		return p + " has waited"
	case onSilence:
		return p + " has no answer"
	case onTake:
		if e.count == everyID {
			return p + " makes all the IDs it can"
		}
		return fmt.Sprintf("%s makes %d IDs", p, e.count)
	case onStop:
		return p + " is stopped"
	case onDrain:
		return p + " begins to stop"
	case onCrash:
		return p + " crashes and starts again"
	case onRestart:
		return p + " starts again"
	case onJump:
		return fmt.Sprintf("%s's clock jumps to %+d of the broker's", p, e.offset)
	case onApply:
		f := w.regs[e.at].flying[e.n]
		verb := "stores"
		if !w.regs[e.at].accepts(f, w.g.incarnation) {
			verb = "refuses"
		}
		return fmt.Sprintf("the broker %s after %d: %s", verb, f.expect, recordText(f.record))
	case onRetire:
		return fmt.Sprintf("an operator retires worker %d, having read %s", e.at, w.sight(int(e.at), e.sees[e.at]))
	case onCut:
		return fmt.Sprintf("power fails, and the broker forgets the newest %d records of worker %d", e.n, e.at)
	case onLost:
		return "the lease stream is lost and recreated"
	default:
		return fmt.Sprint(uint8(e.kind))
	}
}

func (w *world) sight(n int, at int8) string {
	if at < 0 {
		return fmt.Sprintf("no record of %d", n)
	}
	r := w.regs[n].rows[at]
	return fmt.Sprintf("%d %s", r.Seq, recordText(r.Record))
}

func recordText(r idwire.Lease) string {
	return fmt.Sprintf("worker %d %s by %s until %d (%s)", r.Worker, r.State, r.Holder, r.Until, r.Nonce)
}
