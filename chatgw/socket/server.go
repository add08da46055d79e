package socket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"parley/chatgw/frame"

	"github.com/gorilla/websocket"
)

// Server is all connections of a gateway. Make it with [New].
type Server struct {
	cfg      Config
	session  func(*Conn) Session
	upgrader websocket.Upgrader
	gate     *gate
	wheel    wheel
	flushers []*flusher
	lists    lists
	buffers  sync.Pool // of *buffer
	counters counters

	mu       sync.Mutex
	refusing string // why no more connections are taken; empty: they are
	draining bool
	stopped  bool
	work     sync.WaitGroup // goroutines of connections
}

// readBuffer is what a connection keeps for reading: room for a header and a
// control frame, which the library wants in one piece, and for most of what
// people write. Longer messages are read past it.
const readBuffer = 256

// New checks the configuration. It opens nothing. session makes what a new
// connection serves.
func New(cfg Config, session func(*Conn) Session) (*Server, error) {
	if session == nil {
		return nil, errors.New("socket: a function that makes sessions is required")
	}
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, session: session, gate: newGate(&cfg)}
	s.upgrader = websocket.Upgrader{
		ReadBufferSize:    readBuffer,
		WriteBufferSize:   readBuffer,
		WriteBufferPool:   &sync.Pool{}, // never used: else each connection has a buffer for writing
		Subprotocols:      []string{frame.Subprotocol},
		CheckOrigin:       func(*http.Request) bool { return true }, // was checked, see checkOrigin
		EnableCompression: cfg.Compression,
	}
	for range max(runtime.GOMAXPROCS(0), 1) {
		s.flushers = append(s.flushers, newFlusher(cfg.MaxDelay))
	}
	return s, nil
}

// Run serves the connections until ctx ends; those that are left are then
// closed without a word. See [Server.Drain] for closing them in order.
func (s *Server) Run(ctx context.Context) error {
	flushing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var own sync.WaitGroup
	defer own.Wait()
	for _, f := range s.flushers {
		own.Go(func() { f.run(flushing) })
	}
	s.wheel.turn(ctx, s.cfg.PingEvery)

	s.mu.Lock()
	s.draining, s.stopped, s.refusing = true, true, "the gateway has stopped"
	s.mu.Unlock()
	for _, c := range s.wheel.all() {
		_ = c.net.Close()
	}
	s.work.Wait()
	stop()
	return nil
}

// ServeHTTP takes a handshake. The connection outlives it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if no := s.admit(r); no != nil {
		s.counters.refused.Add(1)
		no.write(w)
		return
	}
	addr := address(r, s.cfg.Proxies)
	full, ok := s.gate.enter(addr)
	if !ok {
		s.counters.full.Add(1)
		refuse(http.StatusServiceUnavailable, "the gateway has no room for another connection").with("Retry-After", "5").write(w)
		return
	}
	c := &Conn{server: s, addr: addr}
	c.guard.maxFragments, c.guard.maxControls = int32(s.cfg.MaxFragments), int32(s.cfg.MaxControls)
	c.place.slot = uint16(rand.N(slots))
	if err := s.open(c, w, r); err != nil {
		s.gate.leave(addr)
		s.counters.refused.Add(1)
		s.cfg.Log.Debug("a handshake failed", "address", addr, "error", err)
		return
	}
	if full != "" {
		s.counters.full.Add(1)
		c.Close(Bye{Code: frame.CloseFull, Reason: full})
	}
	go c.read()
}

// admit returns why a request is refused, or nil.
func (s *Server) admit(r *http.Request) *refusal {
	if no := check(r); no != nil {
		return no
	}
	if no := checkOrigin(r, s.cfg.Origins); no != nil {
		return no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusing != "" {
		return refuse(http.StatusServiceUnavailable, "%s", s.refusing).with("Retry-After", "1")
	}
	return nil
}

// open does the handshake and puts the connection where it is looked after.
func (s *Server) open(c *Conn, w http.ResponseWriter, r *http.Request) error {
	ws, err := s.upgrader.Upgrade(&hijack{ResponseWriter: w, c: c}, r, nil)
	if err != nil {
		return err
	}
	c.shaken = true
	c.ws = ws
	ws.SetReadLimit(int64(s.cfg.MaxFrame))
	ws.SetPingHandler(func(data string) error {
		c.Send(message(opPong, []byte(data)))
		return nil
	})
	ws.SetPongHandler(ignorePong)
	ws.SetCloseHandler(ignoreClose)
	c.alive.Store(true)
	_ = c.net.SetReadDeadline(time.Now().Add(s.cfg.FirstFrame)) // fails when closed, as reading will

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		_ = c.net.Close()
		return errors.New("the gateway has stopped")
	}
	s.work.Add(1)
	s.counters.opened.Add(1)
	c.session = s.session(c)
	s.wheel.add(c)
	return nil
}

func ignorePong(string) error       { return nil }
func ignoreClose(int, string) error { return nil }

// forget releases what was counted and kept for a connection that has ended.
func (s *Server) forget(c *Conn) {
	s.wheel.remove(c)
	s.gate.leave(c.addr)
	s.work.Done()
}

// Count is how many connections there are.
func (s *Server) Count() int { return s.gate.count() }

// PingEvery is how often clients are pinged.
func (s *Server) PingEvery() time.Duration { return s.cfg.PingEvery }

// hijack hands the library a [tap] instead of the network.
type hijack struct {
	http.ResponseWriter
	c *Conn
}

func (h *hijack) Hijack() (conn net.Conn, rw *bufio.ReadWriter, err error) {
	conn, rw, err = http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking the connection from the HTTP server: %w", err)
	}
	h.c.attach(conn)
	return (*tap)(h.c), rw, nil
}
