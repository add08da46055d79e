package socket

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Counters count what happened since the start.
type Counters struct {
	// Connections are those of now, and Stuck those of them whose socket takes
	// no more.
	Connections, Stuck int64
	// Opened counts handshakes, Refused requests that were none or were not
	// allowed, Full connections for which there was no room.
	Opened, Refused, Full uint64
	// FramesIn counts messages of clients, BytesIn what they were on the wire.
	FramesIn, BytesIn uint64
	// Writes counts system calls, BytesOut what they wrote.
	Writes, BytesOut uint64
	// Slow counts clients that were cut off because they did not read.
	Slow uint64
	// Closed counts connections by the code they ended with.
	Closed map[int]uint64
}

type counters struct {
	opened, refused, full, framesIn, bytesIn, writes, bytesOut, slow atomic.Uint64
	stuck                                                            atomic.Int64

	mu    sync.Mutex
	codes map[int]uint64
}

func (c *counters) closed(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		c.codes = map[int]uint64{}
	}
	c.codes[code]++
}

// Counters are the present numbers.
func (s *Server) Counters() Counters {
	c := &s.counters
	c.mu.Lock()
	codes := maps.Clone(c.codes)
	c.mu.Unlock()
	return Counters{
		Connections: int64(s.Count()), Stuck: c.stuck.Load(),
		Opened: c.opened.Load(), Refused: c.refused.Load(), Full: c.full.Load(),
		FramesIn: c.framesIn.Load(), BytesIn: c.bytesIn.Load(),
		Writes: c.writes.Load(), BytesOut: c.bytesOut.Load(), Slow: c.slow.Load(),
		Closed: codes,
	}
}
