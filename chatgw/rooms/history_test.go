package rooms_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxUnacked bounds what [fill] has on the way.
const maxUnacked = 4000

// fill stores n messages in rooms that pick chooses, past the gateways, and
// returns the numbers of each room.
func fill(t testing.TB, nc *nats.Conn, n int, pick func(i int) string) map[string][]uint64 {
	t.Helper()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(4096))
	roletest.Must(t, err)
	at := map[string][]uint64{}
	type future struct {
		room string
		ack  jetstream.PubAckFuture
	}
	var futures []future
	settle := func() {
		for _, f := range futures {
			select {
			case ack := <-f.ack.Ok():
				at[f.room] = append(at[f.room], ack.Sequence)
			case err := <-f.ack.Err():
				t.Fatal(err)
			}
		}
		futures = futures[:0]
	}
	for i := range n {
		room := pick(i)
		ack, err := js.PublishAsync(chatwire.RoomSubject(room), wire.Encode(chatwire.Message{
			V: wire.Version, ID: snowflake.ID(i + 1), User: "ann", Kind: chatwire.KindText, Text: fmt.Sprint("text ", i),
		}))
		roletest.Must(t, err)
		if futures = append(futures, future{room, ack}); len(futures) == maxUnacked {
			settle()
		}
	}
	settle()
	for _, seqs := range at {
		slices.Sort(seqs)
	}
	return at
}

// Pages are the same whether a gateway has seen the messages go by, has learned
// of them at its start or can remember next to nothing and searches.
func TestHistory(t *testing.T) {
	s := chattest.New(t)
	seen := serve(t, s.Connect(t), nil)
	// A room that talks all the time, one that talks in bursts, one that
	// got three messages long ago.
	const n = 6000
	at := fill(t, s.NATS, n, func(i int) string {
		switch {
		case i == 5 || i == 77 || i == 900:
			return "rare"
		case i/500%3 == 1:
			return "bursts"
		default:
			return "busy"
		}
	})
	learned := serve(t, s.Connect(t), nil)
	for _, r := range []*rooms.Rooms{seen, learned} {
		wantIndexed(t, r, n)
	}
	part := serve(t, s.Connect(t), func(c *rooms.Config) { c.IndexAll = n / 4 })
	wantIndexed(t, part, n/4)
	search := serve(t, s.Connect(t), func(c *rooms.Config) { c.IndexAll = 4 })
	for name, r := range map[string]*rooms.Rooms{"seen": seen, "learned": learned, "part": part, "search": search} {
		t.Run(name, func(t *testing.T) { checkPages(t, r, at, n) })
	}
}

// wantIndexed waits until a gateway knows the places of n messages.
func wantIndexed(t *testing.T, r *rooms.Rooms, n int64) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx := testContext(t); r.Counters().Indexed < n; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the gateway knows %d messages, want %d", r.Counters().Indexed, n)
		}
	}
	if known := r.Counters().Indexed; known > n {
		t.Errorf("the gateway knows %d messages, there are %d", known, n)
	}
}

// checkPages requests pages of all sizes at many places, and for wrong ones.
func checkPages(t *testing.T, r *rooms.Rooms, at map[string][]uint64, n uint64) {
	random := rand.New(rand.NewPCG(1, 2))
	for room, seqs := range at {
		befores := []uint64{0, 1, seqs[0], seqs[0] + 1, seqs[len(seqs)-1], seqs[len(seqs)-1] + 1, n + 1, 1 << 60}
		for range 25 {
			befores = append(befores, 1+random.Uint64N(n))
		}
		for _, before := range befores {
			checkPage(t, r, room, seqs, before, 1+random.IntN(200))
		}
	}
	if page, more, err := r.History(testContext(t), "empty", 0, 0); len(page) > 0 || more || err != nil {
		t.Errorf("an empty room has %d messages, more %v, %v", len(page), more, err)
	}
	if _, _, err := r.History(testContext(t), "busy", 0, 201); wire.CodeOf(err) != wire.CodeInvalid {
		t.Errorf("a page beyond the limit: %v", err)
	}
}

// checkPage requests one page of a room that has the messages seqs.
func checkPage(t *testing.T, r *rooms.Rooms, room string, seqs []uint64, before uint64, limit int) {
	t.Helper()
	want := seqs
	if before > 0 {
		want = seqs[:len(below(seqs, before))]
	}
	more := len(want) > limit
	want = want[max(0, len(want)-limit):]
	page, isMore, err := r.History(testContext(t), room, before, limit)
	if err != nil {
		t.Fatalf("%s before %d: %v", room, before, err)
	}
	if got := seqsOf(page); !slices.Equal(got, want) || isMore != more {
		t.Errorf("%s, %d before %d: %d messages from %v, more %v; want %d from %v, more %v",
			room, limit, before, len(got), first(got), isMore, len(want), first(want), more)
	}
	for i := 1; i < len(page); i++ {
		if page[i].Prev != page[i-1].Seq {
			t.Fatalf("message %d has prev %d, before it is %d", page[i].Seq, page[i].Prev, page[i-1].Seq)
		}
	}
}

// A person scrolls back to the beginning of a room, page by page.
func TestScrollBack(t *testing.T) {
	r, s := newRooms(t, nil)
	at := fill(t, s.NATS, 3000, func(i int) string { return []string{"kitchen", "noise"}[i%2] })
	var got []uint64
	before := uint64(0)
	for more := true; more; {
		page, isMore, err := r.History(testContext(t), "kitchen", before, 0)
		roletest.Must(t, err)
		got = append(seqsOf(page), got...)
		before, more = page[0].Seq, isMore
	}
	if !slices.Equal(got, at["kitchen"]) {
		t.Errorf("it saw %d messages, the room has %d", len(got), len(at["kitchen"]))
	}
}

// below are the numbers below n.
func below(seqs []uint64, n uint64) []uint64 {
	i, _ := slices.BinarySearch(seqs, n)
	return seqs[:i]
}

func first(seqs []uint64) any {
	if len(seqs) == 0 {
		return "nothing"
	}
	return seqs[0]
}

func seqsOf(page []frame.Message) (seqs []uint64) {
	for _, m := range page {
		seqs = append(seqs, m.Seq)
	}
	return seqs
}
