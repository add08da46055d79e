package inventory_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/inventory"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

const patience = 30 * time.Second

func start(t *testing.T) *nats.Conn {
	t.Helper()
	server := brokertest.Run(t)
	cfg := inventory.Config{Config: participants.Config{Path: filepath.Join(t.TempDir(), "inventory.db")}}
	p, err := inventory.New(cfg, participants.Deps{NATS: server.Connect(t), Incarnation: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-p.Ready():
	case <-time.After(patience):
		t.Fatal("inventory is not ready")
	}
	return server.Connect(t)
}

func ask(t *testing.T, nc *nats.Conn, subject string, request []byte) wire.Items {
	t.Helper()
	m, err := nc.Request(subject, request, patience)
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire.Decode[wire.Items](m.Data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEndpoints(t *testing.T) {
	nc := start(t)
	all := ask(t, nc, wire.SubjectItems, wire.Encode(wire.ItemsRequest{V: wire.Version}))
	if len(all.Items) != len(inventory.Sample()) || all.Code != "" {
		t.Fatalf("the menu is %+v", all)
	}
	first := all.Items[0]
	one := ask(t, nc, wire.SubjectItems, wire.Encode(wire.ItemsRequest{V: wire.Version, Item: first.Item}))
	if len(one.Items) != 1 || one.Items[0] != first {
		t.Errorf("%q is %+v, want %+v", first.Item, one.Items, first)
	}
	more := ask(t, nc, wire.SubjectRestock, wire.Encode(wire.Restock{V: wire.Version, Item: first.Item, Quantity: 7}))
	if len(more.Items) != 1 || more.Items[0].Stock != first.Stock+7 {
		t.Errorf("after seven more it is %+v", more)
	}
	for what, c := range map[string]struct {
		answer wire.Items
		code   wire.Code
	}{
		"an unknown item":         {ask(t, nc, wire.SubjectItems, wire.Encode(wire.ItemsRequest{V: wire.Version, Item: "ambrosia"})), wire.CodeNotFound},
		"restocking an unknown":   {ask(t, nc, wire.SubjectRestock, wire.Encode(wire.Restock{V: wire.Version, Item: "ambrosia", Quantity: 1})), wire.CodeNotFound},
		"restocking beyond sense": {ask(t, nc, wire.SubjectRestock, wire.Encode(wire.Restock{V: wire.Version, Item: first.Item, Quantity: wire.MaxStock})), wire.CodeInvalid},
		"nonsense":                {ask(t, nc, wire.SubjectItems, []byte(`{`)), wire.CodeInvalid},
		"a negative quantity":     {ask(t, nc, wire.SubjectRestock, []byte(`{"v":1,"item":"x","quantity":-1}`)), wire.CodeInvalid},
	} {
		if c.answer.Code != c.code || c.answer.Reason == "" {
			t.Errorf("%s is answered %+v, want %s with a reason", what, c.answer, c.code)
		}
	}
}

// What a person reads when an order cannot be taken.
func TestRefusals(t *testing.T) {
	nc := start(t)
	votes, err := nc.SubscribeSync("tx.vote.inventory.>")
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	order := func(payload string) wire.Vote {
		n++
		id := wire.TxID{Log: "testlogtestloga2", N: n}
		if err := nc.Publish(wire.TxSubject(wire.KindPrepare, wire.Inventory, id), wire.Encode(wire.Prepare{
			V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
			DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: []byte(payload),
		})); err != nil {
			t.Fatal(err)
		}
		m, err := votes.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		v, err := wire.Decode[wire.Vote](m.Data)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ payload, says string }{
		{`{"v":1,"item":"ambrosia","quantity":1}`, `there is no "ambrosia" on the menu`},
		{`{"v":1,"item":"tiramisu","quantity":21}`, `only 20 of "tiramisu" left, 21 ordered`},
		{`{"v":1,"item":"tiramisu","quantity":20}`, ``},
		{`{"v":1,"item":"tiramisu","quantity":2}`, `"tiramisu" is sold out, 2 ordered`},
		{`{"v":1,"item":"tiramisu","quantity":0}`, `quantity is 0`},
		{`{"v":1,"item":"tiramisu","quantity":1,"extra":true}`, `extra`},
		{`[]`, `stock order`},
	} {
		if v := order(c.payload); v.Yes != (c.says == "") || !strings.Contains(v.Reason, c.says) {
			t.Errorf("%s is answered %+v, want %q", c.payload, v, c.says)
		}
	}
}
