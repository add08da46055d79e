// Package chat runs gateways, brokers and many clients as they run in
// production, injects every fault it has, and then compares what each client
// was shown with what the stream holds: no gap, no duplicate, in order; and
// what each client sent: in the room once, where its acknowledgement has it.
//
// The checker trusts neither the gateways when they report that a client has
// recovered, nor the client library, which would hide a repetition or a gap
// by joining again. Raw clients record every frame as it comes; some use the
// library's sessions. Package cluster has the processes.
//
//	file      noun
//	view      what one client was shown of a room, event by event
//	room      what the stream holds of a room, and the rules for views
//	sent      what clients sent, and the rules for that
//	client    a raw client, see also session
//	listener  receives what the stream re-sends, and counts what it does not
//	stream    how the stream is read
//	faults    what is broken, by a seed
package chat
