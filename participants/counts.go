package participants

import "sync/atomic"

// counts are the events since the start, for status and metrics.
type counts struct {
	prepared, refused, committed, aborted  atomic.Uint64
	groups, ops, regroups                  atomic.Uint64
	failures, retries, violations          atomic.Uint64
	malformed, dropped, unsent             atomic.Uint64
	asked, collected, forgotten, slowCalls atomic.Uint64
}

// Counts are a participant's events since its start, and its current state.
type Counts struct {
	// Prepared and Refused count votes, Committed and Aborted
	// acknowledgements, all with repetitions.
	Prepared  uint64 `json:"prepared"`
	Refused   uint64 `json:"refused"`
	Committed uint64 `json:"committed"`
	Aborted   uint64 `json:"aborted"`
	// Groups counts database commits, Operations the operations in them, and
	// Regroups how often a group had to be repeated in parts.
	Groups     uint64 `json:"groups"`
	Operations uint64 `json:"operations"`
	Regroups   uint64 `json:"regroups"`
	// Failures counts messages that could not be answered, Retries further
	// attempts of branches that failed, Violations outcomes that contradict
	// the journal.
	Failures   uint64 `json:"failures"`
	Retries    uint64 `json:"retries"`
	Violations uint64 `json:"violations"`
	// Malformed counts messages that were ignored, Dropped those for which the queue
	// was full, Unsent answers that could not be published.
	Malformed uint64 `json:"malformed"`
	Dropped   uint64 `json:"dropped"`
	Unsent    uint64 `json:"unsent"`
	// Asked counts inquiries about branches in doubt, Collected rows that
	// were removed after the window.
	Asked     uint64 `json:"asked"`
	Collected uint64 `json:"collected"`
	// Forgotten counts commits of branches that had been collected.
	Forgotten uint64 `json:"forgotten"`
	// Queued is the number of operations that wait for the committer now, InDoubt that
	// of prepared branches, Failing that of branches whose last attempt failed.
	Queued  int `json:"queued"`
	InDoubt int `json:"in_doubt"`
	Failing int `json:"failing"`
	// SlowCalls counts calls of the resource that did not return for 5 s. CallMS is how
	// long the current one has run, 0 without one, and Trouble why the participant does
	// not serve, empty if it does.
	SlowCalls uint64 `json:"slow_calls"`
	CallMS    int64  `json:"call_ms"`
	Trouble   string `json:"trouble,omitempty"`
	// ClockMS is by how much this machine's clock is ahead of the broker's.
	ClockMS int64 `json:"clock_ms"`
}

func (c *counts) read() Counts {
	return Counts{
		Prepared: c.prepared.Load(), Refused: c.refused.Load(), Committed: c.committed.Load(), Aborted: c.aborted.Load(),
		Groups: c.groups.Load(), Operations: c.ops.Load(), Regroups: c.regroups.Load(),
		Failures: c.failures.Load(), Retries: c.retries.Load(), Violations: c.violations.Load(),
		Malformed: c.malformed.Load(), Dropped: c.dropped.Load(), Unsent: c.unsent.Load(),
		Asked: c.asked.Load(), Collected: c.collected.Load(), Forgotten: c.forgotten.Load(),
		SlowCalls: c.slowCalls.Load(),
	}
}
