package rooms_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw/chattest"
	"parley/chatgw/rooms"
	"parley/internal/lifecycle/roletest"
	"parley/wire/chatwire"
)

// stepDowns is how often the stream's leader steps down under load. Each loses
// re-sent messages with some probability.
const stepDowns = 8

// between is how many messages are sent between two of them.
const between = 500

// senders is how many send at a time: the more are on their way, the more is
// not re-sent when the leader steps down.
const senders = 64

// While the leader of the stream steps down again and again, everybody in a
// room gets exactly what the stream holds: those who stay, at two gateways, and
// those who leave all the time and come back with what they know.
func TestLeaderChangesUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	c := brokertest.RunCluster(t, 3)
	brokertest.Stream(t, c.Connect(t), chatwire.Stream(), 3)
	gateways := []*rooms.Rooms{serve(t, c.Nodes[0].Connect(t), nil), serve(t, c.Nodes[1].Connect(t), nil)}
	names := []string{"kitchen", "cellar"}
	var staying []*member
	for _, name := range names {
		for _, r := range gateways {
			m := newMember()
			m.join(t, r, name, "", 0)
			staying = append(staying, m)
		}
	}
	load, stop := context.WithCancel(t.Context())
	defer stop()
	var work sync.WaitGroup
	var sent atomic.Int64
	for i := range senders {
		work.Go(func() {
			sendAll(load, gateways[i%2], names[i/2%2], fmt.Sprint("user", i), &sent)
		})
	}
	rejoining := make([]*member, 4)
	for i := range rejoining {
		rejoining[i] = newMember()
		work.Go(func() { rejoin(load, t, gateways, names[i%2], rejoining[i], i) })
	}
	for range stepDowns {
		awaitSent(t, &sent, sent.Load()+between)
		c.StreamLeader(t, chatwire.Stream().Name)
		if err := c.StepDown(t, chatwire.Stream().Name); err != nil {
			t.Log(err) // an election was under way
		}
	}
	awaitSent(t, &sent, sent.Load()+between)
	stop()
	work.Wait()
	// What was on its way when its sender stopped may still be stored. A message
	// behind it on the same connection is stored after it.
	for i, r := range gateways {
		for _, name := range names {
			sendLast(t, r, name, fmt.Sprint("last", i))
		}
	}

	stored := 0
	for i, name := range names {
		truth := readTruth(t, c, name, 0)
		for _, m := range []*member{staying[2*i], staying[2*i+1], rejoining[i], rejoining[i+2]} {
			m.wait(t, "the end of "+name, func() bool { return m.last() >= truth[len(truth)-1] })
			// The replica that was read may have been behind the one that this member's
			// last message came from.
			if last := m.lastSeq(); last > truth[len(truth)-1] {
				truth = readTruth(t, c, name, last)
			}
			compare(t, m, truth)
		}
		stored += len(truth)
	}
	for i, r := range gateways {
		n := r.Counters()
		t.Logf("gateway %d: of %d messages %d were not re-sent; %d reads of gaps brought %d; %d joins recovered, %d did not; %d times lost",
			i, stored, stored-int(n.Live), n.Gaps, n.Filled, n.Recovered, n.Unrecovered, n.Lost)
	}
}

// sendAll sends one message after another.
func sendAll(ctx context.Context, r *rooms.Rooms, room, user string, sent *atomic.Int64) {
	for n := 0; ctx.Err() == nil; n++ {
		post := rooms.Post{Room: room, User: user, Kind: chatwire.KindText, CID: fmt.Sprint("c", n), Text: fmt.Sprint("text ", n)}
		for ctx.Err() == nil {
			if _, err := r.Send(ctx, post); err == nil {
				sent.Add(1)
				break
			}
		}
	}
}

