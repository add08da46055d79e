package orders_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/page/ids"
	"parley/page/orders"
	"parley/parleytest"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for.
const patience = time.Minute

// guest is a client of the gateway that keeps what it is sent.
type guest struct {
	t    *testing.T
	conn *chatclient.Conn
	ref  int64
	// seen is what came unasked.
	seen []orders.TxEvent
}

// send sends a body to an extension.
func (g *guest) send(name string, body any) {
	g.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		g.t.Fatal(err)
	}
	g.ref++
	if err := g.conn.Write(frame.Encode(frame.Extension{Ref: g.ref, Name: name, Body: data})); err != nil {
		g.t.Fatal(err)
	}
}

// read takes the next frame, and returns it unless it came unasked.
func (g *guest) read() frame.FromGateway {
	g.t.Helper()
	f, err := g.conn.Read()
	if err != nil {
		g.t.Fatalf("%v; until then came %+v", err, g.seen)
	}
	x, ok := f.(*frame.Extension)
	if !ok || x.Ref != 0 {
		return f
	}
	var events orders.TxEvents
	if err := json.Unmarshal(x.Body, &events); err != nil {
		g.t.Fatal(err)
	}
	g.seen = append(g.seen, events.Events...)
	return nil
}

// answer sends a body to an extension, and reads until the answer to it comes.
func answer[T any](g *guest, name string, body any) (v T) {
	g.t.Helper()
	g.send(name, body)
	for {
		switch f := g.read().(type) {
		case nil:
		case *frame.Extension:
			if f.Ref != g.ref || f.Name != name {
				g.t.Fatalf("the answer is %+v", f)
			}
			if err := json.Unmarshal(f.Body, &v); err != nil {
				g.t.Fatal(err)
			}
			return v
		default:
			g.t.Fatalf("%+v is answered %+v", body, f)
		}
	}
}

// refused sends a body to an extension, and reads until the refusal of it comes.
func (g *guest) refused(name string, body any) *frame.Error {
	g.t.Helper()
	g.send(name, body)
	for {
		switch f := g.read().(type) {
		case nil:
		case *frame.Error:
			return f
		default:
			g.t.Fatalf("%+v is answered %+v", body, f)
		}
	}
}

