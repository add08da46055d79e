// Command parley may do what others may not, except for spelling subjects.
package main

import (
	"os"

	"parley/broker"
	"parley/coordinator"
)

func main() {
	_ = broker.X
	_ = coordinator.X
	_ = "tx.>" // want subject
	os.Exit(len(os.Args))
}
