package snowflake

import "encoding/binary"

// Clone is an independent copy, for exploration: a range that goes on in two
// places gives the same IDs in both.
func (r *Range) Clone() *Range {
	c := &Range{worker: r.worker}
	c.counter.Store(r.counter.Load())
	c.until.Store(r.until.Load())
	return c
}

// AppendKey appends to b a text that is equal for two ranges exactly when they
// behave alike from here on, for exploration.
func (r *Range) AppendKey(b []byte) []byte {
	b = append(b, byte(r.worker))
	b = binary.AppendUvarint(b, uint64(r.counter.Load()))
	return binary.AppendUvarint(b, uint64(r.until.Load()))
}
