package streams

import "time"

// maxUnseen is how far apart two looks at the stream may be that confirm each
// other: a second between them, and what an answer takes. While brokers elect,
// nobody answers, and who answers after that may be stale in another way.
const maxUnseen = 5 * time.Second

// BehindFor is for how long a stream must be seen behind before that is believed. A
// leader that has lost its quorum answers reads for up to 20 s.
const BehindFor = 30 * time.Second

// Retreat distinguishes a stream that went back, see [WentBack], from a stale read:
// a leader that was deposed, or has not caught up, answers for a while only. The
// zero Retreat is of a stream that has not been looked at.
type Retreat struct {
	since, looked time.Time
	// Known and Last are what the stream had stored and has, at the last look.
	Known, Last uint64
}

// Seen takes the last sequence of the stream, as its leader reports it, and one
// that was known to be stored before the leader was asked. It reports whether the
// stream is behind where it was not at the look before, or no longer is.
func (r *Retreat) Seen(known, last uint64, now time.Time) (began, ended bool) {
	was := r.Behind()
	if !was || now.Sub(r.looked) > maxUnseen {
		r.since = now // what was in between is not known
	}
	r.looked, r.Known, r.Last = now, known, last
	if last >= known {
		r.since = time.Time{}
	}
	return !was && r.Behind(), was && !r.Behind()
}

// Behind reports whether the stream was behind when it was last looked at.
func (r *Retreat) Behind() bool { return !r.since.IsZero() }

// For is for how long it was behind at every look.
func (r *Retreat) For(now time.Time) time.Duration {
	if !r.Behind() {
		return 0
	}
	return now.Sub(r.since)
}
