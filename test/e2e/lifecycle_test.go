package e2e

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/wire"
	"parley/wire/txwire"
)

// receipt is what `parley order --json` prints, as far as the tests use it.
type receipt struct {
	Status      txwire.Status `json:"status"`
	ID          txwire.ID     `json:"id"`
	Key         string        `json:"key"`
	Courier     int64         `json:"courier"`
	Code        wire.Code     `json:"code"`
	Reason      string        `json:"reason"`
	Participant string        `json:"participant"`
}

// up starts everything in one process; the ledger of orders goes on.
func (s *harness) up() *process {
	s.Helper()
	p := start(s, "up", "--data", s.data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	s.url = p.URL()
	p.Await("Ctrl-C stops everything")
	s.connect()
	return p
}

func newUp(t testing.TB) (*harness, *process) {
	t.Helper()
	s := &harness{TB: t, data: filepath.Join(t.TempDir(), "fresh"), stock: map[string]int64{}}
	for _, i := range inventory.Sample() {
		s.stock[i.Item] = i.Stock
	}
	return s, s.up()
}

// cliOrder orders as a person does and notes it down.
func (s *harness) cliOrder(wantCode int, key, item string, quantity int64, zone string) receipt {
	s.Helper()
	r := parleyJSON[receipt](s, wantCode, "order", item, fmt.Sprint(quantity), "--zone", zone, "--key", key, "--wait", "applied", "--nats", s.url)
	o := &order{key: key, item: item, quantity: quantity, zone: zone, wait: txwire.WaitApplied, reply: txwire.Outcome{Status: r.Status, ID: r.ID, Reason: r.Reason}}
	if !slices.ContainsFunc(s.orders, func(have *order) bool { return have.key == key }) {
		s.orders = append(s.orders, o)
	}
	// An abort is answered when one participant has closed the key; the other one
	// refuses, or gives back what it holds, within moments.
	eventually(s, patience, "giving back what was reserved", func() error {
		return cmp.Or(s.known(o, both), s.inDoubt())
	})
	return r
}

// TestLifecycle is a first day with Parley: orders that are placed, orders that
// are not, a stop, a start.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	s, p := newUp(t)
	s.check()

	first := s.cliOrder(exitOK, "lunch", "margherita", 3, "north")
	if first.Status != txwire.StatusCommitted || first.Courier == 0 {
		t.Errorf("order: %+v", first)
	}
	s.check()
	for _, c := range []struct {
		key, item, zone, by string
		quantity            int64
		mentions            []string
	}{
		{"too-much", "margherita", "north", food.Inventory, 98, []string{"only 97", "98 ordered"}},
		{"no-such", "unicorn", "north", food.Inventory, 1, []string{"unicorn", "menu"}},
		{"far-away", "margherita", "moon", food.Delivery, 1, []string{"moon", "north"}},
	} {
		r := s.cliOrder(exitAborted, c.key, c.item, c.quantity, c.zone)
		if r.Status != txwire.StatusAborted || r.Code != wire.CodeRefused || r.Participant != c.by {
			t.Errorf("%s: %+v", c.key, r)
		}
		for _, want := range c.mentions {
			if !strings.Contains(r.Reason, want) {
				t.Errorf("%s: the reason %q does not mention %q", c.key, r.Reason, want)
			}
		}
		s.check()
	}
	s.cliOrder(exitOK, "the-rest", "margherita", 97, "south")
	if r := s.cliOrder(exitAborted, "one-more", "margherita", 1, "south"); !strings.Contains(r.Reason, "sold out") {
		t.Errorf("one more than everything: %+v", r)
	}
	s.check()
	p.Stop()

	p = s.up()
	if left := s.logs(); len(left) != 1 { // the new coordinator's own
		t.Errorf("the drained process left logs behind: %v", left)
	}
	if err := s.inDoubt(); err != nil {
		t.Error(err)
	}
	s.check()
	if again := s.cliOrder(exitOK, "lunch", "margherita", 3, "north"); again != first {
		t.Errorf("the same key after a restart: %+v, before %+v", again, first)
	}
	s.cliOrder(exitAborted, "too-much", "margherita", 98, "north")
	s.check()
	p.Stop()
}

// TestDrained: after a stop nothing is left in the commit log or in doubt, also
// when orders were under way. The broker runs on, so that one can see.
func TestDrained(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	c := s.startCoordinator()
	for range 30 {
		s.submit(s.newOrder())
	}
	<-s.orders[0].done
	c.Stop()
	if left := s.logs(); len(left) > 0 {
		t.Errorf("the drained coordinator left logs behind: %v", left)
	}
	for _, o := range s.orders {
		select {
		case <-o.done: // answered before or during the drain
		default:
			o.cancel()
			<-o.done
		}
	}
	s.startCoordinator()
	s.settle()
}

// TestKilledUnderLoad: everything is killed together in the middle of many orders,
// several times over; an order that was answered "committed" is delivered.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	s, p := newUp(t)
	capacity := map[string]int64{}
	for _, c := range delivery.Sample() {
		capacity[c.Zone] += c.Capacity
	}
	for round := range 3 {
		// Each round has a zone to itself and stays within its couriers.
		zone := []string{"north", "centre", "south"}[round]
		var workers sync.WaitGroup
		enough := make(chan struct{})
		var once sync.Once
		var answered sync.Mutex
		n := 0
		placed := make([][]*order, 6)
		for w := range placed {
			for range capacity[zone] / int64(len(placed)) {
				o := s.newOrder()
				o.item, o.zone, o.quantity = []string{"falafel", "pad-thai", "lasagne"}[w%3], zone, 1
				placed[w] = append(placed[w], o)
			}
			workers.Go(func() {
				for _, o := range placed[w] {
					s.submit(o)
					<-o.done
					answered.Lock()
					if n++; n == 8 {
						once.Do(func() { close(enough) })
					}
					answered.Unlock()
				}
			})
		}
		<-enough
		p.Kill()
		s.nc.Close() // the clients give up
		workers.Wait()
		p = s.up()
		eventually(t, patience, "resolving every branch", s.inDoubt)
		s.check()
	}
	answers := map[string]int{}
	for _, o := range s.orders {
		answers[o.answer()]++
	}
	t.Logf("the answers were: %v", answers)
	p.Stop()
}

// TestKilledTwice: a crash in the recovery from a crash.
func TestKilledTwice(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	c := s.startCoordinator("--crash-at", "append-after")
	o := s.submit(s.newOrder())
	c.AwaitKilled()
	o.cancel()
	<-o.done
	s.startCoordinator("--crash-at", "seal-after").AwaitKilled()
	s.startCoordinator("--crash-at", "commit-sent").AwaitKilled()
	began := time.Now()
	s.startCoordinator()
	eventually(t, patience, "resolving every branch", s.inDoubt)
	t.Logf("resolved after %v", time.Since(began).Round(time.Millisecond))
	if !s.outcome(o) {
		t.Error("the commit was lost")
	}
	eventually(t, patience, "finishing everything", s.unfinished)
	s.check()
	s.stopAll()
}
