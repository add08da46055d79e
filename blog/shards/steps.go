package shards

// Steps is called at the durable steps, by name, with the process in exactly
// that state. A crash test kills the process inside it. Nil in normal use. It
// is called from several goroutines.
type Steps func(point string)

// The points, in the order that a blog and a post pass them.
const (
	StepShardMade        = "shard-made"     // one more shard has its record
	StepShardsMade       = "shards-made"    // all have theirs, none is marked
	StepShardComplete    = "shard-complete" // one more record is marked
	StepPostBeforeCommit = "post-before-commit"
	StepPostAfterCommit  = "post-after-commit"
)

func (s Steps) at(point string) {
	if s != nil {
		s(point)
	}
}
