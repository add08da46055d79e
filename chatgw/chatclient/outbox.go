package chatclient

import (
	"crypto/rand"
	"slices"
	"time"

	"parley/chatgw/frame"
)

// pending is a message without an acknowledgement.
type pending struct {
	frame.Send
	// first is when it was first sent on any connection; zero: never.
	first time.Time
	// waits: it was sent on this connection and is not answered.
	waits bool
	// later: the gateway wants it again after a while.
	later bool
}

// outbox holds the messages that a session has to send to one room, in order. Only
// the first was ever sent. It is pure.
type outbox struct{ all []*pending }

// maxOutbox bounds what a session has to send, to all rooms together: a person
// who types while there is no connection.
const maxOutbox = 1000

func newCID() string { return rand.Text() }

func (o *outbox) add(room, text string) *pending {
	p := &pending{Send: frame.Send{Room: room, CID: newCID(), Text: text}}
	o.all = append(o.all, p)
	return p
}

// head is the one whose turn it is, or nil.
func (o *outbox) head() *pending {
	if len(o.all) == 0 {
		return nil
	}
	return o.all[0]
}

// drop removes a message and returns it, nil if there is none of that cid.
func (o *outbox) drop(cid string) *pending {
	i := slices.IndexFunc(o.all, func(p *pending) bool { return p.CID == cid })
	if i < 0 {
		return nil
	}
	p := o.all[i]
	o.all = slices.Delete(o.all, i, i+1)
	return p
}

// disconnect: nothing waits for an answer any more.
func (o *outbox) disconnect() {
	for _, p := range o.all {
		p.waits, p.later = false, false
	}
}

// doubtful reports whether the message was sent so long ago that the gateway
// may not know its cid again. Retry is for how long it does; a part of that is
// left for the way there. The time counts by the clock that goes on while a
// machine sleeps and by the one that nobody sets, whichever is longer.
func (p *pending) doubtful(now time.Time, retry time.Duration) bool {
	if p.first.IsZero() {
		return false
	}
	age := max(now.Sub(p.first), now.Round(0).Sub(p.first.Round(0)))
	return age >= retry-min(retry/10, time.Minute)
}

// renew makes a message that is certainly not in the room one that was never
// sent.
func (p *pending) renew() { p.CID, p.first = newCID(), time.Time{} }
