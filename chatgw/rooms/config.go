package rooms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/settings"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// Config is how rooms behave. Encode is required; the zero value of everything
// else is right for production.
type Config struct {
	// Gateway names this process to the other gateways; it is a token, see
	// [wire.CheckToken]. Default: random.
	Gateway string
	// Encode makes what is written to every member's connection. It is called
	// once for each [Shared], with a [frame.Message] (T and Room set), a
	// [frame.Presence] or a [frame.Typed], and never while a lock is held.
	Encode func(v any) []byte

	// Page is how many messages a newcomer gets, and a page of history has
	// when it requests none: about two screens. Default 50.
	Page int
	// MaxPage bounds a page of history, in messages. Default 200.
	MaxPage int
	// Recent bounds the messages that a room with members keeps in memory, and
	// RecentBytes their size: who was away for a moment, or joins, is served
	// from there. Defaults 256 and 256 KiB.
	Recent, RecentBytes int
	// Missed bounds how many messages a returning member is given, and
	// MissedBytes their size; who missed more gets the newest page, since
	// nobody reads that much. Defaults 1,000 and 512 KiB.
	Missed, MissedBytes int
	// Linger is how long a room without members is kept, so that a reload, or
	// the last tab's reconnect, is served from memory. Default 1 min.
	Linger time.Duration
	// MaxRooms bounds the rooms held in memory. Default 10,000.
	MaxRooms int
	// IndexAll bounds the numbers of messages that are remembered so that
	// pages of history are read immediately, 8 bytes each, and Index those of one
	// room. Defaults 1,048,576 and 524,288.
	Index, IndexAll int

	// TailEvery is how often the tails of quiet rooms with members are
	// compared with the stream: how long a message can stay unnoticed that was
	// stored and not re-sent and that nothing follows. Default 3 s.
	TailEvery time.Duration
	// AckGrace is how long after the acknowledgement of an own message it may
	// take to come back before the stream is read. Default 250 ms.
	AckGrace time.Duration
	// SendTimeout bounds [Rooms.Send] if its context does not. Default 10 s.
	SendTimeout time.Duration
	// MaxSends bounds the messages on their way to the stream; beyond it
	// senders are refused as busy. Default 4,096.
	MaxSends int
	// MaxReads bounds the reads of the stream under way, for joins and pages.
	// The broker does them one after another, and stores nothing meanwhile: the
	// others wait here, where they cannot time out, or there, where they also
	// hold up new messages. After a fault everybody reads at the same time.
	// Default 4.
	MaxReads int

	// Grace is how long a person may be disconnected before others see it: a
	// reload, a tunnel. Default 10 s.
	Grace time.Duration
	// Announce is how often this gateway sends the others a full account of
	// its people; one that was silent for three times as long is taken for
	// dead. Default 5 s.
	Announce time.Duration
	// Notices is up to how many people a room stores a line when somebody
	// comes or leaves; in a crowd nobody reads them and all pay for them.
	// Default 50; negative: never.
	Notices int
}

// Deps are what rooms need from outside.
type Deps struct {
	// NATS is the gateway's connection; the caller closes it after Run has
	// returned.
	NATS *nats.Conn
	// NextID makes the ids of messages.
	NextID func(ctx context.Context) (snowflake.ID, error)
	// Log takes a line for what an operator should know. Default: none.
	Log *slog.Logger
}

func (c *Config) fill() error {
	if c.Encode == nil {
		return errors.New("rooms: Encode is required")
	}
	if c.Notices == 0 {
		c.Notices = 50
	}
	err := settings.Fill("rooms",
		settings.Above("Page", &c.Page, 50),
		settings.Above("MaxPage", &c.MaxPage, 200),
		settings.Above("Recent", &c.Recent, 256),
		settings.Above("RecentBytes", &c.RecentBytes, 256<<10),
		settings.Above("Missed", &c.Missed, 1000),
		settings.Above("MissedBytes", &c.MissedBytes, 512<<10),
		settings.Above("MaxRooms", &c.MaxRooms, 10_000),
		settings.Above("Index", &c.Index, 1<<19),
		settings.Above("IndexAll", &c.IndexAll, 1<<20),
		settings.Above("MaxSends", &c.MaxSends, 4096),
		settings.Above("MaxReads", &c.MaxReads, 4),
		settings.Above("Linger", &c.Linger, time.Minute),
		settings.Above("TailEvery", &c.TailEvery, 3*time.Second),
		settings.Above("AckGrace", &c.AckGrace, 250*time.Millisecond),
		settings.Above("SendTimeout", &c.SendTimeout, 10*time.Second),
		settings.Above("Grace", &c.Grace, 10*time.Second),
		settings.Above("Announce", &c.Announce, 5*time.Second))
	if err != nil {
		return err
	}
	if min(c.Index, c.IndexAll) < 4 {
		return fmt.Errorf("rooms: Index is %d and IndexAll %d, both must be at least 4", c.Index, c.IndexAll)
	}
	if c.Page > c.MaxPage {
		return fmt.Errorf("rooms: Page is %d, the limit MaxPage is %d", c.Page, c.MaxPage)
	}
	if c.Recent < c.Page {
		return fmt.Errorf("rooms: Recent is %d, it must hold a Page of %d", c.Recent, c.Page)
	}
	if c.Gateway == "" {
		c.Gateway = wire.NewToken()
	}
	if err := wire.CheckToken("gateway", c.Gateway); err != nil {
		return fmt.Errorf("rooms: %w", err)
	}
	return nil
}
