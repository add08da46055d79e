package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"parley/chatgw"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
	"parley/idworker/idclient"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/faults"
	"parley/internal/host"
	"parley/internal/lifecycle"
	"parley/page"
	"parley/page/ids"
	"parley/page/orders"

	"github.com/nats-io/nats.go"
)

type chatgwCmd struct {
	natsFlags
	nameFlag
	processFlags
	HTTP    string   `name:"http" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where browsers connect; port 0 takes a free one (default ${default})."`
	Metrics string   `placeholder:"HOST:PORT" help:"Where /metrics is served (default: with the page)."`
	Rooms   []string `name:"suggest" default:"lobby" placeholder:"ROOM" help:"Rooms that the page suggests (default ${default})."`
	Guests  string   `enum:",yes,no" default:"" placeholder:"yes|no" help:"Whether people may come with a chosen name alone (default: on loopback without keys only)."`
	Key     []string `sep:"none" env:"PARLEY_CHAT_KEYS" placeholder:"ID=FILE" help:"Key that verifies tokens: a file with a secret of at least 32 bytes (HS256), or with a PEM public key (EdDSA). May be repeated."`
	Issuer  string   `placeholder:"TEXT" help:"What tokens must have as iss."`
	For     string   `name:"audience" placeholder:"TEXT" help:"What tokens must have as aud."`
	Orders  bool     `default:"true" negatable:"" help:"Offer the views of orders and IDs beside the chat."`
	proxyFlags
	chatBounds
}

// proxyFlags are for a gateway behind a reverse proxy.
type proxyFlags struct {
	Origins []string `name:"origin" placeholder:"URL" help:"Pages that may connect, as https://chat.example.com (default: those of the same host)."`
	Proxies []string `name:"proxy" placeholder:"CIDR" help:"Networks of reverse proxies whose X-Forwarded-For is believed."`
}

// into applies the flags to c.
func (f proxyFlags) into(c *socket.Config) error {
	c.Origins = f.Origins
	for _, p := range f.Proxies {
		network, err := netip.ParsePrefix(p)
		if err != nil {
			return fmt.Errorf("--proxy %.40q is not a network like 10.0.0.0/8", p)
		}
		c.Proxies = append(c.Proxies, network)
	}
	return nil
}

// chatBounds are the bounds that an operator may want to set; 0 means the
// default. docs/OPERATIONS.md has each with its reason.
type chatBounds struct {
	MaxConnections    int           `placeholder:"N" help:"Connections in all (default 20000)."`
	MaxPerAddress     int           `placeholder:"N" help:"Connections of one address (default 256)."`
	MaxFrame          int           `placeholder:"BYTES" help:"A client's message, decompressed (default 32768)."`
	MaxRooms          int           `placeholder:"N" help:"Rooms that one connection has joined (default 64)."`
	MessagesPerSecond float64       `placeholder:"N" help:"Messages that one person may send each second (default 5, and 20 at once)."`
	FramesPerSecond   float64       `placeholder:"N" help:"Frames that one connection may send each second (default 20, and 150 at once)."`
	QueueFrames       int           `placeholder:"N" help:"Frames that wait for a client that does not read (default 1024)."`
	QueueBytes        int           `placeholder:"BYTES" help:"Their bytes (default 1048576)."`
	FirstFrame        time.Duration `placeholder:"DURATION" help:"For a client's first frame (default 10s)."`
	PingEvery         time.Duration `placeholder:"DURATION" help:"Between pings; after two without a sign of life a client is closed (default 25s)."`
	Grace             time.Duration `placeholder:"DURATION" help:"How long a person may be disconnected before others see it (default 10s)."`
	DrainPerSecond    int           `placeholder:"N" help:"Clients that are sent away each second when the gateway stops (default 1000)."`
	Compression       bool          `help:"Let clients compress what they send."`
}

func (*chatgwCmd) Help() string {
	return `A gateway connects browsers to rooms. Run as many as you like: messages are stored in NATS, and a client that reconnects to another gateway misses nothing. It needs an idworker.

Examples:

    parley chatgw
    parley chatgw --http 0.0.0.0:8080 --key main=/etc/parley/chat.pem --origin https://chat.example.com`
}

