package rooms

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

// reader reads the stream by direct gets, which any replica answers, several
// messages at a time. It has one inbox for all its requests.
//
// It does by itself what jetstreamext.GetBatch does, for two reasons (see
// docs/adr/0018): headers that a publisher has set must not be taken for the
// broker's, or one message makes its room unreadable; and an answer of which a
// reconnect has swallowed the middle must not be taken for a whole one.
type reader struct {
	nc      *nats.Conn
	subject string
	inbox   string
	sub     *nats.Subscription

	mu      sync.Mutex
	waiting map[string]chan *nats.Msg
}

// readTimeout bounds one read: a replica answers within milliseconds.
const readTimeout = 2 * time.Second

func newReader(nc *nats.Conn) (*reader, error) {
	r := &reader{
		nc: nc, subject: "$JS.API.DIRECT.GET." + chatwire.Stream().Name, inbox: nc.NewInbox() + ".",
		waiting: map[string]chan *nats.Msg{},
	}
	var err error
	r.sub, err = nc.Subscribe(r.inbox+"*", r.arrived)
	return r, err
}

func (r *reader) close() { _ = r.sub.Unsubscribe() }

func (r *reader) arrived(m *nats.Msg) {
	r.mu.Lock()
	c := r.waiting[strings.TrimPrefix(m.Subject, r.inbox)]
	r.mu.Unlock()
	select {
	case c <- m:
	default: // nobody waits for it any more
	}
}

// getRequest is a direct get, as the broker reads it.
type getRequest struct {
	Seq      uint64   `json:"seq,omitempty"`
	NextFor  string   `json:"next_by_subj,omitempty"`
	LastFor  string   `json:"last_by_subj,omitempty"`
	MultiFor []string `json:"multi_last,omitempty"`
	// Batch asks for several, ended by a status message.
	Batch    int `json:"batch,omitempty"`
	MaxBytes int `json:"max_bytes,omitempty"`
}

// stored is one message of the stream.
type stored struct {
	chatwire.Place
	data []byte
}

// from reads messages of a room, beginning with the number seq, oldest first
// and without a hole, as far as one replica has them: at most batch, and about
// maxBytes.
func (r *reader) from(ctx context.Context, room string, seq uint64, batch, maxBytes int) ([]stored, error) {
	return r.request(ctx, getRequest{Seq: max(seq, 1), NextFor: chatwire.RoomSubject(room), Batch: batch, MaxBytes: maxBytes})
}

// all reads messages of all rooms, like from. The broker does not have to look
// for them.
func (r *reader) all(ctx context.Context, seq uint64, batch, maxBytes int) ([]stored, error) {
	return r.request(ctx, getRequest{Seq: max(seq, 1), Batch: batch, MaxBytes: maxBytes})
}

// at reads the message with a number, of whatever room. ok: there is one.
func (r *reader) at(ctx context.Context, seq uint64) (s stored, ok bool, err error) {
	return one(r.request(ctx, getRequest{Seq: seq}))
}

// each reads the messages with these numbers, concurrently, and returns those
// that are there, oldest first.
func (r *reader) each(ctx context.Context, seqs []uint64) ([]stored, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	questions := make([]getRequest, len(seqs))
	for i, seq := range seqs {
		questions[i].Seq = seq
	}
	found, err := r.request(ctx, questions...)
	slices.SortFunc(found, func(a, b stored) int { return cmp.Compare(a.Seq, b.Seq) })
	return found, err
}

// last reads the last message of a room. ok: there is one.
func (r *reader) last(ctx context.Context, room string) (s stored, ok bool, err error) {
	return one(r.request(ctx, getRequest{LastFor: chatwire.RoomSubject(room)}))
}

func one(found []stored, err error) (stored, bool, error) {
	if err != nil || len(found) == 0 {
		return stored{}, false, err
	}
	return found[0], true, nil
}

// lasts reads the last message of each of several rooms, at most [maxLasts].
func (r *reader) lasts(ctx context.Context, rooms []string) ([]stored, error) {
	q := getRequest{Batch: len(rooms)}
	for _, room := range rooms {
		q.MultiFor = append(q.MultiFor, chatwire.RoomSubject(room))
	}
	return r.request(ctx, q)
}

// maxLasts bounds the rooms of one request; the broker answers 1,024 at most.
const maxLasts = 256

// request sends requests and collects the answers to all of them.
func (r *reader) request(ctx context.Context, questions ...getRequest) (found []stored, err error) {
	defer func() {
		if err != nil {
			found, err = nil, fmt.Errorf("reading stream %s: %w", chatwire.Stream().Name, err)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	size := 0
	for _, q := range questions {
		size += q.Batch + 2
	}
	// Cannot be guessed: who observes all answers learns it too late to forge one.
	name := wire.NewToken()
	arriving := make(chan *nats.Msg, size)
	r.mu.Lock()
	r.waiting[name] = arriving
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.waiting, name)
		r.mu.Unlock()
	}()
	for _, q := range questions {
		raw, err := json.Marshal(q)
		if err == nil {
			err = r.nc.PublishRequest(r.subject, r.inbox+name, raw)
		}
		if err != nil {
			return nil, err
		}
	}
	batch := questions[0].Batch > 0
	for left := len(questions); left > 0; {
		select {
		case m := <-arriving:
			done, err := addAnswer(&found, m, batch)
			if err != nil {
				return nil, err
			}
			if done {
				left--
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
	}
	return found, nil
}

var errHole = errors.New("an answer has a hole, perhaps from a reconnect")

// addAnswer adds one message of an answer. Status messages of the broker name no
// stream.
func addAnswer(found *[]stored, m *nats.Msg, batch bool) (done bool, err error) {
	if m.Header.Get("Nats-Stream") == "" {
		switch status := m.Header.Get("Status"); status {
		case "204":
			if batch && previous(m) != lastOf(*found) {
				return true, errHole
			}
			return true, nil
		case "404":
			return true, nil
		case "503":
			return true, errors.New("no server answers for it")
		default:
			return true, fmt.Errorf("%s %s", status, m.Header.Get("Description"))
		}
	}
	place, err := chatwire.ParseStored(m.Header)
	if err != nil {
		return true, err
	}
	if batch && previous(m) != lastOf(*found) {
		return true, errHole
	}
	*found = append(*found, stored{place, m.Data})
	return !batch, nil
}

func lastOf(found []stored) uint64 {
	if len(found) == 0 {
		return 0
	}
	return found[len(found)-1].Seq
}

// previous is the number of the message before m in the same answer.
func previous(m *nats.Msg) uint64 {
	values := m.Header["Nats-Last-Sequence"]
	if len(values) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(values[len(values)-1], 10, 64)
	if err != nil {
		return 1<<64 - 1
	}
	return n
}
