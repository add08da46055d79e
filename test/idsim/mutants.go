package idsim

import "parley/test/mutant"

// Mutant is a deliberately broken variant of the lease or the generator. The
// explorer has to find it out.
type Mutant struct {
	Name string
	// Config is where it is found out, and Breaks the invariant that breaks.
	Config string
	Breaks Invariant
	Edits  []mutant.Edit
}

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
func Mutants() []Mutant {
	// What a flight is recognised by when it is read back.
	own := "	case found != nil && found.Record.Nonce == f.record.Nonce:\n		f.record = found.Record\n"
	return []Mutant{
		{"lease-by-duration", "stop", Reserved, []mutant.Edit{
			mutant.Replace(fileFlight, "h.seq, h.nonce, h.until = f.seq, f.record.Nonce, f.record.Until", "h.seq, h.nonce, h.until = f.seq, f.record.Nonce, m.clock.Received+m.cfg.Limits.Reserve"),
		}},
		{"miss-is-free", "silence", Unique, []mutant.Edit{
			unconditional(),
			mutant.Replace(fileClaim, "f := &flight{kind: claim, from: broker}", "f := &flight{kind: claim, from: broker, expect: 1 << 63}"),
		}},
		{"unchanged-is-own", "silence", Reserved, []mutant.Edit{
			mutant.Replace(fileFlight, own, "	case found != nil && (found.Record.Nonce == f.record.Nonce || found.Seq == f.expect):\n"),
		}},
		{"holder-for-nonce", "crash", Reserved, []mutant.Edit{
			mutant.Replace(fileFlight, own, "	case found != nil && found.Record.Holder == f.record.Holder:\n"),
		}},
		{"silence-is-stored", "silence", Reserved, []mutant.Edit{
			mutant.Replace(fileFlight, "	case answer == Stored:\n", "	case answer != Mismatch:\n"),
		}},
		{"mismatch-is-stored", "silence", Unique, []mutant.Edit{
			mutant.Replace(fileFlight, "	case answer == Stored:\n", "	case answer != Unknown:\n"),
		}},
		{"extended-unconditionally", "stop", Reserved, []mutant.Edit{
			unconditional(),
			mutant.Replace(fileHold, "kind: extension, expect: h.seq,", "kind: extension, expect: 1 << 63,"),
		}},
		{"begins-below-until", "drain", Unique, []mutant.Edit{
			mutant.Replace(fileClaim, "f.from = max(f.from, old.Record.Until)", "_ = old"),
		}},
		{"begins-by-own-clock", "clocks", Unique, []mutant.Edit{
			mutant.Replace(fileClaim, "f.from = max(f.from, old.Record.Until)", "f.from = m.clock.Sent"),
		}},
		{"floor-too-low", "drain", Reserved, []mutant.Edit{
			mutant.Replace(fileRange, "return (counter + wire.MaxSequence) >> sequenceBits", "return counter >> sequenceBits"),
		}},
		{"floor-not-asked", "drain", Loud, []mutant.Edit{
			mutant.Replace(fileHold, "	if !h.installed {\n", "	if h.installed {\n"),
		}},
		{"usable-after-release", "drain", Reserved, []mutant.Edit{
			mutant.Replace(fileRange, "counter := r.counter.Or(closed) &^ closed", "counter := r.counter.Load()"),
		}},
		{"clock-decides", "alone", Ascending, []mutant.Edit{
			mutant.Replace(fileRange, "start := max(counter, now<<sequenceBits)", "start := now << sequenceBits"),
		}},
		{"overflow-into-the-next-lease", "anytime", Reserved, []mutant.Edit{
			mutant.Replace(fileRange, "next := start + min(int64(n), until-start)", "next := start + int64(n)"),
		}},
		{"retire-lowers-until", "retire", Reserved, []mutant.Edit{
			mutant.Replace(fileRetire, "Until: old.Until,", "Until: old.Until - 1,"),
		}},
		{"bound-by-own-clock", "clocks", Bounded, []mutant.Edit{
			mutant.Replace(fileHold, "	h := m.held\n	until := m.clock.Broker + m.cfg.Limits.Reserve\n", "	h := m.held\n	until := m.clock.Received + m.cfg.Limits.Reserve\n"),
		}},
		{"not-confirmed", "lost", SameStream, []mutant.Edit{
			mutant.Replace(fileFlight, "	m.ask(confirming, Learn{})\n", "	m.confirmed()\n"),
		}},
		{"sequences-begin-again", "lost", Reserved, []mutant.Edit{
			mutant.Replace(fileRegister, "const again = 100", "const again = 0"),
		}},
		{"unverified-begins-now", "unverified", Unique, []mutant.Edit{
			mutant.Replace(fileClaim, "		f.from = until\n", ""),
		}},
		{"unverified-not-read", "unverified", Unique, []mutant.Edit{
			mutant.Replace(fileHold, "	case !m.cfg.Verified:\n", "	case false:\n"),
		}},
		{"unverified-goes-on", "unverified-stop", Unique, []mutant.Edit{
			mutant.Replace(fileFlight, "return !m.cfg.Verified && until <= m.clock.Broker", "return false"),
		}},
		{"unverified-claim-repeated", "unverified-silence", Unique, []mutant.Edit{
			mutant.Replace(fileFlight, "(f.kind == claim || m.passed(m.held.until))", "(f.kind != claim && m.passed(m.held.until))"),
		}},
		{"unverified-older-is-stale", "unverified", Unique, []mutant.Edit{
			mutant.Replace(fileFlight, "	case m.cfg.Verified:\n", "	case true:\n"),
		}},
		{"dead-for-ever", "crash", Live, []mutant.Edit{
			mutant.Replace(fileClaim, "			if old.Record.Until > broker {\n", "			if old.Record.Until > 0 {\n"),
		}},
		{"silence-is-the-end", "silence", Live, []mutant.Edit{
			mutant.Replace(fileMachine, "		m.wait(pausing, m.cfg.Limits.Retry)\n", ""),
		}},
	}
}
