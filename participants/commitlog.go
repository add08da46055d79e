package participants

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"parley/participants/driver"

	"parley/internal/streams"
	"parley/wire/txwire"
)

// commitLog watches the stream of the commit logs. In a recreated stream, or one that
// went back to an older store, commits are missing, and a coordinator would abort a
// branch in doubt that other participants have committed. A coordinator that starts on
// an older store cannot detect that; the journals can.
type commitLog struct {
	s       *service
	binding *streams.Binding

	// reading is held during a read of the stream's state, which waits for the broker;
	// began is when the last one started.
	reading sync.Mutex
	began   time.Time

	mu      sync.Mutex
	retreat streams.Retreat
}

const (
	// watchStreamEvery is how often the stream is read and the clock compared.
	watchStreamEvery = time.Second
	// readTimeout bounds one read. Another one follows.
	readTimeout = 5 * time.Second
)

// watch returns when ctx ends, or with a [*streams.Error] when the stream is lost or
// recreated, or was behind for longer than a stale read can explain.
func (l *commitLog) watch(ctx context.Context) error {
	return every(ctx, watchStreamEvery, func() error {
		if err := l.read(ctx); isStreamError(err) {
			return err
		}
		return nil // other errors may be temporary: it is read again
	})
}

func isStreamError(err error) bool {
	_, is := errors.AsType[*streams.Error](err)
	return is
}

// read reads the state of the stream.
func (l *commitLog) read(ctx context.Context) error {
	l.reading.Lock()
	defer l.reading.Unlock()
	return l.readLocked(ctx)
}

// behind reads the stream's state, unless another read began since the call. It reports
// true if the stream is behind, or cannot be read.
func (l *commitLog) behind(ctx context.Context) bool {
	called := time.Now()
	l.reading.Lock()
	defer l.reading.Unlock()
	if l.began.Before(called) {
		if err := l.readLocked(ctx); err != nil {
			return true
		}
	}
	return l.trouble() != nil
}

// readLocked is read with l.reading held.
func (l *commitLog) readLocked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began, known := time.Now(), l.s.journal.known.Load()
	info, err := l.binding.CheckOnce(ctx)
	if err != nil {
		return err
	}
	l.s.clock.Observe(info.Asked, info.Answered, info.ServerTime)
	l.s.journal.knows(info.LastSeq)
	l.began = began
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	first, ended := l.retreat.Seen(known, info.LastSeq, now)
	switch {
	case first:
		l.s.cfg.Log.Error("the commit log's stream is behind what it stored before: no branch in doubt is aborted until that is resolved",
			"last_sequence", info.LastSeq, "stored_before", known, "stops_after", l.s.cfg.BehindFor)
	case ended:
		l.s.cfg.Log.Warn("the commit log's stream is no longer behind: the earlier reads were stale, or new records replaced lost ones", "sequence", info.LastSeq)
	case l.retreat.For(now) > l.s.cfg.BehindFor:
		return streams.WentBack(txwire.LogStream().Name, "last sequence", info.LastSeq, known)
	}
	return nil
}

// trouble returns an error while the stream is behind. It does not wait for a read.
func (l *commitLog) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.retreat.Behind() {
		return nil
	}
	return fmt.Errorf("the stream %s went back, or is read stale: its last sequence is %d, and it had stored %d",
		txwire.LogStream().Name, l.retreat.Last, l.retreat.Known)
}

// acceptStore continues with a store that is older than the one with at least n stamps of
// this journal, since an operator accepted that the missing records are lost.
func (s *service) acceptStore(ctx context.Context, n uint64) error {
	log, err := s.commitLog.binding.Check(ctx)
	if err != nil {
		return err
	}
	was := log.Incarnation + ", before an older store took its place,"
	if err := s.upkeep(ctx, func(j *journal, c driver.Conn) error {
		j.stamped.Store(n)
		if err := j.acceptIncarnation(c, &s.cfg, was, log); err != nil {
			return err
		}
		return j.logs.loadReplaced(c, j.sql)
	}, nil); err != nil {
		return err
	}
	s.doubts.wereIn(was)
	return nil
}

// recallKnown derives from the branches in doubt a sequence that the stream had stored:
// that of the opening of their logs.
func (j *journal) recallKnown(c driver.Conn) error {
	v, err := driver.One(c, j.sql.GreatestOpen)
	if err != nil {
		return fmt.Errorf("reading what journal %s knows of the commit log's stream: %w", j.db.Where(), err)
	}
	if seq, _ := v.(int64); seq > 0 {
		j.knows(uint64(seq))
	}
	return nil
}

// keepKnown stores what is known about the streams.
func (j *journal) keepKnown(c driver.Conn) error {
	for name, n := range map[string]uint64{metaKnown: j.known.Load(), metaStamped: j.stamped.Load()} {
		if _, err := c.Exec(j.sql.PutMeta, name, strconv.FormatUint(n, 10)); err != nil {
			return fmt.Errorf("storing what is known about the broker's streams: %w", err)
		}
	}
	return nil
}
