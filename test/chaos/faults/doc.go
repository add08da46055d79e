// Package faults decides what is broken and when, and has it done.
//
// A [Schedule] is a function of a seed and nothing else: the same seed gives the
// same faults at the same times, in every run and on every machine. What they
// do to a cluster depends on where its processes are at that moment, so a run
// does not replay; faults at a step of the protocol come nearest to it, since
// there the process itself reports when it is struck.
//
// Rules, so that a run shows more than a system that stands still:
//
//   - A process is under one fault at a time, and has a while to recover.
//   - Of the brokers one at a time is dead, stopped or cut off; only the fault
//     [Outage] takes two, and with them the majority.
//   - Of the participants one is broken at a time, mostly for a moment: orders
//     need both. Of the coordinators one.
//   - One fault of the network at a time.
//   - One journal is restored in a run of a minute or more.
//
// Files:
//
//	file      noun
//	fault     what can be broken
//	schedule  which faults, when
//	deal      cards: every kind of fault is drawn before one is drawn again
//	run       doing a schedule to a System
package faults
