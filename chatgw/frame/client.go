package frame

// Types of frames that clients send.
const (
	TypeHello   = "hello"
	TypeJoin    = "join"
	TypeLeave   = "leave"
	TypeSend    = "send"
	TypeHistory = "history"
	TypeTyping  = "typing"
)

// Hello identifies the client: a guest by name, or the bearer of a token. One of
// the two is set. It is the first frame, and sent once.
type Hello struct {
	T     string `json:"t"`
	Name  string `json:"name,omitempty"`
	Token string `json:"token,omitempty"`
}

// Join requests a room's messages from now on. With Epoch and Since it asks for
// what came after Since too. To ask again, join the room again.
type Join struct {
	T     string `json:"t"`
	Ref   int64  `json:"ref,omitempty"`
	Room  string `json:"room"`
	Epoch string `json:"epoch,omitempty"`
	Since uint64 `json:"since,omitempty"`
}

// Leave ends a room's messages.
type Leave struct {
	T    string `json:"t"`
	Room string `json:"room"`
}

// Send posts a message to a room. CID is the client's own name for the message:
// sent again with the same one by the same person within the retry window (see
// [Limits]), it is acknowledged again and shown once.
type Send struct {
	T    string `json:"t"`
	Room string `json:"room"`
	CID  string `json:"cid"`
	Text string `json:"text"`
}

// History requests messages before a sequence number, newest last. Before 0
// means the newest.
type History struct {
	T      string `json:"t"`
	Ref    int64  `json:"ref"`
	Room   string `json:"room"`
	Before uint64 `json:"before,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// TypingIn announces that the person is typing. It is passed on to others at most
// every two seconds and stored nowhere.
type TypingIn struct {
	T    string `json:"t"`
	Room string `json:"room"`
}
