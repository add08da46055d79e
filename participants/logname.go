package participants

import (
	"fmt"

	"parley/participants/driver"

	"parley/wire"
	"parley/wire/txwire"
)

// The ids of branch rows are integers: 23 bits for the log's number in this journal and
// 40 for the transaction's number in the log. They suffice for eight million restarts
// of coordinators within the window, and for 10^12 transactions of one process, which at
// 10,000/s take three years.
const (
	logBits = 23
	nBits   = 40
	maxN    = 1<<nBits - 1
	// maxLogs bounds the logs with branches in the journal: a start of a
	// coordinator every two seconds for a day. They are held in memory.
	maxLogs = 1 << 16
)

// logNames are the logs of the journal's branches, by name and number. There are few: one
// for each start of a coordinator within the window.
type logNames struct {
	byName   map[string]int64
	byNumber map[int64]string
	// replaced holds, by log, the incarnation of the stream that the log was in, for
	// logs that were in another one than the journal has stored now.
	replaced map[string]string
}

func (l *logNames) load(c driver.Conn, q *driver.Statements) error {
	l.byName, l.byNumber = make(map[string]int64), make(map[int64]string)
	return c.Rows(q.Logs, func(row driver.Scanner) error {
		var number int64
		var name string
		if err := row.Scan(&number, &name); err != nil {
			return err
		}
		if err := wire.CheckToken("log", name); err != nil {
			return fmt.Errorf("damaged row in logs: %w", err)
		}
		if number < 1 || number >= 1<<logBits {
			return fmt.Errorf("log %s has number %d, numbers end at %d: start a new journal", name, number, 1<<logBits-1)
		}
		l.byName[name], l.byNumber[number] = number, name
		return nil
	})
}

// loadReplaced reads which logs were in another incarnation of the stream than the
// journal has stored now. That changes only when a journal is opened.
func (l *logNames) loadReplaced(c driver.Conn, q *driver.Statements) error {
	l.replaced = make(map[string]string)
	return c.Rows(q.Replaced, func(row driver.Scanner) error {
		var log, incarnation string
		if err := row.Scan(&log, &incarnation); err != nil {
			return err
		}
		l.replaced[log] = incarnation
		return nil
	})
}

// key returns the integer for an id. ok is false for an unknown log, which has no
// branches.
func (l *logNames) key(id txwire.ID) (key int64, ok bool) {
	number, ok := l.byName[id.Log]
	return number<<nBits | int64(id.N), ok
}

func (l *logNames) id(key int64) (txwire.ID, error) {
	name, ok := l.byNumber[key>>nBits]
	if !ok {
		return txwire.ID{}, fmt.Errorf("damaged journal: branch %d belongs to log number %d, which is not in logs", key, key>>nBits)
	}
	return txwire.ID{Log: name, N: uint64(key & maxN)}, nil
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	default:
		return ""
	}
}
