package chat

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"parley/chatgw/frame"
)

// notes are what one client records.
type notes struct {
	name  string
	rooms []string

	mu    sync.Mutex
	views map[string]*View
	sent  []Sent
	acks  map[string][]frame.Ack // by cid
	// wrong is what a client can find by itself.
	wrong []string
	// codes count how connections ended.
	codes map[string]int
}

func newNotes(name string, rooms []string) *notes {
	n := &notes{name: name, rooms: rooms, views: map[string]*View{}, acks: map[string][]frame.Ack{}, codes: map[string]int{}}
	for _, room := range rooms {
		n.views[room] = &View{Client: name, Room: room}
	}
	return n
}

func (n *notes) fail(format string, args ...any) {
	n.wrong = append(n.wrong, fmt.Sprintf(format, args...))
}

// compose invents a message for one of the client's rooms.
func (n *notes) compose(rng *rand.Rand) *Sent {
	text := strings.Repeat("soup ", 1+rng.IntN(200)) + fmt.Sprint(rng.Uint32())
	return &Sent{User: n.name, Room: n.rooms[rng.IntN(len(n.rooms))], Text: text}
}

// all is what was sent, with all acknowledgements.
func (n *notes) all() []Sent {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.sent {
		n.sent[i].Acks = n.acks[n.sent[i].CID]
	}
	return n.sent
}

// reached reports whether the client was shown every room up to the end.
func (n *notes) reached(ends map[string]uint64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for room, v := range n.views {
		if v.Last() < ends[room] {
			return fmt.Errorf("%s was shown %s up to %d, the last is %d", n.name, room, v.Last(), ends[room])
		}
	}
	return nil
}
