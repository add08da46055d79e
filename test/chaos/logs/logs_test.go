package logs

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"parley/coordinator/txlog"
	"parley/test/checker"
	"parley/wire/txwire"
)

// script is a handmade trace, in the form that coordinators write.
type script struct {
	strings.Builder
	ops uint64
}

// call begins an append, and returns what ends it.
func (s *script) call(nonce string, kind txwire.RecordKind, expect uint64) (end func(answer txlog.Answer, seq uint64)) {
	s.ops++
	op := s.ops
	fmt.Fprintf(s, `{"pid":1,"do":"append","op":%d,"log":"l","expect":%d,"nonce":%q,"kind":%q}`+"\n", op, expect, nonce, kind)
	return func(answer txlog.Answer, seq uint64) {
		fmt.Fprintf(s, `{"pid":1,"op":%d,"answer":%q,"seq":%d}`+"\n", op, answer, seq)
	}
}

func (s *script) append(nonce string, kind txwire.RecordKind, expect uint64, answer txlog.Answer, seq uint64) {
	s.call(nonce, kind, expect)(answer, seq)
}

func (s *script) read(found string) {
	s.ops++
	fmt.Fprintf(s, `{"pid":1,"do":"read","op":%d,"log":"l"}`+"\n", s.ops)
	fmt.Fprintf(s, `{"pid":1,"op":%d,"answer":"done","found":[%s]}`+"\n", s.ops, found)
}

func (s *script) purge(before uint64, answer txlog.Answer) {
	s.ops++
	fmt.Fprintf(s, `{"pid":1,"do":"purge","op":%d,"log":"l","before":%d}`+"\n", s.ops, before)
	fmt.Fprintf(s, `{"pid":1,"op":%d,"answer":%q}`+"\n", s.ops, answer)
}

