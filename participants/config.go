package participants

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Config is the configuration of a participant.
type Config struct {
	// Name is the participant's name, a subject token (see [wire.CheckParticipant]).
	// All instances of one name must share one journal.
	Name string
	// Window is for how long the journal must have been open since a branch
	// finished before the branch and its key are collected; default
	// [txwire.IdempotencyWindow], at least twice [txwire.MaxTimeout].
	Window time.Duration
	// InquireAfter is how long after a vote the participant first inquires about the
	// outcome of the branch; default 1 s.
	InquireAfter time.Duration
	// AcceptIncarnation is the commit log stream's current incarnation, which lets a
	// journal start that has stored another one, or that knows of records that the
	// stream does not have. Set it only if the missing records are permanently lost.
	AcceptIncarnation string
	// NewJournal lets a new journal start although the participant had another one
	// before. Set it only if the old one is permanently lost.
	NewJournal bool
	// AcceptJournal is the id of this journal, which lets it vote again after a copy of
	// it has answered as well. Set it only if the copy does not vote any more.
	AcceptJournal string
	// BehindFor is how long every read must show the stream of the commit logs behind
	// what it had stored before the participant stops: longer than a leader that was
	// deposed, or has not caught up, can answer. Default 30 s.
	BehindFor time.Duration
	// DrainTimeout bounds the drain, from the end of Run's context to its return;
	// default 10 s.
	DrainTimeout time.Duration
	// Log defaults to [slog.Default].
	Log *slog.Logger
}

// Deps are the dependencies of a participant.
type Deps struct {
	// NATS is an open connection, as [natsconn.Connect] opens it, shared and not
	// closed by the participant.
	NATS *nats.Conn
}

func (d Deps) check() error {
	return natsconn.Check(d.NATS)
}

// Endpoint handles a further kind of request that a participant answers, for example for
// the current stock. It is part of the participant's micro service.
type Endpoint[T any] struct {
	// Name is shown in listings of services; Subject is that of requests.
	Name, Subject string
	// Handle answers one request. It may use p.Read and p.Write. Requests of
	// one endpoint are answered one by one.
	Handle func(ctx context.Context, p *Participant[T], request []byte) (response []byte)
}

// minWindow is the least Window: a tombstone may be collected only when the deadline of
// its prepare has passed everywhere, and clocks differ.
const minWindow = 2 * txwire.MaxTimeout

func (c Config) withDefaults() (Config, error) {
	if err := wire.CheckParticipant(c.Name); err != nil {
		return c, err
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
