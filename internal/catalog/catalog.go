// Package catalog lists the streams and the roles of Parley. A package that needs one of
// them takes it from its domain, so as not to know of the others.
package catalog

import (
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
