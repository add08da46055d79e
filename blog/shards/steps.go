package shards

// Steps that a blog and a post pass, in order, at which tests kill the process.
const (
	StepShardMade        = "shard-made"     // one more shard has its record
	StepShardsMade       = "shards-made"    // all have theirs, none is marked
	StepShardComplete    = "shard-complete" // one more record is marked
	StepPostBeforeCommit = "post-before-commit"
	StepPostAfterCommit  = "post-after-commit"
)
