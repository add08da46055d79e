package snowflake

import "encoding/binary"

// Clone returns an independent copy, for exploration. The copy issues the same IDs
// again.
func (r *Range) Clone() *Range {
	c := &Range{worker: r.worker}
	c.counter.Store(r.counter.Load())
	c.until.Store(r.until.Load())
	return c
}

// AppendKey appends a key to b that is equal for two ranges exactly when their future
// behaviour is equal, for exploration.
func (r *Range) AppendKey(b []byte) []byte {
	b = append(b, byte(r.worker))
	b = binary.AppendUvarint(b, uint64(r.counter.Load()))
	return binary.AppendUvarint(b, uint64(r.until.Load()))
}
