package browser

import (
	"fmt"
	"testing"
	"time"

	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/test/browser/webtest"
)

func TestOrder(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Go("orders")
	p.Wait("the menu", `document.querySelectorAll(".menu li").length === 5`)
	p.Click(".menu li:nth-child(1) button")
	p.Wait("the outcome", `document.querySelector(".result.good")?.textContent.includes("Pizza Margherita is on the way with Ada")`)
	p.Wait("the picture", `document.querySelectorAll(".arrow").length === 11`)
	p.Wait("the stock", `document.querySelector(".menu .stock").textContent.startsWith("99 left")`)
	labels := webtest.Eval[[]string](p, `[...document.querySelectorAll(".arrow .label")].map((n) => n.textContent)`)
	want := []string{"submit", "prepare", "prepare", "vote yes", "vote yes", "append", "commit", "commit", "committed", "ack", "ack"}
	if fmt.Sprint(labels) != fmt.Sprint(want) {
		t.Errorf("the picture has %q, want %q", labels, want)
	}
	p.Wait("the times in doubt", `document.querySelectorAll(".chip.committed").length === 2`)
	p.Click(".tx-table summary")
	p.Wait("the table", `document.querySelectorAll(".tx-table tbody tr").length === 11`)

	p.Click(".menu li:nth-child(5) button")
	p.Wait("the refusal", `document.querySelector(".result.bad")?.textContent.includes("only 0 left")`)
	p.Wait("its picture", `document.querySelector(".arrow.vote-no")`)
	p.Wait("both are listed", `document.querySelectorAll(".recent li a").length === 2`)
	p.Screenshot("aborted")

	// A past one is opened by its id, and by back and reload.
	p.Type("#tx-id", "kq3v9d2mh4tn7wxy.1")
	p.Press(webtest.Enter())
	p.Wait("the first one", `document.querySelector(".tx-id").textContent === "kq3v9d2mh4tn7wxy.1" && location.hash === "#/orders/kq3v9d2mh4tn7wxy.1"`)
	p.Reload()
	p.Wait("the first one again", `document.querySelector(".tx-id")?.textContent === "kq3v9d2mh4tn7wxy.1" && document.querySelectorAll(".arrow").length === 11`)
	p.Go("orders/kq3v9d2mh4tn7wxy.77")
	p.Wait("one that is not known", `document.querySelector(".tx-head").textContent.includes("nothing is known")`)
}

// TestOrderSurvives: an order whose answer was lost is asked for again and
// placed once.
func TestOrderSurvives(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g := webtest.RunGateway(t, "general")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Go("orders")
	p.Wait("the menu", `document.querySelectorAll(".menu li").length === 5`)
	g.Do(func(g *webtest.Gateway) { g.HoldOutcomes = true })
	p.Click(".menu li:nth-child(1) button")
	g.Wait(t, "the order", func(g *webtest.Gateway) bool { return g.Ordered() == 1 })
	g.Do(func(g *webtest.Gateway) { g.HoldOutcomes = false })
	g.Cut()
	p.Wait("the outcome", `document.querySelector(".result.good")`)
	p.Wait("the stock", `document.querySelector(".menu .stock").textContent.startsWith("99 left")`)
}

// TestDoubt: a participant that voted yes and hears nothing is seen in doubt,
// with the time counting, until it hears.
func TestDoubt(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Go("orders")
	p.Click(".faults li:nth-child(2) button")
	p.Wait("an armed role", `document.querySelector(".faults .armed")`)
	tx := webtest.Script("kq3v9d2mh4tn7wxy.5", "k", time.Now())
	tx = tx.Vote(2_000, food.Inventory, true, "").Vote(400, food.Delivery, true, "").Then(50, "append", "").Then(900, "commit", food.Inventory).Then(30, "commit", food.Delivery).Then(1_500, "ack", food.Inventory)
	first := tx.TxSeen
	g.Show(first, 0)
	p.Wait("doubt", `document.querySelector(".doubt.open") && document.querySelectorAll(".chip.open").length === 1`)
	p.Wait("time that counts", `/delivery in doubt for [1-9]/.test(document.querySelector(".chip.open").textContent)`)
	rest := tx.Then(600_000, "commit", food.Delivery).Then(1_200_000, "ack", food.Delivery).TxSeen
	rest.Events = rest.Events[len(rest.Events)-2:]
	g.Show(rest, 0)
	p.Wait("no doubt", `!document.querySelector(".doubt.open") && document.querySelectorAll(".chip.committed").length === 2`)
	p.Wait("a pause in the picture", `document.querySelector(".pause")`)
	p.Wait("how often it was told", `[...document.querySelectorAll(".arrow .label")].some((n) => n.textContent === "commit ×2")`)
}

// TestBusy: under heavy traffic the page keeps a few and says how many were left
// out.
func TestBusy(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Go("orders")
	p.Wait("the menu", `document.querySelectorAll(".menu li").length === 5`)
	for i := range 400 {
		g.Show(webtest.Script(fmt.Sprintf("kq3v9d2mh4tn7wxy.%d", 1000+i), "k", time.Now()).Committed().TxSeen, 3)
	}
	p.Wait("how many were left out", `document.querySelector(".recent-panel .hint")?.textContent.startsWith("1200 more were left out")`)
	if n := webtest.Eval[int](p, `document.querySelectorAll(".recent li").length`); n != 30 {
		t.Errorf("%d transactions are listed, 30 are the most", n)
	}
}

func TestIDs(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Go("ids")
	p.Wait("an id", `document.querySelectorAll(".bit-field i").length === 64`)
	id, err := snowflake.ParseID(webtest.Eval[string](p, `location.hash.split("/")[2]`))
	if err != nil {
		t.Fatal(err)
	}
	bits := webtest.Eval[string](p, `[...document.querySelectorAll(".bit-field i")].map((n) => n.textContent).join("")`)
	if want := fmt.Sprintf("%064b", int64(id)); bits != want {
		t.Errorf("the id %d is shown as\n%s, want\n%s", id, bits, want)
	}
	if short := webtest.Eval[string](p, `document.querySelector(".forms div:nth-child(2) code").textContent`); short != id.Short() {
		t.Errorf("the short form is %s, want %s", short, id.Short())
	}
	p.Click(".id-form .primary")
	p.Wait("two ids", `document.querySelectorAll(".id-list li").length === 2`)
	p.Type("#id-input", "x")
	p.Press(webtest.Enter())
	p.Wait("what is wrong", `document.querySelector(".ids .field-error").textContent.startsWith("This is not an ID")`)
	p.Wait("the workers", `document.querySelectorAll(".worker-grid .held").length === 2 && document.querySelectorAll(".worker-grid .retired").length === 1`)
	p.Go("ids/" + snowflake.NewID(1, 31, 4095).String())
	p.Wait("its worker", `document.querySelector(".fields .worker strong").textContent === "Worker 31"`)
}

// TestNoFaults: where no role can be killed there are no such buttons.
func TestNoFaults(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	g.Extensions = []string{"orders"}
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Go("orders")
	p.Wait("the menu", `document.querySelectorAll(".menu li").length === 5`)
	if webtest.Eval[bool](p, `[...document.querySelectorAll(".faults")].some((n) => n.checkVisibility())`) {
		t.Error("the buttons are shown where no role can be killed")
	}
}
