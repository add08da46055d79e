package participants

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Config is what an operator decides about a participant.
type Config struct {
	// Name is the participant's name, a subject token (see [wire.CheckParticipant]).
	// All instances of one name must share one journal.
	Name string
	// Path is the SQLite file of the journal and the resource's tables. Its
	// directory must exist. A new file is a new journal with a new id.
	Path string
	// Window is for how long the journal must have been open since a branch
	// finished before it, and its key, are forgotten; default
	// [txwire.IdempotencyWindow], at least twice [txwire.MaxTimeout].
	Window time.Duration
	// InquireAfter is how long after a vote the participant starts to ask what
	// became of the branch; default 1 s.
	InquireAfter time.Duration
	// AcceptIncarnation names the commit log stream's present incarnation, to
	// let a journal that remembers another one, or that knows of more than the
	// brokers have, start all the same. For an operator who knows that what is
	// missing is gone for good; empty otherwise.
	AcceptIncarnation string
	// NewJournal lets a new journal begin although the participant had another one
	// before. For an operator who knows that the old one is gone for good.
	NewJournal bool
	// AcceptJournal names this journal, by its id, as the one that stays after a
	// copy of it has answered as well: it votes again. Empty otherwise.
	AcceptJournal string
	// BehindFor is how long the stream of the commit logs must be seen behind what it
	// had stored before the participant stops: longer than a leader that was deposed,
	// or has not caught up, can answer. Default 30 s.
	BehindFor time.Duration
	// DrainTimeout bounds how long Run takes to end after its context does;
	// default 10 s.
	DrainTimeout time.Duration
	// Log defaults to [slog.Default].
	Log *slog.Logger
}

// Deps is what a participant needs from the process it runs in.
type Deps struct {
	// NATS is an open connection, as [natsconn.Connect] opens it, shared and not
	// closed by the participant.
	NATS *nats.Conn
}

func (d Deps) check() error {
	return natsconn.Check(d.NATS)
}

// Endpoint is a request that a participant answers besides the protocol, for
// example what is in stock. It is part of the participant's micro service.
type Endpoint struct {
	// Name stands in service listings, Subject is where requests go.
	Name, Subject string
	// Handle answers one request. It may use p.Read and p.Write. Requests of
	// one endpoint are answered one by one.
	Handle func(ctx context.Context, p *Participant, request []byte) (response []byte)
}

// minWindow: a tombstone may be forgotten only when its prepare is past its
// deadline everywhere, and clocks differ.
const minWindow = 2 * txwire.MaxTimeout

func (c Config) withDefaults() (Config, error) {
	if err := wire.CheckParticipant(c.Name); err != nil {
		return c, err
	}
	if c.Path == "" {
		return c, errors.New("path of the journal is empty")
	}
	if c.Window == 0 {
		c.Window = txwire.IdempotencyWindow
	}
	if c.Window < minWindow {
		return c, fmt.Errorf("window is %v, the least is %v: a late prepare must find its tombstone", c.Window, minWindow)
	}
	if c.InquireAfter == 0 {
		c.InquireAfter = time.Second
	}
	if c.InquireAfter < 0 {
		return c, fmt.Errorf("inquire after is %v, it cannot be negative", c.InquireAfter)
	}
	if c.BehindFor < 0 {
		return c, fmt.Errorf("behind for is %v, it cannot be negative", c.BehindFor)
	}
	if c.BehindFor == 0 {
		c.BehindFor = streams.BehindFor
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 10 * time.Second
	}
	if c.DrainTimeout < 0 {
		return c, fmt.Errorf("drain timeout is %v, it cannot be negative", c.DrainTimeout)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Log = c.Log.With("participant", c.Name)
	return c, nil
}
