package arch

import (
	"path"
	"strings"
)

// layer is the position of a package; imports go to the same or a lower layer.
type layer int

const (
	layerWire layer = iota
	// layerInternal is shared plumbing.
	layerInternal
	// layerClient has the packages that users import: clients and the SDK, and the pure
	// machines.
	layerClient
	layerBroker
	layerRole
	// layerApplication is what is built on roles as a user would: the page and its
	// extensions.
	layerApplication
	// layerTop is cmd, tests, and packages for tests.
	layerTop
)

func (l layer) String() string {
	return [...]string{"wire", "internal", "clients and SDK", "broker", "roles", "applications on roles", "the program and tests"}[l]
}

// layerOf returns the layer of the package in dir.
func layerOf(dir string) layer {
	switch {
	case within(dir, "wire", "idworker/snowflake", "participants/food"):
		return layerWire
	case ofCommand(dir) || within(dir, "test") || strings.HasSuffix(path.Base(dir), "test"):
		return layerTop
	case within(dir, "internal", "natsconn"):
		return layerInternal
	case within(dir, "broker"):
		return layerBroker
	case within(dir, "page"):
		return layerApplication
	case within(dir, "coordinator/machine", "coordinator/txclient", "idworker/lease", "idworker/idclient", "chatgw/frame", "chatgw/chatclient", "blog/blogclient"):
		return layerClient
	case roleOf(dir) != "":
		return layerRole
	case within(dir, "participants"):
		return layerClient
	}
	// An unknown package must follow the rules of a role.
	return layerRole
}

// ofCommand reports whether the package in dir is a part of a program: the flags and
// wiring of parley in cmd, the packages with its logic, and the examples.
func ofCommand(dir string) bool {
	return within(dir, "cmd", "examples", "internal/bench", "internal/child", "internal/cli", "internal/host", "internal/observe", "internal/faults", "internal/status", "internal/supervisor", "internal/txview")
}

// roleOf is the directory of the role that a package belongs to, if any.
func roleOf(dir string) string {
	for _, role := range []string{"participants/inventory", "participants/delivery", "coordinator", "idworker", "chatgw", "blog"} {
		if within(dir, role) {
			return role
		}
	}
	return ""
}

// pure reports whether the package in dir decides without doing: no clock,
// goroutine, network, randomness or context.
func pure(dir string) bool {
	return within(dir, "coordinator/machine", "participants/machine", "idworker/lease", "chatgw/rooms/machine", "chatgw/rooms/presence", "internal/cluster") || shared(dir)
}

// shared reports whether the pure package in dir is used by many goroutines at
// once, so that its state is an atomic word. It has the ID, too, which is a time and
// a database's number.
func shared(dir string) bool { return within(dir, "idworker/snowflake") }

// tests reports whether the file is only built for tests.
func (f *File) tests() bool {
	return f.Test || within(f.Dir, "test") || layerOf(f.Dir) == layerTop && !ofCommand(f.Dir)
}
