package orders

import (
	"parley/wire"
	"parley/wire/txwire"
)

// What a [Request] asks for.
const (
	Menu     = "menu"     // answered with food.Items
	Couriers = "couriers" // answered with food.Couriers
	Order    = "order"    // answered with txwire.Outcome
	Tx       = "tx"       // answered with [TxSeen]
	Txs      = "txs"      // the newest transactions that this gateway saw, as [TxsSeen]
	Watch    = "watch"    // from now on [TxEvents] are sent
	Unwatch  = "unwatch"  // no more
)

// Request is what a client sends.
type Request struct {
	What string `json:"what"`
	// ID is the transaction of [Tx].
	ID string `json:"id,omitempty"`
	// The others are of [Order]. Key makes repeating it safe, as everywhere.
	Key      string `json:"key,omitempty"`
	Item     string `json:"item,omitempty"`
	Quantity int64  `json:"quantity,omitempty"`
	Zone     string `json:"zone,omitempty"`
}

// TxSeen is what is known of a transaction, and what crossed while this gateway
// watched. Events is empty for one from before that, and in [TxsSeen].
type TxSeen struct {
	ID     string        `json:"id"`
	Key    string        `json:"key,omitempty"`
	Status txwire.Status `json:"status"`
	Code   wire.Code     `json:"code,omitempty"`
	Reason string        `json:"reason,omitempty"`
	// At is when the first of its messages was seen, in microseconds since
	// 1970; 0 if none was.
	At     int64     `json:"at_us,omitempty"`
	Events []TxEvent `json:"events,omitempty"`
}

// TxsSeen are transactions, newest first.
type TxsSeen struct {
	Txs []TxSeen `json:"txs"`
}

// TxEvents are messages of transactions as they cross, while watched.
type TxEvents struct {
	Events []TxEvent `json:"events"`
	// Dropped counts the transactions left out since the last time, because there
	// were more than a person can follow.
	Dropped int `json:"dropped,omitempty"`
}

// TxEvent is one message of a transaction.
type TxEvent struct {
	// At is when the gateway saw it, in microseconds since 1970.
	At int64 `json:"at_us"`
	// Kind is "submit", "prepare", "vote", "append", "seal", "commit",
	// "abort", "ack" or "outcome".
	Kind string `json:"kind"`
	// Tx is the transaction's id; Participant is "inventory", ... where there
	// is one.
	Tx          string `json:"tx"`
	Participant string `json:"participant,omitempty"`
	// Yes is the answer of a vote.
	Yes    *bool  `json:"yes,omitempty"`
	Status string `json:"status,omitempty"`
	Reason string `json:"reason,omitempty"`
	Key    string `json:"key,omitempty"`
}
