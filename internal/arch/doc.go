// Package arch checks the module's architecture: which package may import which,
// and what only cmd or only wire may do. Its test reads every Go file of the
// module, so that code that compiles and breaks a rule fails.
//
// Imports point one way:
//
//	cmd -> page -> roles -> clients and SDK -> wire, internal
//
// No role imports a role. Only cmd and tests import the broker, so that a
// user of the SDK never links nats-server. The rules are in rules.go, one function
// each; testdata/broken breaks every one of them and marks the lines.
package arch
