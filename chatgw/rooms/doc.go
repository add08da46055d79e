// Package rooms is everything about chat rooms that has no socket: who is in
// them, what was said, in which order, and how a member that was away catches
// up. Package chatgw puts browsers in front of it.
//
// # Authority
//
// The stream CHAT is the authority over what was said and in which order, the
// broker's clock and sequence numbers included. A gateway holds copies, and any
// number of gateways run side by side without knowing each other, except that
// they tell each other who is present.
//
// # A message on its way
//
//	Send       publishes to the room's subject; the acknowledgement gives its place
//	the stream stores it, then re-sends it on the live subject
//	live       one subscription for all rooms
//	room       one goroutine a room owns its machine: order, gaps, members
//	Member     gets what the machine delivers, encoded once for all
//
// Re-sent messages get lost, with no disconnect to see: when the stream's
// leader changes under load some of them are never re-sent. Each carries the
// sequence number of the one before it in its room, so the next one shows the
// gap. For the last one of a burst there is no next one; therefore the tails of
// quiet rooms are compared with the stream every few seconds, after a
// reconnect, and when the stream's leader changes, and each acknowledgement of
// an own message says that the room has to get there soon. A gap is filled by
// reading the stream, again and again until it is closed, for a replica may
// answer that does not have the messages yet.
//
// The decisions are those of package machine and package presence, which are
// pure and explored with every fault above; this package is the shell around
// them.
package rooms
