package checker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"parley/coordinator/txlog"
)

// Operation is one thing that a coordinator did to a log.
type Operation struct {
	// Writer is the process. Begin and End are the lines of the trace, which
	// are in the order in which things happened.
	Writer     int
	Begin, End int64
	txlog.Event
}

func (o *Operation) String() string {
	s := fmt.Sprintf("%d..%d process %d: %s", o.Begin, o.End, o.Writer, o.Do)
	if o.End == math.MaxInt64 {
		s = fmt.Sprintf("%d.. process %d: %s", o.Begin, o.Writer, o.Do)
	}
	switch o.Do {
	case txlog.DoAppend:
		s += fmt.Sprintf(" %s %s after %d", o.Kind, o.Nonce, o.Expect)
	case txlog.DoPurge:
		s += fmt.Sprintf(" before %d", o.Before)
	}
	return s + fmt.Sprintf(": %s %d", o.Answer, o.Seq)
}

// LogRecord is a record as the stream holds it.
type LogRecord struct {
	Log string
	txlog.Place
}

// ReadTrace reads what coordinators wrote with --trace-log. An operation that
// has no end, or no answer that is definite, ends never: whatever it did may
// happen at any later time. "Wrong last sequence" is not definite: a broker that
// is no longer the leader answers it of sequences that it has seen on their way,
// while the leader stores the record.
func ReadTrace(r io.Reader) (out []Operation, err error) {
	type name struct {
		pid int
		op  uint64
	}
	open := map[name]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for n := int64(1); lines.Scan(); n++ {
		var e struct {
			PID int `json:"pid"`
			txlog.Event
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("line %d of the trace: %w", n, err)
		}
		at := name{e.PID, e.Op}
		if e.Do != "" {
			open[at] = len(out)
			out = append(out, Operation{Writer: e.PID, Begin: n, End: math.MaxInt64, Event: e.Event})
			continue
		}
		i, ok := open[at]
		if !ok {
			return nil, fmt.Errorf("line %d of the trace ends an operation that was not begun", n)
		}
		delete(open, at)
		o := &out[i]
		o.Answer, o.Seq, o.Found = e.Answer, e.Seq, e.Found
		if e.Answer == txlog.Stored || e.Answer == txlog.Done {
			o.End = n
		}
	}
	return out, lines.Err()
}
