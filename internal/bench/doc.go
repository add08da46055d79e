// Package bench measures a system that it starts as processes of its own, with
// everything durable: transactions, IDs, the chat. Every answer is checked; figures of a
// run in which something was lost do not count.
package bench
