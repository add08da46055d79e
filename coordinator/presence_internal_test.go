package coordinator

import (
	"fmt"
	"testing"
	"time"
)

func TestPresence(t *testing.T) {
	p, at := presence{}, time.Now()
	if p.expected("inventory", at) || p.lately("inventory", at) {
		t.Error("a participant that never voted is expected")
	}
	p.know("delivery")
	if p.lately("delivery", at) || !p.expected("delivery", at) {
		t.Error("a participant that said that it is there is not expected back")
	}
	p.hear("inventory", at)
	p.know("inventory")
	if !p.lately("inventory", at.Add(heardFor)) || p.lately("inventory", at.Add(heardFor+1)) {
		t.Error("a vote counts for another time than heardFor")
	}
	// Missed for the first time an hour after its vote, and again and again.
	at = at.Add(time.Hour)
	for d := time.Duration(0); d < backWithin; d += backWithin / 8 {
		if !p.expected("inventory", at.Add(d)) {
			t.Errorf("%v after it was missed first it is given up", d)
		}
	}
	if p.expected("inventory", at.Add(backWithin)) {
		t.Errorf("it is expected %v after it was missed first", backWithin)
	}
	// Whoever comes within the same outage is refused at once; later ones wait
	// again, since it may have been back.
	if p.expected("inventory", at.Add(2*backWithin)) {
		t.Error("an outage is forgotten too soon")
	}
	if !p.expected("inventory", at.Add(3*backWithin+1)) {
		t.Error("an outage is never forgotten")
	}
	p.hear("inventory", at.Add(3*backWithin+2))
	if !p.expected("inventory", at.Add(3*backWithin+3)) {
		t.Error("a participant that came back is not expected to do so again")
	}
}

func TestPresenceIsBounded(t *testing.T) {
	p := presence{}
	for i := range 3 * maxHeard {
		p.hear(fmt.Sprintf("p%d", i), time.Now())
	}
	if len(p) > maxHeard {
		t.Errorf("%d participants are remembered, the bound is %d", len(p), maxHeard)
	}
}
