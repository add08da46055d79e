package webtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/internal/faults"
	"parley/page/ids"
	"parley/page/orders"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// food plays the services behind the orders view.
type kitchen struct {
	items    []food.Item
	couriers []food.Courier
	faults   map[string]faults.RoleState
	n        uint64
	seen     []orders.TxSeen
	issued   uint64
	outcomes map[string]txwire.Outcome // by key
}

func (f *kitchen) init() {
	f.items = []food.Item{
		{Item: "margherita", Name: "Pizza Margherita", PriceCents: 950, Stock: 100},
		{Item: "lasagne", Name: "Lasagne al Forno", PriceCents: 1250, Stock: 40, Reserved: 2},
		{Item: "pad-thai", Name: "Pad Thai with Tofu", PriceCents: 1150, Stock: 50},
		{Item: "falafel", Name: "Falafel Plate", PriceCents: 890, Stock: 3},
		{Item: "tiramisu", Name: "Tiramisù", PriceCents: 550, Stock: 0},
	}
	f.couriers = []food.Courier{
		{ID: 1, Name: "Ada", Zone: "north", Capacity: 4, Assigned: 1},
		{ID: 2, Name: "Bo", Zone: "north", Capacity: 3, Reserved: 1, Assigned: 1},
		{ID: 3, Name: "Chen", Zone: "south", Capacity: 4},
		{ID: 4, Name: "Dara", Zone: "south", Capacity: 2, Assigned: 2},
	}
	f.outcomes = map[string]txwire.Outcome{}
	f.faults = map[string]faults.RoleState{}
	for _, role := range []string{food.Inventory, food.Delivery, "coordinator"} {
		f.faults[role] = faults.RoleState{Role: role, State: "running"}
	}
}

// extension answers a frame of one of the page's extensions.
func (c *conn) extension(x *frame.Extension) {
	g := c.g
	var answer any
	switch x.Name {
	case orders.Name:
		q := decodeBody[orders.Request](x)
		switch q.What {
		case orders.Watch, orders.Unwatch:
			c.watch = q.What == orders.Watch
			return
		case orders.Order:
			if answer = c.order(q); g.HoldOutcomes {
				return
			}
		case orders.Menu:
			answer = food.Items{V: 1, Items: g.food.items}
		case orders.Couriers:
			answer = food.Couriers{V: 1, Couriers: g.food.couriers}
		case orders.Txs:
			txs := []orders.TxSeen{}
			for _, tx := range slices.Backward(g.food.seen) {
				tx.Events = nil
				txs = append(txs, tx)
			}
			answer = orders.TxsSeen{Txs: txs}
		case orders.Tx:
			i := slices.IndexFunc(g.food.seen, func(tx orders.TxSeen) bool { return tx.ID == q.ID })
			if i < 0 {
				c.send(refuse(x.Ref, wire.CodeNotFound, "nothing is known of the transaction %.60s", q.ID))
				return
			}
			answer = g.food.seen[i]
		}
	case ids.Name:
		answer = g.food.workers(time.Now())
		if decodeBody[ids.Request](x).What == ids.ID {
			g.food.issued++
			id := snowflake.NewID(snowflake.Timestamp(time.Now()), 3, int(g.food.issued))
			answer = ids.Parts{ID: id, Short: id.Short(), At: id.Time().UnixMilli(), Timestamp: id.Timestamp(), Worker: id.Worker(), Sequence: id.Sequence()}
		}
	case faults.Name:
		answer = g.food.act(decodeBody[faults.Request](x))
	}
	c.send(frame.Extension{T: frame.TypeExtension, Ref: x.Ref, Name: x.Name, Body: encodeBody(answer)})
}

func decodeBody[T any](x *frame.Extension) (v T) {
	if err := json.Unmarshal(x.Body, &v); err != nil {
		panic(err)
	}
	return v
}

