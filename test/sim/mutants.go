package sim

import (
	"parley/test/explore"
	"parley/test/mutant"
)

// Where the rules stand.
const (
	fileAbandon     = "coordinator/machine/abandon.go"
	fileAbort       = "coordinator/machine/abort.go"
	fileAck         = "coordinator/machine/ack.go"
	fileAdopt       = "coordinator/machine/adopt.go"
	fileEvents      = "coordinator/machine/events.go"
	fileMachine     = "coordinator/machine/machine.go"
	fileOwn         = "coordinator/machine/own.go"
	fileSubmit      = "coordinator/machine/submit.go"
	fileStream      = "coordinator/machine/stream.go"
	fileTrim        = "coordinator/machine/trim.go"
	fileVote        = "coordinator/machine/vote.go"
	fileOutcome     = "participants/machine/outcome.go"
	filePrepare     = "participants/machine/prepare.go"
	fileClient      = "test/sim/client.go"
	fileCommitLog   = "test/sim/commitlog.go"
	filePerform     = "test/sim/perform.go"
	fileSimStream   = "test/sim/stream.go"
	fileParticipant = "test/sim/participant.go"
)

// unconditional lets a write without an expected sequence pass, for mutants
// that forget it.
func unconditional() mutant.Edit {
	return mutant.Replace(fileCommitLog, "return w.expect == l.last()", "return w.expect == 1<<63 || w.expect == l.last()")
}

