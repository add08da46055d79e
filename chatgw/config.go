package chatgw

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
	"parley/idworker/snowflake"
	"parley/internal/settings"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

// Config is how a gateway behaves. The zero value of each field means its
// default, which is right for one's own machine.
type Config struct {
	// Embedded: Run opens no port. Requests come to [Gateway.Handler] from a server
	// of the caller's. Listen and Metrics are not set then.
	Embedded bool
	// Listen is where browsers connect, as host:port. Default 127.0.0.1:8080.
	Listen string
	// Metrics is where /metrics is served, as host:port; default: on Listen.
	// Set it where strangers can reach that.
	Metrics string
	// Suggested are rooms that clients are offered. Default: lobby.
	Suggested []string

	// Guests decides who may connect without a token.
	Guests Guests
	// Keys verify tokens. Default: none, and no tokens.
	Keys []Key
	// Issuer and Audience, if set, must be the token's iss and aud.
	Issuer, Audience string

	// Frames bounds what one connection requests, per second and at once. A
	// client that reconnects joins all its rooms at once. Defaults 20 and 150.
	FramesPerSecond float64
	FramesAtOnce    int
	// Refusals bounds, in the same way, how often a connection may go beyond
	// that before it is closed. Defaults 2 and 100.
	RefusalsPerSecond float64
	RefusalsAtOnce    int
	// Messages bounds what one person sends, over all its connections to this
	// gateway. Nobody types faster; programs post by [chatwire.PostSubject].
	// Defaults 5 and 20.
	MessagesPerSecond float64
	MessagesAtOnce    int
	// Rooms bounds the rooms that one connection has joined. Default 64.
	Rooms int
	// ActTimeout bounds how long one frame may take. Default 10 s.
	ActTimeout time.Duration

	// DrainTimeout bounds how long stopping waits until every client is
	// disconnected. Default 10 s.
	DrainTimeout time.Duration
	// DrainPerSecond paces it: the other gateways take that many more.
	// Default 1,000.
	DrainPerSecond int
	// LostAfter is for how long the broker may be away before clients are
	// sent to another gateway. Default 15 s.
	LostAfter time.Duration

	// Socket are the bounds of connections.
	Socket socket.Config
	// Chat is how rooms behave. Its Encode is set here.
	Chat rooms.Config

	// Log takes a line for what an operator should know. Default: none.
	Log *slog.Logger
}

// Deps are what a gateway needs from outside.
type Deps struct {
	// NATS is its connection; the caller closes it after Run has returned.
	NATS *nats.Conn
	// NextID makes the ids of messages.
	NextID func(context.Context) (snowflake.ID, error)
	// Extensions are applications that share the connections of clients.
	Extensions []Extension
	// Mount are handlers for further paths of the address where Run listens, by
	// their pattern for [http.ServeMux]: a page, for example.
	Mount map[string]http.Handler
}

// Defaults are what a zero Config stands for, less what is passed on to rooms.
func Defaults() Config {
	var c Config
	_ = c.fill() // the defaults are valid
	c.Socket = socket.Defaults()
	return c
}

func (c *Config) fill() error {
	if !c.Embedded {
		c.Listen = cmp.Or(c.Listen, "127.0.0.1:8080")
	}
	if c.Suggested == nil {
		c.Suggested = []string{"lobby"}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Socket.Log = cmp.Or(c.Socket.Log, c.Log)
	err := settings.Fill("chatgw",
		settings.Above("FramesPerSecond", &c.FramesPerSecond, 20),
		settings.Above("FramesAtOnce", &c.FramesAtOnce, 150),
		settings.Above("RefusalsPerSecond", &c.RefusalsPerSecond, 2),
		settings.Above("RefusalsAtOnce", &c.RefusalsAtOnce, 100),
		settings.Above("MessagesPerSecond", &c.MessagesPerSecond, 5),
		settings.Above("MessagesAtOnce", &c.MessagesAtOnce, 20),
		settings.Above("Rooms", &c.Rooms, 64),
		settings.Above("ActTimeout", &c.ActTimeout, 10*time.Second),
		settings.Above("DrainTimeout", &c.DrainTimeout, 10*time.Second),
		settings.Above("DrainPerSecond", &c.DrainPerSecond, 1000),
		settings.Above("LostAfter", &c.LostAfter, 15*time.Second),
		settings.Above("Chat.Page", &c.Chat.Page, frame.DefaultPage),
		settings.Above("Chat.MaxPage", &c.Chat.MaxPage, frame.MaxPage))
	if err != nil {
		return err
	}
	if c.Guests != GuestsLocal && c.Guests != GuestsYes && c.Guests != GuestsNo {
		return fmt.Errorf("chatgw: Guests is %q, allowed are %q, %q and empty", c.Guests, GuestsYes, GuestsNo)
	}
	if c.Embedded && (c.Listen != "" || c.Metrics != "") {
		return fmt.Errorf("chatgw: Embedded is set, and Listen is %q and Metrics %q: the caller's server listens", c.Listen, c.Metrics)
	}
	if len(c.Keys) == 0 && (c.Guests == GuestsNo || c.Guests == GuestsLocal && c.Embedded) {
		return errors.New("chatgw: no guests and no keys: nobody could come in")
	}
	for i := range c.Keys {
		if err := c.Keys[i].check(); err != nil {
			return fmt.Errorf("chatgw: %w", err)
		}
	}
	for _, room := range c.Suggested {
		if err := chatwire.CheckRoom(room); err != nil {
			return fmt.Errorf("chatgw: Suggested: %w", err)
		}
	}
	return nil
}
