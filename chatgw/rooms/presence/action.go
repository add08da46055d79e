package presence

import (
	"parley/wire/chatwire"
)

// Action is something for the shell to do.
type Action interface{ action() }

// Publish publishes to the other gateways.
type Publish struct{ Message chatwire.Presence }

// Changed reports who came to a room and who left it since the last time. Names
// are left out where there are too many to follow.
type Changed struct {
	Room       string
	Came, Left []string
	Present    int
}

// Notice requests a line in a room. Kind is join or leave, and Stay names the
// stay that it is about: of all with the same four one is to be stored.
type Notice struct {
	Room, User string
	Kind       chatwire.Kind
	Stay       int64
}

func (Publish) action() {}
func (Changed) action() {}
func (Notice) action()  {}
