package inventory_test

import (
	"path/filepath"
	"strings"
	"testing"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/participants/participanttest"
	"parley/wire"
)

func start(t *testing.T) *participanttest.Service {
	t.Helper()
	server := brokertest.Run(t)
	cfg := inventory.Config{Path: filepath.Join(t.TempDir(), "inventory.db")}
	p, err := inventory.New(cfg, participants.Deps{NATS: server.Connect(t)})
	if err != nil {
		t.Fatal(err)
	}
	return participanttest.Serve(t, food.Inventory, server.Connect(t), p)
}

func ask(s *participanttest.Service, subject string, request []byte) food.Items {
	s.Helper()
	return participanttest.Ask[food.Items](s, subject, request)
}

func TestEndpoints(t *testing.T) {
	s := start(t)
	all := ask(s, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version}))
	if len(all.Items) != len(inventory.Sample()) || all.Code != "" {
		t.Fatalf("the menu is %+v", all)
	}
	first := all.Items[0]
	one := ask(s, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version, Item: first.Item}))
	if len(one.Items) != 1 || one.Items[0] != first {
		t.Errorf("%q is %+v, want %+v", first.Item, one.Items, first)
	}
	more := ask(s, food.SubjectRestock, wire.Encode(food.Restock{V: wire.Version, Item: first.Item, Quantity: 7}))
	if len(more.Items) != 1 || more.Items[0].Stock != first.Stock+7 {
		t.Errorf("after seven more it is %+v", more)
	}
	for what, c := range map[string]struct {
		answer food.Items
		code   wire.Code
	}{
		"an unknown item":         {ask(s, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version, Item: "ambrosia"})), wire.CodeNotFound},
		"restocking an unknown":   {ask(s, food.SubjectRestock, wire.Encode(food.Restock{V: wire.Version, Item: "ambrosia", Quantity: 1})), wire.CodeNotFound},
		"restocking beyond sense": {ask(s, food.SubjectRestock, wire.Encode(food.Restock{V: wire.Version, Item: first.Item, Quantity: food.MaxStock})), wire.CodeInvalid},
		"nonsense":                {ask(s, food.SubjectItems, []byte(`{`)), wire.CodeInvalid},
		"a negative quantity":     {ask(s, food.SubjectRestock, []byte(`{"v":1,"item":"x","quantity":-1}`)), wire.CodeInvalid},
	} {
		if c.answer.Code != c.code || c.answer.Reason == "" {
			t.Errorf("%s is answered %+v, want %s with a reason", what, c.answer, c.code)
		}
	}
}

// The reasons of refused orders.
func TestRefusals(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ payload, want string }{
		{`{"v":1,"item":"ambrosia","quantity":1}`, `there is no "ambrosia" on the menu`},
		{`{"v":1,"item":"tiramisu","quantity":21}`, `only 20 of "tiramisu" left, 21 ordered`},
		{`{"v":1,"item":"tiramisu","quantity":20}`, ``},
		{`{"v":1,"item":"tiramisu","quantity":2}`, `"tiramisu" is sold out, 2 ordered`},
		{`{"v":1,"item":"tiramisu","quantity":0}`, `quantity is 0`},
		{`{"v":1,"item":"tiramisu","quantity":1,"extra":true}`, `extra`},
		{`[]`, `stock order`},
	} {
		if _, v := s.Prepare(c.payload); v.Yes != (c.want == "") || !strings.Contains(v.Reason, c.want) {
			t.Errorf("%s is answered %+v, want %q", c.payload, v, c.want)
		}
	}
}
