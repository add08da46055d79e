// Package chat runs gateways, brokers and many clients as they run in
// production, breaks them in every way it knows, and then holds what each client
// was shown against what the stream holds: no gap, no duplicate, in order; and
// what each client sent: in the room once, where its acknowledgement says.
//
// The checker believes nobody: not the gateways' word that a client has
// recovered, and not the client library, which would hide a repetition or a gap
// by joining again. Raw clients write down every frame as it comes; some use the
// library's sessions. Package cluster has the processes.
//
//	file      noun
//	view      what one client was shown of a room, event by event
//	room      what the stream holds of a room, and the rules for views
//	sent      what clients sent, and the rules for that
//	client    a raw client, see also session
//	listener  who hears what the stream re-sends, and counts what it does not
//	stream    how the stream is read
//	faults    what is broken, by a seed
package chat
