package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"parley/internal/catalog"
	"parley/internal/child"
	"parley/participants/food"
)

// system is the processes that a benchmark started, or only a URL.
type system struct {
	url      string
	program  string
	profiles string
	dir      string
	children []*child.Process
	// died receives the error of the first child that ends unexpectedly.
	died chan error
}

// startSystem starts every role of a transaction as a separate process. On an error it
// ends those that it has started.
func startSystem(ctx context.Context, parent string, coordinators int, profiles string) (s *system, err error) {
	if s, err = newSystem(ctx, parent, profiles); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	for _, name := range []string{food.Inventory, food.Delivery} {
		journal := catalog.Journal(s.dir, name)
		if _, err := s.start(ctx, name, []string{journal, journal + "-wal"}, name, "--nats", s.url, "--data", s.dir, "--sample", "bench"); err != nil {
			return s, err
		}
	}
	// Last, so that they stop first, while the participants can still acknowledge the
	// transactions that they finish.
	for i := range coordinators {
		if _, err := s.start(ctx, fmt.Sprintf("coordinator-%d", i+1), nil, "coordinator", "--nats", s.url); err != nil {
			return s, err
		}
	}
	return s, nil
}

// newSystem starts a broker and creates the streams. On an error it ends the broker.
func newSystem(ctx context.Context, parent, profiles string) (s *system, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "parley-bench-*")
	if err != nil {
		return nil, fmt.Errorf("creating a data directory: %w", err)
	}
	if profiles != "" {
		if err := os.MkdirAll(profiles, 0o755); err != nil {
			return nil, fmt.Errorf("creating the directory of profiles: %w", err)
		}
	}
	s = &system{program: self, profiles: profiles, dir: dir, died: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	ready, err := s.start(ctx, "broker", []string{catalog.BrokerDir(dir)}, "broker", "--data", dir, "--listen", "127.0.0.1:0")
	if err != nil {
		return s, err
	}
	if s.url = regexp.MustCompile(`nats://\S+`).FindString(ready); s.url == "" {
		return s, fmt.Errorf("the broker does not print its address: %q", ready)
	}
	return s, child.Run(ctx, self, "init", "--nats", s.url)
}

// start starts a process and returns the line that it prints when it is ready. paths are
// its files and directories.
func (s *system) start(ctx context.Context, name string, paths []string, args ...string) (ready string, err error) {
	args = append(args, "--until-eof", "--log-level", "warn")
	if s.profiles != "" {
		args = append(args, "--pprof", filepath.Join(s.profiles, name+".pprof"))
	}
	c, err := child.Start(name, s.program, args, paths, s.died)
	if err != nil {
		return "", err
	}
	s.children = append(s.children, c)
	return c.AwaitReady(ctx)
}

// stop ends the children in reverse order and removes their data.
func (s *system) stop() error {
	var errs []error
	for _, c := range slices.Backward(s.children) {
		errs = append(errs, c.Stop())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// usage returns what every process has used so far, this one last.
func (s *system) usage() []usage {
	var out []usage
	for _, c := range s.children {
		out = append(out, usageOf(c.Name, c.Cmd.Process.Pid, c.Paths))
	}
	return append(out, usageOf("load", os.Getpid(), nil))
}
