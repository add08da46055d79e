package orders

import (
	"parley/wire"
	"parley/wire/txwire"
)

// Kinds of events beside those of [txwire.KindPrepare] and so on.
const (
	kindSubmit  = "submit"
	kindAppend  = "append"
	kindSeal    = "seal"
	kindOutcome = "outcome"
)

// subjects are what is subscribed to while somebody watches.
func subjects() []string {
	all := []string{txwire.SubjectSubmit, txwire.LogSubject("*")}
	for _, kind := range []string{txwire.KindPrepare, txwire.KindVote, txwire.KindCommit, txwire.KindAbort, txwire.KindAck} {
		all = append(all, txwire.ParticipantFilter(kind, "*"))
	}
	return all
}

// note reads one message of the protocol into the index. What cannot be read is
// left out: whoever it was meant for complains.
func (x *index) note(subject string, data []byte, us int64) {
	if kind, participant, id, err := txwire.ParseSubject(subject); err == nil {
		x.branch(kind, participant, id, data, us)
		return
	}
	if log, err := txwire.ParseLogSubject(subject); err == nil {
		if m, err := wire.Decode[txwire.Record](data); err == nil {
			x.record(log, m, us)
		}
		return
	}
	if subject == txwire.SubjectSubmit {
		if m, err := wire.Decode[txwire.Submit](data); err == nil {
			x.submitted(m.Key, us)
		}
	}
}

func (x *index) branch(kind, participant string, id txwire.ID, data []byte, us int64) {
	e := TxEvent{At: us, Kind: kind, Tx: id.String(), Participant: participant}
	// Decoding is spared for those that are not followed.
	if !x.follows(e.Tx) && x.full(us) {
		if kind == txwire.KindPrepare {
			x.pass(e.Tx)
		}
		return
	}
	switch kind {
	case txwire.KindPrepare:
		m, err := wire.Decode[txwire.Prepare](data)
		if err != nil {
			return
		}
		e.Key = m.Key
		x.open(e.Tx, m.Key, us)
	case txwire.KindVote:
		m, err := wire.Decode[txwire.Vote](data)
		if err != nil {
			return
		}
		e.Yes, e.Reason = &m.Yes, m.Reason
	case txwire.KindAbort:
		if m, err := wire.Decode[txwire.Abort](data); err == nil {
			e.Reason = m.Reason
		}
	case txwire.KindAck:
		m, err := wire.Decode[txwire.Ack](data)
		if err != nil {
			return
		}
		e.Reason = m.Reason
		if m.Code == "" { // a code means that the outcome is not in it
			e.Status = m.Of
		}
	}
	x.add(e)
	if kind == txwire.KindPrepare {
		x.release(e.Tx, us)
	}
}

func (x *index) record(log string, m txwire.Record, us int64) {
	for _, c := range m.Commits {
		x.add(TxEvent{At: us, Kind: kindAppend, Tx: txwire.ID{Log: log, N: c.N}.String()})
	}
	if m.Kind == txwire.RecordSeal {
		for _, id := range x.undecided(log) {
			x.add(TxEvent{At: us, Kind: kindSeal, Tx: id})
		}
	}
}
