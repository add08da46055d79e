package orders_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw/frame"
	"parley/coordinator"
	"parley/idworker"
	"parley/idworker/idclient"
	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/page/orders"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute

// guest is a client of the gateway that keeps what it is sent.
type guest struct {
	mu     sync.Mutex
	frames []frame.FromGateway
	more   chan struct{}
}

func newGuest() *guest { return &guest{more: make(chan struct{}, 1)} }

func (g *guest) User() (string, bool) { return "ada", true }
func (g *guest) Send(data []byte)     { g.take(data) }

// SendShared gets a whole WebSocket frame: the header of a server's text frame
// is 2, 4 or 10 bytes.
func (g *guest) SendShared(whole []byte) {
	switch whole[1] {
	case 126:
		g.take(whole[4:])
	case 127:
		g.take(whole[10:])
	default:
		g.take(whole[2:])
	}
}

func (g *guest) take(data []byte) {
	f, err := frame.DecodeGateway(data)
	if err != nil {
		panic(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.frames = append(g.frames, f)
	select {
	case g.more <- struct{}{}:
	default:
	}
}

// await returns the first frame, of those so far and to come, that fits.
func await[F frame.FromGateway](t *testing.T, g *guest, fits func(F) bool) F {
	t.Helper()
	late := time.After(patience)
	for {
		g.mu.Lock()
		for _, f := range g.frames {
			if f, ok := f.(F); ok && fits(f) {
				g.mu.Unlock()
				return f
			}
		}
		g.mu.Unlock()
		select {
		case <-g.more:
		case <-late:
			t.Fatalf("no fitting %T came", *new(F))
		}
	}
}

// start runs everything that a desk talks to, and the desk.
func start(t *testing.T, stage orders.Stage) *orders.Desk {
	t.Helper()
	server := brokertest.Run(t)
	js, err := jetstream.New(server.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	incarnations := map[string]string{}
	for _, spec := range []wire.StreamSpec{txwire.LogStream(), txwire.JournalStream(), idwire.LeaseStream()} {
		if incarnations[spec.Name], _, err = streams.Ensure(t.Context(), js, spec, 1); err != nil {
			t.Fatal(err)
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	g := new(lifecycle.Group)
	add := func(name string, r lifecycle.Role, err error) {
		if err != nil {
			t.Fatal(err)
		}
		g.Add(name, r)
	}
	deps := func() participants.Deps {
		return participants.Deps{NATS: server.Connect(t)}
	}
	dir := t.TempDir()
	inv, err := inventory.New(inventory.Config{Config: participants.Config{Path: filepath.Join(dir, "i.db"), Log: quiet}}, deps())
	add("inventory", inv, err)
	del, err := delivery.New(delivery.Config{Config: participants.Config{Path: filepath.Join(dir, "d.db"), Log: quiet}}, deps())
	add("delivery", del, err)
	co, err := coordinator.New(coordinator.Config{Log: quiet}, coordinator.Deps{NATS: server.Connect(t)})
	add("coordinator", co, err)
	worker, err := idworker.New(idworker.Config{}, idworker.Deps{NATS: server.Connect(t)})
	add("idworker", worker, err)
	nc := server.Connect(t)
	ids, err := idclient.New(nc, idclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := orders.New(orders.Config{Log: quiet}, orders.Deps{NATS: nc, IDs: ids, Stage: stage})
	add("desk", desk, err)

	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		ended <- g.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ids.Close()
	})
	select {
	case <-g.Ready():
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("the system is not ready")
	}
	return desk
}

func answerOf[T any](t *testing.T, d *orders.Desk, g *guest, a frame.Ask) (v T) {
	t.Helper()
	if err := d.Handle(t.Context(), g, &a); err != nil {
		t.Fatal(err)
	}
	f := await(t, g, func(f *frame.Answer) bool { return f.Ref == a.Ref })
	if f.What != a.What {
		t.Errorf("asked for %s, answered %s", a.What, f.What)
	}
	if err := json.Unmarshal(f.Data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// An order is placed, watched from the first message to the last, and can be
// opened afterwards.
func TestOrderWatched(t *testing.T) {
	d, g := start(t, nil), newGuest()
	if err := d.Handle(t.Context(), g, &frame.Watch{On: true}); err != nil {
		t.Fatal(err)
	}
	menu := answerOf[food.Items](t, d, g, frame.Ask{Ref: 1, What: frame.AskMenu})
	couriers := answerOf[food.Couriers](t, d, g, frame.Ask{Ref: 2, What: frame.AskCouriers})
	if len(menu.Items) == 0 || len(couriers.Couriers) == 0 {
		t.Fatalf("menu %+v, couriers %+v", menu, couriers)
	}
	if err := d.Handle(t.Context(), g, &frame.Order{Ref: 3, Key: "k", Item: menu.Items[0].Item, Quantity: 1, Zone: couriers.Couriers[0].Zone}); err != nil {
		t.Fatal(err)
	}
	o := await(t, g, func(f *frame.Outcome) bool { return f.Ref == 3 })
	if o.Outcome.Status != txwire.StatusCommitted {
		t.Fatalf("the outcome is %+v", o.Outcome)
	}
	id := o.Outcome.ID.String()
	var events []frame.TxEvent
	want := []string{"ack", "ack", "append", "commit", "commit", "outcome", "prepare", "prepare", "submit", "vote", "vote"}
	await(t, g, func(*frame.Tx) bool { // with the guest's lock held
		events = nil
		for _, f := range g.frames {
			if f, ok := f.(*frame.Tx); ok {
				events = append(events, f.Events...)
			}
		}
		return len(events) >= len(want)
	})
	var got []string
	for _, e := range events {
		if e.Tx != id || e.At == 0 {
			t.Errorf("an event of another transaction: %+v", e)
		}
		got = append(got, e.Kind)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("watched %v, want %v", got, want)
	}
	seen := answerOf[frame.TxSeen](t, d, g, frame.Ask{Ref: 4, What: frame.AskTx, ID: id})
	if seen.Status != txwire.StatusCommitted || len(seen.Events) != len(want) || seen.Key != "k" {
		t.Errorf("opened later it is %+v", seen)
	}
	if all := answerOf[frame.TxsSeen](t, d, g, frame.Ask{Ref: 5, What: frame.AskTxs}); len(all.Txs) != 1 {
		t.Errorf("the newest are %+v", all)
	}
	d.Gone(g)
}

func TestIDs(t *testing.T) {
	d, g := start(t, nil), newGuest()
	fresh := answerOf[frame.IDParts](t, d, g, frame.Ask{Ref: 1, What: frame.AskID})
	if !fresh.ID.Valid() || time.Since(time.UnixMilli(fresh.At)).Abs() > time.Minute {
		t.Errorf("a fresh one is %+v", fresh)
	}
	for i, text := range []string{fresh.ID.String(), fresh.Short} {
		if again := answerOf[frame.IDParts](t, d, g, frame.Ask{Ref: int64(10 + i), What: frame.AskID, ID: text}); again != fresh {
			t.Errorf("%s is %+v, want %+v", text, again, fresh)
		}
	}
	w := answerOf[frame.WorkersSeen](t, d, g, frame.Ask{Ref: 20, What: frame.AskWorkers})
	if len(w.Leases.Leases) != 1 || len(w.Workers) != 1 || w.Workers[0].State != idwire.WorkerHolding {
		t.Errorf("the workers are %+v", w)
	}
}

// What cannot be answered is refused with its reason, and the desk goes on.
func TestRefusals(t *testing.T) {
	d, g := start(t, nil), newGuest()
	for i, f := range []frame.FromClient{
		&frame.Ask{What: frame.AskTx, ID: "nonsense"},
		&frame.Ask{What: frame.AskTx, ID: "aaaabbbbccccdddd.7"},
		&frame.Ask{What: frame.AskID, ID: "12x"},
		&frame.Ask{What: frame.AskStage},
		&frame.Stage{Role: frame.StageInventory, Do: frame.StageKill},
		&frame.Order{Key: "k", Item: "", Quantity: 1, Zone: "centre"},
		&frame.Order{Key: "k", Item: "soup", Quantity: -1, Zone: "centre"},
		&frame.Order{Key: "", Item: "soup", Quantity: 1, Zone: "centre"},
	} {
		ref := int64(i + 1)
		switch f := f.(type) {
		case *frame.Ask:
			f.Ref = ref
		case *frame.Stage:
			f.Ref = ref
		case *frame.Order:
			f.Ref = ref
		}
		if err := d.Handle(t.Context(), g, f); err != nil {
			t.Fatal(err)
		}
		if i == 1 { // unknown, which is an answer
			await(t, g, func(f *frame.Answer) bool { return f.Ref == ref })
			continue
		}
		if e := await(t, g, func(f *frame.Error) bool { return f.Ref == ref }); e.Code == "" || e.Reason == "" {
			t.Errorf("%+v is refused with %+v", f, e)
		}
	}
	// An order that aborts has an outcome, not an error.
	if err := d.Handle(t.Context(), g, &frame.Order{Ref: 100, Key: "much", Item: "tiramisu", Quantity: 100_000, Zone: "centre"}); err != nil {
		t.Fatal(err)
	}
	if o := await(t, g, func(f *frame.Outcome) bool { return f.Ref == 100 }); o.Outcome.Status != txwire.StatusAborted || o.Outcome.Reason == "" {
		t.Errorf("too much is answered %+v", o.Outcome)
	}
}

// stub is a stage that holds every action until it is let go.
type stub struct{ held chan struct{} }

func (s stub) State() frame.StageState { return frame.StageState{} }
func (s stub) Do(ctx context.Context, _ frame.Stage) (frame.StageState, error) {
	select {
	case <-s.held:
		return frame.StageState{}, nil
	case <-ctx.Done():
		return frame.StageState{}, errors.New("the desk ended")
	}
}

// One client cannot ask without end.
func TestBusy(t *testing.T) {
	s := stub{make(chan struct{})}
	d, g := start(t, s), newGuest()
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		err = d.Handle(t.Context(), g, &frame.Stage{Ref: int64(n + 1), Role: frame.StageInventory, Do: frame.StageKill})
	}
	if wire.CodeOf(err) != wire.CodeBusy || n != 17 {
		t.Errorf("the %dth question under way is answered %v, want busy at the 17th", n, err)
	}
	close(s.held)
	await(t, g, func(f *frame.Answer) bool { return f.Ref == 16 })
}
