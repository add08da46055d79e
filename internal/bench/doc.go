// Package bench measures transactions, IDs and the chat in a system that it starts as
// separate processes, with everything durable. Every answer is checked; figures of a run
// in which something was lost are invalid.
package bench
