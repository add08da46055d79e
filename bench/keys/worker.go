package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
)

// Each table is in a process of its own: within one, SQLite lets all databases
// share one page cache, and Go one garbage collector, so that the pages of one
// table would push out those of another.

// workerArgument makes this program the process of one table.
const workerArgument = "worker-of-one-table"

// order is a command to the process of a table.
type order struct {
	// Do is open, grow, weigh or read.
	Do string
	// For open:
	Dir, Kind string
	CacheMB   int
	Seed      uint64
	// For grow:
	Rows, Batch int
}

// answer is the result of an order.
type answer struct {
	Error string
	// Rows and Spent are of all inserts so far.
	Rows  int
	Spent spent
	Shape *shape
	Reads *reads
}

// work carries out orders until in ends.
func work(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	orders := make(chan order)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(orders)
		defer cancel() // the result of a running order is not read any more
		d := json.NewDecoder(in)
		for {
			var o order
			if d.Decode(&o) != nil {
				return
			}
			orders <- o
		}
	})
	var t *table
	defer func() {
		if t != nil {
			err = errors.Join(err, t.close())
		}
		reading.Wait()
	}()
	answers := json.NewEncoder(out)
	for o := range orders {
		a := answer{}
		if t, err = o.carryOut(ctx, t, &a); err != nil {
			a.Error = err.Error()
		}
		if t != nil {
			a.Rows, a.Spent = t.rows, t.spent
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

// carryOut executes an order on t, which the order open creates.
func (o order) carryOut(ctx context.Context, t *table, a *answer) (_ *table, err error) {
	switch o.Do {
	case "open":
		k, _ := kindNamed(o.Kind)
		return openTable(ctx, o.Dir, k, o.CacheMB, o.Seed)
	case "grow":
		err = t.grow(ctx, o.Rows, o.Batch)
	case "weigh":
		a.Shape, err = t.weigh(ctx)
	case "read":
		a.Reads, err = t.read(ctx)
	default:
		panic("keys: there is no order " + o.Do)
	}
	return t, err
}
