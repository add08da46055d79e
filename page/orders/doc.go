// Package orders is what a gateway offers beside the chat: the menu and
// ordering, transactions as they happen, IDs taken apart, and, where the
// process offers a [Stage], breaking things on purpose.
//
// # Watching
//
// A [Desk] listens to the protocol's subjects while somebody watches, and not
// otherwise. It follows at most [MaxPerSecond] new transactions a second, and
// those that were ordered here always; of the others it counts how many there
// were. What it has seen is kept for a while, bounded, so that a transaction
// can be opened later (book.go). Watching decides nothing: a message that was
// missed is missing in the picture alone.
package orders
