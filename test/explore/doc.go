// Package explore holds what every exhaustive exploration needs: a set of
// states with the way to each, and numbers for the parts that states are made
// of. The worlds, their steps and their invariants are elsewhere: test/sim for
// transactions, test/idsim for worker numbers.
package explore