// start runs everything that the extensions talk to, and a gateway with them, and
// connects to it.
func start(t *testing.T) *guest {
	t.Helper()
	sys := parleytest.Start(t)
	config, dir := participants.Config{Log: sys.Logger()}, t.TempDir()
	sys.Run(t, "inventory", func(nc *nats.Conn) (parleytest.Role, error) {
		return inventory.New(inventory.Config{Config: config, Path: filepath.Join(dir, "i.db")}, participants.Deps{NATS: nc})
	})
	sys.Run(t, "delivery", func(nc *nats.Conn) (parleytest.Role, error) {
		return delivery.New(delivery.Config{Config: config, Path: filepath.Join(dir, "d.db")}, participants.Deps{NATS: nc})
	})
	client := sys.IDs(t)
	var o *orders.Service
	sys.Run(t, "orders", func(nc *nats.Conn) (_ parleytest.Role, err error) {
		o, err = orders.New(nc)
		return o, err
	})
	var gateway *chatgw.Gateway
	sys.Run(t, "gateway", func(nc *nats.Conn) (_ parleytest.Role, err error) {
		gateway, err = chatgw.New(chatgw.Config{Listen: "127.0.0.1:0", Log: sys.Logger()}, chatgw.Deps{
			NATS: nc, NextID: client.Next, Extensions: []chatgw.Extension{o.Extension(), ids.Extension(client)},
		})
		return gateway, err
	})
	conn, err := chatclient.Dial(t.Context(), chatclient.Config{URL: "http://" + gateway.Addr().String(), Name: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { conn.Close() })
	t.Cleanup(func() {
		late.Stop()
		conn.Close()
	})
	return &guest{t: t, conn: conn}
}

// An order is placed, watched from the first message to the last, and can be
// opened afterwards.
func TestOrderWatched(t *testing.T) {
	g := start(t)
	g.send(orders.Name, orders.Request{What: orders.Watch})
	menu := answer[food.Items](g, orders.Name, orders.Request{What: orders.Menu})
	couriers := answer[food.Couriers](g, orders.Name, orders.Request{What: orders.Couriers})
	if len(menu.Items) == 0 || len(couriers.Couriers) == 0 {
		t.Fatalf("menu %+v, couriers %+v", menu, couriers)
	}
	o := answer[txwire.Outcome](g, orders.Name, orders.Request{What: orders.Order, Key: "k", Item: menu.Items[0].Item, Quantity: 1, Zone: couriers.Couriers[0].Zone})
	if o.Status != txwire.StatusCommitted {
		t.Fatalf("the outcome is %+v", o)
	}
	id := o.ID.String()
	want := []string{"ack", "ack", "append", "commit", "commit", "outcome", "prepare", "prepare", "submit", "vote", "vote"}
	for len(g.seen) < len(want) {
		if f := g.read(); f != nil {
			t.Fatalf("waiting for events: %+v", f)
		}
	}
	var got []string
	for _, e := range g.seen {
		if e.Tx != id || e.At == 0 {
			t.Errorf("an event of another transaction: %+v", e)
		}
		got = append(got, e.Kind)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("watched %v, want %v", got, want)
	}
	seen := answer[orders.TxSeen](g, orders.Name, orders.Request{What: orders.Tx, ID: id})
	if seen.Status != txwire.StatusCommitted || len(seen.Events) != len(want) || seen.Key != "k" {
		t.Errorf("opened later it is %+v", seen)
	}
	if all := answer[orders.TxsSeen](g, orders.Name, orders.Request{What: orders.Txs}); len(all.Txs) != 1 {
		t.Errorf("the newest are %+v", all)
	}
	g.send(orders.Name, orders.Request{What: orders.Unwatch})
	// One that aborts has an outcome, not an error.
	o = answer[txwire.Outcome](g, orders.Name, orders.Request{What: orders.Order, Key: "much", Item: "tiramisu", Quantity: 100_000, Zone: "centre"})
	if o.Status != txwire.StatusAborted || o.Reason == "" {
		t.Errorf("too much is answered %+v", o)
	}
}

func TestIDs(t *testing.T) {
	g := start(t)
	fresh := answer[ids.Parts](g, ids.Name, ids.Request{What: ids.ID})
	if !fresh.ID.Valid() || time.Since(time.UnixMilli(fresh.At)).Abs() > time.Minute {
		t.Errorf("a fresh one is %+v", fresh)
	}
	for _, text := range []string{fresh.ID.String(), fresh.Short} {
		if again := answer[ids.Parts](g, ids.Name, ids.Request{What: ids.ID, ID: text}); again != fresh {
			t.Errorf("%s is %+v, want %+v", text, again, fresh)
		}
	}
	w := answer[ids.WorkersSeen](g, ids.Name, ids.Request{What: ids.Workers})
	if len(w.Leases.Leases) != 1 || len(w.Workers) != 1 || w.Workers[0].State != idwire.WorkerHolding {
		t.Errorf("the workers are %+v", w)
	}
}

// What cannot be answered is refused with its reason, and the connection goes on.
func TestRefusals(t *testing.T) {
	g := start(t)
	for _, c := range []struct {
		name string
		body any
		want string
	}{
		{orders.Name, orders.Request{What: "weather"}, `what is "weather", allowed are menu`},
		{orders.Name, map[string]any{"what": orders.Menu, "size": 3}, "unknown field"},
		{orders.Name, orders.Request{What: orders.Tx, ID: "nonsense"}, "nonsense"},
		{orders.Name, orders.Request{What: orders.Order, Key: "k", Quantity: 1, Zone: "centre"}, "item is missing"},
		{orders.Name, orders.Request{What: orders.Order, Key: "k", Item: "soup", Quantity: -1, Zone: "centre"}, "quantity is -1"},
		{orders.Name, orders.Request{What: orders.Order, Item: "soup", Quantity: 1, Zone: "centre"}, "key is empty"},
		{ids.Name, ids.Request{What: ids.ID, ID: "12x"}, "12x"},
		{ids.Name, ids.Request{What: "weather"}, "allowed are id and workers"},
		{"faults", map[string]any{}, "no extension"},
	} {
		if e := g.refused(c.name, c.body); e.Ref != g.ref || e.Code == wire.CodeInternal || !strings.Contains(e.Reason, c.want) {
			t.Errorf("%+v is refused with %+v, want %q", c.body, e, c.want)
		}
	}
	// Nothing being known of a transaction is an answer.
	if tx := answer[orders.TxSeen](g, orders.Name, orders.Request{What: orders.Tx, ID: "aaaabbbbccccdddd.7"}); tx.Status == txwire.StatusCommitted {
		t.Errorf("one that nobody knows is %+v", tx)
	}
}
