// Package socket is a gateway's WebSocket connections: the handshake, reading
// with every bound, writing without a goroutine per connection, pings, closing
// in order. It knows nothing of rooms; a [Session] acts on what arrives.
//
// # Reading
//
// gorilla/websocket does the handshake and parses frames, nothing else. It
// never writes after the handshake: every byte that the client gets comes from
// one queue. Its known gaps are closed around it: check.go looks at the request
// first, the [guard] sees every byte before it does, and the message as a whole
// is measured and checked for UTF-8 here.
//
// One goroutine per connection reads. It does little, so that its stack stays
// small, and hands each message to another one, which lives as long as the
// session acts on it. Messages of one connection are acted on one after
// another.
//
// # Writing
//
// What is written is a complete WebSocket frame ([Text]), made once and shared
// by all who get it. A connection has a queue of references to such frames,
// bounded in frames and bytes, and nothing at all while it is empty. A few
// flushers write the queues of all connections, each with one system call that
// joins what has gathered, and never wait: a socket that takes no more is left
// to a goroutine of its own until it does. So a slow reader delays nobody; when
// its queue is full it is closed, with a time to reconnect.
//
// # Closing
//
// An open connection is closed once: what is queued is written, then a bye frame and a close frame,
// then the connection is half closed, and read until the client has closed too
// or the linger time is over. (Closing a socket with unread bytes in it resets
// it, and the reason would be lost on the way.)
//
//	file      noun
//	server    all connections of a gateway
//	config    its bounds, each with its reason
//	check     whether a request is a handshake, and what to answer if not
//	origin    which pages may connect
//	address   who connects, also behind a proxy
//	gate      how many connections there may be
//	conn      one connection: its life
//	read      its reading half
//	tap       what gorilla/websocket takes for the network
//	guard     the rules of RFC 6455 that gorilla/websocket does not check
//	write     its writing half
//	queue     the frames that wait
//	flusher   who writes them
//	wheel     pings, for all connections with one timer
//	try       a write that does not wait
//	drain     sending everybody away
//	code      close codes
//	counters  what happened
//	text      frames as bytes
package socket