func TestLogs(t *testing.T) {
	const open, commits, seal = txwire.RecordOpen, txwire.RecordCommits, txwire.RecordSeal
	for _, tt := range []struct {
		name   string
		want   []checker.Rule
		script func(*script)
		stored []checker.LogRecord
	}{
		{"from open to seal and purge", nil, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Stored, 8)
			s.append("c", seal, 8, txlog.Stored, 9)
			s.purge(0, txlog.Done)
		}, nil},
		{"a commit behind a seal", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", seal, 5, txlog.Stored, 6)
			s.append("c", commits, 6, txlog.Stored, 7)
		}, nil},
		{"two in one place", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Stored, 6)
			s.append("c", seal, 5, txlog.Stored, 7)
		}, nil},
		{"a seal at the same time, and one of them wins", nil, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			b, c := s.call("b", commits, 5), s.call("c", seal, 5)
			c(txlog.Stored, 6)
			b(txlog.Refused, 0)
		}, nil},
		{"a seal at the same time, and both win", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			b, c := s.call("b", commits, 5), s.call("c", seal, 5)
			c(txlog.Stored, 6)
			b(txlog.Stored, 7)
		}, nil},
		{"without an answer, and stored later", nil, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Unknown, 0)
			s.append("b", commits, 5, txlog.Refused, 0)
			s.read(`{"seq":6,"nonce":"b","kind":"commits"}`)
			s.append("c", commits, 6, txlog.Stored, 7)
		}, nil},
		{"without an answer, and never stored", nil, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Unknown, 0)
			s.append("c", seal, 5, txlog.Stored, 6)
		}, nil},
		{"refused by one broker, and stored by another", nil, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Refused, 0)
			s.append("b", commits, 5, txlog.Refused, 0)
			s.read(`{"seq":6,"nonce":"b","kind":"commits"}`)
			s.append("c", commits, 6, txlog.Stored, 7)
		}, nil},
		{"refused, and stored behind another", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Refused, 0)
			s.append("c", seal, 5, txlog.Stored, 6)
			s.read(`{"seq":7,"nonce":"b","kind":"commits"}`)
			s.append("d", seal, 7, txlog.Stored, 8)
		}, nil},
		{"its writer died, and it is stored after the seal", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.call("b", commits, 5)
			s.append("c", seal, 5, txlog.Stored, 6)
			s.read(`{"seq":7,"nonce":"b","kind":"commits"}`)
			s.append("d", seal, 7, txlog.Stored, 8)
		}, nil},
		{"a sealed log that was purged is opened again", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", seal, 5, txlog.Stored, 6)
			s.purge(0, txlog.Done)
			s.append("c", open, 0, txlog.Stored, 9)
		}, nil},
		{"sequences go back", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.append("b", commits, 5, txlog.Stored, 4)
		}, nil},
		{"read, and nobody wrote it", []checker.Rule{checker.LogFalse}, func(s *script) {
			s.append("a", open, 0, txlog.Stored, 5)
			s.read(`{"seq":6,"nonce":"x","kind":"commits"}`)
		}, nil},
		{
			"stored, and nobody wrote it",
			[]checker.Rule{checker.LogFalse},
			func(s *script) { s.append("a", open, 0, txlog.Stored, 5) },
			[]checker.LogRecord{{Log: "l", Place: txlog.Place{Seq: 9, Nonce: "x", Kind: commits}}},
		},
		{
			"stored elsewhere than its writer was answered",
			[]checker.Rule{checker.LogFalse},
			func(s *script) { s.append("a", open, 0, txlog.Stored, 5) },
			[]checker.LogRecord{{Log: "l", Place: txlog.Place{Seq: 9, Nonce: "a", Kind: open}}},
		},
		{"long", nil, func(s *script) {
			s.append("open", open, 0, txlog.Stored, 1)
			for n := range uint64(5000) {
				nonce := fmt.Sprint("n", n)
				if n%7 == 0 {
					s.append(nonce, commits, n+1, txlog.Unknown, 0)
				}
				s.append(nonce, commits, n+1, txlog.Stored, n+2)
			}
		}, nil},
		{"long, and wrong at the end", []checker.Rule{checker.LogBroken}, func(s *script) {
			s.append("open", open, 0, txlog.Stored, 1)
			for n := range uint64(5000) {
				s.append(fmt.Sprint("n", n), commits, n+1, txlog.Stored, n+2)
			}
			s.append("late", commits, 4000, txlog.Stored, 6000)
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s script
			tt.script(&s)
			trace, err := checker.ReadTrace(strings.NewReader(s.String()))
			if err != nil {
				t.Fatal(err)
			}
			if found := Check(&checker.Stores{Trace: trace, Logs: tt.stored}); !slices.Equal(checker.Rules(found), tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
}

// While brokers elect a record is tried a hundred times. That a history is wrong
// is found all the same, not only that nothing was found in time.
func TestLogsWithManyTries(t *testing.T) {
	var s script
	s.append("a", txwire.RecordOpen, 0, txlog.Stored, 5)
	for range 100 {
		s.append("b", txwire.RecordCommits, 5, txlog.Unknown, 0)
		s.append("c", txwire.RecordSeal, 5, txlog.Unknown, 0)
	}
	s.append("d", txwire.RecordCommits, 7, txlog.Stored, 8)
	trace, err := checker.ReadTrace(strings.NewReader(s.String()))
	if err != nil {
		t.Fatal(err)
	}
	found := Check(&checker.Stores{Trace: trace})
	if len(found) != 1 || !strings.Contains(found[0].Text, "is possible") {
		t.Errorf("found %v, want one history that is not possible", found)
	}
}

func TestReadTrace(t *testing.T) {
	var s script
	s.append("a", txwire.RecordOpen, 0, txlog.Stored, 5)
	s.append("b", txwire.RecordCommits, 5, txlog.Unknown, 0)
	s.call("c", txwire.RecordSeal, 5)
	trace, err := checker.ReadTrace(strings.NewReader(s.String()))
	if err != nil || len(trace) != 3 {
		t.Fatalf("%d operations, %v", len(trace), err)
	}
	if o := trace[0]; o.Begin != 1 || o.End != 2 || o.Seq != 5 || o.Nonce != "a" {
		t.Errorf("the first is %v", &o)
	}
	for _, o := range trace[1:] {
		if o.End != math.MaxInt64 {
			t.Errorf("%v has no answer, and an end", &o)
		}
	}
	for _, bad := range []string{"{", `{"pid":1,"op":1,"answer":"done"}`} {
		if _, err := checker.ReadTrace(strings.NewReader(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}
