// Package rooms is everything about chat rooms that has no socket: who is in
// them, their messages and the order of these, and how a member that was away catches
// up. Package chatgw puts browsers in front of it.
//
// # Authority
//
// The stream CHAT is the authority over the messages and their order. A gateway
// holds copies, and any number of gateways run side by side without knowing each
// other, except that they announce to each other who is present.
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
// an own message is a number that the room has to reach soon. A gap is filled by
// reading the stream, again and again until it is closed, for a replica may
// answer that does not have the messages yet.
//
// The decisions are those of package machine and package presence, which are
// pure and explored with every fault above (test/chatsim); this package is the
// shell around them.
//
// # History
//
// The stream reads forwards, people read backwards. A page comes from the
// memory of its room if it is among the newest; else by the numbers of its
// messages, which the index knows: of the newest million that were stored before
// the gateway started, which takes it some seconds to learn, of all messages
// since and of every page that was read; else from windows of the stream,
// whose width follows from how often the room spoke before.
//
//	file      noun
//	rooms     New, Run, Ready, the rooms that are open
//	config    how rooms behave, what they need
//	room      one room's mailbox and goroutine
//	perform   the actions of its machine
//	fetch     what it reads
//	join      members on their way in
//	members   those who are in
//	message   stored bytes to frames
//	shared    a frame encoded once
//	live      subscriptions, the connection, the stream's identity
//	tails     the last messages of quiet rooms
//	stream    direct gets
//	send      messages to the stream
//	history   pages
//	pager     windows
//	index     numbers of messages
//	recall    what was stored before the start
//	spacing   how often rooms speak
//	people    presence
//	notice    who came and left, written down
//	typing    who writes
//	counters  what happened
package rooms
