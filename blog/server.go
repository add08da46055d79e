package blog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"parley/internal/loopback"
)

// Time-outs of the HTTP server, so that a slow client cannot hold a connection.
const (
	headerTimeout = 5 * time.Second
	// bodyTimeout bounds a request with its body, of 64 KB at most.
	bodyTimeout = 15 * time.Second
	// writeTimeout bounds everything after the header: the commit of a post, and
	// a page of half a megabyte over a slow line.
	writeTimeout = 60 * time.Second
	idleTimeout  = 60 * time.Second
	// maxHeader bounds a request's header in bytes: ours have a few hundred.
	maxHeader = 16 << 10
)

// server is the blog's own HTTP server. The zero server does nothing.
type server struct {
	http *http.Server
	// failed is closed when it stopped on its own, nil without a server.
	failed chan struct{}
	err    error
}

func (s *server) open(ctx context.Context, b *Blog) error {
	if b.cfg.Listen == "" {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", b.cfg.Listen)
	if err != nil {
		return fmt.Errorf("serving HTTP on %s: %w: is another process there? Choose another address", b.cfg.Listen, err)
	}
	if !loopback.Host(b.cfg.Listen) {
		b.cfg.Log.Warn("HTTP is served beyond this machine, and everybody who reaches it can post in any user's name", "listen", b.cfg.Listen)
	}
	addr := l.Addr()
	b.addr.Store(&addr)
	s.http = &http.Server{
		Handler: b.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelDebug),
	}
	s.failed = make(chan struct{})
	go func() {
		defer close(s.failed)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.err = fmt.Errorf("serving HTTP on %s: %w", addr, err)
		}
	}()
	return nil
}

// close waits for the requests under way, until ctx ends.
func (s *server) close(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close() // clients that are still connected are cut off
	}
	<-s.failed
	return s.err
}
