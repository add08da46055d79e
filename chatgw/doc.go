// Package chatgw is the chat gateway: browsers on one side, NATS on the other.
//
// # Authority
//
// A gateway decides nothing that outlives a connection. The stream holds the
// messages and their order, and a token holds an identity; package rooms reads
// the one, identity.go the other. Any number of gateways run
// side by side, and a client may come back to any of them.
//
// # A message from a client
//
//	socket    one message, within every bound of package socket
//	session   the first is hello; how many a second; what kind
//	act       may the person do this here? then rooms, and the answer
//
// and one to it: rooms calls [session.Deliver] with bytes that were encoded
// once for all; they go into the connection's queue, and from there to the
// network. Nothing on this way waits for a client.
//
// # Losing nothing
//
// An acknowledgement is sent when the message is durable, never before. A client
// that got none sends again, with the same cid. When the gateway stops it takes
// no more frames, finishes those it has begun, and sends each client a time at
// which to reconnect; see drain.go.
//
//	file      noun
//	gateway   the role: New, Run, Ready
//	config    its bounds, each with its reason
//	http      the handler of /ws and /healthz, the metrics, the ports
//	session   one client: from hello to the end
//	act       what its frames do
//	deliver   what its rooms send to it
//	identity  who somebody is: guests and tokens
//	grant     in which rooms a person may read and write
//	person    all connections of one person: its rate
//	bucket    so many a second
//	service   what it offers on NATS: posts, its state
//	watch     a broker that is away for long
//	drain     stopping in order
//	measured  the metrics
//	extension frames of an application that shares the connections
package chatgw
