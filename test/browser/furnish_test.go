package browser

import (
	"time"

	"parley/chatgw/frame"
	"parley/test/browser/webtest"
	"parley/wire/chatwire"
)

// furnish makes a gateway with something to look at.
func furnish(g *webtest.Gateway) {
	yesterday := time.Now().Add(-26 * time.Hour)
	at := yesterday
	say := func(after time.Duration, user, text string) {
		at = at.Add(after)
		g.Put("general", frame.Message{User: user, Kind: chatwire.KindText, Text: text}, at)
	}
	note := func(after time.Duration, user string, kind chatwire.Kind) {
		at = at.Add(after)
		g.Put("general", frame.Message{User: user, Kind: kind}, at)
	}
	note(0, "grace", chatwire.KindJoin)
	say(time.Minute, "grace", "Good morning! Has anybody looked at the *commit log* after the restart?")
	say(20*time.Second, "grace", "It sealed two logs of dead coordinators in under 300 ms. I wrote it up: https://example.org/notes/seal(1).")
	say(3*time.Minute, "linus.t", "Nice. What did `tx.status` say in between?")
	say(30*time.Second, "grace", "_pending_, and then committed. Nobody guessed.\n\n```\n$ parley tx show kq3v9d2m.17\ncommitted  2 participants  applied\n```")
	note(2*time.Minute, "ada", chatwire.KindJoin)
	note(time.Second, "margaret", chatwire.KindJoin)
	note(time.Second, "linus.t", chatwire.KindLeave)
	at = time.Now().Add(-20 * time.Minute)
	say(0, "ada", "Lunch?")
	say(5*time.Second, "ada", "The *tiramisù* is sold out, I checked the Orders view.")
	say(time.Minute, "margaret", "Then pad thai for me. Deliver it to the *north* zone please, I am with the _hardware_ people today.")
	at = at.Add(4 * time.Minute)
	g.Put("general", frame.Message{User: "kitchen", Kind: chatwire.KindService, Text: "Order kq3v9d2m.21 is on its way with Ada."}, at)
	say(2*time.Minute, "zoë", "שלום, this one is right to left: مرحبا بالجميع")
	say(time.Minute, "margaret", "<img src=x onerror=alert(1)> renders as what it is: text.")
	g.Say("random", "grace", "Does anybody have a spare keyboard?")
	g.Say("random", "ada", "Two.")
	g.Come("general", "grace", "margaret", "zoë", "linus.t")
}
