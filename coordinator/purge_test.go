package coordinator_test

import (
	"sync"
	"testing"

	"parley/coordinator"
	"parley/coordinator/machine"
	"parley/internal/hooks"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// A purge that the broker did not acknowledge is repeated until it is: without
// new transactions nothing else would free its space.
func TestPurgeIsRepeated(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	limits := machine.DefaultLimits()
	limits.TrimAt = 4
	purging := make(chan struct{})
	var once sync.Once
	s.coordinator(t, coordinator.Config{Limits: limits}, hooks.Hooks{Step: func(point string) {
		if point == coordinator.StepPurgeBefore {
			once.Do(func() {
				s.Kill()
				close(purging)
			})
		}
	}})
	client := newClient(t, nc)
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		o := order(key)
		o.Wait = txwire.WaitApplied
		answer := submit(t, client, o)
		select {
		case <-purging: // with this order under way
			s.Restart(t)
			purging = nil
		case r := <-answer:
			committed(t, key, r)
			continue
		}
		committed(t, key, <-answer)
	}
	if purging != nil {
		<-purging
		s.Restart(t)
	}
	eventually(t, "the purge", func() bool {
		stream, err := s.js.Stream(t.Context(), txwire.LogStream().Name)
		if err != nil {
			return false
		}
		info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(txwire.LogStream().Subjects[0]))
		return err == nil && info.State.Msgs < uint64(limits.TrimAt)
	})
}

func committed(t *testing.T, key string, r result) {
	t.Helper()
	if r.err != nil || r.o.Status != txwire.StatusCommitted {
		t.Errorf("%s: got %+v, %v", key, r.o, r.err)
	}
}
