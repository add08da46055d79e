package socket

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"parley/chatgw/frame"
	"parley/internal/settings"
)

// Config are the bounds of a gateway's connections. The zero value of each
// field means its default.
type Config struct {
	// MaxConnections bounds the connections in all: each costs memory and a
	// file descriptor, and a full gateway refuses more instead of slowing
	// down for everybody. Default 20,000.
	MaxConnections int
	// MaxPerAddress bounds the connections of one address, so that one machine
	// does not take them all. An office behind one address has fewer browsers.
	// Default 256.
	MaxPerAddress int
	// Proxies are the networks of reverse proxies whose header X-Forwarded-For
	// is believed. Default: none.
	Proxies []netip.Prefix
	// Origins are the pages that may connect, like "https://chat.example.com",
	// or "*" for all. Default: those of the host that is requested, and where the
	// gateway listens on loopback only, those of this machine.
	Origins []string

	// MaxFrame bounds a client's message in bytes, decompressed and over all
	// fragments. Default [frame.MaxFrame].
	MaxFrame int
	// MaxFragments bounds the fragments of one message: a client needs one, and
	// empty ones without end would cost time for nothing. Default 64.
	MaxFragments int
	// MaxControls bounds the control frames between two pings of the gateway:
	// a client that pings needs one or two. Default 100.
	MaxControls int
	// Compression lets clients compress what they send. What the gateway sends
	// is small, shared by all and never compressed. Default: no.
	Compression bool

	// QueueFrames and QueueBytes bound what waits for one client that does not
	// read: some seconds of a lively room, or one answer of the largest kind.
	// Defaults 1,024 and 1 MiB.
	QueueFrames int
	QueueBytes  int
	// SendBuffer is what the kernel may hold for a client that does not read,
	// in bytes; left alone it goes up to some megabytes each. It bounds what one
	// client gets in a round trip too. Default 64 KiB.
	SendBuffer int
	// MaxDelay bounds how long a frame that is shared by many waits for others
	// to share a write with. It only waits where much is written: see
	// flusher.go. Default 50 ms.
	MaxDelay time.Duration

	// FirstFrame bounds how long a client may take for its first message: a
	// silent connection costs as much as one that is used. Default 10 s.
	FirstFrame time.Duration
	// FrameTimeout bounds how long a message may take from its first byte to
	// its last. Default 10 s.
	FrameTimeout time.Duration
	// WriteTimeout bounds how long a socket may take nothing at all while
	// something waits. Default 10 s.
	WriteTimeout time.Duration
	// PingEvery is how often a client is pinged; after two without any sign
	// of life it is closed. Proxies cut what is silent for a minute. Default
	// 25 s.
	PingEvery time.Duration
	// Linger bounds how long a client may take to answer a close. Default 2 s.
	Linger time.Duration

	// Log takes a line for what an operator should know. Default: none.
	Log *slog.Logger
}

// Defaults are what a zero Config stands for.
func Defaults() Config {
	var c Config
	_ = c.fill() // the defaults are valid
	return c
}

func (c *Config) fill() error {
	err := settings.Fill("socket",
		settings.Above("MaxConnections", &c.MaxConnections, 20_000),
		settings.Above("MaxPerAddress", &c.MaxPerAddress, 256),
		settings.Above("MaxFrame", &c.MaxFrame, frame.MaxFrame),
		settings.Above("MaxFragments", &c.MaxFragments, 64),
		settings.Above("MaxControls", &c.MaxControls, 100),
		settings.Above("QueueFrames", &c.QueueFrames, 1024),
		settings.Above("QueueBytes", &c.QueueBytes, 1<<20),
		settings.Above("SendBuffer", &c.SendBuffer, 64<<10),
		settings.Above("MaxDelay", &c.MaxDelay, 50*time.Millisecond),
		settings.Above("FirstFrame", &c.FirstFrame, 10*time.Second),
		settings.Above("FrameTimeout", &c.FrameTimeout, 10*time.Second),
		settings.Above("WriteTimeout", &c.WriteTimeout, 10*time.Second),
		settings.Above("PingEvery", &c.PingEvery, 25*time.Second),
		settings.Above("Linger", &c.Linger, 2*time.Second))
	if err != nil {
		return err
	}
	if c.MaxFrame > frame.MaxFrame {
		return fmt.Errorf("socket: MaxFrame is %d, the protocol's limit is %d", c.MaxFrame, frame.MaxFrame)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
