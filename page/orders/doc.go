// Package orders is an extension of the chat gateway for the page: the menu and
// ordering, and transactions as they happen.
//
// # Watching
//
// A [Service] subscribes to the subjects of transactions while somebody watches, and
// not otherwise. It follows at most [MaxPerSecond] new transactions a second, and
// those that were ordered here always; of the others it counts how many there
// were. What it has seen is kept for a while, bounded, so that a transaction
// can be opened later (index.go). Watching decides nothing: a message that was
// missed is missing in the picture alone.
package orders
