package chatgw

import "time"

// rate is how often something may happen: Burst immediately, and PerSecond in the
// long run.
type rate struct {
	PerSecond float64
	Burst     int
}

// bucket holds what is left of a rate, in one word (the generic cell rate
// algorithm): the time at which it is full again. The zero bucket is full. It
// is not safe for concurrent use.
type bucket struct{ full time.Duration }

// take takes one. It returns how long to wait for the next one if there is none
// left; then nothing was taken. now is the time since any fixed moment.
func (b *bucket) take(now time.Duration, r rate) time.Duration {
	gap := time.Duration(float64(time.Second) / r.PerSecond)
	full := max(b.full, now) + gap
	if wait := full - now - gap*time.Duration(r.Burst); wait > 0 {
		return wait
	}
	b.full = full
	return 0
}
