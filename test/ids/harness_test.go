package ids

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/test/proc"
)

// harness is the processes: one broker and some idworkers, each with a clock of
// its own.
type harness struct {
	testing.TB
	dir, url string
	broker   *proc.Broker
	members  []*member
	// numbers is how many worker numbers there are to hold.
	numbers int
}

// member is one place for a process, which changes.
type member struct {
	name    string
	clock   string // file with the offset of its clock
	process *proc.Process
	// stopped is since when it stands still; zero: it does not.
	stopped time.Time
}

func newHarness(t testing.TB, members, numbers int) *harness {
	t.Helper()
	c := &harness{TB: t, dir: t.TempDir(), numbers: numbers}
	c.broker = program.StartBroker(t, c.dir)
	c.url = c.broker.URL()
	for i := range members {
		m := &member{name: fmt.Sprintf("idworker %d", i), clock: filepath.Join(c.dir, fmt.Sprintf("clock-%d", i))}
		c.members = append(c.members, m)
		c.setClock(m, 0)
		c.start(m)
	}
	return c
}

func (c *harness) start(m *member) {
	c.Helper()
	m.process = program.Start(c, "idworker", "--nats", c.url, "--numbers", fmt.Sprint(c.numbers), "--clock", m.clock)
}

// setClock puts a member's clock off by d. The file is replaced atomically, since
// it may be read at any moment.
func (c *harness) setClock(m *member, d time.Duration) {
	c.Helper()
	next := m.clock + ".next"
	if err := os.WriteFile(next, []byte(d.String()), 0o600); err != nil {
		c.Fatal(err)
	}
	if err := os.Rename(next, m.clock); err != nil {
		c.Fatal(err)
	}
}
