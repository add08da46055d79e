package webtest

import (
	"time"

	"parley/page/orders"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

// Tx is a transaction as it might have happened.
type Tx struct {
	orders.TxSeen
	at int64
}

// Script begins a transaction: submitted, and prepared at both participants.
func Script(id, key string, at time.Time) Tx {
	tx := Tx{TxSeen: orders.TxSeen{ID: id, Key: key, Status: txwire.StatusPending, At: at.UnixMicro()}, at: at.UnixMicro()}
	return tx.add(0, "submit", "").add(240, "prepare", food.Inventory).add(15, "prepare", food.Delivery)
}

func (tx Tx) add(after int64, kind, participant string) Tx {
	tx.at += after
	e := orders.TxEvent{At: tx.at, Kind: kind, Tx: tx.ID, Participant: participant}
	if kind == "submit" {
		e.Key = tx.Key
	}
	tx.Events = append(tx.Events[:len(tx.Events):len(tx.Events)], e)
	return tx
}

// Vote lets a participant vote, so many microseconds after the last message.
func (tx Tx) Vote(after int64, participant string, yes bool, reason string) Tx {
	tx = tx.add(after, "vote", participant)
	e := &tx.Events[len(tx.Events)-1]
	e.Yes, e.Reason = &yes, reason
	return tx
}

// Then adds any message.
func (tx Tx) Then(after int64, kind, participant string) Tx { return tx.add(after, kind, participant) }

// Committed is the usual end.
func (tx Tx) Committed() Tx {
	tx = tx.Vote(1_900, food.Inventory, true, "").Vote(310, food.Delivery, true, "")
	tx = tx.add(90, "append", "").add(1_120, "commit", food.Inventory).add(12, "commit", food.Delivery)
	tx = tx.Outcome(20, txwire.StatusCommitted)
	return tx.add(1_650, "ack", food.Delivery).add(240, "ack", food.Inventory)
}

// Refused is the other usual end.
func (tx Tx) Refused(participant, reason string) Tx {
	other := food.Delivery
	if participant == other {
		other = food.Inventory
	}
	tx.Reason, tx.Code = reason, wire.CodeRefused
	tx = tx.Vote(1_400, participant, false, reason).Vote(500, other, true, "")
	tx = tx.add(60, "abort", other).Outcome(25, txwire.StatusAborted)
	return tx.add(1_500, "ack", other)
}

// Outcome answers the client.
func (tx Tx) Outcome(after int64, status txwire.Status) Tx {
	tx = tx.add(after, "outcome", "")
	tx.Events[len(tx.Events)-1].Status = string(status)
	tx.Status = status
	return tx
}
