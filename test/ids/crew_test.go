package ids

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/test/proc"
)

// crew is the processes: one broker and some idworkers, each with a clock of
// its own.
type crew struct {
	testing.TB
	dir, url string
	broker   *proc.Process
	members  []*member
	// numbers is how many worker numbers there are to hold.
	numbers int
}

// member is one place in the crew: the process in it changes.
type member struct {
	name    string
	clock   string // file that says how far its clock is off
	process *proc.Process
	// stopped is since when it stands still; zero: it does not.
	stopped time.Time
}

func newCrew(t testing.TB, members, numbers int) *crew {
	t.Helper()
	c := &crew{TB: t, dir: t.TempDir(), numbers: numbers}
	c.broker = program.Start(t, "broker", "--data", c.dir, "--listen", "127.0.0.1:0")
	c.url = c.broker.URL()
	if _, errs, code := program.Run(t, "init", "--nats", c.url); code != proc.ExitOK {
		t.Fatalf("init: exit %d\n%s", code, errs)
	}
	for i := range members {
		m := &member{name: fmt.Sprintf("idworker %d", i), clock: filepath.Join(c.dir, fmt.Sprintf("clock-%d", i))}
		c.members = append(c.members, m)
		c.setClock(m, 0)
		c.start(m)
	}
	return c
}

func (c *crew) start(m *member) {
	c.Helper()
	m.process = program.Start(c, "idworker", "--nats", c.url, "--numbers", fmt.Sprint(c.numbers), "--clock", m.clock)
}

// setClock puts a member's clock off by d. The file is replaced at once, since
// it may be read at any moment.
func (c *crew) setClock(m *member, d time.Duration) {
	c.Helper()
	next := m.clock + ".next"
	if err := os.WriteFile(next, []byte(d.String()), 0o600); err != nil {
		c.Fatal(err)
	}
	if err := os.Rename(next, m.clock); err != nil {
		c.Fatal(err)
	}
}

// restartBroker kills it and starts it where it was.
func (c *crew) restartBroker() {
	c.Helper()
	c.broker.Kill()
	c.broker = program.Start(c, "broker", "--data", c.dir, "--listen", c.url[len("nats://"):])
	c.broker.URL()
}
