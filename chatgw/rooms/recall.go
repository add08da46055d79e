package rooms

import (
	"context"
	"time"

	"parley/internal/pause"
	"parley/wire/chatwire"
)

const (
	// recallBatch and recallBytes bound one read of what is stored: the broker
	// does such reads one after another, and members' stand behind this one.
	recallBatch = 512
	recallBytes = 256 << 10
	// recallAgain is the pause after a read that failed.
	recallAgain = time.Second
)

// recall fills the index with what is stored already, as far as there is room:
// a page of a quiet room is then read by number even if nobody has written or read
// anything there since the start. It reads from the oldest to the newest, so
// that each room's numbers are only appended, and rests as long as it reads.
func (r *Rooms) recall(ctx context.Context) {
	from, last, whole, ok := r.extent(ctx)
	newest := map[string]uint64{} // of each room
	for ok && from <= last {
		start := time.Now()
		got, err := r.reader.all(ctx, from, recallBatch, recallBytes)
		if err != nil {
			r.logUnread("learning what is stored", "", err)
		}
		if len(got) == 0 { // or the replica that answered is behind
			ok = pause.For(ctx, recallAgain)
			continue
		}
		runs := map[string][]uint64{}
		for _, s := range got {
			seqs := runs[s.Room]
			if prev := newest[s.Room]; seqs == nil && prev > 0 {
				seqs = append(seqs, prev)
			}
			runs[s.Room] = append(seqs, s.Seq)
		}
		for room, seqs := range runs {
			r.index.add(room, whole && newest[room] == 0, seqs)
			newest[room] = seqs[len(seqs)-1]
		}
		from = got[len(got)-1].Seq + 1
		ok = pause.For(ctx, time.Since(start))
	}
}

// extent is which numbers are to be learned. whole: no message is before them.
// It reports false when ctx ended.
func (r *Rooms) extent(ctx context.Context) (from, last uint64, whole, ok bool) {
	for {
		attempt, cancel := context.WithTimeout(ctx, readTimeout)
		s, err := r.js.Stream(attempt, chatwire.Stream().Name)
		cancel()
		if err == nil {
			state := s.CachedInfo().State
			from = max(state.FirstSeq, 1)
			if room := uint64(r.cfg.IndexAll); state.LastSeq >= from+room {
				return state.LastSeq - room + 1, state.LastSeq, false, true
			}
			return from, state.LastSeq, true, true
		}
		r.logUnread("learning what is stored", "", err)
		if !pause.For(ctx, recallAgain) {
			return 0, 0, false, false
		}
	}
}
