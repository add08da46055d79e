// Package frame is the protocol between browsers and a gateway over one
// WebSocket, in the subprotocol "parley.chat.v1.json": each text message is one
// JSON object whose field "t" names its type. It is pure: it decodes, checks
// and encodes, and knows no socket.
//
// The first frame of a client is [Hello], the first of the gateway [Welcome].
// After that both talk as they like. A request with a ref is answered by a
// frame with the same ref; [Send] is answered by [Ack] or [Error] with its cid.
//
// What a room promises. A room's messages have ascending sequence numbers, with
// gaps in the numbers but none in the room: each message carries prev, the
// number of the message before it in that room (0: none is known). A client
// that has shown everything up to (epoch, seq) and joins again with them gets
// exactly what it missed, once, in order, or recovered false and the newest
// page instead, never part of what it missed.
package frame

// Subprotocol is what a client must ask for in Sec-WebSocket-Protocol.
const Subprotocol = "parley.chat.v1.json"
