package participants

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/participants/driver"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// stampEvery is how often a journal is stamped. A backup that was made since
	// the last stamp cannot be distinguished from the journal.
	stampEvery = time.Minute
	// stampTimeout bounds one request to the broker about stamps.
	stampTimeout = 5 * time.Second
	// stampPause is between two attempts at the start.
	stampPause = 250 * time.Millisecond
	// maxFirstStamps bounds the attempts at the start that find the stamp of another
	// process.
	maxFirstStamps = 3
)

// stamp is the newest one that the journal itself knows of. Of one number there is
// one, unless there are two files.
type stamp struct {
	n       uint64
	process string
}

func (s stamp) String() string { return strconv.FormatUint(s.n, 10) + ":" + s.process }

// parseStamp is the inverse of String; the zero stamp is empty.
func parseStamp(s string) (stamp, error) {
	if s == "" {
		return stamp{}, nil
	}
	n, process, _ := strings.Cut(s, ":")
	number, err := strconv.ParseUint(n, 10, 64)
	return stamp{number, process}, err
}

// of reports whether a stamp that was read from the stream is this one.
func (s stamp) of(w *txwire.Stamp) bool { return w.N == s.n && w.Process == s.process }

// stamps keep the journal's stamp in the stream, as [txwire.Stamp] documents. The journal
// has the next one first: after a crash between the two it is ahead of the stream,
// which proves nothing. Each write has the condition that the last stamp in the
// stream is the one before, so that of two processes on copies of one journal the
// second finds the first.
type stamps struct {
	s       *service
	js      jetstream.JetStream
	stream  jetstream.Stream
	process string
	// seq is the sequence of the last stamp in the stream; unsure that this has to
	// be read again.
	seq    uint64
	unsure bool
}

// subject is that of this journal.
func (p *stamps) subject() string { return txwire.StampSubject(p.s.cfg.Name, p.s.journal.id) }

// begin makes the first stamp of this start. While the brokers are away it waits.
func (p *stamps) begin(ctx context.Context) error {
	if _, err := streams.Await(ctx, p.js, txwire.JournalStream(), p.s.cfg.Log); err != nil {
		return err
	}
	var err error
	if p.stream, err = streams.Open(ctx, p.js, txwire.JournalStream(), p.s.cfg.Log); err != nil {
		return err
	}
	for try := 1; ; try++ {
		last, err := p.last(ctx)
		if err == nil {
			err = p.compare(ctx, last)
		}
		if err == nil {
			err = p.next(ctx)
		}
		// A last write of the process before this one may have been stored meanwhile.
		// A copy would have answered.
		_, twin := errors.AsType[*TwinError](err)
		again := twin && try < maxFirstStamps || streams.Unavailable(err) || errors.Is(err, errUnclear)
		if err == nil || ctx.Err() != nil || !again {
			return err
		}
		p.s.cfg.Log.Warn("the journal's stamp cannot be stored yet", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(stampPause):
		}
	}
}

// errUnclear: the stamp may be stored or not.
var errUnclear = errors.New("it is not known whether the broker stored the stamp")

// last reads the newest stamp of this journal from the stream, nil if there is
// none. While nobody can answer it asks again.
func (p *stamps) last(ctx context.Context) (*txwire.Stamp, error) {
	for {
		raw, err := p.read(ctx)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			p.seq, p.unsure = 0, false
			return nil, nil
		case err == nil:
			w, err := wire.Decode[txwire.Stamp](raw.Data)
			if err != nil {
				return nil, fmt.Errorf("the stamp at sequence %d of %s: %w", raw.Sequence, txwire.JournalStream().Name, err)
			}
			p.seq, p.unsure = raw.Sequence, false
			return &w, nil
		case ctx.Err() != nil || !streams.Unavailable(err):
			return nil, fmt.Errorf("reading the last stamp on %s: %w", p.subject(), err)
		}
		p.s.cfg.Log.Warn("waiting for the brokers", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(stampPause):
		}
	}
}

func (p *stamps) read(ctx context.Context) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	return p.stream.GetLastMsgForSubject(ctx, p.subject())
}

// compare finds out whether the journal went back since its last stamp, and
// whether it is a new one where there was another.
func (p *stamps) compare(ctx context.Context, last *txwire.Stamp) error {
	j := p.s.journal
	last, err := p.notBack(ctx, last, p.s.cfg.AcceptIncarnation == j.incarnation)
	if err != nil {
		return err
	}
	switch {
	case last == nil && j.stamp.n == 0:
		return p.firstEver(ctx)
	case last == nil || last.N < j.stamp.n || j.stamp.of(last):
		return nil
	}
	p.s.cfg.Log.Error("this journal went back: it is a backup that was restored, or a copy. What it had promised since then is lost: "+
		"commits of branches that it does not have will be refused and reported as violations",
		"journal", j.id, "database", j.db.Where(), "stamp", j.stamp.n, "last_stamp", last.N, "last_stamp_at", time.UnixMilli(last.At), "by", last.Name)
	j.stamp.n = last.N
	return p.s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.raiseFloor(c, p.s.floor()) }, nil)
}