// sendLast sends one message until it is acknowledged.
func sendLast(t *testing.T, r *rooms.Rooms, room, user string) {
	t.Helper()
	post := rooms.Post{Room: room, User: user, Kind: chatwire.KindText, CID: "c", Text: "the end"}
	for ctx := testContext(t); ; {
		_, err := r.Send(ctx, post)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("sending the last message of %s: %v", room, err)
		}
	}
}

// rejoin joins, receives something and leaves, at one gateway and the other, until
// ctx ends; then it joins for good.
func rejoin(ctx context.Context, t *testing.T, gateways []*rooms.Rooms, room string, m *member, n int) {
	for ; ; n++ {
		r := gateways[n%len(gateways)]
		epoch, since := "", uint64(0)
		v := newMember() // each visit has its own, so that a late Deliver is no matter
		if len(m.have) > 0 {
			epoch, since = r.Epoch(), m.have[len(m.have)-1].Seq
		}
		if err := r.Join(testContext(t), room, epoch, since, v, v.admitted); err != nil {
			t.Errorf("joining: %v", err)
			return
		}
		m.mu.Lock()
		switch {
		case ctx.Err() != nil:
			m.mu.Unlock()
			joinAs(t, r, room, m, v)
			return
		case !v.joined.Recovered:
			m.have = nil
		}
		m.mu.Unlock()
		select {
		case <-time.After(time.Duration(5+n%20) * time.Millisecond):
		case <-ctx.Done():
		}
		r.Leave(room, v)
		v.mu.Lock()
		m.mu.Lock()
		if v.wrong != "" {
			m.wrong = v.wrong
		}
		m.have = append(m.have, v.have...)
		m.mu.Unlock()
		v.mu.Unlock()
	}
}

// joinAs ends the visit v and joins as m.
func joinAs(t *testing.T, r *rooms.Rooms, room string, m, v *member) {
	r.Leave(room, v)
	epoch, since := "", uint64(0)
	if len(m.have) > 0 {
		epoch, since = r.Epoch(), m.have[len(m.have)-1].Seq
	}
	if err := r.Join(testContext(t), room, epoch, since, m, m.admitted); err != nil {
		t.Errorf("joining: %v", err)
	}
}

// awaitSent waits until so many messages were stored.
func awaitSent(t *testing.T, sent *atomic.Int64, n int64) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(3 * roletest.Patience)
	for sent.Load() < n {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("only %d of %d messages were stored", sent.Load(), n)
		}
	}
}

// readTruth is what the stream holds of a room, at least up to the number last. That a
// member has a message which is never stored fails the test.
func readTruth(t *testing.T, c *brokertest.Cluster, room string, last uint64) []uint64 {
	t.Helper()
	ctx := testContext(t)
	for {
		c.StreamLeader(t, chatwire.Stream().Name)
		seqs, _, err := chattest.ReadRoom(ctx, brokertest.JetStream(t, c.Connect(t)), room)
		if err == nil && len(seqs) > 0 && seqs[len(seqs)-1] >= last {
			return seqs
		}
		if ctx.Err() != nil {
			t.Fatalf("read %d messages of %s, want all up to %d: %v", len(seqs), room, last, err)
		}
		t.Logf("read %d messages of %s, want all up to %d: %v", len(seqs), room, last, err) // an election is under way, or a replica is behind
	}
}

// compare holds what a member has against the room: the end of it, from where
// the member began.
func compare(t *testing.T, m *member, truth []uint64) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var have []uint64
	for _, msg := range m.have {
		have = append(have, msg.Seq)
	}
	if m.wrong != "" {
		t.Error(m.wrong)
	}
	if n := len(truth) - len(have); n < 0 || !slices.Equal(have, truth[n:]) {
		t.Errorf("a member has %d messages, the room %d, and its end is not what the member has", len(have), len(truth))
		for i := range min(len(have), len(truth)) {
			if have[i] != truth[i] {
				t.Errorf("the first that differs is number %d: %d instead of %d", i, have[i], truth[i])
				break
			}
		}
	}
}
