// Package coordinator breaks rules.
package coordinator

import (
	"flag" // want process
	"log"
	"os"

	"parley/blog"   // want role
	"parley/broker" // want direction
	"parley/coordinator/machine"
	"parley/participants/inventory" // want role
)

func init() {} // want init

type T struct{}

func (T) init() {}

func f() {
	os.Exit(1)            // want process
	log.Fatal("no")       // want process
	_ = os.Getenv("HOME") // want process
	_ = "tx.submit"       // want subject
	_ = "tx.%s.%s"        // want subject
	_ = "tx."             // want subject
	_ = "inventory.db"
	_ = "see tx.submit for more"
}

var _ = []any{flag.Parse, blog.X, broker.X, machine.X, inventory.X}
