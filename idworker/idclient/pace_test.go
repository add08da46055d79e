package idclient_test

import (
	"slices"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// While an answer is under way nobody waits for it: more is asked for when half
// of the IDs at hand are left, and they all are given in the meantime.
func TestFetchesAhead(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	c := newClient(t, s, idclient.Config{MaxBlock: 256})
	next(t, c)
	until(t, "fetching", func() bool { return !c.Fetching() })

	asked, release := make(chan idwire.GrantRequest), make(chan struct{})
	p.do(func(r idwire.GrantRequest) []byte {
		asked <- r
		<-release
		return p.grant(r)
	})
	defer p.do(nil)
	for round := range 20 {
		atHand := c.AtHand()
		for !c.Fetching() {
			if _, err := c.Next(ended()); err != nil {
				t.Fatalf("round %d: ran out of %d IDs before more was asked for: %v", round, atHand, err)
			}
		}
		<-asked
		left := c.AtHand()
		if left < idclient.DefaultMinBlock/2-1 {
			t.Errorf("round %d: more was asked for when only %d IDs were at hand", round, left)
		}
		for range left - 1 {
			if _, err := c.Next(ended()); err != nil {
				t.Fatalf("round %d: an ID at hand was not given while an answer is under way: %v", round, err)
			}
		}
		release <- struct{}{}
		until(t, "the answer", func() bool {
			select {
			case <-asked: // more than one
				release <- struct{}{}
			default:
			}
			return !c.Fetching()
		})
	}
}

// What is asked for grows with use up to the bound, and falls back when it gets
// old before it is used.
func TestAdapts(t *testing.T) {
	s := brokertest.Run(t)
	p := newPeer(t, s, 1, 0)
	clock := newHand()
	c := newClient(t, s, idclient.Config{})
	c.SetClock(clock.now)
	for range 2 << 20 {
		if _, err := c.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	busy := p.counts()
	if busy[0] != idclient.DefaultMinBlock || slices.Max(busy) != snowflake.MaxBlock || !slices.IsSorted(busy) || len(busy) > 80 {
		t.Errorf("a busy client asked for %v", busy)
	}
	for range 40 {
		clock.move(time.Minute)
		next(t, c)
		until(t, "fetching", func() bool { return !c.Fetching() })
	}
	slow := p.counts()
	if end := slow[len(slow)-1]; end != idclient.DefaultMinBlock || len(slow) > 60 {
		t.Errorf("a slow client asked for %v", slow)
	}
}
