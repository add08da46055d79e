package rooms

import "sync/atomic"

// Counters count what happened since the start.
type Counters struct {
	// Rooms and Members are how many there are now, Indexed the messages whose
	// places are known: pages of them are read without a search.
	Rooms, Members, Indexed int64
	// Live are re-sent messages that arrived, Delivered what members were
	// given, Sent own messages that were stored.
	Live, Delivered, Sent uint64
	// Gaps are reads of gaps, Filled the messages that came of them, Lost the
	// rooms given up because a gap could not be closed.
	Gaps, Filled, Lost uint64
	// Recovered and Unrecovered count joins with an epoch.
	Recovered, Unrecovered uint64
	// Malformed are messages that were ignored since they are not ours.
	Malformed uint64
}

type counters struct {
	rooms, members                    atomic.Int64
	live, delivered, sent             atomic.Uint64
	gaps, filled, lost                atomic.Uint64
	recovered, unrecovered, malformed atomic.Uint64
}

// Counters are the present numbers.
func (r *Rooms) Counters() Counters {
	c := &r.count
	return Counters{
		Rooms: c.rooms.Load(), Members: c.members.Load(), Indexed: int64(r.index.known()),
		Live: c.live.Load(), Delivered: c.delivered.Load(), Sent: c.sent.Load(),
		Gaps: c.gaps.Load(), Filled: c.filled.Load(), Lost: c.lost.Load(),
		Recovered: c.recovered.Load(), Unrecovered: c.unrecovered.Load(), Malformed: c.malformed.Load(),
	}
}
