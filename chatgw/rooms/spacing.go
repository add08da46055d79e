package rooms

import "sync"

// spacings remember about how far apart the messages of rooms are.
type spacings struct {
	mu    sync.Mutex
	rooms map[string]uint64
	max   int
}

func newSpacings(limit int) spacings { return spacings{rooms: map[string]uint64{}, max: limit} }

// of is the spacing of a room, 2 if nothing is known.
func (s *spacings) of(room string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.rooms[room], 2)
}

// learn remembers the spacing that a page had, and some more.
func (s *spacings) learn(room string, spacing uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rooms) >= s.max {
		clear(s.rooms)
	}
	s.rooms[room] = spacing + spacing/4 + 1
}
