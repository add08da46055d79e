package webtest

import (
	"encoding/json"
	"fmt"
	"time"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// food plays the services behind the orders view.
type kitchen struct {
	items    []food.Item
	couriers []food.Courier
	stage    map[string]frame.StageRole
	n        uint64
	seen     []frame.TxSeen
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
	f.stage = map[string]frame.StageRole{}
	for _, role := range []string{food.Inventory, food.Delivery, "coordinator"} {
		f.stage[role] = frame.StageRole{Role: role, State: "running"}
	}
}

func (f *kitchen) ask(a *frame.Ask) any {
	switch a.What {
	case frame.AskMenu:
		return answer(a, food.Items{V: 1, Items: f.items})
	case frame.AskCouriers:
		return answer(a, food.Couriers{V: 1, Couriers: f.couriers})
	case frame.AskTxs:
		txs := []frame.TxSeen{}
		for i := len(f.seen) - 1; i >= 0; i-- {
			tx := f.seen[i]
			tx.Events = nil
			txs = append(txs, tx)
		}
		return answer(a, frame.TxsSeen{Txs: txs})
	case frame.AskTx:
		for _, tx := range f.seen {
			if tx.ID == a.ID {
				return answer(a, tx)
			}
		}
		return refuse(a.Ref, wire.CodeNotFound, "nothing is known of the transaction %.60s", a.ID)
	case frame.AskID:
		f.issued++
		id := snowflake.NewID(snowflake.Timestamp(time.Now()), 3, int(f.issued))
		return answer(a, frame.IDParts{ID: id, Short: id.Short(), At: id.Time().UnixMilli(), Timestamp: id.Timestamp(), Worker: id.Worker(), Sequence: id.Sequence()})
	case frame.AskWorkers:
		return answer(a, f.workers(time.Now()))
	case frame.AskStage:
		return answer(a, f.stageState())
	}
	return refuse(a.Ref, wire.CodeInvalid, "what is %.40q", a.What)
}

func (f *kitchen) stageState() frame.StageState {
	return frame.StageState{Roles: []frame.StageRole{f.stage[food.Inventory], f.stage[food.Delivery], f.stage["coordinator"]}}
}

func (f *kitchen) act(s *frame.Stage) any {
	r := frame.StageRole{Role: s.Role, State: "running"}
	switch s.Do {
	case frame.StageArm:
		r.State, r.Point = "armed", s.Point
	case frame.StageKill:
		r.State = "stopped"
	}
	f.stage[s.Role] = r
	return answer(&frame.Ask{Ref: s.Ref, What: frame.AskStage}, f.stageState())
}

func (f *kitchen) workers(now time.Time) frame.WorkersSeen {
	ts := snowflake.Timestamp(now)
	three, four := 3, 4
	return frame.WorkersSeen{
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

func answer(a *frame.Ask, data any) frame.Answer {
	j, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return frame.Answer{T: frame.TypeAnswer, Ref: a.Ref, What: a.What, Data: j}
}

// order plays a transaction and answers.
func (c *conn) order(o *frame.Order) {
	g := c.g
	if out, known := g.food.outcomes[o.Key]; known {
		c.send(frame.Outcome{T: frame.TypeOutcome, Ref: o.Ref, Outcome: out})
		return
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
	if g.HoldOutcomes {
		return
	}
	c.send(frame.Outcome{T: frame.TypeOutcome, Ref: o.Ref, Outcome: out})
}

func stockOf(i *food.Item) int64 {
	if i == nil {
		return 0
	}
	return i.Stock - i.Reserved
}

// show tells whoever watches of a transaction's messages.
func (g *Gateway) show(tx frame.TxSeen, dropped int) {
	g.food.seen = append(g.food.seen, tx)
	for c := range g.conns {
		if c.watch {
			c.send(frame.Tx{T: frame.TypeTx, Events: tx.Events, Dropped: dropped})
		}
	}
}

// Show tells pages of a transaction, and that some others were left out.
func (g *Gateway) Show(tx frame.TxSeen, dropped int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.show(tx, dropped)
}
