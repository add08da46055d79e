package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/test/browser/webtest"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// openOrders opens the view of orders as ada.
func openOrders(t *testing.T, url string) *webtest.Page {
	t.Helper()
	p := signIn(t, url)
	p.Go("orders")
	awaitMenu(p)
	return p
}

// awaitMenu waits until something can be ordered.
func awaitMenu(p *webtest.Page) {
	p.Wait("the menu", `document.querySelectorAll(".menu li").length === 8`)
	p.Wait("the zones", `document.querySelectorAll("#zone option").length === 3`)
}

// Items of the menu, by their places.
const (
	salad = 1 + iota
	falafel
	margherita = 6
)

// order orders the n-th item of the menu.
func order(p *webtest.Page, n int) { p.Click(fmt.Sprintf(".menu li:nth-child(%d) button", n)) }

// sellOut orders the whole stock of salad.
func sellOut(p *webtest.Page) {
	p.Run(webtest.Select(".menu li:first-child input"))
	p.Type(".menu li:first-child input", "30")
	p.Press(webtest.Enter())
	p.Wait("the outcome", `document.querySelector(".result.good")?.textContent.includes("30 × Caesar Salad are on the way")`)
	p.Wait("an empty stock", `document.querySelector(".menu li:first-child.out .stock")?.textContent === "sold out"`)
}

func TestOrder(t *testing.T) {
	g := webtest.RunUp(t, program)
	p := openOrders(t, g.URL)
	order(p, margherita)
	p.Wait("the outcome", `/Pizza Margherita is on the way with \w+/.test(document.querySelector(".result.good")?.textContent)`)
	p.Wait("the picture", `document.querySelectorAll(".arrow").length >= 11`)
	p.Wait("the stock", `document.querySelector(".menu li:nth-child(6) .stock").textContent.startsWith("99 left")`)
	// A message that was sent several times counts once.
	labels := webtest.Eval[[]string](p, `[...document.querySelectorAll(".arrow .label")].map((n) => n.textContent.replace(/ ×\d+$/, "")).sort()`)
	want := strings.Split("ack,ack,append,commit,commit,committed,prepare,prepare,submit,vote yes,vote yes", ",")
	if !slices.Equal(labels, want) {
		t.Errorf("the picture has %q, want %q", labels, want)
	}
	p.Wait("the times in doubt", `document.querySelectorAll(".chip.committed").length === 2`)
	p.Click(".tx-table summary")
	p.Wait("the table", `document.querySelectorAll(".tx-table tbody tr").length === document.querySelectorAll(".arrow").length`)
	p.Screenshot("committed")
	first := webtest.Eval[string](p, `document.querySelector(".tx-id").textContent`)

	sellOut(p)
	order(p, salad)
	p.Wait("the refusal", `document.querySelector(".result.bad")?.textContent.includes("is sold out, 30 ordered")`)
	p.Wait("its picture", `document.querySelector(".arrow.vote-no")`)
	p.Wait("all are listed", `document.querySelectorAll(".recent li a").length === 3`)
	p.Screenshot("aborted")

	// A past one is opened by its id, and by back and reload.
	p.Type("#tx-id", first)
	p.Press(webtest.Enter())
	p.Wait("the first one", fmt.Sprintf(`document.querySelector(".tx-id").textContent === %q && location.hash === "#/orders/" + %[1]q`, first))
	p.Reload()
	p.Wait("the first one again", fmt.Sprintf(`document.querySelector(".tx-id")?.textContent === %q && document.querySelectorAll(".arrow").length === %d`, first, len(labels)))
	p.Go("orders/kq3v9d2mh4tn7wxy.77")
	p.Wait("one that is not known", `document.querySelector(".tx-head").textContent.includes("unknown")`)
	p.Go("orders/nonsense")
	p.Wait("what is wrong", `document.querySelector(".tx-head .field-error")?.textContent.includes("is not <log>.<n>")`)
}

// TestCouriersUnknown: while delivery does not answer it is not known where couriers
// deliver, which is not the same as that there are none.
func TestCouriersUnknown(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g := webtest.RunUp(t, program)
	couriers := regexp.MustCompile(`"couriers":\[[^]]*\]`)
	g.ToPage.Rewrite(func(data []byte) []byte {
		return couriers.ReplaceAll(data, []byte(`"code":"unavailable","reason":"delivery does not answer"`))
	})
	p := signIn(t, g.URL)
	p.Go("orders")
	p.Wait("the menu", `document.querySelectorAll(".menu li").length === 8`)
	p.Wait("why there are no couriers", `document.body.textContent.includes("delivery does not answer")`)
	order(p, margherita)
	p.Wait("why it is not ordered", `document.querySelector(".result")?.textContent.includes("not known yet where couriers deliver")`)
	g.ToPage.Rewrite(nil)
	p.Reload()
	awaitMenu(p)
	order(p, margherita)
	p.Wait("the outcome", `document.querySelector(".result.good")`)
}

// TestOrderSurvives: an order whose answer was lost is sent again and placed once.
func TestOrderSurvives(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g := webtest.RunUp(t, program)
	p := openOrders(t, g.URL)
	g.ToPage.Lose(frame.TypeExtension)
	order(p, margherita)
	proc.Eventually(t, webtest.Patience, "placing the order", func() error {
		if menu, _, _ := program.Run(t, "menu", "--nats", g.Process.URL()); !strings.Contains(menu, " 99\n") {
			return errors.New(menu)
		}
		return nil
	})
	g.Cut()
	g.ToPage.Lose()
	p.Wait("the outcome", `document.querySelector(".result.good")`)
	p.Wait("the stock", `document.querySelector(".menu li:nth-child(6) .stock").textContent.startsWith("99 left")`)
}

