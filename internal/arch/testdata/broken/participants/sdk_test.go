package participants

import (
	"flag"
	"os"

	"parley/broker"
)

func init() { // want init
	os.Exit(len(flag.Args()))
	_, _ = "tx.submit", broker.X
}
