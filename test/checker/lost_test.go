package checker

import (
	"database/sql"
	"path/filepath"
	"testing"

	"parley/participants/food"
	"parley/wire/txwire"
)

// Nothing is promised about what went with a restored journal, but that the
// participant noticed; everything is about the rest.
func TestLost(t *testing.T) {
	for _, tt := range []struct {
		name    string
		lost    uint64
		noticed bool
		want    []Rule
		change  func(*world)
	}{
		{"it is lost", 1, true, nil, func(w *world) { w.at(food.Delivery, 1).State = txwire.BranchAborted }},
		{"it is lost, and nobody knows", 1, false, []Rule{Unnoticed}, func(w *world) { w.at(food.Delivery, 1).State = txwire.BranchAborted }},
		{"its commit is refused", 1, true, nil, func(w *world) {
			j := w.Journals[food.Delivery]
			j.Branches, j.Violations = j.Branches[1:], []Refused{{ID: id(1), Why: "commit for a branch that it does not have"}}
			w.Journals[food.Delivery] = j
		}},
		{"another one is lost", 2, true, []Rule{Atomic}, func(w *world) { w.at(food.Delivery, 1).State = txwire.BranchAborted }},
		{"another commit is refused", 1, true, []Rule{Violated}, func(w *world) {
			j := w.Journals[food.Delivery]
			j.Violations = []Refused{{ID: id(2), Why: "commit for a branch that is aborted here"}}
			w.Journals[food.Delivery] = j
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			w.Lost = []Lost{{
				Participant: food.Delivery, Txs: map[txwire.ID]bool{id(tt.lost): true},
				Keys: map[string]bool{w.at(food.Inventory, tt.lost).Key: true}, Noticed: func() bool { return tt.noticed },
			}}
			tt.change(w)
			expect(t, append(Orders(w.History, &w.Stores), Noticed(&w.Stores)...), tt.want...)
		})
	}
}

// What is lost is what the backup does not have in the same state.
func TestLoses(t *testing.T) {
	write := func(name, rows string) string {
		path := filepath.Join(t.TempDir(), name)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE TABLE logs (id,name); CREATE TABLE branches (id,key,state); INSERT INTO logs VALUES (1,'log'); INSERT INTO branches VALUES " + rows); err != nil {
			t.Fatal(err)
		}
		return path
	}
	now := write("now", "((1<<40)+1,x'61',1),((1<<40)+2,x'62',1),((1<<40)+3,x'63',2),((1<<40)+4,x'64',0)")
	then := write("then", "((1<<40)+1,x'61',1),((1<<40)+2,x'62',0),((1<<40)+4,x'64',0)")
	l, err := Loses(food.Inventory, now, then)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Txs) != 2 || !l.Txs[id(2)] || !l.Txs[id(3)] || len(l.Keys) != 2 || !l.Keys["b"] || !l.Keys["c"] {
		t.Errorf("lost is %+v", l)
	}
}
