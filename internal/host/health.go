package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"parley/internal/cli"
	"parley/internal/lifecycle"
)

const (
	// healthPath is the HTTP path of the health check.
	healthPath = "/healthz"
	// HealthPatience bounds the time of a health check: a role that cannot reach its
	// broker in that time does not serve.
	HealthPatience = 2 * time.Second
	// healthHeader bounds a request's header in bytes: a health check needs none.
	healthHeader = 4 << 10
)

// Answering calls run, which runs the role, and serves health checks of the role at
// address meanwhile, unless that is empty: from before the role starts until after it has
// drained, so that starting and stopping can be distinguished from being dead.
func Answering(ctx context.Context, address string, role lifecycle.Role, run func() error) error {
	if address == "" {
		return run()
	}
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return cli.Failed(fmt.Errorf("--health %s: %w", address, err), "choose another address with --health HOST:PORT")
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+healthPath, health{ctx, role})
	s := &http.Server{
		Handler: mux, MaxHeaderBytes: healthHeader,
		ReadTimeout: HealthPatience, WriteTimeout: 2 * HealthPatience, IdleTimeout: HealthPatience,
	}
	var serving sync.WaitGroup
	var broken error
	serving.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			broken = fmt.Errorf("answering at --health %s: %w", address, err)
		}
	})
	err = run()
	err = errors.Join(err, s.Close())
	serving.Wait()
	return errors.Join(err, broken)
}

// health is the handler of health checks of a role that runs with ctx.
type health struct {
	ctx  context.Context
	role lifecycle.Role
}

// serving is a role that can check whether it still serves.
type serving interface {
	// Healthy returns why the role does not serve now.
	Healthy(ctx context.Context) error
}

func (h health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(r.Context(), HealthPatience)
	defer cancel()
	if err := h.check(ctx); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok") // the client may have disconnected
}

func (h health) check(ctx context.Context) error {
	if h.ctx.Err() != nil {
		return errors.New("it is stopping")
	}
	select {
	case <-h.role.Ready():
	default:
		return errors.New("it is starting")
	}
	return HealthOf(ctx, h.role)
}

// HealthOf returns why a role does not serve, nil for one without a check.
func HealthOf(ctx context.Context, role lifecycle.Role) error {
	if s, ok := role.(serving); ok {
		return s.Healthy(ctx)
	}
	return nil
}
