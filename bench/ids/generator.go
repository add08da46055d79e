package main

import (
	"encoding/binary"
	"runtime/debug"

	"github.com/google/uuid"

	"parley/idworker/snowflake"
)

// generator is one way of making IDs.
type generator struct {
	name, module string
	// ceiling is how many IDs a second its layout has in real time, 0 if that
	// does not bound it.
	ceiling float64
	// batch is the number of IDs between two readings of the clock of the
	// measurement.
	batch int
	// ascending: the IDs that one caller gets increase.
	ascending bool
	notes     []note
	// open makes a generator that shares nothing with another.
	open func() (maker, error)
}

// note is a fact from the source that is measured.
type note struct {
	About string `json:"about"`
	Text  string `json:"text"`
}

// maker makes IDs. Both functions are safe for concurrent use.
type maker struct {
	// spend makes n IDs and forgets them. The loop is in it, so that calling it
	// costs nothing that counts.
	spend func(n int) error
	// one makes an ID whose order as bytes is its order.
	one func() (uuid.UUID, error)
}

// perMillisecond is how many IDs a millisecond has, here and at Twitter.
const perMillisecond = snowflake.MaxSequence + 1

func generators() []generator {
	return []generator{
		{
			name: "Parley, within a lease", module: "parley", batch: 4096, ascending: true, open: openParleyLease,
			notes: []note{
				{"bits", "41 of milliseconds, 5 worker, 12 sequence, in 63"},
				{"worker numbers", "leased over NATS; a lease reserves timestamps before they are used, so a number is safe to take over from a process that may still run"},
				{"clock set back", "costs nothing: it goes on after the last ID; after a restart it starts above what was reserved"},
				{"a full millisecond", "borrows the next, up to the end of the lease"},
				{"order", "strictly increasing in a worker"},
				{"source", "idworker/snowflake, idworker/lease"},
			},
		},
		{
			name: "Parley, held to real time", module: "parley", ceiling: perMillisecond * 1000, batch: 4096, ascending: true, open: openParleyRealTime,
			notes: []note{{"difference", "the same, reading the clock for every ID and waiting rather than borrowing"}},
		},
		{
			name: "bwmarrin/snowflake", module: "github.com/bwmarrin/snowflake", ceiling: perMillisecond * 1000, batch: 4096, ascending: true, open: openBwmarrin,
			notes: []note{
				{"bits", "41 of milliseconds, 10 node, 12 step, in 63"},
				{"worker numbers", "the caller's affair: \"make sure you never have multiple nodes running with the same node ID\""},
				{"clock set back", "not seen while it runs, by the monotonic clock; nothing is remembered over a restart, so IDs can repeat then"},
				{"a full millisecond", "waits for the next in a busy loop, with its lock held"},
				{"order", "strictly increasing in a node while it runs"},
				{"source", "snowflake.go: NewNode, Generate"},
			},
		},
		{
			name: "sony/sonyflake", module: "github.com/sony/sonyflake/v2", ceiling: 256 * 100, batch: 256, ascending: true, open: openSonyflake,
			notes: []note{
				{"bits", "39 of 10 ms, 8 sequence, 16 machine, in 63; 256 IDs in 10 ms, by design, for more machines and years"},
				{"worker numbers", "the caller's affair; by default the lower 16 bits of a private IPv4 address; CheckMachineID can ask somebody"},
				{"clock set back", "keeps its last time, and sleeps until the clock has caught up once the sequence is used up; nothing is remembered over a restart, so IDs can repeat then"},
				{"a full 10 ms", "sleeps until the next, with its lock held"},
				{"order", "strictly increasing in a machine while it runs"},
				{"source", "sonyflake.go: Settings, NextID, sleep"},
			},
		},
		{
			name: "google/uuid v4", module: "github.com/google/uuid", batch: 1024, open: func() (maker, error) { return openUUID(uuid.NewRandom), nil },
			notes: []note{
				{"bits", "122 random, in 128"},
				{"worker numbers", "none; unique by chance, given good randomness"},
				{"clock set back", "no clock"},
				{"order", "none"},
				{"source", "version4.go: NewRandom"},
			},
		},
		{
			name: "google/uuid v7", module: "github.com/google/uuid", batch: 1024, ascending: true, open: func() (maker, error) { return openUUID(uuid.NewV7), nil },
			notes: []note{
				{"bits", "48 of milliseconds, 12 of a fraction of it, 62 random, in 128"},
				{"worker numbers", "none; unique by chance, given good randomness"},
				{"clock set back", "goes on after the last time while it runs"},
				{"order", "strictly increasing in a process while it runs; between processes by clock"},
				{"source", "version7.go: NewV7, getV7Time"},
			},
		},
	}
}

// fromInt is a number as bytes of the same order.
func fromInt(id int64) (u uuid.UUID) {
	binary.BigEndian.PutUint64(u[:], uint64(id))
	return u
}

// version is which version of a module is in this program.
func version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, d := range info.Deps {
		if d.Path == module && d.Replace == nil {
			return d.Version
		}
	}
	return ""
}
