package bench

import (
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/wire/chatwire"
)

func TestSlope(t *testing.T) {
	if got := slope([]weight{{1000, 11_000}, {2000, 21_000}, {3000, 31_000}}); got < 9.999 || got > 10.001 {
		t.Errorf("got %v, want 10", got)
	}
}

// TestChatReader: lost, repeated and late messages are seen.
func TestChatReader(t *testing.T) {
	a := &audience{born: time.Now()}
	e := &reader{chatSocket: &chatSocket{at: a.born.Add(30 * time.Millisecond)}, audience: a}
	for _, m := range []frame.Message{{Seq: 5}, {Seq: 7, Prev: 5}, {Seq: 7, Prev: 5}, {Seq: 12, Prev: 9}} {
		m.Kind, m.Text, m.Room, m.CID = chatwire.KindText, "hello", "r", a.cid(3, 10*time.Millisecond)
		m.ID, m.User = 1, "ada"
		if err := e.receive(frame.Encode(m)); err != nil {
			t.Fatal(err)
		}
	}
	if e.got != 3 || e.repeats != 1 || e.gaps != 1 || a.delivered.Load() != 3 {
		t.Errorf("%d received, %d repeats, %d gaps, want 3, 1 and 1", e.got, e.repeats, e.gaps)
	}
	if h := e.histogram[phaseWarmUp].arrived; h.TotalCount() != 3 || h.Max() < 19_900 || h.Max() > 20_300 {
		t.Errorf("latency %d µs, want 20 ms", h.Max())
	}
	if err := e.receive(frame.Encode(frame.Ack{CID: a.cid(3, 0), Seq: 12})); err != nil || a.highest.Load() != 12 || a.acked.Load() != 1 {
		t.Errorf("%v: highest acknowledged %d of %d", err, a.highest.Load(), a.acked.Load())
	}
}

func TestStealSince(t *testing.T) {
	if got := (cpuTimes{total: 300, steal: 30}).stealSince(cpuTimes{total: 100, steal: 10}); got != 10 {
		t.Errorf("got %v, want 10", got)
	}
	if got := (cpuTimes{}).stealSince(cpuTimes{}); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}
