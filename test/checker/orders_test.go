package checker

import (
	"testing"

	"parley/participants/food"
	"parley/test/model"
	"parley/wire/blogwire"
	"parley/wire/txwire"
)

// world is a history and stores in which everything is right: of four orders one
// is committed, one aborted, one was unknown and then committed, one refused.
type world struct {
	*model.History
	Stores
}

const inStock = 100

func id(n uint64) txwire.ID { return txwire.ID{Log: "log", N: n} }

func newWorld() *world {
	w := &world{History: model.New()}
	w.Journals = map[string]Journal{}
	w.Items = []food.Item{{Item: "soup", Stock: inStock - 4}}
	w.Couriers = []food.Courier{{ID: 1, Zone: "north", Assigned: 1}, {ID: 2, Zone: "north", Assigned: 1}}
	w.order("a", model.Answer{Verdict: model.Committed, ID: id(1)})
	w.branch("a", 1, txwire.BranchCommitted, txwire.BranchCommitted)
	w.order("b", model.Answer{Verdict: model.Aborted, ID: id(2)})
	w.branch("b", 2, txwire.BranchAborted, txwire.BranchAborted)
	w.order("c", model.Answer{Verdict: model.Unknown}, model.Answer{Verdict: model.Committed, ID: id(4), Again: true})
	w.branch("c", 3, txwire.BranchAborted, "")
	w.branch("c", 4, txwire.BranchCommitted, txwire.BranchCommitted)
	w.order("d", model.Answer{Verdict: model.Refused})
	return w
}

func (w *world) order(key string, answers ...model.Answer) {
	w.Order(&model.Order{Key: key, Item: "soup", Quantity: 2, Zone: "north", Answers: answers})
}

// branch adds one at each participant; empty is none.
func (w *world) branch(key string, n uint64, inventory, delivery txwire.BranchState) {
	for name, state := range map[string]txwire.BranchState{food.Inventory: inventory, food.Delivery: delivery} {
		if state != "" {
			j := w.Journals[name]
			j.Branches = append(j.Branches, Branch{ID: id(n), Key: key, State: state})
			w.Journals[name] = j
		}
	}
}

// at is the branch of a transaction at a participant.
func (w *world) at(name string, n uint64) *Branch {
	for i, b := range w.Journals[name].Branches {
		if b.ID == id(n) {
			return &w.Journals[name].Branches[i]
		}
	}
	return nil
}

