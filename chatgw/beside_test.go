package chatgw_test

import (
	"context"
	"encoding/json"
	"testing"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/wire"
)

// kitchen is something beside the chat.
type kitchen struct{ gone chan chatgw.Client }

func (*kitchen) Features() []string { return []string{"orders"} }

func (k *kitchen) Handle(_ context.Context, c chatgw.Client, f frame.FromClient) error {
	user, guest := c.User()
	switch f := f.(type) {
	case *frame.Ask:
		if f.What != frame.AskMenu {
			return &wire.Error{Code: wire.CodeNotFound, Text: "only the menu"}
		}
		data, err := json.Marshal(map[string]any{"for": user, "guest": guest})
		if err != nil {
			return err
		}
		c.Send(frame.Encode(frame.Answer{Ref: f.Ref, What: f.What, Data: data}))
	case *frame.Watch:
		c.SendShared(socket.Text(frame.Encode(frame.Tx{Dropped: 7})))
	case *frame.Order:
		return context.Canceled // an error without a code
	}
	return nil
}

func (k *kitchen) Gone(c chatgw.Client) { k.gone <- c }

func TestBeside(t *testing.T) {
	k := &kitchen{gone: make(chan chatgw.Client, 10)}
	g := newBed(t).run(chatgw.Config{}, k)
	ada := g.connect()
	ada.send(frame.Encode(frame.Hello{Name: "ada"}))
	if w := expect[*frame.Welcome](ada); len(w.Features) != 1 || w.Features[0] != "orders" {
		t.Errorf("welcome: %+v", w)
	}
	ada.send(frame.Encode(frame.Ask{Ref: 1, What: frame.AskMenu}))
	if a := expect[*frame.Answer](ada); a.Ref != 1 || string(a.Data) != `{"for":"ada","guest":true}` {
		t.Errorf("answer: %+v", a)
	}
	ada.send(frame.Encode(frame.Ask{Ref: 2, What: frame.AskTxs}))
	if e := expect[*frame.Error](ada); e.Ref != 2 || e.Code != wire.CodeNotFound || e.Reason != "only the menu" {
		t.Errorf("error: %+v", e)
	}
	ada.send(frame.Encode(frame.Watch{On: true}))
	if f := expect[*frame.Tx](ada); f.Dropped != 7 {
		t.Errorf("tx: %+v", f)
	}
	ada.send(frame.Encode(frame.Order{Ref: 3, Key: "k", Item: "soup", Quantity: 1, Zone: "north"}))
	if e := expect[*frame.Error](ada); e.Ref != 3 || e.Code != wire.CodeInternal {
		t.Errorf("error: %+v", e)
	}
	grace := g.as("grace") // never asks, and is never gone
	grace.ws.Close()
	ada.ws.Close()
	if user, _ := await(t, "ada to be gone", k.gone).User(); user != "ada" {
		t.Errorf("%s is gone", user)
	}
}
