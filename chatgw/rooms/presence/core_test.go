package presence

import (
	"fmt"
	"slices"
	"testing"

	"parley/wire"
	"parley/wire/chatwire"
)

func newCore(self string) *Core {
	return New(self, Limits{
		Grace: 1000, Settle: 200, Account: 500, Silence: 1500, Notices: 3, Names: 3, Claims: 5,
	})
}

func of[A Action](c *Core) (found []A) {
	for _, a := range c.Actions() {
		if a, ok := a.(A); ok {
			found = append(found, a)
		}
	}
	return found
}

const peerName = "bbbbccccddddeeee"

func report(claims ...chatwire.Claim) chatwire.Presence {
	return chatwire.Presence{V: 1, Gateway: peerName, Round: 1, Claims: claims}
}

// Changes are published together, and two that cancel each other not at all.
func TestChangesArePublishedTogether(t *testing.T) {
	c := newCore("aaaabbbbccccdddd")
	c.Tick(0)
	c.Actions()
	c.Enter(10, "kitchen", "bob", "1")
	c.Enter(20, "kitchen", "ann", "1")
	c.Enter(30, "kitchen", "ann", "2")
	c.Receive(40, report(chatwire.Claim{Room: "kitchen", User: "eve", Since: 1}))
	c.Receive(50, report(chatwire.Claim{Room: "kitchen", User: "eve", Gone: true}))
	c.Tick(100)
	changed := of[Changed](c)
	if len(changed) != 1 || !slices.Equal(changed[0].Came, []string{"ann", "bob"}) || len(changed[0].Left) != 0 || changed[0].Present != 2 {
		t.Errorf("the room is notified of %+v", changed)
	}
	c.Tick(200)
	if changed := of[Changed](c); len(changed) != 0 {
		t.Errorf("it is notified again: %+v", changed)
	}
}

// A crowd gets the number of people, and no notices.
func TestCrowd(t *testing.T) {
	c := newCore("aaaabbbbccccdddd")
	for i := range 4 {
		c.Enter(0, "kitchen", fmt.Sprint("user", i), "1")
	}
	c.Tick(0)
	changed := of[Changed](c)
	if len(changed) != 1 || changed[0].Present != 4 || changed[0].Came != nil {
		t.Errorf("the room is notified of %+v", changed)
	}
	c.Tick(5000)
	if notices := of[Notice](c); len(notices) != 0 {
		t.Errorf("written is %+v", notices)
	}
	if names, n := c.People("kitchen", 2); !slices.Equal(names, []string{"user0", "user1"}) || n != 4 {
		t.Errorf("present are %v, %d", names, n)
	}
}

// What other gateways claim is bounded.
func TestClaimsAreBounded(t *testing.T) {
	c := newCore("aaaabbbbccccdddd")
	for i := range 10 {
		c.Receive(0, report(chatwire.Claim{Room: "kitchen", User: fmt.Sprint("user", i), Since: 1}))
	}
	if _, n := c.People("kitchen", 0); n != 5 || c.claims != 5 {
		t.Errorf("%d are present, %d claims", n, c.claims)
	}
	c.Tick(10_000) // the other one is dead
	if _, n := c.People("kitchen", 0); n != 0 || c.claims != 0 || len(c.rooms) != 0 || len(c.peers) != 0 {
		t.Errorf("%d are present, %d claims, %d rooms, %d gateways", n, c.claims, len(c.rooms), len(c.peers))
	}
	for i := range 2 * maxPeers {
		m := report()
		m.Gateway = fmt.Sprintf("gateway%09d", i)
		c.Receive(0, m)
	}
	if len(c.peers) != maxPeers {
		t.Errorf("it listens to %d gateways", len(c.peers))
	}
}

// An account of many people comes in parts, none beyond what a message holds.
func TestAccountsHaveParts(t *testing.T) {
	c, other := newCore("aaaabbbbccccdddd"), newCore(peerName)
	other.limits.Claims = 10_000
	for i := range 2*chatwire.MaxClaims + 1 {
		c.Enter(1, "kitchen", fmt.Sprint("user", i), "1")
	}
	c.Tick(1)
	messages := of[Publish](c)
	if len(messages) != 3 {
		t.Fatalf("it sends %d messages", len(messages))
	}
	for i, sent := range messages {
		if m, err := wire.Decode[chatwire.Presence](wire.Encode(sent.Message)); err != nil || m.Part != i+1 || m.Parts != 3 || m.Ask != (i == 0) {
			t.Errorf("message %d is part %d of %d, requests accounts %v, %v", i, m.Part, m.Parts, m.Ask, err)
		}
		other.Receive(1, sent.Message)
	}
	if _, n := other.People("kitchen", 0); n != 2*chatwire.MaxClaims+1 {
		t.Errorf("the other knows of %d", n)
	}
}
