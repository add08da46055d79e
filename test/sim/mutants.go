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
		{Name: "prepared-below-the-mark", Config: "collect", Breaks: I5, Edits: []mutant.Edit{
			mutant.Replace(filePrepare, "	case m.DecideBy <= env.Mark:\n", "	case false:\n"),
		}},
		{Name: "forgotten-by-the-clock", Config: "copied", Breaks: Loud, Edits: []mutant.Edit{
			mutant.Replace(fileOutcome, "	case b == nil && m.DecideBy <= env.Mark && m.DecideBy > env.Floor:\n		a := ack", "	case b == nil && m.DecideBy <= env.Now:\n		a := ack"),
		}},
		{Name: "forgotten-below-the-floor", Config: "lost", Breaks: Loud, Edits: []mutant.Edit{
			mutant.Replace(fileOutcome, "m.DecideBy <= env.Mark && m.DecideBy > env.Floor", "m.DecideBy <= env.Mark"),
		}},
		{Name: "abandoned-is-applied", Config: "abandon", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileAbandon, "	m.abandoned[id] = append(slices.Clip(m.abandoned[id]), b)\n", "	m.abandoned[id] = append(slices.Clip(m.abandoned[id]), b)\n	if t := m.txs[id]; t != nil && t.State == Committed {\n		t.branch(participant).Done = true\n		m.finish(t)\n	}\n"),
		}},
		{Name: "vote-before-durable", Config: "groups", Breaks: Loud, Edits: []mutant.Edit{
			mutant.Replace(fileParticipant, "			p.answer(a)\n", "			if a.kind == txwire.KindVote {\n				p.send(a, f)\n			} else {\n				p.answer(a)\n			}\n"),
		}},
		{Name: "ack-before-durable", Config: "groups", Breaks: I5, Edits: []mutant.Edit{
			mutant.Replace(fileParticipant, "			p.answer(a)\n", "			if a.kind == txwire.KindAck {\n				p.send(a, f)\n			} else {\n				p.answer(a)\n			}\n"),
		}},
		{Name: "abort-on-missed-read", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileAdopt, "		m.trySeal(a, chain)\n", "		m.sealed(a, chain, 1<<40)\n"),
		}},
		{Name: "in-flight-is-exists", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileOwn, again, "	default:\n		m.giveUp(\"in flight\", appendFailed)\n	}\n}\n\n// ReadAfter"),
		}},
		{Name: "in-flight-is-sealed", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileAdopt, "	if answer == AppendStored && !m.behind {\n", "	if answer == AppendStored || answer == AppendUnknown {\n"),
		}},
		{Name: "append-again-unconditionally", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			unconditional(),
			mutant.Replace(fileOwn, again, "	default:\n		m.do(Append{Log: log, Expect: 1 << 63, Record: l.flight.record, Again: true})\n	}\n}\n\n// ReadAfter"),
		}},
		{Name: "seal-expects-nothing", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			unconditional(),
			mutant.Replace(fileAdopt, "m.do(Append{Log: a.log, Expect: r.Prev, Record: r})", "m.do(Append{Log: a.log, Expect: 1 << 63, Record: r})"),
		}},
		{Name: "trim-before-last-ack", Config: "trim", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileTrim, "l.records[n].left == 0", "l.records[n].left >= 0"),
		}},
		{Name: "hole-is-trimmed", Config: "trim", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileAdopt, "return chain, chain[0].Seq == base || chain[0].Record.Prev == 0", "return chain, true"),
		}},
		{Name: "no-open-record", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(filePerform, "	f.writes = append(f.writes, write{log: c.opening, record: txwire.Record{\n		V: wire.Version, Kind: txwire.RecordOpen, Nonce: \"open-\" + c.opening, By: c.opening,\n	}})\n", "	c.m.Opened(c.opening, 0)\n	c.opening = \"\"\n"),
			mutant.Replace(filePerform, "	\"parley/wire\"\n", ""),
		}},
		{Name: "nothing-found-is-failed", Config: "lies", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileOwn, "		// the same mismatch, or succeeds.\n		m.do(Append{Log: log, Expect: l.last, Record: l.flight.record, Again: true})\n", "		m.giveUp(\"nothing found\", appendFailed)\n"),
		}},
		{Name: "mismatch-is-failed", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileOwn, "		m.do(ReadAfter{Log: log, After: l.last, Nonce: nonce})\n", "		m.giveUp(\"mismatch\", appendFailed)\n"),
		}},
		{Name: "any-seal-is-failed", Config: "exact", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileOwn, "	case found.Record.Prev == l.last:\n", "	case found.Record.Kind == txwire.RecordSeal:\n"),
		}},
		{Name: "gone-is-failed", Config: "exact", Breaks: Loud, Edits: []mutant.Edit{
			mutant.Replace(fileOwn, "m.giveUp(\"the log was sealed and purged while an append was under way\", appendUnknown)", "m.giveUp(\"the log is gone\", appendFailed)"),
		}},
		{Name: "abort-after-full", Config: "exact", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(fileVote, "	if t == nil || (t.State != Preparing && t.State != Ready) {\n", "	if t == nil || (t.State != Preparing && t.State != Ready && t.State != Appending) {\n"),
		}},
		{Name: "writer-id-for-record", Config: "carry", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(fileMachine, "b[i] = digits[n&31]", "b[i] = digits[n&0]"),
		}},
		{Name: "no-tombstone", Config: "exact", Breaks: I5, Edits: []mutant.Edit{
			mutant.Replace(fileOutcome, "		return abort(env, v, tombstone, m.Close)\n", "		_ = tombstone\n		return Step{Ack: ack(env, txwire.KindAbort, false)}\n"),
		}},
		{Name: "key-not-unique", Config: "repeat", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(filePrepare, "	case v.Key != nil:\n", "	case v.Key.closed():\n"),
		}},
		{Name: "aborted-without-closed", Config: "restart", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(fileAck, "	m.settle(t, txwire.StatusUnknown)\n", "	m.settle(t, txwire.StatusAborted)\n"),
		}},
		{Name: "once-for-everybody", Config: "restart", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(fileAbort, "t.sub.Once && why.close", "why.close"),
		}},
		{Name: "promise-outlives-repeat", Config: "applied", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(fileSubmit, "		t.proven = t.closed\n", ""),
		}},
		{Name: "nobody-asks", Config: "crash", Breaks: I3, Edits: []mutant.Edit{
			mutant.Replace(fileParticipant, "		if v.Yes {\n", "		if v.Yes && id.IsZero() {\n"),
		}},
		{Name: "late-answer-believed", Config: "repeat", Breaks: I2, Edits: []mutant.Edit{
			mutant.Replace(fileClient, "	if e.msg.try != c.tries || c.answer != \"\" {\n", "	if c.answer != \"\" {\n"),
		}},
		{Name: "behind-is-ignored", Config: "restored", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileStream, "m.behind = last < known", "m.behind = false"),
		}},
		{Name: "write-before-look", Config: "restored", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileSimStream, "return !c.reconnected && !c.m.Behind()", "return !c.m.Behind()"),
		}},
		{Name: "seal-of-an-older-store", Config: "forgotten", Breaks: I4, Edits: []mutant.Edit{
			mutant.Replace(fileOutcome, "if m.SealSeq != 0 && env.Behind {", "if false {"),
		}},
		{Name: "sequence-of-lost-stream", Config: "replaced", Breaks: Loud, Edits: []mutant.Edit{
			mutant.Replace(fileOutcome, "if !replaced && m.SealSeq != 0", "if m.SealSeq != 0"),
		}},
	}
}
