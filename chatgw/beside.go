package chatgw

import (
	"context"

	"parley/chatgw/frame"
)

// Beside is what a gateway offers beside the chat: orders, transactions, ids.
type Beside interface {
	// Features are the words in [frame.Welcome].
	Features() []string
	// Handle acts on a [*frame.Ask], [*frame.Order], [*frame.Watch] or
	// [*frame.Stage]. The frames of one client come one after another, and its
	// next one waits until Handle returns: what takes longer than ctx, or than
	// a person waits, is done in a goroutine of its own that answers later. An
	// error is sent as an answer to the frame: a [*wire.Error] with its code.
	Handle(ctx context.Context, c Client, f frame.FromClient) error
	// Gone is called once for each client that Handle was called with, after
	// the last Handle: it is not connected any more.
	Gone(c Client)
}

// Client is one connection, as [Beside] sees it. It is comparable.
type Client interface {
	// User is who it is, Guest whether by a chosen name alone.
	User() (user string, guest bool)
	// Send queues a frame for it, as [frame.Encode] made it. It never blocks;
	// a client that is too far behind is closed.
	Send(encoded []byte)
	// SendShared is Send of a complete WebSocket frame ([socket.Text]) that
	// many clients get: it may wait a moment so that several share one write.
	SendShared(whole []byte)
}
