package rooms

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"parley/chatgw/frame"
	"parley/internal/pause"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Post is a message that somebody sends to a room.
type Post struct {
	Room, User string
	Kind       chatwire.Kind
	// CID makes repeating safe, within [chatwire.Retry]; without one each call
	// is a message of its own.
	CID, Text string
}

const (
	// sendAttempt bounds one try to store a message, and sendWait is the pause
	// before the next.
	sendAttempt = 2 * time.Second
	sendWait    = 100 * time.Millisecond
	// codeDuplicateInProcess is JetStream's answer while the same message is
	// being stored.
	codeDuplicateInProcess jetstream.ErrorCode = 10158
)

// Send stores a message. It returns once the message is durable and has its
// place, which its members may have received before. The error is a
// [*wire.Error]: conflict if the cid was used for something else, unavailable
// if it is not known whether the message was stored (sending it again with its
// cid is safe), anything else if it was not.
func (r *Rooms) Send(ctx context.Context, p Post) (frame.Ack, error) {
	if p.CID != "" {
		return r.send(ctx, p, messageID("cid", p.Room, p.User, p.CID))
	}
	return r.send(ctx, p, wire.NewToken())
}

// messageID names a message for the broker, which knows one again that was sent
// twice, in whatever room: it is made of all that makes it another one.
func messageID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

func (r *Rooms) send(ctx context.Context, p Post, id string) (frame.Ack, error) {
	m := chatwire.Message{V: wire.Version, ID: 1, User: p.User, Kind: p.Kind, Text: p.Text, CID: p.CID}
	if err := chatwire.CheckRoom(p.Room); err != nil {
		return frame.Ack{}, wire.Invalidf("%v", err)
	}
	if _, err := wire.Check(m); err != nil {
		return frame.Ack{}, err
	}
	select {
	case <-r.ready:
	default:
		return frame.Ack{}, wire.Errorf(wire.CodeUnavailable, "sending to room %s: the gateway is not serving", p.Room)
	}
	select {
	case r.sends <- struct{}{}:
		defer func() { <-r.sends }()
	default:
		return frame.Ack{}, wire.Errorf(wire.CodeBusy, "sending to room %s: %d messages are on their way, which is the limit", p.Room, r.cfg.MaxSends)
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.SendTimeout)
	defer cancel()
	var err error
	if m.ID, err = r.deps.NextID(ctx); err != nil {
		return frame.Ack{}, wire.Errorf(wire.CodeBusy, "sending to room %s: making its id: %v", p.Room, err)
	}
	return r.store(ctx, p.Room, m, id)
}

// store publishes until it is known that the message is stored, or ctx ends.
func (r *Rooms) store(ctx context.Context, room string, m chatwire.Message, id string) (frame.Ack, error) {
	msg := &nats.Msg{Subject: chatwire.RoomSubject(room), Data: wire.Encode(m), Header: nats.Header{}}
	msg.Header.Set(nats.MsgIdHdr, id)
	msg.Header.Set(nats.ExpectedStreamHdr, chatwire.Stream().Name)
	for {
		attempt, cancel := context.WithTimeout(ctx, sendAttempt)
		ack, err := r.js.PublishMsg(attempt, msg, jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			if ack.Duplicate {
				return r.known(ctx, room, m, ack.Sequence)
			}
			return r.acked(room, m, ack.Sequence), nil
		}
		if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode != codeDuplicateInProcess && api.Code < 500 {
			return frame.Ack{}, wire.Errorf(wire.CodeInternal, "sending to room %s: the stream refuses: %v", room, err)
		}
		if !pause.For(ctx, sendWait) {
			return frame.Ack{}, wire.Errorf(wire.CodeUnavailable, "sending to room %s: it is not known whether the message was stored, send it again with its cid: %v", room, err)
		}
	}
}

// acked notifies the room of the number of an own message.
func (r *Rooms) acked(room string, m chatwire.Message, seq uint64) frame.Ack {
	r.count.sent.Add(1)
	if rm := r.find(room); rm != nil {
		rm.post(func() { rm.m.Acked(seq) })
	}
	return frame.Ack{T: frame.TypeAck, Room: room, CID: m.CID, Seq: seq, ID: m.ID, At: m.ID.Time().UnixMilli()}
}

// known reads the message that is stored under the same name.
func (r *Rooms) known(ctx context.Context, room string, m chatwire.Message, seq uint64) (frame.Ack, error) {
	for range maxStale {
		s, ok, err := r.reader.at(ctx, seq)
		if err == nil && ok {
			was, err := wire.Decode[chatwire.Message](s.data)
			if err != nil || s.Room != room || was.User != m.User || was.CID != m.CID || was.Kind != m.Kind || was.Text != m.Text {
				return frame.Ack{}, wire.Errorf(wire.CodeConflict, "sending to room %s: the cid %.80q was used for another message", room, m.CID)
			}
			return r.acked(room, was, seq), nil
		}
		// A replica that is behind, or none; or it was removed again already.
		if !pause.For(ctx, staleWait) {
			break
		}
	}
	return frame.Ack{}, wire.Errorf(wire.CodeUnavailable, "sending to room %s: the message was stored before as number %d, which cannot be read", room, seq)
}