func (c *chatgwCmd) Run(ctx context.Context, a *cli.App) error {
	tuneGC(gatewayGCPercent)
	cfg, err := c.config()
	if err != nil {
		return cli.Wrong(err, "run `parley chatgw --help` to see what it takes")
	}
	cfg.Log = a.Log.With("role", catalog.Gateway)
	var g *chatgw.Gateway
	role := host.NewRole(c.named(c.options(catalog.Gateway, a.Log)), chatgwRole(cfg, gatewayParts{views: c.Orders}, &g))
	return httpTaken(c.serve(ctx, role, func() { a.Printf("the chat gateway is ready on http://%s/\n", g.Addr()) }), c.HTTP)
}

// httpTaken names the flag when the port for browsers is in use.
func httpTaken(err error, address string) error {
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "for browsers") {
		return err
	}
	return cli.Failed(fmt.Errorf("%s (--http) is in use", address), "stop what listens there, or choose another port with --http HOST:PORT; port 0 takes a free one")
}

func (c *chatgwCmd) config() (chatgw.Config, error) {
	cfg := chatgw.Config{
		Listen: c.HTTP, Metrics: c.Metrics, Suggested: c.Rooms, Guests: chatgw.Guests(c.Guests), Issuer: c.Issuer, Audience: c.For,
		FramesPerSecond: c.FramesPerSecond, MessagesPerSecond: c.MessagesPerSecond, Rooms: c.MaxRooms, DrainPerSecond: c.DrainPerSecond,
		Socket: socket.Config{
			MaxConnections: c.MaxConnections, MaxPerAddress: c.MaxPerAddress, MaxFrame: c.MaxFrame,
			QueueFrames: c.QueueFrames, QueueBytes: c.QueueBytes, FirstFrame: c.FirstFrame, PingEvery: c.PingEvery, Compression: c.Compression,
		},
		Chat: rooms.Config{Grace: c.Grace},
	}
	if err := c.into(&cfg.Socket); err != nil {
		return cfg, err
	}
	for _, k := range c.Key {
		key, err := readKey(k)
		if err != nil {
			return cfg, err
		}
		cfg.Keys = append(cfg.Keys, key)
	}
	return cfg, nil
}

// readKey reads ID=FILE. The file's content is never shown.
func readKey(s string) (chatgw.Key, error) {
	id, path, ok := strings.Cut(s, "=")
	if !ok || id == "" || path == "" {
		return chatgw.Key{}, fmt.Errorf("--key %.40q is not ID=FILE", s)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return chatgw.Key{}, fmt.Errorf("--key %s: %w", id, err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return chatgw.Key{ID: id, Secret: []byte(strings.TrimRight(string(data), "\r\n"))}, nil
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return chatgw.Key{}, fmt.Errorf("--key %s: %s holds no public key: %w", id, path, err)
	}
	ed, ok := public.(ed25519.PublicKey)
	if !ok {
		return chatgw.Key{}, fmt.Errorf("--key %s: %s holds a %T, an Ed25519 public key is needed", id, path, public)
	}
	return chatgw.Key{ID: id, Public: ed}, nil
}

// gatewayParts are what a gateway offers besides the chat and its page.
type gatewayParts struct {
	// views: the extensions of the page's views of orders and IDs.
	views  bool
	faults faults.Roles
	mount  map[string]http.Handler
}

// chatgwRole makes a gateway with an ID client of its own, and stores it in made.
func chatgwRole(cfg chatgw.Config, parts gatewayParts, made **chatgw.Gateway) func(*nats.Conn) (lifecycle.Role, error) {
	return func(nc *nats.Conn) (lifecycle.Role, error) {
		client, err := idclient.New(nc, idclient.Config{})
		if err != nil {
			return nil, err
		}
		role, err := parts.gateway(nc, cfg, client, made)
		if err != nil {
			client.Close()
			return nil, cli.Wrong(err, "")
		}
		return withClient{role, client}, nil
	}
}

func (p gatewayParts) gateway(nc *nats.Conn, cfg chatgw.Config, client *idclient.Client, made **chatgw.Gateway) (lifecycle.Role, error) {
	deps := chatgw.Deps{NATS: nc, NextID: client.Next, Mount: map[string]http.Handler{"/": page.Handler(page.Config{})}}
	maps.Copy(deps.Mount, p.mount)
	all := new(lifecycle.Group)
	if p.views {
		o, err := orders.New(nc)
		if err != nil {
			return nil, err
		}
		deps.Extensions = append(deps.Extensions, o.Extension(), ids.Extension(client))
		all.Add("orders", o)
	}
	if p.faults != nil {
		deps.Extensions = append(deps.Extensions, p.faults.Extension())
	}
	gateway, err := chatgw.New(cfg, deps)
	if err != nil {
		return nil, err
	}
	*made = gateway
	all.Add("gateway", gateway)
	return all, nil
}
