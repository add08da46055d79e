package participants

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/wire"
	"parley/wire/txwire"
)

// moody is a resource that fails for some branches.
type moody struct {
	f *faulty
	// fails are the branches, and what each method returns for them.
	fails map[txwire.ID]error
	// calls counts the attempts of each branch.
	calls map[txwire.ID]int
}

func newMoody() *moody {
	return &moody{fails: make(map[txwire.ID]error), calls: make(map[txwire.ID]int)}
}

func (m *moody) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS marks (n INTEGER, of TEXT)")
	return err
}

func (m *moody) mark(ctx context.Context, tx *sqlite.Tx, b Branch, of string) error {
	m.calls[b.ID]++
	if err := m.f.exec(ctx, tx, "INSERT INTO marks VALUES (?,?)", int64(b.ID.N), of); err != nil {
		return err
	}
	return m.fails[b.ID]
}

func (m *moody) Prepare(ctx context.Context, tx *sqlite.Tx, b Branch) (json.RawMessage, error) {
	return nil, m.mark(ctx, tx, b, "prepare")
}

func (m *moody) Commit(ctx context.Context, tx *sqlite.Tx, b Branch) error {
	return m.mark(ctx, tx, b, "commit")
}

func (m *moody) Abort(ctx context.Context, tx *sqlite.Tx, b Branch) error {
	return m.mark(ctx, tx, b, "abort")
}

