package coordinator

import (
	"fmt"
	"testing"
	"time"
)

func TestPresence(t *testing.T) {
	p, at := presence{}, time.Now()
	if p.missing("inventory", at) || p.votedLately("inventory", at) {
		t.Error("a participant that never voted is expected")
	}
	p.answered("delivery")
	if p.votedLately("delivery", at) || !p.missing("delivery", at) {
		t.Error("a participant that answered a probe is not expected to return")
	}
	p.voted("inventory", at)
	p.answered("inventory")
	if !p.votedLately("inventory", at.Add(presentFor)) || p.votedLately("inventory", at.Add(presentFor+1)) {
		t.Error("a vote counts for another time than presentFor")
	}
	// Missed for the first time an hour after its vote, and again and again.
	at = at.Add(time.Hour)
	for d := time.Duration(0); d < restartTime; d += restartTime / 8 {
		if !p.missing("inventory", at.Add(d)) {
			t.Errorf("%v after it was missed first it is given up", d)
		}
	}
	if p.missing("inventory", at.Add(restartTime)) {
		t.Errorf("it is expected %v after it was missed first", restartTime)
	}
	// Whoever comes within the same outage is refused at once; later ones wait
	// again, since it may have been back.
	if p.missing("inventory", at.Add(2*restartTime)) {
		t.Error("an outage is forgotten too soon")
	}
	if !p.missing("inventory", at.Add(3*restartTime+1)) {
		t.Error("an outage is never forgotten")
	}
	p.voted("inventory", at.Add(3*restartTime+2))
	if !p.missing("inventory", at.Add(3*restartTime+3)) {
		t.Error("a participant that came back is not expected to do so again")
	}
}

func TestPresenceIsBounded(t *testing.T) {
	p := presence{}
	for i := range 3 * maxPresent {
		p.voted(fmt.Sprintf("p%d", i), time.Now())
	}
	if len(p) > maxPresent {
		t.Errorf("%d participants are remembered, the bound is %d", len(p), maxPresent)
	}
}
