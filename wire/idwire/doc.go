// Package idwire is what idworkers and their clients say to each other: subjects,
// messages, and the stream of the leases. The IDs themselves are in package
// snowflake.
package idwire
