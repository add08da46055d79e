package idclient_test

import (
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
)

// The clocks of the idworkers differ: the IDs of one client ascend all the
// same, and it goes on when the one that was ahead is gone.
func TestWorkersWithDifferentClocks(t *testing.T) {
	t.Parallel()
	for _, cfg := range []idclient.Config{{}, {MaxBlock: 64}, {MinBlock: 1, MaxBlock: 3}} {
		s := brokertest.Run(t)
		peers := []*peer{
			newPeer(t, s, 3, -50*time.Millisecond),
			newPeer(t, s, 4, 20*time.Millisecond),
			newPeer(t, s, 5, 0),
		}
		c := newClient(t, s, cfg)
		var last snowflake.ID
		// ascend takes IDs until done returns true.
		ascend := func(what string, done func() bool) {
			t.Helper()
			for n := 0; !done(); n++ {
				id, err := c.Next(t.Context())
				roletest.Must(t, err)
				if id <= last {
					t.Fatalf("%d (worker %d, at %v) came after %d (worker %d, at %v)", id, id.Worker(), id.Time(), last, last.Worker(), last.Time())
				}
				if last = id; n == 20_000_000 {
					t.Fatalf("%s: not within %d IDs", what, n)
				}
			}
		}
		ascend("all were asked", func() bool {
			return peers[0].grants.Load() > 2 && peers[1].grants.Load() > 2 && peers[2].grants.Load() > 2
		})

		far := newPeer(t, s, 9, 3*time.Second)
		ascend("an ID of the worker that is ahead", func() bool { return last.Worker() == 9 })
		far.nc.Close()
		for _, p := range peers {
			p.counts()
		}
		ascend("an ID of another worker", func() bool { return last.Worker() != 9 })
		asked := 0
		for _, p := range peers {
			asked += len(p.counts())
		}
		t.Logf("%+v: 3 s were caught up in %d requests", cfg, asked)
	}
}

// An idworker that is a minute behind the only other one is brought forward,
// which takes long enough for callers that give up to receive the reason.
func TestWorkerFarBehind(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	far := newPeer(t, s, 1, time.Minute)
	c := newClient(t, s, idclient.Config{})
	last := next(t, c)
	far.nc.Close()
	near := newPeer(t, s, 2, 0)
	id := next(t, c)
	for ; id.Worker() == 1; id = next(t, c) { // what was at hand
		last = id
	}
	if id <= last {
		t.Errorf("%d came after %d", id, last)
	}
	if n := near.grants.Load(); n <= idclient.ManyTries {
		t.Errorf("a minute was caught up in %d requests, so the pause after %d is not tested", n, idclient.ManyTries)
	}
}
