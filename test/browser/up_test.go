package browser

import (
	"regexp"
	"testing"

	"parley/test/browser/webtest"
)

// The page of the real `parley up` draws a real order, and one whose
// participants die between their vote and the decision: each is in doubt, and
// knows the outcome once the role is back.
func TestOrdersInThePage(t *testing.T) {
	up := program.Start(t, "up", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	url := regexp.MustCompile(`http://[0-9.:]+/`).FindString(up.Await("Open http://"))
	p := chromium.For(t).Open(url, webtest.Desktop())
	p.SignIn("ada")
	p.Go("orders")
	p.Wait("the menu", `document.querySelectorAll(".menu li").length > 3`)
	p.Click(".menu li:nth-child(1) button")
	p.Wait("the outcome", `document.querySelector(".result.good")`)
	p.Wait("the whole picture", `document.querySelectorAll(".arrow").length >= 11 && document.querySelectorAll(".chip.committed").length === 2`)
	// Arrows of one kind that stand close together share a label, like "ack ×2".
	labels := webtest.Eval[[]string](p, `[...new Set([...document.querySelectorAll(".arrow .label")].map((n) => n.textContent.replace(/ ×\d+$/, "")))].sort()`)
	for i, want := range []string{"ack", "append", "commit", "committed", "prepare", "submit", "vote yes"} {
		if i >= len(labels) || labels[i] != want {
			t.Fatalf("the picture has %q", labels)
		}
	}
	p.Screenshot("a-real-order")

	for _, role := range []string{"inventory", "delivery", "coordinator"} {
		item := `[...document.querySelectorAll(".faults li")].find((n) => n.textContent.toLowerCase().includes("` + role + `"))`
		first := webtest.Eval[string](p, `document.querySelector(".tx-id").textContent`)
		webtest.Eval[bool](p, `(`+item+`.querySelector("button").click(), true)`)
		p.Wait("an armed "+role, item+`.querySelector(".state-dot.armed")`)
		p.Click(".menu li:nth-child(2) button")
		p.Wait(role+" to die", item+`.querySelector(".state-dot.stopped")`)
		p.Wait("its transaction", `document.querySelector(".tx-id").textContent !== "`+first+`"`)
		p.Screenshot(role + "-died")
		webtest.Eval[bool](p, `([...`+item+`.querySelectorAll("button")].find((n) => n.textContent.includes("Start")).click(), true)`)
		p.Wait("an end without doubt", `!document.querySelector(".doubt.open") && document.querySelector(".chip.committed, .chip.aborted") && document.querySelectorAll(".chip.open").length === 0`)
		p.Wait("what became of the order", `document.querySelector(".result.good, .result.bad")`)
		p.Screenshot(role + "-back")
	}
	up.Stop()
}
