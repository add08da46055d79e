// Package idwire is the protocol between idworkers and their clients: subjects,
// messages, and the stream of the leases. The IDs themselves are in package
// snowflake.
package idwire
