package machine

import (
	"slices"
	"testing"
)

func limits() Limits {
	return Limits{Page: 3, Ring: 4, RingBytes: 100, Missed: 10, Ahead: 3, Hole: 5, Tries: 2, ClaimTries: 2}
}

// opened is a room whose last message is number 1.
func opened(l Limits) *Room {
	r := New("epoch", l)
	r.Actions()
	r.Opened([]Message{{Seq: 1, Size: 10}}, false)
	return r
}

func live(from, to uint64) (ms []Message) {
	for seq := from; seq <= to; seq++ {
		ms = append(ms, Message{Seq: seq, Prev: seq - 1, Size: 10})
	}
	return ms
}

func of[A Action](r *Room) (found []A) {
	for _, a := range r.Actions() {
		if a, ok := a.(A); ok {
			found = append(found, a)
		}
	}
	return found
}

// However large messages are, the ring stays within twice its bounds, and keeps
// the last one.
func TestRingIsBounded(t *testing.T) {
	r := opened(limits())
	for _, m := range live(2, 100) {
		m.Size = int(m.Seq%7) * 40
		r.Live(m)
		r.Actions()
		if n := len(r.ring.messages); n == 0 || n >= 2*4 && n > 1 || r.ring.bytes >= 2*100 && n > 1 {
			t.Fatalf("after message %d the ring has %d messages of %d bytes", m.Seq, n, r.ring.bytes)
		}
	}
}

// What does not fit in front of a gap is read once the gap is closed.
func TestAheadIsBounded(t *testing.T) {
	r := opened(limits())
	r.Actions()
	for _, m := range live(3, 6) { // 2 is missing
		r.Live(m)
	}
	if len(r.ahead) != 3 {
		t.Errorf("%d messages are kept", len(r.ahead))
	}
	r.Actions()
	r.Filled(Found, []Message{{Seq: 2}})
	if last, _ := r.Last(); last != 5 || !r.Gap() {
		t.Errorf("the last is %d, gap %v", last, r.Gap())
	}
	if fills := of[Fill](r); len(fills) != 1 || fills[0].From != 5 {
		t.Errorf("it reads %v", fills)
	}
}

func TestGapIsGivenUp(t *testing.T) {
	for name, c := range map[string]func(*Room){
		"too large": func(r *Room) {
			for i := uint64(2); i < 20; i += 2 {
				r.Filled(Found, []Message{{Seq: i}, {Seq: i + 1}})
			}
		},
		"nobody has it": func(r *Room) {
			for range 3 {
				r.Filled(Unknown, nil)
			}
		},
		"it is gone": func(r *Room) { r.Filled(Gone, []Message{{Seq: 50}}) },
	} {
		r := opened(limits())
		r.Tail(100)
		r.Join(7, "", 0)
		r.Actions()
		c(r)
		lost := of[Lost](r)
		if len(lost) != 1 || !slices.Equal(lost[0].Waiting, []Who{7}) || lost[0].Why == "" {
			t.Errorf("%s: %v", name, lost)
		}
		r.Join(8, "", 0)
		if lost := of[Lost](r); len(lost) != 1 || !slices.Equal(lost[0].Waiting, []Who{8}) {
			t.Errorf("%s: who joins then is notified of %v", name, lost)
		}
	}
}

// A failed read is tried again, and is no reason to give up.
func TestFailedReadsAreRepeated(t *testing.T) {
	r := opened(limits())
	r.Tail(5)
	r.Actions()
	for range 100 {
		r.FillFailed()
		if fills := of[Fill](r); len(fills) != 1 || !fills[0].Again {
			t.Fatalf("it does %v", fills)
		}
	}
	r.Filled(Found, live(2, 5))
	if last, _ := r.Last(); last != 5 {
		t.Errorf("the last is %d", last)
	}
	r.Tail(6)
	if fills := of[Fill](r); len(fills) != 1 || fills[0].Again {
		t.Errorf("the next gap is read with %v", fills)
	}
}

// Who leaves before the answer gets none.
func TestLeaveWhileWaiting(t *testing.T) {
	r := New("epoch", limits())
	r.Join(1, "", 0)
	r.Join(2, "", 0)
	r.Leave(1)
	r.Opened(nil, false)
	if admits := of[Admit](r); len(admits) != 1 || admits[0].Who != 2 {
		t.Errorf("admitted are %v", admits)
	}
}

func TestPage(t *testing.T) {
	r := opened(limits())
	for _, m := range live(2, 5) {
		r.Live(m)
	}
	for _, c := range []struct {
		before   uint64
		n, first int
		more, ok bool
	}{
		{0, 3, 3, true, true}, {4, 3, 1, false, true}, {5, 3, 2, true, true}, {3, 9, 1, false, true}, {6, 3, 0, false, false},
	} {
		page, more, ok := r.Page(c.before, c.n)
		if ok != c.ok || more != c.more || ok && page[0].Seq != uint64(c.first) {
			t.Errorf("%d before %d: %v, more %v, %v", c.n, c.before, page, more, ok)
		}
	}
	r.Tail(9)
	if _, _, ok := r.Page(0, 3); ok {
		t.Error("there is a newest page while messages are missing")
	}
}