// Mutants are the broken variants: one for each rule whose absence was once a
// violation, and some more.
func Mutants() []explore.Variant {
	// The end of Machine.Appended: what to do about an answer that is unclear.
	again := "	default:\n		m.do(Append{Log: log, Expect: l.last, Record: l.flight.record, Again: true})\n	}\n}\n\n// ReadAfter"
	return []explore.Variant{
		explore.Break("prepared-below-the-mark", "collect", I5,
			mutant.Replace(filePrepare, "	case m.DecideBy <= env.Mark:\n", "	case false:\n")),
		explore.Break("forgotten-by-the-clock", "copied", Loud,
			mutant.Replace(fileOutcome, "	case b == nil && m.DecideBy <= env.Mark && m.DecideBy > env.Floor:\n		a := ack", "	case b == nil && m.DecideBy <= env.Now:\n		a := ack")),
		explore.Break("forgotten-below-the-floor", "lost", Loud,
			mutant.Replace(fileOutcome, "m.DecideBy <= env.Mark && m.DecideBy > env.Floor", "m.DecideBy <= env.Mark")),
		explore.Break("abandoned-is-applied", "abandon", I4,
			mutant.Replace(fileAbandon, "	m.abandoned[id] = append(slices.Clip(m.abandoned[id]), b)\n", "	m.abandoned[id] = append(slices.Clip(m.abandoned[id]), b)\n	if t := m.txs[id]; t != nil && t.State == Committed {\n		t.branch(participant).Done = true\n		m.finish(t)\n	}\n")),
		explore.Break("vote-before-durable", "groups", Loud,
			mutant.Replace(fileParticipant, "			p.answer(a)\n", "			if a.kind == txwire.KindVote {\n				p.send(a, f)\n			} else {\n				p.answer(a)\n			}\n")),
		explore.Break("ack-before-durable", "groups", I5,
			mutant.Replace(fileParticipant, "			p.answer(a)\n", "			if a.kind == txwire.KindAck {\n				p.send(a, f)\n			} else {\n				p.answer(a)\n			}\n")),
		explore.Break("abort-on-missed-read", "exact", I4,
			mutant.Replace(fileAdopt, "		m.trySeal(a, chain)\n", "		m.sealed(a, chain, 1<<40)\n")),
		explore.Break("in-flight-is-exists", "exact", I4,
			mutant.Replace(fileOwn, again, "	default:\n		m.giveUp(\"in flight\", appendFailed)\n	}\n}\n\n// ReadAfter")),
		explore.Break("in-flight-is-sealed", "exact", I4,
			mutant.Replace(fileAdopt, "	if answer == AppendStored && !m.behind {\n", "	if answer == AppendStored || answer == AppendUnknown {\n")),
		explore.Break("append-again-unconditionally", "exact", I4,
			unconditional(),
			mutant.Replace(fileOwn, again, "	default:\n		m.do(Append{Log: log, Expect: 1 << 63, Record: l.flight.record, Again: true})\n	}\n}\n\n// ReadAfter")),
		explore.Break("seal-expects-nothing", "exact", I4,
			unconditional(),
			mutant.Replace(fileAdopt, "m.do(Append{Log: a.log, Expect: r.Prev, Record: r})", "m.do(Append{Log: a.log, Expect: 1 << 63, Record: r})")),
		explore.Break("trim-before-last-ack", "trim", I4,
			mutant.Replace(fileTrim, "l.records[n].left == 0", "l.records[n].left >= 0")),
		explore.Break("hole-is-trimmed", "trim", I4,
			mutant.Replace(fileAdopt, "return chain, chain[0].Seq == base || chain[0].Record.Prev == 0", "return chain, true")),
		explore.Break("no-open-record", "exact", I4,
			mutant.Replace(filePerform, "	f.writes = append(f.writes, write{log: c.opening, record: txwire.Record{\n		V: wire.Version, Kind: txwire.RecordOpen, Nonce: \"open-\" + c.opening, By: c.opening,\n	}})\n", "	c.m.Opened(c.opening, 0)\n	c.opening = \"\"\n"),
			mutant.Replace(filePerform, "	\"parley/wire\"\n", "")),
		explore.Break("nothing-found-is-failed", "lies", I4,
			mutant.Replace(fileOwn, "		// the same mismatch, or succeeds.\n		m.do(Append{Log: log, Expect: l.last, Record: l.flight.record, Again: true})\n", "		m.giveUp(\"nothing found\", appendFailed)\n")),
		explore.Break("mismatch-is-failed", "exact", I4,
			mutant.Replace(fileOwn, "		m.do(ReadAfter{Log: log, After: l.last, Nonce: nonce})\n", "		m.giveUp(\"mismatch\", appendFailed)\n")),
		explore.Break("any-seal-is-failed", "exact", I4,
			mutant.Replace(fileOwn, "	case found.Record.Prev == l.last:\n", "	case found.Record.Kind == txwire.RecordSeal:\n")),
		explore.Break("gone-is-failed", "exact", Loud,
			mutant.Replace(fileOwn, "m.giveUp(\"the log was sealed and purged while an append was under way\", appendUnknown)", "m.giveUp(\"the log is gone\", appendFailed)")),
		explore.Break("abort-after-full", "exact", I2,
			mutant.Replace(fileVote, "	if t == nil || (t.State != Preparing && t.State != Ready) {\n", "	if t == nil || (t.State != Preparing && t.State != Ready && t.State != Appending) {\n")),
		explore.Break("writer-id-for-record", "carry", I2,
			mutant.Replace(fileMachine, "b[i] = digits[n&31]", "b[i] = digits[n&0]")),
		explore.Break("no-tombstone", "exact", I5,
			mutant.Replace(fileOutcome, "		return abort(env, v, tombstone, m.Close)\n", "		_ = tombstone\n		return Step{Ack: ack(env, txwire.KindAbort, false)}\n")),
		explore.Break("key-not-unique", "repeat", I2,
			mutant.Replace(filePrepare, "	case v.Key != nil:\n", "	case v.Key.closed():\n")),
		explore.Break("aborted-without-closed", "restart", I2,
			mutant.Replace(fileAck, "	m.settle(t, txwire.StatusUnknown)\n", "	m.settle(t, txwire.StatusAborted)\n")),
		explore.Break("once-for-everybody", "restart", I2,
			mutant.Replace(fileAbort, "t.sub.Once && why.close", "why.close")),
		explore.Break("promise-outlives-repeat", "applied", I2,
			mutant.Replace(fileSubmit, "		t.proven = t.closed\n", "")),
		explore.Break("nobody-asks", "crash", I3,
			mutant.Replace(fileParticipant, "		if v.Yes {\n", "		if v.Yes && id.IsZero() {\n")),
		explore.Break("late-answer-believed", "repeat", I2,
			mutant.Replace(fileClient, "	if e.msg.try != c.tries || c.answer != \"\" {\n", "	if c.answer != \"\" {\n")),
		explore.Break("event-before-append", "events", Events,
			mutant.Replace(fileOwn, "		m.txs[id].State = Appending\n", "		m.txs[id].State = Appending\n		m.publish(m.txs[id])\n")),
		explore.Break("event-forgotten-at-a-trim", "events", I3,
			mutant.Replace(fileAck, "	if len(t.unsettled()) > 0 {\n		return\n	}\n", "")),
		explore.Break("event-not-carried", "events-carry", I3,
			mutant.Replace(fileOwn, "	for _, id := range f.carry {\n		f.record.Commits = append(f.record.Commits, m.txs[id].committed())\n", "	for _, id := range f.carry {\n		c := m.txs[id].committed()\n		c.Events = nil\n		f.record.Commits = append(f.record.Commits, c)\n")),
		explore.Break("event-forgotten-by-adopter", "events", I3,
			mutant.Replace(fileAdopt, "				c.Events = events[c.N]\n", "				_ = events\n")),
		explore.Break("settled-is-not-read", "events", Events,
			mutant.Replace(fileEvents, "			settled[e.N] = append(settled[e.N], e.Indexes...)\n", "			_ = e\n")),
		explore.Break("event-settled-when-sent", "events", Events,
			mutant.Replace(fileEvents, "		m.do(Publish{ID: t.ID, Event: e})\n", "		m.do(Publish{ID: t.ID, Event: e})\n		m.settled(t.ID, e.Index)\n")),
		explore.Break("behind-is-ignored", "restored", I4,
			mutant.Replace(fileStream, "m.behind = last < known", "m.behind = false")),
		explore.Break("write-before-look", "restored", I4,
			mutant.Replace(fileSimStream, "return !c.reconnected && !c.m.Behind()", "return !c.m.Behind()")),
		explore.Break("seal-of-an-older-store", "forgotten", I4,
			mutant.Replace(fileOutcome, "if m.SealSeq != 0 && env.Behind {", "if false {")),
		explore.Break("sequence-of-lost-stream", "replaced", Loud,
			mutant.Replace(fileOutcome, "if !replaced && m.SealSeq != 0", "if m.SealSeq != 0")),
	}
}
