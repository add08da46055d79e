package chatsim

import (
	"encoding/binary"
	"slices"

	"parley/chatgw/rooms/machine"
	"parley/test/explore"
)

// world is one state: the stream, what is on its way, and one gateway's room
// with its members.
type world struct {
	cfg  *Config
	log  log
	room *machine.Room

	// flying are re-sent messages on their way.
	flying []flying
	// What the room has requested, without an answer so far.
	reading, tailing, reminded bool
	filling                    bool
	from                       uint64
	recovers                   []machine.Recover
	// acks are acknowledgements on their way, acked those that this room was
	// given.
	acks, acked []uint64

	members []member

	stores, removals, purges, tails, failures int
	// broken is what is wrong, nil so far.
	broken *explore.Broken
}

// flying is a re-sent message that may still arrive some times.
type flying struct {
	seq, prev uint64
	copies    int
}

// member is one who joins and leaves.
type member struct {
	state memberState
	// epoch and have are what it knows of the room.
	epoch string
	have  uint64
	// since is what it requested, if it resumes.
	resumes bool
	joins   int
}

type memberState int

const (
	away memberState = iota
	waiting
	inside
)

func newWorld(cfg *Config) *world {
	w := &world{cfg: cfg}
	for _, m := range cfg.Members {
		w.members = append(w.members, member{epoch: m.Epoch, have: m.Number})
	}
	w.openRoom()
	return w
}

// openRoom does what the shell does for the first member, and after a room
// was lost.
func (w *world) openRoom() {
	w.room = machine.New(epoch, w.cfg.Limits)
	w.reading, w.tailing, w.reminded, w.filling, w.from = false, false, false, false, 0
	w.recovers, w.acked = nil, nil
	w.perform()
}

func (w *world) clone() *world {
	c := *w
	c.room = w.room.Clone()
	c.log = w.log.clone()
	c.flying = slices.Clone(w.flying)
	c.recovers = slices.Clone(w.recovers)
	c.acks = slices.Clone(w.acks)
	c.acked = slices.Clone(w.acked)
	c.members = slices.Clone(w.members)
	return &c
}

// appendKey appends what is equal for two states exactly when the same can follow.
func (w *world) appendKey(b []byte) []byte {
	b = w.room.AppendKey(b)
	num := func(ns ...uint64) {
		for _, n := range ns {
			b = binary.AppendUvarint(b, n)
		}
	}
	flag := func(fs ...bool) {
		for _, f := range fs {
			num(uint64(map[bool]int{true: 1}[f]))
		}
	}
	for _, op := range w.log.ops {
		num(uint64(op) + 1)
	}
	num(0, uint64(len(w.flying)))
	for _, f := range w.flying {
		num(f.seq, f.prev, uint64(f.copies))
	}
	flag(w.reading, w.tailing, w.reminded, w.filling)
	num(w.from, uint64(len(w.recovers)))
	for _, r := range w.recovers {
		num(uint64(r.Who), r.Since)
	}
	num(uint64(len(w.acks)))
	num(w.acks...)
	num(uint64(len(w.acked)))
	num(w.acked...)
	for _, m := range w.members {
		num(uint64(m.state), m.have, uint64(m.joins))
		flag(m.epoch == epoch, m.epoch == other, m.resumes)
	}
	num(uint64(w.tails), uint64(w.failures))
	return b
}
