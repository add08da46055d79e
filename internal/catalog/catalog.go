// Package catalog lists the streams and the roles of Parley, and where they keep what. A package that needs one of
// them takes it from its domain, so as not to know of the others.
package catalog

import (
	"path/filepath"

	"parley/wire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// Streams are all that Parley needs, in the order in which they are made.
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

// BrokerDir is where below a data directory the broker keeps its streams.
func BrokerDir(data string) string { return filepath.Join(data, "broker") }

// Journal is where below a data directory a participant keeps its journal.
func Journal(data, participant string) string { return filepath.Join(data, participant+".db") }
