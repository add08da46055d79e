package chatgw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"parley/page"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of HTTP, before a connection is a WebSocket.
const (
	// headerTimeout bounds how long a request's header may take: who sends it
	// byte by byte holds a connection for nothing.
	headerTimeout = 5 * time.Second
	// requestTimeout bounds the rest of a request, and its answer: the page is
	// small.
	requestTimeout = 30 * time.Second
	// idleTimeout is how long a browser's connection waits for another request.
	idleTimeout = 60 * time.Second
	// maxHeader bounds a request's header, in bytes: tokens are not in it.
	maxHeader = 16 << 10
	// maxRequests bounds the connections that are not WebSockets (yet). Beyond
	// it new ones are closed: for a moment in a rush, for as long as it takes
	// if somebody holds them on purpose.
	maxRequests = 4096
)

// listeners are the ports of a gateway; metrics is nil if it has none of its
// own.
type listeners struct{ main, metrics net.Listener }

func (l listeners) close() error {
	err := l.main.Close()
	if l.metrics != nil {
		err = errors.Join(err, l.metrics.Close())
	}
	return err
}

func (g *Gateway) listen(ctx context.Context) (l listeners, err error) {
	var cfg net.ListenConfig
	if l.main, err = cfg.Listen(ctx, "tcp", g.cfg.Listen); err != nil {
		return l, fmt.Errorf("chatgw: listening for browsers: %w", err)
	}
	g.addr, g.metricsAddr = l.main.Addr(), l.main.Addr()
	if g.cfg.Metrics == "" {
		return l, nil
	}
	if l.metrics, err = cfg.Listen(ctx, "tcp", g.cfg.Metrics); err != nil {
		return l, errors.Join(fmt.Errorf("chatgw: listening for metrics: %w", err), l.main.Close())
	}
	g.metricsAddr = l.metrics.Addr()
	return l, nil
}

// serve answers HTTP on all listeners.
func (g *Gateway) serve(l listeners, failed chan<- error, work *sync.WaitGroup) (servers []*http.Server) {
	metrics := promhttp.HandlerFor(g.registry(), promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(g.cfg.Log.Handler(), slog.LevelWarn)})
	main := http.NewServeMux()
	main.Handle("/ws", g.sockets)
	main.HandleFunc("GET /healthz", g.health)
	main.Handle("/", page.Handler(page.Config{}))
	for pattern, h := range g.deps.Mount {
		main.Handle(pattern, h)
	}
	start := func(l net.Listener, h http.Handler) {
		s := g.server(h)
		servers = append(servers, s)
		work.Go(func() {
			if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving HTTP on %s: %w", l.Addr(), err)
			}
		})
	}
	if l.metrics == nil {
		main.Handle("GET /metrics", metrics)
	} else {
		own := http.NewServeMux()
		own.Handle("GET /metrics", metrics)
		own.HandleFunc("GET /healthz", g.health)
		start(l.metrics, own)
	}
	start(l.main, main)
	return servers
}

func (g *Gateway) server(h http.Handler) *http.Server {
	requests := &requests{}
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         requests.count,
		// Clients that break off are nothing an operator can do about.
		ErrorLog: slog.NewLogLogger(g.cfg.Log.Handler(), slog.LevelDebug),
	}
}

// requests counts the connections that HTTP looks after.
type requests struct {
	mu  sync.Mutex
	all int
}

func (r *requests) count(c net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch state {
	case http.StateNew:
		if r.all++; r.all > maxRequests {
			_ = c.Close() // its reading will fail, and so its state become closed
		}
	case http.StateHijacked, http.StateClosed:
		r.all--
	}
}

// health answers whether browsers are served: 200, or 503 and why not.
func (g *Gateway) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case g.stopping.Load():
		http.Error(w, "the gateway is stopping", http.StatusServiceUnavailable)
	case !g.deps.NATS.IsConnected():
		http.Error(w, "the broker cannot be reached", http.StatusServiceUnavailable)
	default:
		_, _ = fmt.Fprintln(w, "ok") // whoever asks may be gone
	}
}