func TestOrders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		want   []Rule
		change func(*world)
	}{
		{"everything is right", nil, func(*world) {}},
		{"one participant has aborted", []Rule{Atomic}, func(w *world) { w.at(food.Delivery, 1).State = txwire.BranchAborted }},
		{"one participant has forgotten", []Rule{Atomic}, func(w *world) {
			j := w.Journals[food.Delivery]
			j.Branches = j.Branches[1:]
			w.Journals[food.Delivery] = j
		}},
		{"one is prepared", []Rule{InDoubt}, func(w *world) { w.at(food.Delivery, 2).State = txwire.BranchPrepared }},
		{"one is prepared, the other committed", []Rule{InDoubt, Atomic}, func(w *world) { w.at(food.Delivery, 1).State = txwire.BranchPrepared }},
		{"answered committed, aborted everywhere", []Rule{NotCommitted}, func(w *world) {
			w.at(food.Delivery, 1).State, w.at(food.Inventory, 1).State = txwire.BranchAborted, txwire.BranchAborted
		}},
		{"answered committed as another", []Rule{NotCommitted}, func(w *world) { w.Orders[0].Answers[0].ID = id(7) }},
		{"answered aborted, committed everywhere", []Rule{NotAborted}, func(w *world) {
			w.at(food.Delivery, 2).State, w.at(food.Inventory, 2).State = txwire.BranchCommitted, txwire.BranchCommitted
		}},
		{"refused, committed everywhere", []Rule{NotAborted}, func(w *world) { w.branch("d", 5, txwire.BranchCommitted, txwire.BranchCommitted) }},
		{"refused once, committed by another try", nil, func(w *world) {
			w.Orders[0].Answers = append(w.Orders[0].Answers, model.Answer{Verdict: model.Refused})
		}},
		{"answered both", []Rule{TwoAnswers, NotAborted}, func(w *world) {
			w.Orders[0].Answers = append(w.Orders[0].Answers, model.Answer{Verdict: model.Aborted})
		}},
		{"committed twice", []Rule{TwoCommits}, func(w *world) {
			w.at(food.Inventory, 3).State = txwire.BranchCommitted
			w.branch("c", 3, "", txwire.BranchCommitted)
			w.Orders[2].Answers = nil
		}},
		{"unknown, and stays so", []Rule{Unresolved}, func(w *world) { w.Orders[2].Answers = w.Orders[2].Answers[:1] }},
		{"asked by nobody", []Rule{Unordered}, func(w *world) { w.branch("e", 5, txwire.BranchAborted, txwire.BranchAborted) }},
		{"the opposite was reported", []Rule{Violated}, func(w *world) {
			j := w.Journals[food.Delivery]
			j.Violations = []Refused{{ID: id(2), Why: "commit for a branch that is aborted here"}}
			w.Journals[food.Delivery] = j
		}},
		{"no answer at all", nil, func(w *world) { w.Orders[0].Answers = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			tt.change(w)
			expect(t, Orders(w.History, &w.Stores), tt.want...)
		})
	}
}

func TestGoods(t *testing.T) {
	for _, tt := range []struct {
		name   string
		want   []Rule
		change func(*world)
	}{
		{"everything is right", nil, func(*world) {}},
		{"too much is left", []Rule{Stock}, func(w *world) { w.Items[0].Stock++ }},
		{"something is reserved", []Rule{Stock}, func(w *world) { w.Items[0].Reserved = 2 }},
		{"a courier is reserved", []Rule{Courier}, func(w *world) { w.Couriers[0].Reserved = 1 }},
		{"a courier carries too much", []Rule{Courier}, func(w *world) { w.Couriers[1].Assigned = 2 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			tt.change(w)
			expect(t, Goods(w.History, &w.Stores, func(string) int64 { return inStock }), tt.want...)
		})
	}
}

func TestPosts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		want   []Rule
		change func(*world)
	}{
		{"everything is right", nil, func(*world) {}},
		{"acknowledged and gone", []Rule{PostGone}, func(w *world) { w.Stores.Posts = w.Stores.Posts[1:] }},
		{"acknowledged as another", []Rule{PostGone}, func(w *world) { w.Stores.Posts[0].ID = 77 }},
		{"not acknowledged and gone", nil, func(w *world) { w.Stores.Posts = w.Stores.Posts[:1] }},
		{"there twice", []Rule{PostTwice}, func(w *world) {
			again := w.Stores.Posts[1]
			again.ID = 99
			w.Stores.Posts = append(w.Stores.Posts, again)
		}},
		{"written by nobody", []Rule{PostFalse}, func(w *world) {
			w.Stores.Posts = append(w.Stores.Posts, blogwire.Post{ID: 9, User: "eve", Text: "x"})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			w.History.Posts = []*model.Post{{User: "ada", Text: "one", ID: 5}, {User: "ada", Text: "two"}}
			w.Stores.Posts = []blogwire.Post{{ID: 5, User: "ada", Text: "one"}, {ID: 6, User: "ada", Text: "two"}}
			tt.change(w)
			expect(t, Posts(w.History, &w.Stores), tt.want...)
		})
	}
}

// A complaint of a client is a violation by itself.
func TestComplaints(t *testing.T) {
	w := newWorld()
	w.Complain(model.AboutIDs, "%d", 7)
	expect(t, All(w.History, &w.Stores, inStock), Rule(model.AboutIDs))
}
