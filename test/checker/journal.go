package checker

import (
	"database/sql"
	"fmt"
	"path/filepath"

	"parley/participants/food"
	"parley/wire/txwire"

	_ "modernc.org/sqlite" // the driver of the participants
)

// Where the number of a transaction ends and that of its log begins in a
// branch's id, and what the states are; see participants/sqlite_sql.go.
const (
	numberBits = 40
	numberMask = 1<<numberBits - 1
)

var storedStates = [...]txwire.BranchState{txwire.BranchPrepared, txwire.BranchCommitted, txwire.BranchAborted}

// ReadParticipants reads the databases of both participants, which nobody may
// have open, below the directory of a cluster.
func ReadParticipants(dir string) (s Stores, err error) {
	s.Journals = map[string]Journal{}
	for _, name := range []string{food.Inventory, food.Delivery} {
		if err := s.readParticipant(name, filepath.Join(dir, name, name+".db")); err != nil {
			return s, fmt.Errorf("reading the database of %s: %w", name, err)
		}
	}
	return s, nil
}

func (s *Stores) readParticipant(name, path string) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	j := Journal{}
	if j.Branches, err = branches(db); err != nil {
		return err
	}
	err = each(db, "SELECT log,n,of||': '||reason FROM violations", func(scan func(...any) error) error {
		var r Refused
		err := scan(&r.ID.Log, &r.ID.N, &r.Why)
		j.Violations = append(j.Violations, r)
		return err
	})
	if err != nil {
		return err
	}
	s.Journals[name] = j
	if name == food.Inventory {
		return each(db, "SELECT item,stock,reserved FROM items", func(scan func(...any) error) error {
			var i food.Item
			err := scan(&i.Item, &i.Stock, &i.Reserved)
			s.Items = append(s.Items, i)
			return err
		})
	}
	return each(db, "SELECT id,zone,reserved,assigned FROM couriers", func(scan func(...any) error) error {
		var c food.Courier
		err := scan(&c.ID, &c.Zone, &c.Reserved, &c.Assigned)
		s.Couriers = append(s.Couriers, c)
		return err
	})
}

func branches(db *sql.DB) (all []Branch, err error) {
	err = each(db, "SELECT l.name,b.id,CAST(b.key AS TEXT),b.state FROM branches b JOIN logs l ON l.id=b.id>>40", func(scan func(...any) error) error {
		var b Branch
		var id int64
		var state int
		if err := scan(&b.ID.Log, &id, &b.Key, &state); err != nil {
			return err
		}
		b.ID.N, b.State = uint64(id&numberMask), storedStates[state]
		all = append(all, b)
		return nil
	})
	return all, err
}

func each(db *sql.DB, query string, row func(scan func(...any) error) error) error {
	rows, err := db.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
