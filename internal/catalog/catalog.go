// Package catalog lists the streams and the roles of Parley, and where they store their
// data. A package that needs only one of them uses its domain's package instead, so as not
// to depend on the others.
package catalog

import (
	"path/filepath"

	"parley/wire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// Streams returns all streams of Parley, in the order in which they are created.
func Streams() []wire.StreamSpec {
	return []wire.StreamSpec{txwire.LogStream(), txwire.JournalStream(), idwire.LeaseStream(), chatwire.Stream()}
}

// Names of roles, as their services announce them. The participants of the food
// system are named in package food.
const (
	Coordinator = "coordinator"
	IDWorker    = "idworker"
	Blog        = "blog"
	Gateway     = "chatgw"
)

// BrokerDir returns where below a data directory the broker stores its streams.
func BrokerDir(data string) string { return filepath.Join(data, "broker") }

// Journal returns where below a data directory a participant stores its journal.
func Journal(data, participant string) string { return filepath.Join(data, participant+".db") }
