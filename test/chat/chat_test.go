package chat

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/test/chat/cluster"
	"parley/test/proc"
)

var (
	seed    = flag.Uint64("seed", 0, "of the faults; 0 takes a new one")
	rounds  = flag.Int("rounds", 1, "how often everything is broken")
	clients = flag.Int("clients", 60, "how many clients there are")
	deep    = flag.Bool("deep", false, "break a lone broker too, and step leaders down until a message is not re-sent")
)

// program is the program under test, built once.
var program proc.Program

func TestMain(m *testing.M) { proc.TestMain(m, &program, 0) }

// TestNoGapNoDuplicate: whatever dies, every client has exactly its rooms. With
// -deep also where there is one broker, which is killed and restarted.
func TestNoGapNoDuplicate(t *testing.T) {
	if *deep {
		t.Run("one broker", func(t *testing.T) {
			run(t, 1, func(f *faults) { f.run(ofOne()) })
		})
	}
	t.Run("three brokers", func(t *testing.T) { run(t, 3, breakThree(t)) })
}

// breakThree: the stream's leader steps down under load, and messages are stored
// that are not re-sent.
func breakThree(t *testing.T) func(*faults) {
	return func(f *faults) {
		// Before a broker dies, only its leader's stepping down can have lost
		// anything on the way to the listener. How soon is luck: without -deep it
		// is tried a few times and need not happen.
		most := 4
		if *deep {
			most = 60
		}
		for f.listener.lost() == 0 && f.done[stepDown] < most {
			f.once(fault{stepDown, 1, (*faults).stepDown})
		}
		n := f.listener.lost()
		if n == 0 && *deep {
			t.Errorf("the leader stepped down %d times, and each message was re-sent: nothing was shown", most)
		}
		t.Logf("%d messages were not re-sent before a broker was killed", n)
		f.run(ofThree())
	}
}

func run(t *testing.T, nodes int, breaking func(*faults)) {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("seed %d: repeat the faults with -seed %[1]d", s)
	processes := cluster.New(t, program, nodes)
	l := listen(t, processes.URL)
	crowd := newCrowd(processes.Gateways, *clients, s)
	crowd.start(t.Context())
	t.Cleanup(crowd.end)
	f := &faults{Cluster: processes, crowd: crowd, listener: l, oven: newService(t, l.nc), rng: rand.New(rand.NewPCG(s, 1)), done: map[string]int{}}

	began := time.Now()
	crowd.await(t, traffic)
	for range 3 {
		f.order(away)
	}
	breaking(f)
	broken := time.Since(began)
	ends := crowd.settle(t, l.ends)
	processes.Alive()
	t.Logf("broken for %v, settled after %v", broken.Round(time.Second), (time.Since(began) - broken).Round(time.Millisecond))
	crowd.end()
	processes.StopWriters()
	report(t, f, l.read(), ends)
}

// report compares everything with the stream, and counts.
func report(t *testing.T, f *faults, stream []Stored, ends map[string]uint64) {
	unsent, wrong := f.listener.missing(stream)
	rooms := Rooms(stream)
	var sent []Sent
	shown, recovered, resets := 0, 0, 0
	codes := map[string]int{}
	for _, m := range f.members {
		n := m.notebook()
		for room, v := range n.views {
			for _, w := range rooms[room].Check(v, ends[room]) {
				wrong = append(wrong, Violation{w.Rule, fmt.Sprintf("%s in %s: %s", n.name, room, w.Text)})
			}
			recovered, resets = recovered+v.Recovered, resets+v.Resets
			for i := range v.events {
				shown += len(v.events[i].messages)
			}
		}
		for how, times := range n.codes {
			codes[how] += times
		}
		for _, w := range n.wrong {
			wrong = append(wrong, Violation{"a client was treated wrongly", n.name + ": " + w})
		}
		sent = append(sent, m.all()...)
	}
	sent = append(sent, f.oven.all()...)
	wrong = append(wrong, CheckSent(stream, sent)...)
	for i, w := range wrong {
		if i == 20 {
			t.Errorf("and %d more", len(wrong)-i)
			break
		}
		t.Error(w)
	}
	if f.stalled.Load() == 0 {
		t.Error("no client that did not read was cut off")
	}
	t.Logf("%d messages stored, %d of them sent by %d clients and a service, who were shown %d; %d acknowledgements, %d frames refused for a moment",
		len(stream), len(sent), len(f.members), shown, f.acknowledged.Load(), f.refusals.Load())
	t.Logf("resumed %d times with what was missed, %d times with the newest page; %d messages were not re-sent to a listener; %d stalled clients were cut off",
		recovered, resets, unsent, f.stalled.Load())
	for _, name := range slices.Sorted(maps.Keys(f.done)) {
		t.Logf("  %4d  %s", f.done[name], name)
	}
	for _, how := range slices.Sorted(maps.Keys(codes)) {
		t.Logf("  %4d  connections ended by %s", codes[how], how)
	}
}
