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
		explore.Break("lease-by-duration", "stop", Reserved,
			mutant.Replace(fileFlight, "h.seq, h.nonce, h.until = f.seq, f.record.Nonce, f.record.Until", "h.seq, h.nonce, h.until = f.seq, f.record.Nonce, m.clock.Received+m.cfg.Limits.Reserve")),
		explore.Break("miss-is-free", "silence", Unique,
			unconditional(),
			mutant.Replace(fileClaim, "f := &flight{kind: claim, from: broker}", "f := &flight{kind: claim, from: broker, expect: 1 << 63}")),
		explore.Break("unchanged-is-own", "silence", Reserved,
			mutant.Replace(fileFlight, own, "	case found != nil && (found.Record.Nonce == f.record.Nonce || found.Seq == f.expect):\n")),
		explore.Break("holder-for-nonce", "crash", Reserved,
			mutant.Replace(fileFlight, own, "	case found != nil && found.Record.Holder == f.record.Holder:\n")),
		explore.Break("silence-is-stored", "silence", Reserved,
			mutant.Replace(fileFlight, "	case answer == Stored:\n", "	case answer != Mismatch:\n")),
		explore.Break("mismatch-is-stored", "silence", Unique,
			mutant.Replace(fileFlight, "	case answer == Stored:\n", "	case answer != Unknown:\n")),
		explore.Break("extended-unconditionally", "stop", Reserved,
			unconditional(),
			mutant.Replace(fileHold, "kind: extension, expect: h.seq,", "kind: extension, expect: 1 << 63,")),
		explore.Break("begins-below-until", "drain", Unique,
			mutant.Replace(fileClaim, "f.from = max(f.from, old.Record.Until)", "_ = old")),
		explore.Break("begins-by-own-clock", "clocks", Unique,
			mutant.Replace(fileClaim, "f.from = max(f.from, old.Record.Until)", "f.from = m.clock.Sent")),
		explore.Break("floor-too-low", "drain", Reserved,
			mutant.Replace(fileRange, "return (counter + MaxSequence) >> sequenceBits", "return counter >> sequenceBits")),
		explore.Break("floor-not-asked", "drain", Loud,
			mutant.Replace(fileHold, "	if !h.installed {\n", "	if h.installed {\n")),
		explore.Break("usable-after-release", "drain", Reserved,
			mutant.Replace(fileRange, "counter := r.counter.Or(closed) &^ closed", "counter := r.counter.Load()")),
		explore.Break("clock-decides", "alone", Ascending,
			mutant.Replace(fileRange, "start := max(counter, now<<sequenceBits)", "start := now << sequenceBits")),
		explore.Break("overflow-into-the-next-lease", "anytime", Reserved,
			mutant.Replace(fileRange, "next := start + min(int64(n), until-start)", "next := start + int64(n)")),
		explore.Break("retire-lowers-until", "retire", Reserved,
			mutant.Replace(fileRetire, "Until: old.Until,", "Until: old.Until - 1,")),
		explore.Break("bound-by-own-clock", "clocks", Bounded,
			mutant.Replace(fileHold, "	h := m.held\n	until := m.clock.Broker + m.cfg.Limits.Reserve\n", "	h := m.held\n	until := m.clock.Received + m.cfg.Limits.Reserve\n")),
		explore.Break("not-confirmed", "lost", SameStream,
			mutant.Replace(fileFlight, "	m.ask(confirming, Learn{})\n", "	m.confirmed()\n")),
		explore.Break("sequences-begin-again", "lost", Reserved,
			mutant.Replace(fileRegister, "const again = 100", "const again = 0")),
		explore.Break("unverified-begins-now", "unverified", Unique,
			mutant.Replace(fileClaim, "		f.from = until\n", "")),
		explore.Break("unverified-not-read", "unverified", Unique,
			mutant.Replace(fileHold, "	case !m.cfg.Verified:\n", "	case false:\n")),
		explore.Break("unverified-goes-on", "unverified-stop", Unique,
			mutant.Replace(fileFlight, "return !m.cfg.Verified && until <= m.clock.Broker", "return false")),
		explore.Break("unverified-claim-repeated", "unverified-silence", Unique,
			mutant.Replace(fileFlight, "(f.kind == claim || m.passed(m.held.until))", "(f.kind != claim && m.passed(m.held.until))")),
		explore.Break("unverified-older-is-stale", "unverified", Unique,
			mutant.Replace(fileFlight, "	case m.cfg.Verified:\n", "	case true:\n")),
		explore.Break("dead-for-ever", "crash", Live,
			mutant.Replace(fileClaim, "			if old.Record.Until > broker {\n", "			if old.Record.Until > 0 {\n")),
		explore.Break("silence-is-the-end", "silence", Live,
			mutant.Replace(fileMachine, "		m.wait(pausing, m.cfg.Limits.Retry)\n", "")),
	}
}
