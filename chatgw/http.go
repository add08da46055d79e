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

// Handler serves clients: /ws for their connections, and GET /healthz, which is 200 or
// 503 and why not. It serves below any path with [http.StripPrefix]. Limits, proxies
// and origins are those of [Config.Socket]; until [Gateway.Ready] and while the
// gateway drains both answer 503. The connections outlive the requests: the shutdown
// of an [http.Server] does not wait for them, Run does.
func (g *Gateway) Handler() http.Handler { return g.mux() }

func (g *Gateway) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/ws", g.sockets)
	mux.HandleFunc("GET /healthz", g.health)
	return mux
}

// MetricsHandler serves the metrics in the format of Prometheus.
func (g *Gateway) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(g.registry(), promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(g.cfg.Log.Handler(), slog.LevelWarn)})
}

// port is one that the gateway listens on.
type port struct {
	net.Listener
	handler http.Handler
}

func closePorts(ports []port) (err error) {
	for _, p := range ports {
		err = errors.Join(err, p.Close())
	}
	return err
}

// listen opens the ports of a gateway that is not embedded: one, or another one for
// the metrics.
func (g *Gateway) listen(ctx context.Context) (ports []port, err error) {
	if g.cfg.Embedded {
		return nil, nil
	}
	var cfg net.ListenConfig
	main := g.mux()
	for pattern, h := range g.deps.Mount {
		main.Handle(pattern, h)
	}
	l, err := cfg.Listen(ctx, "tcp", g.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("chatgw: listening for browsers: %w", err)
	}
	ports = append(ports, port{l, main})
	g.addr, g.metricsAddr = l.Addr(), l.Addr()
	metrics := main
	if g.cfg.Metrics != "" {
		if l, err = cfg.Listen(ctx, "tcp", g.cfg.Metrics); err != nil {
			return nil, errors.Join(fmt.Errorf("chatgw: listening for metrics: %w", err), closePorts(ports))
		}
		metrics = http.NewServeMux()
		metrics.HandleFunc("GET /healthz", g.health)
		ports = append(ports, port{l, metrics})
		g.metricsAddr = l.Addr()
	}
	metrics.Handle("GET /metrics", g.MetricsHandler())
	return ports, nil
}

// serve answers HTTP on all ports.
func (g *Gateway) serve(ports []port, failed chan<- error, work *sync.WaitGroup) (servers []*http.Server) {
	for _, p := range ports {
		s := g.server(p.handler)
		servers = append(servers, s)
		work.Go(func() {
			if err := s.Serve(p.Listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving HTTP on %s: %w", p.Addr(), err)
			}
		})
	}
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

// requests counts the connections that the HTTP server still owns.
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
	case !g.started():
		http.Error(w, "the gateway is starting", http.StatusServiceUnavailable)
	case g.stopping.Load():
		http.Error(w, "the gateway is stopping", http.StatusServiceUnavailable)
	case !g.deps.NATS.IsConnected():
		http.Error(w, "the broker cannot be reached", http.StatusServiceUnavailable)
	default:
		_, _ = fmt.Fprintln(w, "ok") // the requester may have disconnected
	}
}

func (g *Gateway) started() bool {
	select {
	case <-g.ready:
		return true
	default:
		return false
	}
}
