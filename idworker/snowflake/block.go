package snowflake

import "fmt"

// Block is a sequence of IDs of one worker with consecutive counters. A counter is
// timestamp<<12 | sequence, 53 bits; an ID has the worker's bits in between. So a
// block may span several milliseconds, where its IDs are not consecutive numbers.
type Block struct {
	Worker int
	// Start is the counter of the first ID, Count the number of IDs.
	Start int64
	Count int
}

// MaxBlock bounds the IDs of one grant: 16 ms of one worker, so that one client
// cannot advance the timestamps of the others' IDs far.
const MaxBlock = 1 << 16

// MaxCounter is the highest counter of a block.
const MaxCounter = 1<<(idTimeBits+idSequenceBits) - 1

// Counter returns the counter of a timestamp and a sequence.
func Counter(timestamp int64, sequence int) int64 { return timestamp<<idSequenceBits | int64(sequence) }

// At returns the block's i-th ID, counted from 0.
func (b Block) At(i int) ID {
	c := b.Start + int64(i)
	return ID(c>>idSequenceBits<<(idWorkerBits+idSequenceBits) | int64(b.Worker)<<idSequenceBits | c&MaxSequence)
}

// Check reports whether a block can be granted.
func (b Block) Check() error {
	if err := CheckWorker("worker", b.Worker); err != nil {
		return err
	}
	if b.Count < 1 || b.Count > MaxBlock {
		return fmt.Errorf("count is %d, allowed is 1 to %d", b.Count, MaxBlock)
	}
	if b.Start < 1 || b.Start > MaxCounter-int64(b.Count) {
		return fmt.Errorf("start is %d, allowed is 1 to %d", b.Start, MaxCounter-int64(b.Count))
	}
	return nil
}

// CheckWorker reports whether n is a worker number. field names it in the error.
func CheckWorker(field string, n int) error {
	if n < 0 || n > MaxWorker {
		return fmt.Errorf("%s is %d, allowed is 0 to %d", field, n, MaxWorker)
	}
	return nil
}