// notBack returns the newest stamp in the stream, or an error if the stream lacks one
// that it acknowledged, once a stale read cannot explain that. Nobody else writes this
// journal's stamps, so an older store was put under the brokers, and commits may be
// missing in it. accept goes on with it all the same.
func (p *stamps) notBack(ctx context.Context, last *txwire.Stamp, accept bool) (*txwire.Stamp, error) {
	j := p.s.journal
	var retreat streams.Retreat
	for {
		var n uint64
		if last != nil {
			n = last.N
		}
		now, stamped := time.Now(), j.stamped.Load()
		began, _ := retreat.Seen(stamped, n, now)
		switch {
		case !retreat.Behind():
			return last, nil
		case accept:
			return last, p.s.acceptStore(ctx, n)
		case retreat.For(now) > p.s.cfg.BehindFor:
			return nil, streams.WentBack(txwire.JournalStream().Name, "for journal "+j.id+" the last stamp", n, stamped)
		case began:
			p.s.cfg.Log.Error("the stream of the stamps lacks stamps of this journal which it had acknowledged: an older store was put under the brokers",
				"last_stamp", n, "stored_before", stamped, "stops_after", p.s.cfg.BehindFor)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(stampPause):
		}
		var err error
		if last, err = p.last(ctx); err != nil {
			return nil, err
		}
	}
}

// firstEver lets a journal begin that was never stamped, unless another one of
// the participant was.
func (p *stamps) firstEver(ctx context.Context) error {
	if p.s.cfg.NewJournal {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	info, err := p.stream.Info(ctx, jetstream.WithSubjectFilter(txwire.StampFilter(p.s.cfg.Name)))
	if err != nil {
		return fmt.Errorf("looking for other journals of participant %s: %w", p.s.cfg.Name, err)
	}
	var others []string
	for subject := range info.State.Subjects {
		if _, journal, err := txwire.ParseStampSubject(subject); err == nil && journal != p.s.journal.id {
			others = append(others, journal)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return &NewJournalError{Participant: p.s.cfg.Name, Journal: p.s.journal.id, Path: p.s.journal.db.Where(), Others: others}
}

// next makes the next stamp durable in the journal, and then in the stream.
func (p *stamps) next(ctx context.Context) error {
	if p.unsure {
		last, err := p.last(ctx)
		if err != nil {
			return err
		}
		if last != nil && last.N >= p.s.journal.stamp.n && !p.s.journal.stamp.of(last) {
			return p.twin(last)
		}
		if _, err := p.notBack(ctx, last, false); err != nil {
			return err
		}
	}
	next := stamp{p.s.journal.stamp.n + 1, p.process}
	if err := p.s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.putStamp(c, next) }, nil); err != nil {
		return err
	}
	p.s.journal.stamp = next
	if err := p.store(ctx, next); err != nil {
		return err
	}
	p.s.journal.stamped.Store(next.n)
	return p.s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.keepKnown(c) }, nil)
}

// store writes a stamp to the stream.
func (p *stamps) store(ctx context.Context, next stamp) error {
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	mark := natsconn.NewMark(p.s.deps.NATS)
	ack, err := p.js.PublishMsg(
		ctx, &nats.Msg{Subject: p.subject(), Data: wire.Encode(p.message(next))},
		jetstream.WithExpectStream(txwire.JournalStream().Name),
		jetstream.WithExpectLastSequencePerSubject(p.seq),
		jetstream.WithRetryAttempts(0),
	)
	if err == nil {
		p.seq = ack.Sequence
		return nil
	}
	if denied := mark.Publish(p.subject()); denied != nil {
		return denied
	}
	p.unsure = true
	if streams.WrongLast(err) {
		// A write without an answer may have been stored, or a copy's.
		last, readErr := p.last(ctx)
		switch {
		case readErr != nil:
			return errors.Join(errUnclear, readErr)
		case last != nil && next.of(last):
			return nil
		case last != nil && last.Process != p.process:
			return p.twin(last)
		}
	}
	return fmt.Errorf("%w: storing a stamp on %s: %w", errUnclear, p.subject(), err)
}

func (p *stamps) message(s stamp) txwire.Stamp {
	return txwire.Stamp{
		V: wire.Version, Participant: p.s.cfg.Name, Journal: p.s.journal.id,
		N: s.n, Process: s.process, Name: p.s.deps.NATS.Opts.Name, At: p.s.clock.Now().UnixMilli(),
	}
}

func (p *stamps) twin(last *txwire.Stamp) *TwinError {
	return &TwinError{Participant: p.s.cfg.Name, Journal: p.s.journal.id, Path: p.s.journal.db.Where(), Others: []string{last.Name}}
}

// run stamps every minute until ctx ends, and returns nil, or with a
// [*streams.Error] when the stream of the stamps went back.
func (p *stamps) run(ctx context.Context) error {
	return every(ctx, stampEvery, func() error {
		if p.s.standing.disputed() {
			return nil
		}
		err := p.next(ctx)
		twin, is := errors.AsType[*TwinError](err)
		switch {
		case is:
			p.s.dispute(ctx, twin)
		case isStreamError(err):
			return err
		case err != nil && ctx.Err() == nil:
			p.s.cfg.Log.Warn("the journal's stamp cannot be stored; it is tried again", "error", err)
		}
		return nil
	})
}

// floor is what a journal that went back now does not know: what could have been
// prepared until now.
func (s *service) floor() int64 { return s.clock.Now().Add(txwire.MaxDeadline).UnixMilli() }

// raiseFloor makes the floor durable.
func (j *journal) raiseFloor(c driver.Conn, floor int64) error {
	if floor <= j.floor {
		return nil
	}
	if _, err := c.Exec(j.sql.PutMeta, metaFloor, strconv.FormatInt(floor, 10)); err != nil {
		return fmt.Errorf("noting that journal %s went back: %w", j.db.Where(), err)
	}
	// What follows from it is refused in any case, so that it may come early.
	j.floor = floor
	return nil
}

func (j *journal) putStamp(c driver.Conn, s stamp) error {
	if _, err := c.Exec(j.sql.PutMeta, metaStamp, s.String()); err != nil {
		return fmt.Errorf("stamping journal %s: %w", j.db.Where(), err)
	}
	return nil
}
