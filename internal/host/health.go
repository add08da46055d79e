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
	// healthPath is where a process says whether it serves.
	healthPath = "/healthz"
	// HealthPatience bounds how long the answer may take: a role that cannot
	// reach its broker in that time does not serve.
	HealthPatience = 2 * time.Second
	// healthHeader bounds a request's header, in bytes and, with the same
	// patience, in time: there is nothing in it.
	healthHeader = 4 << 10
)

// Answering calls run, which runs the role, and answers for the role at an address
// meanwhile, if it is not empty: from before it starts until after it has drained, so
// that starting and stopping can be told from being dead.
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

// health answers for a role, whose context is ctx.
type health struct {
	ctx  context.Context
	role lifecycle.Role
}

// serving is a role that knows more than that it was ready once.
type serving interface {
	// Healthy says why the role does not serve now.
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
	_, _ = fmt.Fprintln(w, "ok") // whoever asks may be gone
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

// HealthOf is why a role does not serve, nil for one that knows nothing of that.
func HealthOf(ctx context.Context, role lifecycle.Role) error {
	if s, ok := role.(serving); ok {
		return s.Healthy(ctx)
	}
	return nil
}
