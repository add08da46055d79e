package participants

import (
	"fmt"
	"strconv"
	"time"

	"parley/participants/driver"
)

// openTime counts for how long the journal has been open, over all its starts. It
// advances by the monotonic clock while the journal is open, so that neither a
// wall clock that steps nor time in which the participant was stopped ages what
// has finished. It is stored every minute; after a crash it repeats at most that,
// which collects later, never earlier.
type openTime struct {
	before time.Duration
	since  time.Time
}

// now is the count, in milliseconds.
func (o openTime) now() int64 { return (o.before + time.Since(o.since)).Milliseconds() }

// loadHistory reads the open time, the mark, the floor, what is known of the
// streams and the stamp; a journal
// without them is new, or was last written by a build that kept none.
func (j *journal) loadHistory(c driver.Conn) error {
	opened, err := j.number(c, metaOpened)
	if err != nil {
		return err
	}
	if j.mark, err = j.number(c, metaMark); err != nil {
		return err
	}
	if j.floor, err = j.number(c, metaFloor); err != nil {
		return err
	}
	known, err := j.number(c, metaKnown)
	if err != nil {
		return err
	}
	stamped, err := j.number(c, metaStamped)
	if err != nil {
		return err
	}
	j.known.Store(uint64(known))
	j.stamped.Store(uint64(stamped))
	last, err := driver.One(c, j.sql.GetMeta, metaStamp)
	if err != nil {
		return err
	}
	if j.stamp, err = parseStamp(text(last)); err != nil {
		return fmt.Errorf("journal %s is damaged: %s: %w", j.db.Where(), metaStamp, err)
	}
	disputed, err := driver.One(c, j.sql.GetMeta, metaDisputed)
	if err != nil {
		return err
	}
	j.opened, j.disputed = openTime{before: time.Duration(opened) * time.Millisecond, since: time.Now()}, text(disputed)
	return nil
}

// keepOpenTime stores how long the journal has been open.
func (j *journal) keepOpenTime(c driver.Conn) error {
	if _, err := c.Exec(j.sql.PutMeta, metaOpened, strconv.FormatInt(j.opened.now(), 10)); err != nil {
		return fmt.Errorf("storing for how long the journal was open: %w", err)
	}
	return nil
}

// number reads a number from the table meta, 0 if it is not there.
func (j *journal) number(c driver.Conn, name string) (int64, error) {
	v, err := driver.One(c, j.sql.GetMeta, name)
	if err != nil || v == nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text(v), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("journal %s is damaged: %s: %w", j.db.Where(), name, err)
	}
	return n, nil
}
