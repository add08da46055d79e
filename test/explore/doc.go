// Package explore holds what every exhaustive exploration needs, and every
// simulation: a set of states with the way to each, numbers for the parts that
// states are made of, and random worlds from seeds. The worlds, their steps and
// their invariants are elsewhere: test/sim for transactions, test/idsim for
// worker numbers, test/chatsim for rooms.
package explore