// TestDoubt: roles are killed by the page in the middle of a transaction. A participant
// that voted yes and does not learn the outcome is shown in doubt, with the time counting,
// until its role runs again.
func TestDoubt(t *testing.T) {
	g := webtest.RunUp(t, program)
	p := openOrders(t, g.URL)
	for _, role := range []string{food.Inventory, food.Delivery, "coordinator"} {
		first := webtest.Eval[string](p, `document.querySelector(".tx-id")?.textContent ?? ""`)
		item := kill(p, role)
		p.Wait("its transaction", fmt.Sprintf(`document.querySelector(".tx-id").textContent !== %q`, first))
		if role != "coordinator" {
			p.Wait("doubt", `document.querySelector(".doubt.open") && document.querySelectorAll(".chip.open").length === 1`)
			p.Wait("time that counts", fmt.Sprintf(`/%s in doubt for [1-9]/.test(document.querySelector(".chip.open").textContent)`, role))
			p.Wait("how often the outcome was sent", `[...document.querySelectorAll(".arrow .label")].some((n) => /^commit ×\d/.test(n.textContent))`)
		}
		p.Screenshot(role + "-died")
		webtest.Eval[bool](p, `([...`+item+`.querySelectorAll("button")].find((n) => n.textContent.includes("Start")).click(), true)`)
		p.Wait("an end without doubt", `!document.querySelector(".doubt.open") && document.querySelector(".chip.committed, .chip.aborted") && document.querySelectorAll(".chip.open").length === 0`)
		p.Wait("what became of the order", `document.querySelector(".result.good, .result.bad")`)
		if role != "coordinator" {
			p.Wait("two commits", `document.querySelectorAll(".chip.committed").length === 2`)
			p.Wait("a pause in the picture", `document.querySelector(".pause")`)
		}
		p.Screenshot(role + "-back")
	}
	g.Process.Stop()
}

// kill kills a role in the middle of an order, and
// returns an expression for its entry in the list of roles.
func kill(p *webtest.Page, role string) (item string) {
	item = `[...document.querySelectorAll(".faults li")].find((n) => n.textContent.toLowerCase().includes("` + role + `"))`
	webtest.Eval[bool](p, `(`+item+`.querySelector("button").click(), true)`)
	p.Wait("an armed "+role, item+`.querySelector(".state-dot.armed")`)
	order(p, falafel)
	p.Wait("the end of "+role, item+`.querySelector(".state-dot.stopped")`)
	return item
}

// TestBusy: under heavy traffic the page keeps a few transactions and shows how many were
// left out.
func TestBusy(t *testing.T) {
	g := webtest.RunUp(t, program)
	p := openOrders(t, g.URL)
	listed := func() int { return webtest.Eval[int](p, `document.querySelectorAll(".recent li a").length`) }
	sent := 0
	for listed() < 30 {
		for range 100 {
			sent++
			// The participant is none of those that run.
			id := txwire.ID{Log: "kq3v9d2mh4tn7wxy", N: uint64(sent)}
			prepare := txwire.Prepare{V: wire.Version, Key: id.String(), Digest: strings.Repeat("0", 32), DecideBy: 1, OpenSeq: 1, Payload: json.RawMessage("{}")}
			if err := g.NATS.Publish(txwire.Subject(txwire.KindPrepare, "stranger", id), wire.Encode(prepare)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The gateway follows twenty in each second of its clock.
	p.Wait("how many were left out", fmt.Sprintf(`(() => {
		const [, left] = /^(\d+) more were left out/.exec(document.querySelector(".recent-panel .hint")?.textContent) ?? [];
		const followed = %d - left;
		return followed >= 30 && followed %% 20 === 0;
	})()`, sent))
	if n := listed(); n != 30 {
		t.Errorf("%d transactions are listed, 30 are the most", n)
	}
}

// storeLeases stores what became of worker numbers that no process holds now.
func storeLeases(b *webtest.Backend) {
	now, worker := snowflake.Timestamp(time.Now()), 0
	for _, lease := range []idwire.Lease{
		{State: idwire.LeaseHeld, Until: now - 40_000},
		{State: idwire.LeaseReleased, Until: now - 90_000},
		{State: idwire.LeaseRetired, Until: now + 9e9},
	} {
		lease.V, lease.Holder, lease.Nonce, lease.At = wire.Version, "aaaabbbbccccdddd", "aaaabbbbccccdddd", time.Now().UnixMilli()
		for stored := false; !stored; worker++ { // a number may be held
			lease.Worker = worker
			stored = b.PublishFirst(idwire.LeaseSubject(worker), wire.Encode(lease))
		}
	}
}

func TestIDs(t *testing.T) {
	g := webtest.RunUp(t, program)
	storeLeases(g.Backend)
	p := signIn(t, g.URL)
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
	up := webtest.RunUp(t, program)
	gateway := program.Start(t, "chatgw", "--nats", up.Process.URL(), "--http", "127.0.0.1:0")
	url := regexp.MustCompile(`http://\S+`).FindString(gateway.Await("the chat gateway is ready on "))
	p := openOrders(t, url)
	if webtest.Eval[bool](p, `[...document.querySelectorAll(".faults")].some((n) => n.checkVisibility())`) {
		t.Error("the buttons are shown where no role can be killed")
	}
}
