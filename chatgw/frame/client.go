package frame

// Types of frames that clients send.
const (
	TypeHello   = "hello"
	TypeJoin    = "join"
	TypeLeave   = "leave"
	TypeSend    = "send"
	TypeHistory = "history"
	TypeTyping  = "typing"
	TypeAsk     = "ask"
	TypeOrder   = "order"
	TypeWatch   = "watch"
	TypeStage   = "stage"
)

// Hello says who connects: a guest by name, or the bearer of a token. One of the
// two is set. It comes first, and once.
type Hello struct {
	T     string `json:"t"`
	Name  string `json:"name,omitempty"`
	Token string `json:"token,omitempty"`
}

// Join asks for a room's messages from now on. With Epoch and Since it asks for
// what came after Since too. Joining a room again is the way to ask anew.
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

// Send says something in a room. CID is the client's own name for the message:
// sent again with the same one by the same person within the retry window (see
// [Limits]), it is acknowledged again and shown once.
type Send struct {
	T    string `json:"t"`
	Room string `json:"room"`
	CID  string `json:"cid"`
	Text string `json:"text"`
}

// History asks for messages before a sequence number, newest last. Before 0
// means the newest.
type History struct {
	T      string `json:"t"`
	Ref    int64  `json:"ref"`
	Room   string `json:"room"`
	Before uint64 `json:"before,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// TypingIn says that the person is writing. It is told to others at most every
// two seconds and stored nowhere.
type TypingIn struct {
	T    string `json:"t"`
	Room string `json:"room"`
}

// Subjects of [Ask].
const (
	AskMenu     = "menu"     // answered with food.Items
	AskCouriers = "couriers" // answered with food.Couriers
	AskTx       = "tx"       // ID is a transaction's id; answered with its [TxEvent]s so far and its state
	AskTxs      = "txs"      // the newest transactions that this gateway saw
	AskID       = "id"       // ID is an id of the ID service, or empty for a fresh one; answered with [IDParts]
	AskWorkers  = "workers"  // who holds which worker number: idwire.Leases and idwire.IDWorkerState
)

// Ask asks for something beside the chat.
type Ask struct {
	T    string `json:"t"`
	Ref  int64  `json:"ref"`
	What string `json:"what"`
	ID   string `json:"id,omitempty"`
}

// Order places a food order. Key makes repeating safe, as everywhere.
type Order struct {
	T        string `json:"t"`
	Ref      int64  `json:"ref"`
	Key      string `json:"key"`
	Item     string `json:"item"`
	Quantity int64  `json:"quantity"`
	Zone     string `json:"zone"`
}

// Watch starts or ends the stream of [Tx] frames.
type Watch struct {
	T  string `json:"t"`
	On bool   `json:"on"`
}

// Words of [Stage].
const (
	StageInventory   = "inventory"
	StageDelivery    = "delivery"
	StageCoordinator = "coordinator"

	StageArm   = "arm"   // die at Point in the next transaction
	StageKill  = "kill"  // die now
	StageStart = "start" // live again

	StageVoted    = "voted"    // a participant, after its vote and before the decision arrives
	StagePrepared = "prepared" // a coordinator, after sending prepares
	StageDecided  = "decided"  // a coordinator, after the append and before anybody is told
)

// Stage breaks things on purpose, where the gateway's process offers it (parley
// up): see the features of [Welcome].
type Stage struct {
	T   string `json:"t"`
	Ref int64  `json:"ref"`
	// Role is what dies or lives.
	Role string `json:"role"`
	// Do is [StageArm], [StageKill] or [StageStart].
	Do string `json:"do"`
	// Point is where an armed role dies.
	Point string `json:"point,omitempty"`
}
