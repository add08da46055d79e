package idclient_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"

	"go.uber.org/goleak"
)

// Many goroutines of several clients, several workers: no ID twice, and none
// that is not above what the same client had given before the call began.
func TestUniqueAndAscending(t *testing.T) {
	const (
		clients    = 3
		goroutines = 4
		each       = 200_000
	)
	s := brokertest.Run(t)
	for w := range 3 {
		newPeer(t, s, w, 0)
	}
	all := make([][]snowflake.ID, clients*goroutines)
	var wg sync.WaitGroup
	for n := range clients {
		c := newClient(t, s, idclient.Config{})
		var largest atomic.Int64 // that a call of this client has returned
		for g := range goroutines {
			wg.Go(func() {
				ids := make([]snowflake.ID, 0, each)
				for len(ids) < each {
					before := snowflake.ID(largest.Load())
					var got []snowflake.ID
					var err error
					if len(ids)%1000 == 7 {
						got, err = c.NextN(t.Context(), 500)
					} else {
						got = make([]snowflake.ID, 1)
						got[0], err = c.Next(t.Context())
					}
					if err != nil {
						t.Error(err)
						return
					}
					for i, id := range got {
						if !id.Valid() || id <= before || i > 0 && id <= got[i-1] {
							t.Errorf("got %d (worker %d) although %d (worker %d) had been given", id, id.Worker(), before, before.Worker())
							return
						}
					}
					end := int64(got[len(got)-1])
					for old := largest.Load(); old < end && !largest.CompareAndSwap(old, end); {
						old = largest.Load()
					}
					ids = append(ids, got...)
				}
				all[n*goroutines+g] = ids
			})
		}
	}
	wg.Wait()
	unique(t, all)
}

// unique marks every ID in a bitmap per worker.
func unique(t *testing.T, all [][]snowflake.ID) {
	t.Helper()
	var bitmaps [snowflake.MaxWorker + 1][]uint64
	base, total, workers := int64(-1), 0, 0
	for _, ids := range all {
		for _, id := range ids {
			if c := snowflake.Counter(id.Timestamp(), 0); base < 0 || c < base {
				base = c
			}
		}
	}
	for _, ids := range all {
		for _, id := range ids {
			place := snowflake.Counter(id.Timestamp(), id.Sequence()) - base
			b := &bitmaps[id.Worker()]
			if grow := int(place/64) + 1 - len(*b); grow > 0 {
				*b = append(*b, make([]uint64, grow)...)
			}
			if (*b)[place/64]&(1<<(place%64)) != 0 {
				t.Fatalf("%d was given twice", id)
			}
			(*b)[place/64] |= 1 << (place % 64)
			total++
		}
	}
	for _, b := range bitmaps {
		if b != nil {
			workers++
		}
	}
	t.Logf("%d IDs of %d workers, none twice", total, workers)
}

func TestWrongCounts(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	c := newClient(t, s, idclient.Config{})
	for n, part := range map[int]string{0: "is 0", -1: "is -1", idclient.MaxNextN + 1: "1048577"} {
		_, err := c.NextN(t.Context(), n)
		if wire.CodeOf(err) != wire.CodeInvalid || !strings.Contains(err.Error(), part) {
			t.Errorf("NextN(%d): %v", n, err)
		}
	}
	if len(p.counts()) > 0 {
		t.Error("a wrong count was sent")
	}
	ids, err := c.NextN(t.Context(), idclient.MaxNextN)
	if err != nil || len(ids) != idclient.MaxNextN {
		t.Errorf("the most there is: %d IDs, %v", len(ids), err)
	}
}

// Bounds of a block that cannot be are replaced by what can.
func TestBlockBounds(t *testing.T) {
	for _, c := range []struct{ least, most, first int }{
		{0, 0, idclient.DefaultMinBlock},
		{-1, -1, idclient.DefaultMinBlock},
		{1, 0, 1},
		{500, 100, 100},
		{1 << 20, 1 << 20, snowflake.MaxBlock},
	} {
		s := brokertest.Run(t)
		p := newPeer(t, s, 1, 0)
		client := newClient(t, s, idclient.Config{MinBlock: c.least, MaxBlock: c.most})
		next(t, client)
		if got := p.counts(); got[0] != c.first {
			t.Errorf("of %d to %d: asked for %d, want %d", c.least, c.most, got[0], c.first)
		}
	}
}

// Nothing runs and nothing is sent while nobody calls.
func TestIdle(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	c := newClient(t, s, idclient.Config{})
	roletest.Must(t, c.Warm())
	others := goleak.IgnoreCurrent()
	for range 1000 {
		next(t, c)
	}
	if err := goleak.Find(others); err != nil {
		t.Error(err)
	}
	if asked := len(p.counts()); asked > 20 {
		t.Errorf("%d requests for 1,000 IDs", asked)
	}
}

// Close wakes who waits, ends the goroutine, and can be called again.
func TestClose(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	asked := make(chan struct{}, 16)
	p.do(func(idwire.GrantRequest) []byte { asked <- struct{}{}; return nil })
	c := newClient(t, s, idclient.Config{})
	got := make(chan error, 8)
	for range 8 {
		go func() {
			_, err := c.Next(context.Background())
			got <- err
		}()
	}
	<-asked
	c.Close()
	c.Close()
	for range 8 {
		if err := <-got; !errors.Is(err, idclient.ErrClosed) {
			t.Errorf("who waited got %v", err)
		}
	}
	if _, err := c.Next(t.Context()); !errors.Is(err, idclient.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}

	p.do(nil)
	c = newClient(t, s, idclient.Config{})
	next(t, c)
	c.Close()
	if _, err := c.Next(t.Context()); !errors.Is(err, idclient.ErrClosed) {
		t.Errorf("with IDs at hand: %v", err)
	}
}
