package traffic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/test/chat"
	"parley/test/model"
)

const (
	dialWithin = 2 * time.Second
	// maxBetweenWords is between an acknowledgement and the next message.
	maxBetweenWords = 400 * time.Millisecond
	// backoff is before a talker connects again, and before it repeats what
	// was refused for a moment.
	backoff = 150 * time.Millisecond
)

// talker is one person in one room and records every frame. What was not
// acknowledged is sent again after a reconnect, until it is.
type talker struct {
	gateways []string
	history  *model.History
	rng      *rand.Rand
	quiet    atomic.Bool

	mu   sync.Mutex
	who  *model.Chatter
	text *chat.Sent // without an acknowledgement; nil if there is none
	// Of one connection.
	conn                     *chatclient.Conn
	joining, joined, sending bool
	reading                  uint64 // the page that was asked for ends before this
	since                    uint64
}

func newTalker(gateways []string, h *model.History, rng *rand.Rand, i int) *talker {
	who := &model.Chatter{Name: fmt.Sprintf("talker-%d", i), Room: fmt.Sprintf("room-%d", i%3)}
	who.View = &chat.View{Client: who.Name, Room: who.Room}
	h.Chatter(who)
	return &talker{gateways: gateways, history: h, rng: rng, who: who}
}

func (k *talker) run(ctx context.Context) {
	for at := k.rng.IntN(len(k.gateways)); ctx.Err() == nil; at++ {
		conn, err := chatclient.Dial(ctx, chatclient.Config{URL: k.gateways[at%len(k.gateways)], Name: k.who.Name, Timeout: dialWithin})
		if err == nil {
			k.serve(ctx, conn)
		} else if closed, ok := errors.AsType[*chatclient.Closed](err); ok && closed.Retry < 0 {
			k.history.Complain(model.AboutAnswers, "%s is not let in: %v", k.who.Name, err)
			return
		}
		pause(ctx, backoff)
	}
}

// serve is one connection, from the join to its end.
func (k *talker) serve(ctx context.Context, conn *chatclient.Conn) {
	ended := make(chan struct{})
	defer func() { <-ended }()
	defer conn.Close()
	k.mu.Lock()
	k.conn, k.joining, k.joined, k.sending, k.reading = conn, false, false, false, 0
	k.who.View.Connected()
	k.mu.Unlock()
	go func() {
		defer close(ended)
		for {
			f, err := conn.Read()
			if err != nil {
				return
			}
			k.record(f)
		}
	}()
	for {
		k.push()
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(k.rng.Int64N(int64(maxBetweenWords)))):
		}
	}
}

// push asks for whatever is due: the room, a page that is missing, a message.
// Reading notices when it cannot be written.
func (k *talker) push() {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := k.who.View
	switch before := v.Hole(); {
	case !k.joined && !k.joining:
		epoch, since := v.Resume()
		k.joining, k.since = true, since
		_ = k.conn.Write(frame.Encode(frame.Join{Ref: 1, Room: k.who.Room, Epoch: epoch, Since: since}))
	case k.joined && before > 0 && k.reading != before:
		k.reading = before
		_ = k.conn.Write(frame.Encode(frame.History{Ref: int64(before), Room: k.who.Room, Before: before}))
	}
	if k.text == nil && !k.quiet.Load() {
		n := len(k.who.Sent)
		k.text = &chat.Sent{User: k.who.Name, Room: k.who.Room, CID: fmt.Sprintf("%s-%d", k.who.Name, n), Text: fmt.Sprint("soup ", n), InTurn: true}
		k.who.Sent = append(k.who.Sent, *k.text)
	}
	if k.text != nil && k.joined && !k.sending {
		k.sending = true
		_ = k.conn.Write(frame.Encode(frame.Send{Room: k.text.Room, CID: k.text.CID, Text: k.text.Text}))
	}
}

// record notes one frame.
func (k *talker) record(f frame.FromGateway) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := k.who.View
	switch f := f.(type) {
	case *frame.Message:
		v.Delivered(f)
	case *frame.Joined:
		v.Joined(f, k.since)
		k.joining, k.joined = false, true
	case *frame.Page:
		if f.Ref == int64(v.Hole()) {
			v.Page(f)
		}
	case *frame.Ack:
		k.acked(f)
	case *frame.Error:
		if f.RetryMS == 0 {
			k.history.Complain(model.AboutAnswers, "%s was refused: %+v", k.who.Name, *f)
		}
		k.joining, k.sending, k.reading = false, false, 0
	case *frame.Bye:
		if f.RetryMS == 0 && !frame.Reconnect(f.Code) {
			k.history.Complain(model.AboutAnswers, "%s was sent away for good: %+v", k.who.Name, *f)
		}
	}
}

// acked is called with the lock held. An acknowledgement may come twice, of what
// was sent twice.
func (k *talker) acked(f *frame.Ack) {
	for i := len(k.who.Sent) - 1; i >= 0; i-- {
		if s := &k.who.Sent[i]; s.CID == f.CID {
			s.Acks = append(s.Acks, *f)
			break
		}
	}
	if k.text != nil && k.text.CID == f.CID {
		k.text, k.sending = nil, false
		k.history.Count("messages", 1)
	}
}

// settled returns nil when nothing is left to send or to be shown.
func (k *talker) settled(ends map[string]uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := k.who.View
	switch {
	case k.text != nil:
		return fmt.Errorf("%s waits for the acknowledgement of %s", k.who.Name, k.text.CID)
	case !k.joined || v.Hole() > 0:
		return fmt.Errorf("%s has not resumed %s", k.who.Name, k.who.Room)
	case v.Last() < ends[k.who.Room]:
		return fmt.Errorf("%s was shown %s up to %d, the last is %d", k.who.Name, k.who.Room, v.Last(), ends[k.who.Room])
	default:
		return nil
	}
}
