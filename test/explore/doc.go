// Package explore explores worlds that are made of the state machines of
// production: it visits every state of small ones, simulates large ones at random
// from seeds, and checks that it catches deliberately broken variants of what they
// are made of. The worlds are elsewhere: test/sim for transactions, test/idsim for
// worker numbers, test/chatsim for rooms.
//
//	file      noun
//	explorer  visits every state of a [Space], breadth first, with a shortest trace of what is broken
//	live      finds states from which no fault-free way leads to an end
//	states    the set of states, with the way to each
//	table     numbers for the parts that states are made of
//	simulate  random worlds from seeds
//	variant   broken variants
//	suite     the tests that all worlds have in common, and their flags
package explore