// marks is how many of one kind are in the database.
func (b *bench) marks(of string) (n int) {
	b.t.Helper()
	n, err := b.s.journal.count(b.t.Context(), "SELECT count(*) FROM marks WHERE of=?", of)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

var errMood = errors.New("the row to change is missing")

// A branch that fails is attempted again only when its pause has ended, however
// often messages about it arrive. It is logged once, listed, and normal again
// once it succeeds.
func TestFailingBranchPauses(t *testing.T) {
	var log bytes.Buffer
	r := newMoody()
	b := newBenchOf(t, false, r, slog.New(slog.NewTextHandler(&log, nil)))
	o := b.commits(1)[0]
	r.calls[o.id] = 0
	r.fails[o.id] = errMood
	for range 10 {
		resolved := newResolved(o.id, txwire.Resolved{V: wire.Version, Status: txwire.StatusCommitted}, false)
		if answered, failed := b.do(b.commit(o.id), resolved, b.commit(o.id)); answered != 0 || failed {
			t.Fatalf("%d were answered, the database failed: %v", answered, failed)
		}
	}
	if r.calls[o.id] > 4 { // once, and once for each of its messages to find which fail
		t.Errorf("the resource was called %d times for 30 messages", r.calls[o.id])
	}
	if n := strings.Count(log.String(), errMood.Error()); n != 1 {
		t.Errorf("%d lines were logged, want 1:\n%s", n, log.String())
	}
	if due := b.s.doubts.due(time.Now().Add(time.Hour), 10); len(due) > 1 || len(due) == 1 && due[0].ID == o.id {
		t.Errorf("inquiries about %v, whose outcome is known", due)
	}

	// Each pause is longer, up to the longest.
	now, last := time.Now(), time.Duration(0)
	for try := 2; try <= 14; try++ {
		f, ok := b.s.failing.get(o.id)
		if !ok || f.tries != try-1 || f.err != errMood.Error() {
			t.Fatalf("after %d tries it is known as %+v", try-1, f)
		}
		if pause := f.retry.Sub(now); pause < last/2 || pause > lastRetry*5/4+time.Second {
			t.Errorf("pause %d is %v after one of %v", try, pause, last)
		} else {
			last = pause
		}
		calls := r.calls[o.id]
		if b.retry(f.retry.Add(-1)) != nil {
			t.Fatal("it is attempted before its pause ended")
		}
		now = time.Now()
		if b.retry(f.retry) == nil || r.calls[o.id] != calls+1 {
			t.Fatalf("%d calls when the pause had ended, want 1", r.calls[o.id]-calls)
		}
	}
	if last < lastRetry*3/4-time.Second {
		t.Errorf("the last pause is %v, want about %v", last, lastRetry)
	}
	info := []txwire.BranchInfo{{ID: o.id, State: txwire.BranchPrepared}, {ID: txwire.ID{Log: "l", N: 9}, State: txwire.BranchPrepared}}
	b.s.failing.describe(info)
	if i := info[0]; i.Error != errMood.Error() || i.Tries != 14 || i.RetryAt <= time.Now().UnixMilli() {
		t.Errorf("it is listed as %+v", i)
	}
	if info[1].Error != "" {
		t.Errorf("another branch is listed as %+v", info[1])
	}

	delete(r.fails, o.id)
	f, _ := b.s.failing.get(o.id)
	done := b.retry(f.retry)
	if done == nil || done.result != nil || done.step.Ack == nil {
		t.Fatalf("the attempt is %+v", done)
	}
	if b.s.failing.len() != 0 || b.s.doubts.get(o.id) != nil || b.marks("commit") != 1 {
		t.Errorf("%d failing, prepared: %v, %d marks", b.s.failing.len(), b.s.doubts.get(o.id) != nil, b.marks("commit"))
	}
	if lines := strings.Count(log.String(), "\n"); lines != 2 || !strings.Contains(log.String(), "failed before was applied") {
		t.Errorf("%d lines were logged, want the failure and the recovery:\n%s", lines, log.String())
	}
	if answered, _ := b.do(b.commit(o.id)); answered != 1 {
		t.Error("a repeated commit is not acknowledged")
	}
}

// However many branches of a group fail, the others are done at the second
// attempt, with the same connection, and nothing is read again.
func TestFailuresDoNotHoldUpTheirGroup(t *testing.T) {
	for _, share := range []int{1, 2, 10} {
		t.Run(fmt.Sprintf("one in %d", share), func(t *testing.T) {
			r := newMoody()
			b := newBenchOf(t, false, r, slog.New(slog.DiscardHandler))
			ops := b.commits(200)
			good := 0
			for i, o := range ops {
				if i%share == 0 {
					r.fails[o.id] = errMood
				} else {
					good++
				}
			}
			b.f.connects, b.f.reloads = 0, 0
			before := b.s.Counts()
			if answered, failed := b.do(ops...); answered != good || failed {
				t.Errorf("%d were answered, want %d (the database failed: %v)", answered, good, failed)
			}
			c := b.s.Counts()
			if n := c.Regroups - before.Regroups; n != 1 {
				t.Errorf("the group was done again %d times, want once", n)
			}
			if n := b.s.failing.len(); n != len(ops)-good {
				t.Errorf("%d are known to fail, want %d", n, len(ops)-good)
			}
			// All again, as their coordinator would send them, and new ones.
			fresh := b.commits(50)
			before = b.s.Counts()
			if answered, failed := b.do(append(append([]*op(nil), ops...), fresh...)...); answered != good+len(fresh) || failed {
				t.Errorf("%d were answered, want %d", answered, good+len(fresh))
			}
			// And attempts of those that fail.
			far := time.Now().Add(time.Hour)
			for range 20 {
				b.retry(far)
			}
			if n := b.s.Counts().Regroups - before.Regroups; n != 0 {
				t.Errorf("branches known to fail had a group done again %d times", n)
			}
			if b.f.connects != 0 || b.f.reloads != 0 {
				t.Errorf("%d new connections, prepared branches were read %d times, want none", b.f.connects, b.f.reloads)
			}
			if n := b.marks("commit"); n != good+len(fresh) {
				t.Errorf("%d commits are in the database, want %d", n, good+len(fresh))
			}
		})
	}
}

// A prepare that fails is attempted again until its deadline, and an abort ends that
// immediately.
func TestFailingPrepare(t *testing.T) {
	r := newMoody()
	b := newBenchOf(t, false, r, slog.New(slog.DiscardHandler))
	healed, aborted := b.prepare(), b.prepare()
	r.fails[healed.id], r.fails[aborted.id] = errMood, errMood
	for range 5 {
		if answered, _ := b.do(healed, aborted, b.prepare()); answered != 1 {
			t.Fatalf("%d were answered, want 1", answered)
		}
	}
	if r.calls[healed.id] > 2 {
		t.Errorf("%d calls for 5 messages", r.calls[healed.id])
	}
	abort := newAbort(aborted.id, txwire.Abort{V: wire.Version, Key: aborted.key, Digest: aborted.prepare.Digest, DecideBy: aborted.prepare.DecideBy})
	if answered, _ := b.do(abort); answered != 1 {
		t.Error("the abort is not answered")
	}
	delete(r.fails, healed.id)
	far := time.Now().Add(time.Hour)
	if o := b.retry(far); o == nil || o.id != healed.id || o.step.Vote == nil || !o.step.Vote.Yes {
		t.Errorf("the attempt is %+v", o)
	}
	if o := b.retry(far); o != nil || b.s.failing.len() != 0 {
		t.Errorf("%d are still failing", b.s.failing.len())
	}
}

// A branch whose failure ends the whole transaction is no better.
func TestFailureThatEndsTheTransaction(t *testing.T) {
	r := newMoody()
	b := newBenchOf(t, false, r, slog.New(slog.DiscardHandler))
	ops := b.commits(9)
	b.f.plans["INSERT INTO marks VALUES (?,?)"] = []fault{{}, {}, {err: errFault, lost: true}, {err: errFault, lost: true}}
	// The third fails in the group, and all but it are done; then it fails alone.
	plan := b.f.plans["INSERT INTO marks VALUES (?,?)"]
	b.f.plans["INSERT INTO marks VALUES (?,?)"] = append(append(append([]fault(nil), plan[:3]...), make([]fault, len(ops)-1)...), plan[3:]...)
	b.f.reloads = 0
	if answered, failed := b.do(ops...); answered != len(ops)-1 || failed {
		t.Errorf("%d were answered, want %d", answered, len(ops)-1)
	}
	if _, ok := b.s.failing.get(ops[2].id); !ok {
		t.Error("it is not known to fail")
	}
	if b.f.reloads != 0 {
		t.Errorf("prepared branches were read %d times", b.f.reloads)
	}
	if b.retry(time.Now().Add(time.Hour)); b.marks("commit") != len(ops) {
		t.Errorf("%d are committed, want %d", b.marks("commit"), len(ops))
	}
}
