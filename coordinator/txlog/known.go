package txlog

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// known is what the stream is known to have stored. A stream never assigns a
// sequence twice and never loses what it acknowledged, so one that does either went
// back: its store was replaced by an older one.
type known struct {
	mu sync.Mutex
	// seq is the highest sequence that was acknowledged, or that the leader
	// reported.
	seq uint64
	// mine is the newest record that was acknowledged here, in the log named log;
	// its Seq is 0 without one.
	mine Place
	log  string
	// behind means that the stream's last sequence was below seq at the last check.
	behind bool
	// connection is the reconnect count of the connection at the last check of the
	// stream. Stores are replaced while brokers are stopped, so another connection
	// may lead to another store.
	connection uint64
}

// ErrBehind is returned for writes to a stream that is behind.
var ErrBehind = errors.New("the stream is behind what it had stored")

// Known returns the highest sequence that the stream is known to have stored. Call
// it before a request for the stream's last sequence: sequences that become known
// during the request may be higher than a correct answer.
func (l *Log) Known() uint64 {
	l.known.mu.Lock()
	defer l.known.mu.Unlock()
	return l.known.seq
}

// Reported records a last sequence that the stream's leader reported, and compares
// it with the result of [Log.Known] before that request.
func (l *Log) Reported(known, last uint64) (behind bool) {
	l.known.mu.Lock()
	defer l.known.mu.Unlock()
	l.known.seq = max(l.known.seq, last)
	l.known.behind = last < known
	return l.known.behind
}

// mayWrite returns an error while nothing may be written: the stream is behind, or
// it cannot be checked over a new connection. On a store that was replaced by an
// older one, an owner's append could commit what a lost seal has aborted.
func (l *Log) mayWrite(ctx context.Context) error {
	nc := l.js.Conn()
	if !nc.IsConnected() {
		return nats.ErrDisconnected // a publish now could be the first over the next connection
	}
	connection := nc.Stats().Reconnects // read after IsConnected, so that it counts a reconnect in between
	l.known.mu.Lock()
	known, checked := l.known.seq, !l.known.behind && l.known.connection == connection
	l.known.mu.Unlock()
	if checked {
		return nil
	}
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("checking stream %s over a new connection: %w", l.spec.Name, err)
	}
	if l.Reported(known, info.State.LastSeq) {
		return fmt.Errorf("%w: stream %s has last sequence %d and had %d", ErrBehind, l.spec.Name, info.State.LastSeq, known)
	}
	l.known.mu.Lock()
	defer l.known.mu.Unlock()
	l.known.connection = connection
	return nil
}

// acknowledged records the sequence of an append. It returns a [*streams.Error] if
// the stream assigned a sequence again: before is the result of [Log.Known] before
// the append was sent, and a later append must have a higher sequence.
func (l *Log) acknowledged(log string, before, seq uint64, r txwire.Record) error {
	if seq <= before {
		return streams.WentBack(l.spec.Name, "last sequence", seq, before)
	}
	l.known.mu.Lock()
	defer l.known.mu.Unlock()
	l.known.seq = max(l.known.seq, seq)
	if seq > l.known.mine.Seq {
		l.known.mine, l.known.log = Place{Seq: seq, Nonce: r.Nonce, Kind: r.Kind}, log
	}
	return nil
}

// CheckNewest reads the newest record that was acknowledged here. It returns a
// [*streams.Error] if another one is in its place. A missing record proves nothing:
// it may have been purged, or the read is stale.
func (l *Log) CheckNewest(ctx context.Context) error {
	l.known.mu.Lock()
	mine, log := l.known.mine, l.known.log
	l.known.mu.Unlock()
	if mine.Seq == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	raw, err := l.stream.GetMsg(ctx, mine.Seq)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("reading sequence %d of stream %s: %w", mine.Seq, l.spec.Name, err)
	}
	r, err := wire.Decode[txwire.Record](raw.Data)
	if err == nil && raw.Subject == txwire.LogSubject(log) && r.Nonce == mine.Nonce {
		return nil
	}
	return streams.Overwritten(l.spec.Name, mine.Seq,
		fmt.Sprintf("the record %.40q of %.80s", r.Nonce, raw.Subject),
		fmt.Sprintf("the record %q of %s", mine.Nonce, txwire.LogSubject(log)))
}
