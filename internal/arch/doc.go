// Package arch holds the module to its design: which package may import which,
// and what only cmd or only wire may do. Its test reads every Go file of the
// module, so a shortcut that compiles still fails.
//
// Imports point one way:
//
//	cmd -> page -> roles -> clients and SDK -> wire, internal
//
// No role imports a role. Only cmd and tests import the broker, so whoever
// uses the SDK never links nats-server. The rules are in rules.go, one function
// each; testdata/broken breaks every one of them and says on which line.
package arch
