package idsim

import (
	"parley/test/explore"
	"parley/test/mutant"
)

// Where the rules stand.
const (
	fileClaim    = "idworker/lease/claim.go"
	fileFlight   = "idworker/lease/flight.go"
	fileHold     = "idworker/lease/hold.go"
	fileMachine  = "idworker/lease/machine.go"
	fileRetire   = "idworker/lease/retire.go"
	fileRange    = "idworker/snowflake/range.go"
	fileRegister = "test/idsim/register.go"
)

// unconditional lets a write that expects nothing pass, for mutants that forget
// what to expect.
func unconditional() mutant.Edit {
	return mutant.Replace(fileRegister, "return w.expect == r.last(incarnation)", "return w.expect == 1<<63 || w.expect == r.last(incarnation)")
}

// Mutants are the broken variants, one for each rule.
func Mutants() []explore.Variant {
	// What a flight is recognised by when it is read back.
	own := "	case found != nil && found.Record.Nonce == f.record.Nonce:\n		f.record = found.Record\n"
	return []explore.Variant{
		{Name: "lease-by-duration", Config: "stop", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "h.seq, h.nonce, h.until = f.seq, f.record.Nonce, f.record.Until", "h.seq, h.nonce, h.until = f.seq, f.record.Nonce, m.clock.Received+m.cfg.Limits.Reserve"),
		}},
		{Name: "miss-is-free", Config: "silence", Breaks: Unique, Edits: []mutant.Edit{
			unconditional(),
			mutant.Replace(fileClaim, "f := &flight{kind: claim, from: broker}", "f := &flight{kind: claim, from: broker, expect: 1 << 63}"),
		}},
		{Name: "unchanged-is-own", Config: "silence", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, own, "	case found != nil && (found.Record.Nonce == f.record.Nonce || found.Seq == f.expect):\n"),
		}},
		{Name: "holder-for-nonce", Config: "crash", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, own, "	case found != nil && found.Record.Holder == f.record.Holder:\n"),
		}},
		{Name: "silence-is-stored", Config: "silence", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "	case answer == Stored:\n", "	case answer != Mismatch:\n"),
		}},
		{Name: "mismatch-is-stored", Config: "silence", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "	case answer == Stored:\n", "	case answer != Unknown:\n"),
		}},
		{Name: "extended-unconditionally", Config: "stop", Breaks: Reserved, Edits: []mutant.Edit{
			unconditional(),
			mutant.Replace(fileHold, "kind: extension, expect: h.seq,", "kind: extension, expect: 1 << 63,"),
		}},
		{Name: "begins-below-until", Config: "drain", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "f.from = max(f.from, old.Record.Until)", "_ = old"),
		}},
		{Name: "begins-by-own-clock", Config: "clocks", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "f.from = max(f.from, old.Record.Until)", "f.from = m.clock.Sent"),
		}},
		{Name: "floor-too-low", Config: "drain", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileRange, "return (counter + MaxSequence) >> sequenceBits", "return counter >> sequenceBits"),
		}},
		{Name: "floor-not-asked", Config: "drain", Breaks: Loud, Edits: []mutant.Edit{
			mutant.Replace(fileHold, "	if !h.installed {\n", "	if h.installed {\n"),
		}},
		{Name: "usable-after-release", Config: "drain", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileRange, "counter := r.counter.Or(closed) &^ closed", "counter := r.counter.Load()"),
		}},
		{Name: "clock-decides", Config: "alone", Breaks: Ascending, Edits: []mutant.Edit{
			mutant.Replace(fileRange, "start := max(counter, now<<sequenceBits)", "start := now << sequenceBits"),
		}},
		{Name: "overflow-into-the-next-lease", Config: "anytime", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileRange, "next := start + min(int64(n), until-start)", "next := start + int64(n)"),
		}},
		{Name: "retire-lowers-until", Config: "retire", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileRetire, "Until: old.Until,", "Until: old.Until - 1,"),
		}},
		{Name: "bound-by-own-clock", Config: "clocks", Breaks: Bounded, Edits: []mutant.Edit{
			mutant.Replace(fileHold, "	h := m.held\n	until := m.clock.Broker + m.cfg.Limits.Reserve\n", "	h := m.held\n	until := m.clock.Received + m.cfg.Limits.Reserve\n"),
		}},
		{Name: "not-confirmed", Config: "lost", Breaks: SameStream, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "	m.ask(confirming, Learn{})\n", "	m.confirmed()\n"),
		}},
		{Name: "sequences-begin-again", Config: "lost", Breaks: Reserved, Edits: []mutant.Edit{
			mutant.Replace(fileRegister, "const again = 100", "const again = 0"),
		}},
		{Name: "unverified-begins-now", Config: "unverified", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "		f.from = until\n", ""),
		}},
		{Name: "unverified-not-read", Config: "unverified", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileHold, "	case !m.cfg.Verified:\n", "	case false:\n"),
		}},
		{Name: "unverified-goes-on", Config: "unverified-stop", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "return !m.cfg.Verified && until <= m.clock.Broker", "return false"),
		}},
		{Name: "unverified-claim-repeated", Config: "unverified-silence", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "(f.kind == claim || m.passed(m.held.until))", "(f.kind != claim && m.passed(m.held.until))"),
		}},
		{Name: "unverified-older-is-stale", Config: "unverified", Breaks: Unique, Edits: []mutant.Edit{
			mutant.Replace(fileFlight, "	case m.cfg.Verified:\n", "	case true:\n"),
		}},
		{Name: "dead-for-ever", Config: "crash", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "			if old.Record.Until > broker {\n", "			if old.Record.Until > 0 {\n"),
		}},
		{Name: "silence-is-the-end", Config: "silence", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileMachine, "		m.wait(pausing, m.cfg.Limits.Retry)\n", ""),
		}},
	}
}
