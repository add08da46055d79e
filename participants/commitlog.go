package participants

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"parley/internal/streams"
	"parley/wire/txwire"
)

// commitLog watches the stream of the commit logs. On another stream, or on one that
// went back to an older store, nobody knows of some commits, and a coordinator would
// have a branch in doubt aborted that others have committed. A coordinator that
// starts on an older store cannot know that it is one: the journals do.
type commitLog struct {
	s       *service
	binding *streams.Binding

	// looking is held during a look, which waits for the broker; began is when the
	// last one did.
	looking sync.Mutex
	began   time.Time

	mu      sync.Mutex
	retreat streams.Retreat
}

const (
	// watchStreamEvery is how often the stream is looked at, and the clock compared.
	watchStreamEvery = time.Second
	// lookTimeout bounds one look. Another one follows.
	lookTimeout = 5 * time.Second
)

// watch returns when ctx ends, or with a [*streams.Error] when the stream is lost, is
// another one, or was behind for so long that no stale read explains it.
func (l *commitLog) watch(ctx context.Context) error {
	return every(ctx, watchStreamEvery, func() error {
		if err := l.look(ctx); isStreamError(err) {
			return err
		}
		return nil // anything else may pass: it will be looked at again
	})
}

func isStreamError(err error) bool {
	_, is := errors.AsType[*streams.Error](err)
	return is
}

// look reads the state of the stream.
func (l *commitLog) look(ctx context.Context) error {
	l.looking.Lock()
	defer l.looking.Unlock()
	return l.lookNow(ctx)
}

// behind looks at the stream, unless another look began since the call. It reports
// true if the stream is behind, or cannot be looked at.
func (l *commitLog) behind(ctx context.Context) bool {
	asked := time.Now()
	l.looking.Lock()
	defer l.looking.Unlock()
	if l.began.Before(asked) {
		if err := l.lookNow(ctx); err != nil {
			return true
		}
	}
	return l.trouble() != nil
}

func (l *commitLog) lookNow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
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
		l.s.cfg.Log.Error("the commit log's stream is behind what it stored before: no branch in doubt is aborted until that is cleared up",
			"last_sequence", info.LastSeq, "stored_before", known, "stops_after", l.s.cfg.BehindFor)
	case ended:
		l.s.cfg.Log.Warn("the commit log's stream is no longer behind: the reads before were stale, or new records took the place of lost ones", "sequence", info.LastSeq)
	case l.retreat.For(now) > l.s.cfg.BehindFor:
		return streams.WentBack(txwire.LogStream().Name, "last sequence", info.LastSeq, known)
	}
	return nil
}

// trouble is not nil while the stream is behind. It does not wait for a look.
func (l *commitLog) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.retreat.Behind() {
		return nil
	}
	return fmt.Errorf("the stream %s went back, or is read stale: its last sequence is %d, and it had stored %d",
		txwire.LogStream().Name, l.retreat.Last, l.retreat.Known)
}

// acceptStore goes on with an older store than the one that had n stamps and more of
// this journal, because an operator accepted that what it lacks is gone for good.
func (s *service) acceptStore(ctx context.Context, n uint64) error {
	log, err := s.commitLog.binding.Check(ctx)
	if err != nil {
		return err
	}
	was := log.Incarnation + ", before an older store took its place,"
	if err := s.upkeep(ctx, func(j *journal, c *conn) error {
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

// recallKnown adds what the branches in doubt show of the stream: that their logs
// were opened.
func (j *journal) recallKnown(c *conn) error {
	v, err := c.one(j.sql.greatestOpen)
	if err != nil {
		return fmt.Errorf("reading what journal %s knows of the commit log's stream: %w", j.db.where(), err)
	}
	if seq, _ := v.(int64); seq > 0 {
		j.knows(uint64(seq))
	}
	return nil
}

// keepKnown stores what is known of the streams.
func (j *journal) keepKnown(c *conn) error {
	for name, n := range map[string]uint64{metaKnown: j.known.Load(), metaStamped: j.stamped.Load()} {
		if _, err := c.exec(j.sql.putMeta, name, strconv.FormatUint(n, 10)); err != nil {
			return fmt.Errorf("storing what is known of the broker's streams: %w", err)
		}
	}
	return nil
}
