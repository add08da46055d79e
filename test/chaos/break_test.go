package chaos

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"parley/internal/cluster"
	"parley/test/checker"
	"parley/test/journal"
	"parley/test/proc"
)

// readyWithin is how long a start is waited for: a process that was started
// while its brokers are away is ready when they are back.
const readyWithin = 15 * time.Second

// matcher finds a line.
type matcher struct{ *regexp.Regexp }

func newMatcher(pattern string) *matcher { return &matcher{regexp.MustCompile("(?m)" + pattern)} }

// await waits until a process has printed a line that matches.
func (m *matcher) await(ctx context.Context, p *proc.Process) bool {
	for {
		switch {
		case m.MatchString(p.Output()):
			return true
		case p.Ended() || ctx.Err() != nil:
			return false
		}
		p.OneMore()
	}
}

// Kill ends a process and returns when it is dead.
func (c *harness) Kill(name string) {
	m := c.of(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted = false
	m.process.Kill()
}

// Start starts a process and returns when it is ready, or stands still at the
// step that it was given, which can be before; or after a while.
func (c *harness) Start(name string, flags ...string) {
	m := c.of(name)
	m.mu.Lock()
	// A process that was made to crash does not count as one that ended by itself.
	c.launch(m, flags)
	if len(flags) > 0 && flags[0] == "--crash-at" {
		m.wanted = false
	}
	p := m.process
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(c.Context(), readyWithin)
	defer cancel()
	m.started.await(ctx, p)
}

// Pause stops a process.
func (c *harness) Pause(name string) { c.signal(name, syscall.SIGSTOP) }

// Continue lets a process go on.
func (c *harness) Continue(name string) {
	m := c.of(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held {
		m.process.Release()
		m.held = false
		return
	}
	_ = syscall.Kill(m.process.PID(), syscall.SIGCONT)
}

func (c *harness) signal(name string, s syscall.Signal) {
	m := c.of(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.process.Ended() {
		_ = syscall.Kill(m.process.PID(), s)
	}
}

// Crashed waits until a process has killed itself.
func (c *harness) Crashed(ctx context.Context, name string) bool {
	p := c.current(name)
	select {
	case <-p.Done():
		return true
	case <-ctx.Done():
		return false
	}
}

// Held waits until a process stands still at a step.
func (c *harness) Held(ctx context.Context, name, step string) bool {
	return newMatcher("^held at "+regexp.QuoteMeta(step)+"$").await(ctx, c.current(name))
}

func (c *harness) current(name string) *proc.Process {
	m := c.of(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process
}

// SetClock puts the clock of a process off. The process reads it within
// milliseconds.
func (c *harness) SetClock(name string, off time.Duration) {
	// Replaced atomically, so that no half of it is read.
	fresh := c.clock(name) + ".new"
	if err := errors.Join(os.WriteFile(fresh, []byte(off.String()), 0o600), os.Rename(fresh, c.clock(name))); err != nil {
		c.Error(err)
	}
}

// LockDatabase holds the write lock of a participant's database.
func (c *harness) LockDatabase(name string) (undo func()) {
	unlock, err := journal.Lock(context.WithoutCancel(c.Context()), c.journal(name))
	if err != nil {
		c.Error(err)
		return func() {}
	}
	return func() {
		if err := unlock(); err != nil {
			c.Error(err)
		}
	}
}

// resourceTables are what an outcome at a participant writes to.
var resourceTables = map[string]string{cluster.RoleInventory: "items", cluster.RoleDelivery: "couriers"}

// FailResource makes every change of what a participant's resource has an error.
func (c *harness) FailResource(name string) (undo func()) {
	ctx := context.WithoutCancel(c.Context())
	if err := journal.Break(ctx, c.journal(name), resourceTables[c.of(name).Role]); err != nil {
		c.Error(err)
	}
	return func() {
		if err := journal.Mend(ctx, c.journal(name)); err != nil {
			c.Error(err)
		}
	}
}

// FillDisk leaves no space on the disk of a participant.
func (c *harness) FillDisk(name string) (undo func()) {
	d := c.of(name).disk
	if err := d.Fill(); err != nil {
		c.Error(err)
	}
	return func() {
		if err := d.Free(); err != nil {
			c.Error(err)
		}
	}
}

// Backup copies a participant's journal while it runs. When the copy takes the place of
// the journal, what is lost with that is noted; and when the participant serves again,
// it has to have noticed.
func (c *harness) Backup(name string) (restore func()) {
	path, backup := c.journal(name), filepath.Join(c.dir, name+".backup")
	if err := journal.Backup(context.WithoutCancel(c.Context()), path, backup); err != nil {
		c.Error(err)
	}
	return func() {
		lost, err := checker.Loses(c.of(name).Role, path, backup)
		if err != nil {
			c.Error(err)
			return
		}
		lost.Noticed = func() bool { return strings.Contains(c.printed(name), "this journal went back") }
		c.mu.Lock()
		c.lost = append(c.lost, lost)
		c.mu.Unlock()
		if err := journal.Restore(path, backup); err != nil {
			c.Error(err)
		}
	}
}

// printed is all that the processes of a member have printed.
func (c *harness) printed(name string) string {
	raw, err := os.ReadFile(c.of(name).log.Name())
	if err != nil {
		c.Error(err)
	}
	return string(raw)
}

func (c *harness) journal(name string) string {
	return filepath.Join(c.options.Dir, name, c.of(name).Role+".db")
}

// Hosts are those of the cluster.
func (c *harness) Hosts() (names []string) {
	for _, m := range c.members {
		names = append(names, m.Name)
	}
	return names
}

// Cut, CutOneWay, Slow and Heal are the network's.
func (c *harness) Cut(a, b string)           { c.network.Cut(a, b) }
func (c *harness) CutOneWay(from, to string) { c.network.CutOneWay(from, to) }
func (c *harness) Heal(a, b string)          { c.network.Heal(a, b) }
func (c *harness) Slow(a, b string, delay, jitter time.Duration) {
	c.network.Slow(a, b, delay, jitter)
}

// down are the processes that do not run now, for a line of progress.
func (c *harness) down() string {
	var names []string
	for _, m := range c.members {
		if m.mu.TryLock() {
			if m.process == nil || m.process.Ended() {
				names = append(names, m.Name)
			}
			m.mu.Unlock()
		}
	}
	return strings.Join(names, " ")
}
