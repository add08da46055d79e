package idworker

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// What is written by hand is what package wire writes.
func TestAnswersAreThoseOfWire(t *testing.T) {
	if got := string(wire.Encode(idwire.Request{V: wire.Version, Count: 1})); got != oneID {
		t.Errorf("a request for one ID is %s, taken for it is %s", got, oneID)
	}
	for _, b := range []snowflake.Block{
		{Worker: 0, Start: 1, Count: 1},
		{Worker: 7, Start: snowflake.Counter(28_080_000_123, 4095), Count: 1},
		{Worker: 7, Start: snowflake.Counter(28_080_000_123, 4095), Count: 2},
		{Worker: 31, Start: snowflake.Counter(28_080_000_123, 4000), Count: idwire.MaxIDs},
		{Worker: 31, Start: snowflake.MaxCounter - 100, Count: 100},
	} {
		ids := make([]snowflake.ID, b.Count)
		for i := range ids {
			ids[i] = b.At(i)
		}
		if got, want := appendIDs(nil, b), wire.Encode(idwire.IDs{V: wire.Version, IDs: ids}); !bytes.Equal(got, want) {
			t.Errorf("%+v is\n%.200s, want\n%.200s", b, got, want)
		}
		if got, want := appendGrant(nil, b), wire.Encode(idwire.Grant{V: wire.Version, Worker: b.Worker, Start: b.Start, Count: b.Count}); !bytes.Equal(got, want) {
			t.Errorf("%+v is %s, want %s", b, got, want)
		}
	}
	if n := len(appendIDs(nil, snowflake.Block{Start: snowflake.MaxCounter - 100, Count: 100})); n > len(`{"v":1,"ids":[]}`)+100*idBytes {
		t.Errorf("100 IDs take %d bytes, more than was allocated", n)
	}
}

// What is read by hand is what package wire reads.
func FuzzReadNext(f *testing.F) {
	for _, s := range []string{``, oneID, `{"v":1,"count":2}`, `{"v":1,"count":1} `, `{"v":1,"count":01}`, `{"v":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := readNext(data)
		if len(data) == 0 {
			if n != 1 || err != nil {
				t.Fatalf("an empty request is for %d, %v", n, err)
			}
			return
		}
		m, want := wire.Decode[idwire.Request](data)
		if (err == nil) != (want == nil) || err == nil && n != m.Count {
			t.Fatalf("%q is for %d, %v; wire decodes %d, %v", data, n, err, m.Count, want)
		}
	})
}

// After a burst a worker is held to 4,096 IDs in a millisecond, exactly, however
// they are taken, and what was not taken does not pile up beyond the burst.
func TestPace(t *testing.T) {
	for _, n := range []int{97, 4096, 65536} {
		p := newPace()
		taken, at := 0, int64(0)
		for range 200 {
			for p.wait(at) == 0 {
				p.took(at, n)
				taken += n
			}
			at += perMS
		}
		if most := 199*perMS + maxAhead + n; taken > most || taken < most-2*n-perMS {
			t.Errorf("taken %d at a time, 200 ms gave %d, want about %d", n, taken, most)
		}
		// A minute later the burst is what it was.
		taken, at = 0, at+60_000*perMS
		for p.wait(at) == 0 {
			p.took(at, n)
			taken += n
		}
		if taken < maxAhead || taken > maxAhead+2*n {
			t.Errorf("taken %d at a time, a burst gave %d, want %d", n, taken, maxAhead)
		}
		// What there is to wait for is a little more than one ID's time.
		if wait := p.wait(at); wait <= 0 || wait > time.Duration(n)*245+2 {
			t.Errorf("taken %d at a time, one waits for %v", n, wait)
		}
		if p.wait(at+int64(n)) > 0 {
			t.Errorf("after the time of %d IDs one still waits", n)
		}
	}
	p := newPace()
	p.begin = p.begin.AddDate(-200, 0, 0)
	if at := p.at(); at < 200*365*86_400_000*perMS/10*9 {
		t.Errorf("after 200 years it is %d", at)
	}
}

// The waitlist keeps the order of arrival, and refuses requests beyond its limit.
func TestRoom(t *testing.T) {
	r := newWaitlist()
	if r.any() {
		t.Error("an empty waitlist has a request")
	}
	for i := range maxWaiting {
		if !r.add(idRequest{count: i}) {
			t.Fatalf("the waitlist is full with %d", i)
		}
	}
	if r.add(idRequest{}) || r.unanswered.Load() != maxWaiting {
		t.Errorf("the waitlist takes more than %d: %d", maxWaiting, r.unanswered.Load())
	}
	var order []int
	for range maxWaiting {
		order = append(order, (<-r.queue).count)
	}
	if !slices.IsSorted(order) {
		t.Error("the waitlist is not in order")
	}
}
