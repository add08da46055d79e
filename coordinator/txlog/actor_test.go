package txlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/wire"
	"parley/wire/txwire"
)

// actor drives a machine as the coordinator's shell does, with a real log under
// it and votes that are always yes. It purges nothing, so that the log can be
// judged afterwards.
type actor struct {
	t      *testing.T
	log    *txlog.Log
	m      *machine.Machine
	events chan func()
	ctx    context.Context

	target string // the log that the test is about

	// What this actor did, reported or learned about the target.
	appended  int
	committed map[uint64]bool // reported committed, or commits were sent
	aborted   map[uint64]bool // aborts were sent
	unknown   map[uint64]bool // reported unknown
	adopted   bool            // the target is sealed and known

	// faulty: every fourth answer to a record that was stored is lost, and
	// every fourth record is published a second time, whenever that arrives.
	faulty   bool
	inFlight *atomic.Int64 // answers 10164
	unclear  *atomic.Int64 // any other inconclusive answer
	lost     atomic.Int64  // answers that faulty kept
}

func newActor(t *testing.T, ctx context.Context, l *txlog.Log, inFlight, unclear *atomic.Int64) *actor {
	return &actor{
		t: t, log: l, m: machine.New(wire.NewToken()[:machine.PrefixLen], machine.DefaultLimits()), events: make(chan func(), 64), ctx: ctx,
		committed: map[uint64]bool{}, aborted: map[uint64]bool{}, unknown: map[uint64]bool{}, inFlight: inFlight, unclear: unclear,
	}
}

// own makes the actor the owner of a log that is open.
func (a *actor) own(log string, seq uint64) {
	a.m.Actions() // the wish for a log
	a.target = log
	a.m.Opened(log, seq)
}

func (a *actor) submit(n int) {
	s := machine.Submission{
		Key: fmt.Sprintf("key%d", n), Digest: "00112233445566778899aabbccddeeff", DecideBy: time.Now().Add(time.Hour).UnixMilli(),
		Branches: []txwire.Branch{{Participant: "a", Payload: []byte("1")}, {Participant: "b", Payload: []byte("1")}},
	}
	a.m.Submit(s, machine.Waiter{To: "client"})
}

// run performs actions until stop returns true. after is called when an action of
// the machine was performed.
func (a *actor) run(stop func() bool, after func(machine.Action)) {
	for {
		for acts := a.m.Actions(); len(acts) > 0; acts = a.m.Actions() {
			for _, act := range acts {
				a.perform(act)
				if after != nil {
					after(act)
				}
			}
		}
		if stop() {
			return
		}
		select {
		case f := <-a.events:
			f()
		case <-a.ctx.Done():
			a.t.Errorf("the actor is not finished in time")
			return
		}
	}
}

func (a *actor) post(f func()) {
	select {
	case a.events <- f:
	case <-a.ctx.Done():
	}
}

func (a *actor) perform(act machine.Action) {
	switch act := act.(type) {
	case machine.SendPrepare:
		a.m.Vote(act.ID, act.To, txwire.Vote{V: wire.Version, Journal: "aaaaaaaaaaaaaaaa", Yes: true})
	case machine.SendCommit:
		a.report(a.committed, act.ID)
	case machine.SendAbort:
		a.report(a.aborted, act.ID)
	case machine.Reply:
		switch act.Outcome.Status {
		case txwire.StatusCommitted:
			a.report(a.committed, act.Outcome.ID)
		case txwire.StatusAborted:
			a.report(a.aborted, act.Outcome.ID)
		case txwire.StatusUnknown:
			a.report(a.unknown, act.Outcome.ID)
		}
	case machine.Adopted:
		a.adopted = a.adopted || act.Log == a.target
	case machine.Append:
		go a.append(act)
	case machine.ReadAfter:
		go func() {
			found, _ := a.log.ReadAfter(a.ctx, act.Log, act.After)
			a.post(func() { a.m.ReadAfter(act.Log, act.Nonce, found) })
		}()
	case machine.ReadLog:
		go a.read(act)
	}
}

func (a *actor) report(set map[uint64]bool, id txwire.ID) {
	if id.Log == a.target {
		set[id.N] = true
	}
}

func (a *actor) append(act machine.Append) {
	if act.Again && !a.pause() {
		return
	}
	answer, seq, err := a.log.Append(a.ctx, act.Log, act.Expect, act.Record)
	switch {
	case inFlight(err):
		a.inFlight.Add(1)
		if answer != machine.AppendUnknown {
			a.t.Errorf("10164 was taken for the answer %v: %v", answer, err)
		}
	case answer == machine.AppendUnknown:
		a.unclear.Add(1)
	}
	if a.faulty && rand.IntN(4) == 0 {
		go func() { _, _, _ = a.log.Append(a.ctx, act.Log, act.Expect, act.Record) }()
	}
	if a.faulty && answer == machine.AppendStored && rand.IntN(4) == 0 {
		a.lost.Add(1)
		answer, seq = machine.AppendUnknown, 0
	}
	a.post(func() {
		if answer == machine.AppendStored && act.Record.Kind == txwire.RecordCommits {
			a.appended++
		}
		a.m.Appended(act.Log, act.Record.Nonce, answer, seq)
	})
}

func (a *actor) read(act machine.ReadLog) {
	if act.Again && !a.pause() {
		return
	}
	for {
		found, err := a.log.Read(a.ctx, act.Log)
		if err == nil {
			a.post(func() { a.m.Read(act.Log, found) })
			return
		}
		if !a.pause() {
			return
		}
	}
}

// pause is the shell's pause before something is repeated.
func (a *actor) pause() bool {
	timer := time.NewTimer(2 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.ctx.Done():
		return false
	}
}
