package snowflake_test

import (
	"testing"

	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// A block counts on over milliseconds, where its IDs jump; they ascend all the
// same, and every one is of the block's worker.
func TestBlockCountsOverMilliseconds(t *testing.T) {
	const at, worker = 1234, 7
	b := snowflake.Block{Worker: worker, Start: snowflake.Counter(at, snowflake.MaxSequence-1), Count: 3*4096 + 5}
	for i := range b.Count {
		id := b.At(i)
		place := snowflake.MaxSequence - 1 + i
		if id.Worker() != worker || id.Timestamp() != at+int64(place/4096) || id.Sequence() != place%4096 {
			t.Fatalf("the ID at %d is %d/%d/%d", i, id.Timestamp(), id.Worker(), id.Sequence())
		}
		if snowflake.Counter(id.Timestamp(), id.Sequence()) != b.Start+int64(i) {
			t.Fatalf("the ID at %d counts as %d", i, snowflake.Counter(id.Timestamp(), id.Sequence()))
		}
		if i > 0 && id <= b.At(i-1) {
			t.Fatalf("the ID at %d is %d, not above %d", i, id, b.At(i-1))
		}
	}
	if b.At(2)-b.At(1) != 1<<17-snowflake.MaxSequence {
		t.Errorf("from the last of a millisecond to the first of the next it is %d", b.At(2)-b.At(1))
	}
}

func TestBlockEnds(t *testing.T) {
	first := snowflake.Block{Start: 1, Count: 1}
	last := snowflake.Block{Worker: snowflake.MaxWorker, Start: snowflake.MaxCounter, Count: 1}
	if first.At(0) != 1 || last.At(0) != snowflake.MaxID {
		t.Errorf("the first ID is %d, the last %d", first.At(0), last.At(0))
	}
	g := idwire.Grant{V: 1, Worker: 3, Start: 99, Count: 7}
	if g.Block() != (snowflake.Block{Worker: 3, Start: 99, Count: 7}) {
		t.Errorf("%+v grants %+v", g, g.Block())
	}
}

func TestLeaseSubjects(t *testing.T) {
	for n := range snowflake.MaxWorker + 1 {
		if got, err := idwire.ParseLeaseSubject(idwire.LeaseSubject(n)); err != nil || got != n {
			t.Errorf("%s is read as %d, %v", idwire.LeaseSubject(n), got, err)
		}
	}
	for _, s := range []string{"", "id.lease", "id.lease.", "id.lease.32", "id.lease.-1", "id.lease.01", "id.lease.+1", "id.lease.x", "id.lease.1.2", "id.lease.*", "xid.lease.1", "1"} {
		if n, err := idwire.ParseLeaseSubject(s); err == nil {
			t.Errorf("%q is read as %d", s, n)
		}
	}
}
