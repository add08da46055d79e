package chaos

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/test/checker"
	"parley/test/journal"
	"parley/test/model"
	"parley/test/mutant"
	"parley/test/proc"
)

// scene is a small cluster in which something certain happens.
type scene struct {
	*run
	orders int
	// patience is how long it waits for what may never come.
	patience time.Duration
}

func play(t *testing.T, m broken) []checker.Violation {
	t.Helper()
	built := program
	if m.edits != nil {
		built = mutant.Program(t, strings.ReplaceAll(m.name, " ", "-"), m.edits)
	}
	c := newHarness(t, harnessOptions{program: built, dir: t.TempDir(), lone: true, flags: m.flags})
	cfg := m.traffic
	cfg.URL = c.url("broker-1")
	for _, g := range c.named(cluster.RoleGateway) {
		cfg.Gateways = append(cfg.Gateways, c.http(g))
	}
	s := &scene{run: connect(t, c, cfg), patience: inVain}
	if m.edits == nil {
		s.patience = settleWithin
	}
	m.act(s)
	return s.end()
}

// end lets things come to their end, if they do, and holds everything against
// everything.
func (s *scene) end() []checker.Violation {
	s.Helper()
	s.traffic.Quiet()
	s.briefly(func() bool {
		d := s.doubts.look(s.Context(), askWithin)
		return d.Silent+d.Doubt == 0 && s.traffic.Settled(nil) == nil && s.published(s.Context()) == nil
	})
	stores := s.read(s.Context())
	if len(s.history.Chats) > 0 {
		stores.Ends = map[string]uint64{}
		for _, m := range stores.Chat {
			stores.Ends[m.Room] = m.Seq
		}
		s.briefly(func() bool { return s.traffic.Settled(stores.Ends) == nil })
	}
	s.traffic.Close()
	s.stopAll()
	s.databases(stores)
	return s.check(stores)
}

// inVain is how long something is waited for that a broken product may never
// come to. The product as it is has all the time that it needs.
const inVain = 15 * time.Second

func (s *scene) briefly(ok func() bool) {
	late := time.After(s.patience)
	tick := time.NewTicker(proc.Poll)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			return
		case <-tick.C:
		}
	}
}

func (s *scene) until(what string, ok func() bool) {
	s.Helper()
	proc.Eventually(s, proc.Patience, what, func() error {
		if !ok() {
			return errors.New("not yet")
		}
		return nil
	})
}

func (s *scene) order(item, zone string) *model.Order {
	s.orders++
	return &model.Order{Key: fmt.Sprint("scene-", s.orders), Item: item, Zone: zone, Quantity: 2}
}

// place asks for an order until the answer is definite, or in vain.
func (s *scene) place(o *model.Order) {
	ctx, cancel := context.WithTimeout(s.Context(), s.patience)
	defer cancel()
	s.traffic.Order(ctx, o)
}

// crash has a process die at a step of an order, and starts it again. Of the
// coordinators it is the only one when the order comes.
func (s *scene) crash(name, step string, o *model.Order) {
	s.Helper()
	s.alone(name)
	s.drain(name)
	s.Start(name, "--crash-at", step)
	ctx, cancel := context.WithTimeout(s.Context(), proc.Patience)
	defer cancel()
	placed := make(chan struct{})
	go func() {
		defer close(placed)
		if o != nil {
			s.place(o)
		}
	}()
	if !s.Crashed(ctx, name) {
		s.Fatalf("%s did not come to %s", name, step)
	}
	s.Start(name)
	<-placed
}

// hold has a coordinator stand still at a step until another one has sealed its
// log.
func (s *scene) hold(name, step string, o *model.Order) {
	s.Helper()
	s.alone(name)
	s.drain(name)
	s.Start(name, "--hold-at", step)
	ctx, cancel := context.WithTimeout(s.Context(), proc.Patience)
	defer cancel()
	placed := make(chan struct{})
	go func() {
		defer close(placed)
		s.place(o)
	}()
	if !s.Held(ctx, name, step) {
		s.Fatalf("%s did not come to %s", name, step)
	}
	other := "coordinator-2"
	s.Start(other)
	if !newMatcher("sealed a log").await(ctx, s.current(other)) {
		s.Fatalf("%s sealed nothing", other)
	}
	s.Continue(name)
	<-placed
}

// copied starts a participant once more, on a copy of its journal, and returns when
// that one serves or has ended.
func (s *scene) copied(name string) (end func()) {
	s.Helper()
	dir := s.TempDir()
	if err := journal.Backup(s.Context(), s.journal(name), filepath.Join(dir, name+".db")); err != nil {
		s.Fatal(err)
	}
	m := s.of(name)
	args := slices.Clone(m.Args)
	args[slices.Index(args, "--data")+1] = dir
	p := proc.LaunchBy(s, proc.Options{}, slices.Concat([]string{string(s.program)}, args, []string{"--sample", "bench"})...)
	m.started.await(s.Context(), p)
	return func() {
		if !p.Ended() {
			p.Interrupt()
		}
	}
}

// alone stops the other coordinator, if the name is one's.
func (s *scene) alone(name string) {
	if name == "coordinator-1" {
		s.drain("coordinator-2")
	}
}

// drain ends a process as an operator does.
func (s *scene) drain(name string) {
	m := s.of(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted = false
	m.process.Interrupt()
}
