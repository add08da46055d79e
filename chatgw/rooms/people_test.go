package rooms_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/wire/chatwire"
)

// quickPresence makes the times of presence short: a gateway is dead after three accounts
// that did not come, so its test must not wait for that long.
func quickPresence(c *rooms.Config) {
	c.Grace, c.Announce, c.Notices = 500*time.Millisecond, 500*time.Millisecond, 50
}

// newTwoGateways are the rooms of two gateways on one broker.
func newTwoGateways(t *testing.T, change func(*rooms.Config)) (a, b *rooms.Rooms) {
	t.Helper()
	s := chattest.New(t)
	return serve(t, s.Connect(t), change), serve(t, s.Connect(t), change)
}

// awaitPresent waits until a member was notified of how many are present.
func (m *member) awaitPresent(t *testing.T, n int) {
	t.Helper()
	m.wait(t, fmt.Sprintf("%d to be present", n), func() bool {
		at := m.joined.Present
		for _, s := range m.others {
			if s.Presence != nil {
				at = s.Presence.Present
			}
		}
		return at == n
	})
}

func TestPresenceOverTwoGateways(t *testing.T) {
	a, b := newTwoGateways(t, quickPresence)
	a.Enter("kitchen", "ann", "a1")
	m := newMember()
	if j := m.join(t, a, "kitchen", "", 0); !slices.Equal(j.People, []string{"ann"}) || j.Present != 1 {
		t.Errorf("she joins and sees %v, %d", j.People, j.Present)
	}
	b.Enter("kitchen", "bob", "b1")
	b.Enter("kitchen", "ann", "b2") // her second tab, elsewhere
	m.awaitPresent(t, 2)
	for _, r := range []*rooms.Rooms{a, b} {
		if people, n := r.People("kitchen"); !slices.Equal(people, []string{"ann", "bob"}) || n != 2 {
			t.Errorf("present are %v, %d", people, n)
		}
	}
	a.Exit("kitchen", "ann", "a1")
	b.Exit("kitchen", "bob", "b1")
	m.awaitPresent(t, 1)
	if people, _ := a.People("kitchen"); !slices.Equal(people, []string{"ann"}) {
		t.Errorf("present are %v", people)
	}
	b.Exit("kitchen", "ann", "b2")
	m.awaitPresent(t, 0)
	// One line for each who came and left.
	m.wait(t, "the notices", func() bool { return len(m.have) >= 4 })
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for _, msg := range m.have {
		lines = append(lines, fmt.Sprint(msg.User, " ", msg.Kind))
	}
	slices.Sort(lines)
	if !slices.Equal(lines, []string{"ann join", "ann leave", "bob join", "bob leave"}) {
		t.Errorf("the room shows %q", lines)
	}
}

// A gateway that dies takes its people with it after a while; one that stops
// leaves them time to come elsewhere.
func TestDeadGateway(t *testing.T) {
	s := chattest.New(t)
	a := serve(t, s.Connect(t), quickPresence)
	b, dying := start(t, s.Connect(t), quickPresence)
	m := newJoined(t, a, "kitchen")
	b.Enter("kitchen", "bob", "b1")
	m.awaitPresent(t, 1)
	dying.Kill()
	m.awaitPresent(t, 0)

	c, stopping := start(t, s.Connect(t), quickPresence)
	c.Enter("kitchen", "cem", "c1")
	m.awaitPresent(t, 1)
	stopping.Drain()
	m.awaitPresent(t, 0)
}

// A gateway that starts knows within a moment who is where.
func TestLateGateway(t *testing.T) {
	s := chattest.New(t)
	slow := func(c *rooms.Config) { c.Announce = time.Hour }
	a := serve(t, s.Connect(t), slow)
	for i := range 1000 {
		a.Enter("kitchen", fmt.Sprint("user", i), "s")
	}
	b := serve(t, s.Connect(t), slow)
	m := newJoined(t, b, "kitchen")
	m.awaitPresent(t, 1000)
	if people, n := b.People("kitchen"); len(people) != frame.MaxPeople || n != 1000 || !slices.IsSorted(people) {
		t.Errorf("it shows %d of %d", len(people), n)
	}
}

// A gateway that restarts does not announce again who came.
func TestNoticesSurviveARestart(t *testing.T) {
	s := chattest.New(t)
	a, process := start(t, s.Connect(t), quickPresence)
	m := newJoined(t, a, "kitchen")
	a.Enter("kitchen", "ann", "s")
	m.wait(t, "the notice", func() bool { return len(m.have) == 1 })
	process.Drain()
	b := serve(t, s.Connect(t), quickPresence)
	n := newJoined(t, b, "kitchen")
	b.Enter("kitchen", "ann", "s")
	b.Enter("kitchen", "bob", "s")
	n.wait(t, "the other's notice", func() bool { return len(n.have) >= 2 })
	if last := n.have[len(n.have)-1]; len(n.have) != 2 || last.User != "bob" || last.Kind != chatwire.KindJoin {
		t.Errorf("the room shows %+v", n.have)
	}
}

func TestTyping(t *testing.T) {
	a, b := newTwoGateways(t, nil)
	m, other := newJoined(t, a, "kitchen"), newJoined(t, a, "cellar")
	b.Typing("kitchen", "bob")
	m.wait(t, "that somebody types", func() bool { return len(m.others) == 1 })
	if s := m.others[0]; s.Room != "kitchen" || s.Typed == nil || s.Typed.User != "bob" {
		t.Errorf("it was notified of %+v", s)
	}
	if len(other.others) != 0 {
		t.Error("another room was notified")
	}
}
