package idclient_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"parley/broker/brokertest"
	"parley/idworker"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/internal/lifecycle/roletest"
	"parley/wire/idwire"
)

// harness is a broker with idworkers, as in production.
type harness struct {
	*brokertest.Server
	incarnation string
}

func newHarness(t testing.TB) *harness {
	t.Helper()
	s := &harness{Server: brokertest.Run(t)}
	_, s.incarnation = brokertest.Stream(t, s.Connect(t), idwire.LeaseStream(), 1)
	return s
}

// idworker starts one. It stops, in good order, when stop is called or the test
// ends.
func (s *harness) idworker(t testing.TB) (stop func()) {
	t.Helper()
	nc := s.Connect(t)
	w, err := idworker.New(idworker.Config{}, idworker.Deps{NATS: nc})
	roletest.Must(t, err)
	p := roletest.Start(t, nc, w)
	p.AwaitReady()
	return p.Drain
}

// Clients of real idworkers, which are stopped and replaced in the meantime:
// nobody gets an error, no ID comes twice, each client's ascend.
func TestWithIdworkers(t *testing.T) {
	const (
		clients = 3
		each    = 500_000
		changes = 4
	)
	s := newHarness(t)
	stops := []func(){s.idworker(t), s.idworker(t)}
	all := make([][]snowflake.ID, clients)
	var given atomic.Int64
	var done sync.WaitGroup
	for n := range all {
		c := newClient(t, s.Server, idclient.Config{})
		done.Go(func() {
			var last snowflake.ID
			for len(all[n]) < each {
				id, err := c.Next(t.Context())
				if err != nil || id <= last {
					t.Errorf("got %d after %d, %v", id, last, err)
					return
				}
				last = id
				all[n] = append(all[n], id)
				given.Add(1)
			}
		})
	}
	for n := range changes {
		until(t, "IDs", func() bool { return t.Failed() || given.Load() > int64(clients*each*(n+1)/(changes+2)) })
		stops = append(stops, s.idworker(t))
		stops[n]()
	}
	done.Wait()
	if !t.Failed() {
		unique(t, all)
	}
}

// The questions, to real idworkers.
func TestQueriesWithIdworkers(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.idworker(t)
	s.idworker(t)
	c := newClient(t, s.Server, idclient.Config{})
	workers, err := c.Workers(t.Context())
	if err != nil || len(workers) != 2 || workers[0].State != idwire.WorkerHolding || *workers[0].Worker >= *workers[1].Worker {
		t.Errorf("workers: %+v, %v", workers, err)
	}
	leases, err := c.Leases(t.Context())
	if err != nil || len(leases.Leases) != 2 || leases.Leases[0].Holder != workers[0].Holder {
		t.Errorf("leases: %+v, %v", leases, err)
	}
	for _, n := range []int{1, 2, idwire.MaxIDs} {
		if ids, err := c.Request(t.Context(), n); err != nil || len(ids) != n {
			t.Errorf("request of %d: %d, %v", n, len(ids), err)
		}
	}
	if _, err := c.Retire(t.Context(), *workers[0].Worker); err == nil {
		t.Error("a number that is in use was retired")
	} else {
		t.Log(err)
	}
}
