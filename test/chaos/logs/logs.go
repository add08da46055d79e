// Package logs checks that what coordinators did to the commit logs is linearizable. It
// is apart from package checker for the library that searches for an order.
package logs

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"parley/coordinator/txlog"
	"parley/test/checker"
	"parley/wire/txwire"

	"github.com/anishathalye/porcupine"
)

// logState is a commit log as far as writers know it: the sequence of its last
// record, 0 when it is empty, and whether it was sealed.
type logState struct {
	last   uint64
	sealed bool
}

// logModel is what a log may do, one operation after the other. An append that
// was not acknowledged may have happened or not, now or later.
var logModel = porcupine.NondeterministicModel{
	Init:              func() []any { return []any{logState{}} },
	Step:              func(state, input, output any) []any { return step(state.(logState), input.(*checker.Operation)) },
	Equal:             func(a, b any) bool { return a == b },
	DescribeOperation: func(input, _ any) string { return input.(*checker.Operation).String() },
	DescribeState:     func(s any) string { return fmt.Sprintf("%+v", s) },
}

// step is every state that the log may be in after an operation, none if the
// operation cannot have ended so.
func step(s logState, o *checker.Operation) []any {
	switch o.Do {
	case txlog.DoPurge:
		if o.Before > 0 { // an owner never purges its last record
			return []any{s}
		}
		empty := logState{sealed: s.sealed}
		if o.Answer == txlog.Done {
			return []any{empty}
		}
		return []any{s, empty}
	case txlog.DoAppend:
		return appended(s, o)
	default:
		return []any{s}
	}
}

func appended(s logState, o *checker.Operation) []any {
	// Where it stands, or would: a record that nobody ever read has a place that
	// nobody can expect.
	after := logState{last: cmp.Or(o.Seq, math.MaxUint64), sealed: s.sealed || o.Kind == txwire.RecordSeal}
	fits := s.last == o.Expect && (!s.sealed || o.Kind == txwire.RecordSeal)
	switch {
	case o.Answer == txlog.Stored && fits && o.Seq > s.last:
		return []any{after}
	case o.Answer == txlog.Stored:
		return nil
	case fits:
		return []any{s, after}
	default:
		return []any{s}
	}
}

// checkFor bounds the search in one log. It takes milliseconds; one that takes
// minutes on any machine would not end.
const checkFor = 5 * time.Minute

// Check: what coordinators did to each log has an order in which it could have
// happened one after the other, and what was read or is stored was written.
func Check(s *checker.Stores) []checker.Violation {
	var wrong checker.Findings
	by, written := map[string][]*checker.Operation{}, map[record]*checker.Operation{}
	for i := range s.Trace {
		o := &s.Trace[i]
		by[o.Log] = append(by[o.Log], o)
		if o.Do == txlog.DoAppend {
			written[record{o.Log, o.Nonce}] = o
		}
	}
	seen := func(log string, p txlog.Place, where string) {
		o := written[record{log, p.Nonce}]
		switch {
		case o == nil || o.Kind != p.Kind:
			wrong.Add(checker.LogFalse, "%s: %s has %s %s at %d", log, where, p.Kind, p.Nonce, p.Seq)
		case o.Seq == 0:
			o.Seq = p.Seq
		case o.Seq != p.Seq:
			wrong.Add(checker.LogFalse, "%s: %s has %s at %d, its writer was answered %d", log, where, p.Nonce, p.Seq, o.Seq)
		}
	}
	for i := range s.Trace {
		for _, p := range s.Trace[i].Found {
			seen(s.Trace[i].Log, p, "a read")
		}
	}
	for _, r := range s.Logs {
		seen(r.Log, r.Place, "the stream")
	}
	for log, history := range by {
		settle(history, written)
		linearizable(&wrong, log, once(history))
	}
	slices.SortFunc(wrong, func(a, b checker.Violation) int { return cmp.Compare(a.Text, b.Text) })
	return wrong
}

// record names a record: nonces are unique within their log.
type record struct{ log, nonce string }

// settle gives every try of a record the place at which one of them was found.
func settle(history []*checker.Operation, written map[record]*checker.Operation) {
	for _, o := range history {
		if o.Do == txlog.DoAppend && o.Seq == 0 {
			o.Seq = written[record{o.Log, o.Nonce}].Seq
		}
	}
}

// once leaves out tries of a record after the first, where neither has a definite
// answer: whatever they did, the first may have done. While brokers elect there
// are a hundred, and the search would take them in every order. A record that
// expects nothing can be stored twice, before and after a purge, so it stays.
func once(history []*checker.Operation) (out []*checker.Operation) {
	tried := map[string]bool{}
	for _, o := range history {
		open := o.Do == txlog.DoAppend && o.End == math.MaxInt64 && o.Expect > 0
		if open && tried[o.Nonce] {
			continue
		}
		tried[o.Nonce] = tried[o.Nonce] || open
		out = append(out, o)
	}
	return out
}

func linearizable(f *checker.Findings, log string, history []*checker.Operation) {
	for _, part := range split(history) {
		m := logModel
		m.Init = func() []any { return []any{part.from} }
		ops := make([]porcupine.Operation, 0, len(part.ops))
		for _, o := range part.ops {
			ops = append(ops, porcupine.Operation{ClientId: o.Writer, Input: o, Call: o.Begin, Output: o, Return: o.End})
		}
		switch porcupine.CheckOperationsTimeout(m.ToModel(), ops, checkFor) {
		case porcupine.Illegal:
			f.Add(checker.LogBroken, "%s: no order of these %d operations is possible%s", log, len(ops), part.around())
		case porcupine.Unknown:
			f.Add(checker.LogBroken, "%s: no order of these %d operations was found within %v", log, len(ops), checkFor)
		}
	}
}

// part is some operations on a log, and the state before them.
type part struct {
	from logState
	ops  []*checker.Operation
}

// partSize is how many operations a part has at least: the search is fast in
// short histories, and needs memory for long ones.
const partSize = 500

// split divides a history where its state is known for sure: behind a record
// that was stored while nobody else did anything. What has no answer yet expects
// an earlier record, and cannot happen any more.
func split(history []*checker.Operation) (parts []part) {
	now := part{}
	busy := int64(-1) // the last end of an operation with an answer
	var writes []*checker.Operation
	for _, o := range history {
		if o.Do != txlog.DoRead {
			writes = append(writes, o)
		}
	}
	for i, o := range writes {
		now.ops = append(now.ops, o)
		alone := o.Begin > busy && (i+1 == len(writes) || writes[i+1].Begin > o.End)
		if o.Answer == txlog.Stored && alone && len(now.ops) >= partSize {
			parts = append(parts, now)
			now = part{from: logState{last: o.Seq, sealed: o.Kind == txwire.RecordSeal || now.from.sealed}}
		}
		if o.End != math.MaxInt64 {
			busy = max(busy, o.End)
		}
	}
	return append(parts, now)
}

// around shows the operations beside the first that does not fit, taken one
// after the other.
func (p *part) around() string {
	possible, history := []any{p.from}, p.ops
	for i, o := range history {
		var next []any
		for _, s := range possible {
			next = append(next, step(s.(logState), o)...)
		}
		if len(next) == 0 {
			text := ""
			for _, o := range history[max(0, i-5):min(len(history), i+4)] {
				text += "\n    " + o.String()
			}
			return text
		}
		possible = next
		if len(possible) > 64 {
			break
		}
	}
	return ""
}
