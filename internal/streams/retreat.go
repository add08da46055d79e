package streams

import "time"

// maxUnseen is the longest time between two reads of the stream that confirm each other:
// a second plus the time of a response. During an election no broker responds, and the
// one that responds after it may be stale for another reason.
const maxUnseen = 5 * time.Second

// BehindFor is how long every read must show the stream behind before that is taken for
// a fact. A leader that has lost its quorum answers reads for up to 20 s.
const BehindFor = 30 * time.Second

// Retreat distinguishes a stream that went back, see [WentBack], from stale reads: a
// leader that was deposed, or has not caught up, answers for a short time only. The zero
// Retreat is that of a stream that has not been read yet.
type Retreat struct {
	since, read time.Time
	// Known is the sequence known to be stored, Last the one that the last read returned.
	Known, Last uint64
}

// Seen records a read: last is the last sequence of the stream, as its leader reports
// it, and known one that was known to be stored before the request. It reports whether
// the stream began or ceased to be behind with this read.
func (r *Retreat) Seen(known, last uint64, now time.Time) (began, ended bool) {
	was := r.Behind()
	if !was || now.Sub(r.read) > maxUnseen {
		r.since = now // in between it may have been up to date
	}
	r.read, r.Known, r.Last = now, known, last
	if last >= known {
		r.since = time.Time{}
	}
	return !was && r.Behind(), was && !r.Behind()
}

// Behind reports whether the stream was behind at the last read.
func (r *Retreat) Behind() bool { return !r.since.IsZero() }

// For returns for how long the stream was behind at every read.
func (r *Retreat) For(now time.Time) time.Duration {
	if !r.Behind() {
		return 0
	}
	return now.Sub(r.since)
}
