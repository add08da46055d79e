// Package chatclient speaks the subprotocol of a chat gateway from Go.
//
// A [Conn] is one WebSocket: frames go in and out. A [Session] lasts longer: it
// connects again when a connection ends, joins its rooms where it had got to,
// and sends again what was not acknowledged, so that its [Events] get every
// message of a room once and in order, whatever happens to connections and
// gateways.
//
// # What a session promises
//
// Received is called with the messages of a room in order, without a gap and
// without a repetition. The gateway promises that too; it is checked here, by
// each message's prev, and a message that does not follow makes the session
// join again. Only when what was missed cannot be had any more is there a gap,
// and then Reset is called.
//
// What is sent gets its place in the room once, however often it had to be
// sent: by its cid, within the time that the gateway names. What was not
// acknowledged within that time is looked for in what the session missed, and
// if it is not there for certain, it is sent again; when that cannot be known,
// Unsent is called. Never is it guessed.
//
// What one session sends to a room is stored in the order in which it was
// sent: the next message leaves when the one before it has its place, or is
// refused. A message is acknowledged within milliseconds, and a person may not
// send more than a few each second anyway.
package chatclient
