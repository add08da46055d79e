// Package pgtest runs a private PostgreSQL server for a test: created in a
// temporary directory, on a Unix socket that no other program knows, durable as a
// real one, and removed when the test ends, however it ends.
//
//	dsns := pgtest.Run(t).Schemas(t, 8) // eight places of their own
//
// Where PostgreSQL is not installed the test fails, and names the command that
// installs it.
package pgtest
