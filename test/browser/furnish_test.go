package browser

import (
	"time"

	"parley/test/browser/webtest"
	"parley/wire/chatwire"
)

// furnish fills rooms with people and messages of every kind, and the table of leases.
func furnish(g *webtest.UpProcess) {
	at := time.Now().Add(-26 * time.Hour)
	var messages []chatwire.Message
	add := func(after time.Duration, user, text string, kind chatwire.Kind) {
		at = at.Add(after)
		m := webtest.Message(at, user, text)
		m.Kind = kind
		messages = append(messages, m)
	}
	write := func(after time.Duration, user, text string) { add(after, user, text, chatwire.KindText) }
	note := func(after time.Duration, user string, kind chatwire.Kind) { add(after, user, "", kind) }
	note(0, "grace", chatwire.KindJoin)
	write(time.Minute, "grace", "Good morning! Has anybody looked at the *commit log* after the restart?")
	write(20*time.Second, "grace", "It sealed two logs of dead coordinators in under 300 ms. I wrote it up: https://example.org/notes/seal(1).")
	write(3*time.Minute, "linus.t", "Nice. What did `tx.status` say in between?")
	write(30*time.Second, "grace", "_pending_, and then committed. Nobody guessed.\n\n```\n$ parley tx show kq3v9d2m.17\ncommitted  2 participants  applied\n```")
	note(2*time.Minute, "ada", chatwire.KindJoin)
	note(time.Second, "margaret", chatwire.KindJoin)
	note(time.Second, "linus.t", chatwire.KindLeave)
	at = time.Now().Add(-20 * time.Minute)
	write(0, "ada", "Lunch?")
	write(5*time.Second, "ada", "The *tiramisù* is sold out, I checked the Orders view.")
	write(time.Minute, "margaret", "Then pad thai for me. Deliver it to the *north* zone please, I am with the _hardware_ people today.")
	add(4*time.Minute, "kitchen", "Order kq3v9d2m.21 is on its way with Ada.", chatwire.KindService)
	write(2*time.Minute, "zoë", "שלום, this one is right to left: مرحبا بالجميع")
	write(time.Minute, "margaret", "<img src=x onerror=alert(1)> renders as what it is: text.")
	g.Store("general", messages...)
	g.Post("random", "grace", "Does anybody have a spare keyboard?")
	g.Post("random", "ada", "Two.")
	for _, name := range []string{"grace", "margaret", "zoë", "linus.t"} {
		g.Enter(g.Network, "general", name)
	}
	storeLeases(g.Backend)
}
