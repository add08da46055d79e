// Package idsim explores how worker numbers are leased: the lease machine and
// the range of production, unchanged, in a world that is nothing but their
// states, the clocks, and an abstract register for each worker number.
//
// # Exploration
//
// [Explore] visits every state that a bounded world can reach, breadth first,
// and checks the invariants in each step, so a violation comes with a shortest
// trace. Then it lets each situation go on without trouble and sees that numbers
// are held and IDs are made again within a few leases. What can happen:
//
//   - A write that was published may be applied at any later time at which its
//     condition holds, also after its process has stopped waiting, crashed, or
//     lost the number; or never. Its answer may come at any later time, or never.
//   - A read may find an older record, or none.
//   - The broker's answer about its time may be as old as the question.
//   - A process may be stopped at any moment, for however long, and go on.
//   - A clock may jump, back and far ahead. Processes crash and start again under
//     their old names, hand over, and start again.
//   - An operator, whose idea of the time is wrong, may retire a number in use.
//   - The stream may be lost and recreated. An unverified broker may forget its
//     newest records; then every connection breaks.
//   - A process may make one ID or all that it can, at any time and by any clock.
//
// How often is in the [Config]; time is bounded, with a lease of four
// milliseconds. Every counter that was taken is remembered.
//
// Events that do not depend on each other are explored in one order, see
// events.go; exact_test.go compares that with all orders, and the configurations
// named anytime do without any reduction.
//
// # Mutants
//
// [Mutants] are broken variants, made as in test/sim: a rule taken out of the
// sources and compiled through an overlay. The explorer must catch each, with
// the invariant that is expected.
//
// # Simulation
//
// [Simulation] walks at random through larger worlds with the times of
// production: up to seven processes and numbers, clocks that are off by a day,
// and in the end a world that must heal. Everything follows from the seed.
//
// # Running
//
//	go test ./test/idsim -v                                    all of it
//	go test ./test/idsim -v -run Explore -config drain         one configuration
//	go test ./test/idsim -v -run Explore -deep -timeout 1h     the large ones too
//	go test ./test/idsim -v -run Mutants -mutant floor-too-low one mutant, with its trace
//	go test ./test/idsim -v -run Simulate -seed 17             replay a seed, with its trace
//	go test ./test/idsim -v -run Simulate -seeds 100000 -timeout 1h
//
// # What is not covered
//
// A broker whose time goes back; a stream that is recreated unnoticed by
// processes that start afterwards, whose IDs then begin at the broker's time; an
// unverified broker that forgets while it also answers with old records, or
// while a process is stopped between reading its own record and publishing the
// next. A recreated stream is taken to begin at another sequence than
// the one before it. The shell is tested elsewhere: requests, JetStream's
// answers, and the micro service.
package idsim
