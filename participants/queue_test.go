package participants

import (
	"testing"
	"time"

	"parley/wire/txwire"
)

func TestQueue(t *testing.T) {
	prepare := func() *op { return newPrepare(txwire.ID{}, txwire.Prepare{}) }
	commit := func() *op { return newCommit(txwire.ID{}, txwire.Commit{}) }
	fill := func(q *queue, n int, make func() *op) {
		for range n {
			if !q.put(make()) {
				t.Fatal("the queue is full")
			}
		}
	}
	count := func(group []*op) (urgent, others int) {
		for _, o := range group {
			if o.urgent() {
				urgent++
			} else {
				others++
			}
		}
		return urgent, others
	}
	check := func(t *testing.T, group []*op, urgent, others int) {
		t.Helper()
		if u, o := count(group); u != urgent || o != others {
			t.Errorf("the group has %d urgent and %d others, want %d and %d", u, o, urgent, others)
		}
	}

	t.Run("a prepare goes at once and takes others along", func(t *testing.T) {
		q := newQueue()
		fill(q, 3, commit)
		fill(q, 1, prepare)
		group, _, _ := q.cut(time.Now())
		check(t, group, 1, 3)
	})
	t.Run("outcomes alone linger", func(t *testing.T) {
		q := newQueue()
		fill(q, 3, commit)
		group, wait, _ := q.cut(q.since.Add(linger / 2))
		check(t, group, 0, 0)
		if wait != linger/2 {
			t.Errorf("they wait %v, want %v", wait, linger/2)
		}
		group, _, _ = q.cut(q.since.Add(linger))
		check(t, group, 0, 3)
	})
	t.Run("many outcomes do not", func(t *testing.T) {
		q := newQueue()
		fill(q, lingerFull, commit)
		group, _, _ := q.cut(q.since)
		check(t, group, 0, lingerFull)
	})
	t.Run("the remaining ops linger again", func(t *testing.T) {
		q := newQueue()
		fill(q, maxGroup+1, commit)
		now := q.since.Add(time.Second)
		group, _, _ := q.cut(now)
		check(t, group, 0, maxGroup)
		if _, wait, _ := q.cut(now); wait != linger {
			t.Errorf("it waits %v", wait)
		}
	})
	t.Run("neither starves", func(t *testing.T) {
		q := newQueue()
		fill(q, maxGroup, commit)
		fill(q, maxGroup, prepare)
		group, _, _ := q.cut(time.Now())
		check(t, group, maxGroup/2, maxGroup/2)
	})
	t.Run("each fills what the other leaves", func(t *testing.T) {
		q := newQueue()
		fill(q, 10, commit)
		fill(q, maxGroup, prepare)
		group, _, _ := q.cut(time.Now())
		check(t, group, maxGroup-10, 10)
	})
	t.Run("full is full, for each", func(t *testing.T) {
		q := newQueue()
		fill(q, maxQueue, commit)
		if q.put(commit()) {
			t.Error("there was room for one more")
		}
		if !q.put(prepare()) {
			t.Error("there was no room for a prepare")
		}
	})
	t.Run("closed is drained", func(t *testing.T) {
		q := newQueue()
		fill(q, 2, commit)
		q.close()
		if q.put(prepare()) {
			t.Error("a closed queue took something")
		}
		timer := time.NewTimer(time.Hour)
		check(t, q.take(timer), 0, 2)
		check(t, q.take(timer), 0, 0)
	})
}