func encodeBody(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func (f *kitchen) act(q faults.Request) faults.State {
	r := faults.RoleState{Role: q.Role, State: "running"}
	switch q.What {
	case faults.Arm:
		r.State, r.Point = "armed", q.Point
	case faults.Kill:
		r.State = "stopped"
	}
	if q.What != faults.Show {
		f.faults[q.Role] = r
	}
	return faults.State{Roles: []faults.RoleState{f.faults[food.Inventory], f.faults[food.Delivery], f.faults["coordinator"]}}
}

func (f *kitchen) workers(now time.Time) ids.WorkersSeen {
	ts := snowflake.Timestamp(now)
	three, four := 3, 4
	return ids.WorkersSeen{
		Leases: idwire.Leases{V: 1, BrokerTime: now.UnixMilli(), Leases: []idwire.Lease{
			{V: 1, Worker: 0, State: idwire.LeaseReleased, Until: ts - 90_000, Holder: "a1a1b2b2c3c3d4d4"},
			{V: 1, Worker: 3, State: idwire.LeaseHeld, Until: ts + 8_200, Holder: "k4m2q7xv0a9s3dfg"},
			{V: 1, Worker: 4, State: idwire.LeaseHeld, Until: ts + 9_900, Holder: "7xqp2mvn5tyb8rwe"},
			{V: 1, Worker: 11, State: idwire.LeaseHeld, Until: ts - 40_000, Holder: "dead0dead0dead00"},
			{V: 1, Worker: 17, State: idwire.LeaseRetired, Until: ts + 9e9, Holder: "wrong0wrong0wron"},
		}},
		Workers: []idwire.IDWorkerState{
			{V: 1, Holder: "k4m2q7xv0a9s3dfg", State: idwire.WorkerHolding, Worker: &three, Issued: 182_004 + f.issued, ClockMS: 1, Durability: "synced"},
			{V: 1, Holder: "7xqp2mvn5tyb8rwe", State: idwire.WorkerHolding, Worker: &four, Issued: 977, Durability: "synced"},
			{V: 1, Holder: "late0late0late00", State: idwire.WorkerStandby, ClockMS: -12, Durability: "synced", Reason: "all numbers are taken"},
		},
	}
}

// order plays a transaction and returns its outcome.
func (c *conn) order(o orders.Request) txwire.Outcome {
	g := c.g
	if out, known := g.food.outcomes[o.Key]; known {
		return out
	}
	g.food.n++
	id := fmt.Sprintf("kq3v9d2mh4tn7wxy.%d", g.food.n)
	var item *food.Item
	for i := range g.food.items {
		if g.food.items[i].Item == o.Item {
			item = &g.food.items[i]
		}
	}
	tx := Script(id, o.Key, time.Now())
	out := txwire.Outcome{V: 1, Key: o.Key}
	out.ID, _ = txwire.ParseID(id)
	switch {
	case item == nil || item.Stock-item.Reserved < o.Quantity:
		tx = tx.Refused("inventory", fmt.Sprintf("only %d left, %d ordered", max(0, stockOf(item)), o.Quantity))
		out.Status, out.Code, out.Participant = txwire.StatusAborted, wire.CodeRefused, "inventory"
		out.Reason = tx.Reason
	default:
		item.Stock -= o.Quantity
		tx = tx.Committed()
		out.Status = txwire.StatusCommitted
		out.Details = map[string]json.RawMessage{"delivery": json.RawMessage(`{"courier":1,"name":"Ada"}`)}
	}
	g.show(tx.TxSeen, 0)
	g.food.outcomes[o.Key] = out
	return out
}

func stockOf(i *food.Item) int64 {
	if i == nil {
		return 0
	}
	return i.Stock - i.Reserved
}

// show tells whoever watches of a transaction's messages.
func (g *Gateway) show(tx orders.TxSeen, dropped int) {
	g.food.seen = append(g.food.seen, tx)
	for c := range g.conns {
		if c.watch {
			c.send(frame.Extension{T: frame.TypeExtension, Name: orders.Name, Body: encodeBody(orders.TxEvents{Events: tx.Events, Dropped: dropped})})
		}
	}
}

// Show tells pages of a transaction, and that some others were left out.
func (g *Gateway) Show(tx orders.TxSeen, dropped int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.show(tx, dropped)
}
