package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
	"parley/test/browser/webtest"

	"github.com/chromedp/chromedp"
)

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// same compares what the pages show with what is stored.
func same(t *testing.T, g *webtest.Chat, room string, pages ...*webtest.Page) {
	t.Helper()
	want := g.Texts(room)
	for i, p := range pages {
		if got := p.Texts(); !slices.Equal(got, want) {
			t.Errorf("page %d shows\n%q\nthe room has\n%q", i, got, want)
		}
		if pending := p.Pending(); len(pending) > 0 {
			t.Errorf("page %d still shows as not in the room: %q", i, pending)
		}
	}
}

// quiet is a chat in whose rooms nobody notes who comes and leaves.
func quiet(suggested ...string) chatgw.Config {
	return chatgw.Config{Suggested: suggested, Chat: rooms.Config{Notices: -1}}
}

// signIn opens a page as ada.
func signIn(t *testing.T, url string) *webtest.Page {
	t.Helper()
	p := chromium.Open(t, url, webtest.Desktop())
	p.SignIn("ada")
	return p
}

// enter runs a chat, and opens its first room as ada.
func enter(t *testing.T, cfg chatgw.Config) (*webtest.Chat, *webtest.Page) {
	t.Helper()
	g := webtest.RunChat(t, cfg)
	p := signIn(t, g.URL)
	p.Room(cfg.Suggested[0])
	return g, p
}

func settled(p *webtest.Page) {
	p.Wait("nothing pending", `document.querySelectorAll(".pending").length === 0`)
}

func TestTwoPeople(t *testing.T) {
	g, ada := enter(t, chatgw.Config{Suggested: []string{"general", "random"}})
	bo := chromium.Open(t, g.URL, webtest.Phone())
	bo.SignIn("bo")
	bo.Room("general")
	ada.Wait("two people", `document.querySelectorAll(".people li").length === 2`)

	bo.Type("#composer", "h")
	ada.Wait("who is typing", `document.querySelector(".typing").textContent === "bo is writing…"`)
	bo.Type("#composer", "ello")
	bo.Click(".send")
	ada.WaitText("hello")
	ada.Wait("nobody who is typing", `document.querySelector(".typing").textContent === ""`)
	for i := range 5 {
		ada.Write(fmt.Sprintf("ada %d", i))
		bo.Type("#composer", fmt.Sprintf("bo %d", i))
		bo.Click(".send")
	}
	for _, p := range []*webtest.Page{ada, bo} {
		p.Wait("eleven messages", `document.querySelectorAll("[role=log] .text").length === 11`)
		settled(p)
	}
	same(t, g, "general", ada, bo)
	bo.Click(".chat .menu-button")
	bo.Wait("the drawer", `document.querySelector(".sidebar.open")`)
	bo.Click(".sidebar [aria-label='Sign out']")
	ada.Wait("one person", `document.querySelectorAll(".people li").length === 1`)
}

// Who signs out leaves nothing for the next one in the same tab: no message that
// waits for a connection, no draft, no room.
func TestSignOutLeavesNothing(t *testing.T) {
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	g.Post("general", "bo", "for members")
	p.WaitText("for members")
	g.Down(true)
	p.Wait("the banner", `!document.querySelector(".banner").hidden`)
	p.Write("in ada's name")
	p.Type("#composer", "a secret draft")
	p.Click(".sidebar [aria-label='Sign out']")
	p.Run(chromedp.WaitVisible(chromedp.CSS("dialog.welcome")))
	if webtest.Eval[bool](p, `document.body.textContent.includes("for members")`) {
		t.Error("the page still shows the room")
	}
	kept := webtest.Eval[[]string](p, `[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((k) => k !== "parley.theme")`)
	if len(kept) > 0 {
		t.Errorf("the browser keeps %q", kept)
	}
	g.Down(false)
	p.SignIn("bo")
	p.Room("general")
	p.Write("bo himself")
	p.WaitText("bo himself")
	settled(p)
	if got, want := g.Texts("general"), []string{"for members", "bo himself"}; !slices.Equal(got, want) {
		t.Errorf("the room has %q, want %q", got, want)
	}
	if draft := webtest.Eval[string](p, `document.querySelector("#composer").value`); draft != "" {
		t.Errorf("the draft is %q", draft)
	}
}

// The dialog for a name cannot be closed without an answer.
func TestWelcomeStays(t *testing.T) {
	g := webtest.RunChat(t, chatgw.Config{Suggested: []string{"general"}})
	p := chromium.Open(t, g.URL, webtest.Desktop())
	p.Wait("the dialog", `document.querySelector("dialog.welcome[open]")`)
	for range 3 {
		p.Press(webtest.Escape())
	}
	p.SignIn("ada")
}

// While a crowd is present nobody is named; afterwards the names are right.
func TestCrowdLeaves(t *testing.T) {
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	var crowd []func()
	join := func(n int) {
		for range n {
			crowd = append(crowd, g.Enter(g.Network, "general", fmt.Sprintf("p%03d", len(crowd))))
		}
	}
	leave := func(n int) {
		for range n {
			crowd[0]()
			crowd = crowd[1:]
		}
	}
	named := func(n int) {
		t.Helper()
		p.Wait("names", fmt.Sprintf(`document.querySelectorAll(".people li").length === %d`, n))
	}
	counted := func(n int) {
		t.Helper()
		p.Wait("the number of people", fmt.Sprintf(`document.querySelector("#people-title").textContent === "%d people here"`, n))
	}
	join(150)
	named(151)
	join(100)
	counted(251)
	leave(50)
	counted(201) // nobody is named
	leave(1)
	named(200)
	leave(189)
	named(11)
	if n := g.ToGateway.Passed(frame.TypeJoin); n != 2 {
		t.Errorf("the room was joined %d times, want once at first and once to ask who is left", n)
	}
}

func TestReconnect(t *testing.T) {
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	p.Write("before")
	p.WaitText("before")
	settled(p)

	// The connection ends with one message stored and not acknowledged.
	g.ToPage.Lose(frame.TypeAck, frame.TypeMessage)
	p.Write("stored and not acknowledged")
	g.ToPage.AwaitLost(t, frame.TypeAck, 1) // it is stored
	g.Down(true)
	g.ToPage.Lose()
	p.Wait("the banner", `!document.querySelector(".banner").hidden`)
	p.Wait("its countdown", `/Next try in \d+ s\.|Trying now/.test(document.querySelector(".banner").textContent)`)
	p.Write("written without a connection")
	p.Write("and another")
	g.Post("general", "bo", "meanwhile 1")
	g.Post("general", "bo", "meanwhile 2")
	p.Screenshot("disconnected")
	if got := p.Pending(); len(got) != 3 {
		t.Errorf("pending are %q", got)
	}
	g.Down(false)
	p.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".banner button")?.click()`))
	p.Online()
	p.WaitText("and another")
	settled(p)
	same(t, g, "general", p)
	want := []string{"before", "stored and not acknowledged", "meanwhile 1", "meanwhile 2", "written without a connection", "and another"}
	if got := g.Texts("general"); !slices.Equal(got, want) {
		t.Errorf("the room has\n%q, want\n%q", got, want)
	}
	p.Wait("no banner", `document.querySelector(".banner").hidden`)
}

func TestReloadKeepsUnsent(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	g.Post("general", "bo", "first")
	p.WaitText("first")
	g.ToGateway.Lose(frame.TypeSend)
	p.Write("one")
	p.Write("two")
	p.Type("#composer", "half a thou")
	p.Reload()
	p.Online()
	p.Wait("what was not sent", `document.querySelectorAll(".pending").length === 2`)
	if draft := webtest.Eval[string](p, `document.querySelector("#composer").value`); draft != "half a thou" {
		t.Errorf("the draft is %q", draft)
	}
	g.Post("general", "bo", "between")
	g.ToGateway.Lose()
	g.Cut()
	p.WaitText("two")
	settled(p)
	// The page resumed from where it first tried: older ones come from history.
	p.WaitText("first")
	same(t, g, "general", p)

	// Stored, and reloaded before it was known.
	g.ToPage.Lose(frame.TypeAck, frame.TypeMessage)
	p.Write(" three")
	g.ToPage.AwaitLost(t, frame.TypeAck, 1) // it is stored
	g.Down(true)
	g.ToPage.Lose()
	p.Reload()
	g.Down(false)
	p.WaitText("half a thou three")
	settled(p)
	p.WaitText("first")
	same(t, g, "general", p)
}

// TestUnknown: where it is too late to send a message again, the page shows what is
// known of it and no more. When the stream was recreated, it shows only new messages.
func TestUnknown(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	g.Post("general", "bo", "first")
	p.WaitText("first")
	g.ToGateway.Lose(frame.TypeSend)
	p.Write("where is it?")
	p.Wait("it is on its way", `document.querySelector(".pending.sending")`)
	g.Down(true)
	later(p)
	g.Down(false)
	p.Wait("the message to be lost", `document.querySelector(".pending.lost")`)
	p.Screenshot("lost")

	g.RecreateStream()
	g.Post("general", "bo", "new")
	g.Down(false)
	p.Wait("only the new messages", `[...document.querySelectorAll("[role=log] .text")].map((n) => n.textContent).join() === "new"`)
	p.Click(".pending.lost button")
	p.Wait("it is sent again", `document.querySelector(".pending.sending")`)
	g.RecreateStream()
	later(p)
	g.ToGateway.Lose()
	g.Down(false)
	p.Wait("the message to be in doubt", `document.querySelector(".pending.doubt")`)
	p.Screenshot("doubt-message")
	if text := webtest.Eval[string](p, `document.querySelector(".pending .standing").textContent`); !strings.Contains(text, "not known") {
		t.Errorf("the page shows %q", text)
	}
	p.Click(".pending.doubt button")
	p.WaitText("where is it?")
	settled(p)
	same(t, g, "general", p)
}

// later lets the time pass in which a message may be sent again.
func later(p *webtest.Page) {
	webtest.Eval[bool](p, `(() => { const now = Date.now.bind(Date); Date.now = () => now() + 660_000; return true })()`)
}

// TestGap: live messages that were lost on the way are noticed and fetched.
func TestGap(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g, p := enter(t, quiet("general"))
	g.Post("general", "bo", "1")
	p.WaitText("1")
	for round := range 3 {
		g.ToPage.LoseNext(frame.TypeMessage, 2)
		for i := range 4 {
			g.Post("general", "bo", fmt.Sprintf("%d.%d", round, i))
		}
		p.WaitText(fmt.Sprintf("%d.3", round))
	}
	same(t, g, "general", p)
	g.ToPage.LoseNext(frame.TypeMessage, 1)
	p.Write("acknowledged, and not delivered")
	p.WaitText("acknowledged, and not delivered")
	settled(p)
	same(t, g, "general", p)
}

// TestSilence: a connection on which nothing arrives any more is given up.
func TestSilence(t *testing.T) {
	t.Parallel() // most of it is waiting for the page
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}, Socket: socket.Config{PingEvery: 400 * time.Millisecond}})
	g.Mute()
	p.Write("lost at first")
	g.Post("general", "bo", "not delivered")
	p.WaitText("lost at first")
	settled(p)
	same(t, g, "general", p)
}

// TestLeft: who goes to another page is disconnected immediately, and who returns joins
// again.
func TestLeft(t *testing.T) {
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	p.Run(chromedp.Navigate("about:blank"))
	g.AwaitConnections(t, 0)
	webtest.Eval[bool](p, `(history.back(), true)`)
	// The debugging protocol loses sight of a page that the browser had put
	// aside, so the network is observed.
	g.ToGateway.AwaitPassed(t, frame.TypeJoin, 2)
	g.AwaitConnections(t, 1)
}

// TestInjection: what people type is text, in every place where it is shown.
func TestInjection(t *testing.T) {
	attacks := []string{
		`<script>window.pwned = 1</script>`,
		`<img src=x onerror="window.pwned=1">`,
		`"><svg onload=window.pwned=1>`,
		`javascript:window.pwned=1`,
		`*<iframe srcdoc="<script>parent.pwned=1</script>">*`,
		"`</code><script>window.pwned=1</script>`",
		`https://a.example/"onmouseover="window.pwned=1`,
		`https://a.example/<script>window.pwned=1</script>`,
		`{{constructor.constructor('window.pwned=1')()}}`,
		"\u202e gnp.exe \u2066",
		`&lt;script&gt;window.pwned=1&lt;/script&gt;`,
	}
	g, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
	// No gateway lets anybody have such a name.
	name, err := json.Marshal("<b onclick=pwned()><img src=x onerror=window.pwned=1>")
	if err != nil {
		t.Fatal(err)
	}
	g.ToPage.Rewrite(func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(`"mallory"`), name) })
	for i, a := range attacks {
		if i%2 == 0 {
			p.Write(a)
			p.WaitText(strings.Trim(strings.ReplaceAll(a, "`", ""), "*"))
		} else {
			g.Post("general", "mallory", a)
		}
	}
	g.Enter(g.Network, "general", "mallory")
	p.Wait("who is here", `[...document.querySelectorAll(".people li")].some((n) => n.textContent.includes("<b onclick"))`)
	p.Wait("all of it", fmt.Sprintf(`document.querySelectorAll("[role=log] .text").length === %d`, len(attacks)))
	g.Type("general", "mallory")
	p.Wait("who is typing", `document.querySelector(".typing").textContent.startsWith("<b")`)
	if n := webtest.Eval[int](p, `document.querySelectorAll("main script, main img, main iframe, main b:not(.bone b), [onclick], [onerror], [onload], a:not([href^='http']):not([href^='#'])").length`); n != 0 {
		t.Errorf("%d elements were made of text", n)
	}
	if webtest.Eval[bool](p, `"pwned" in window`) {
		t.Error("the page ran what somebody typed")
	}
	want := []string{}
	for _, a := range attacks {
		want = append(want, strings.Trim(strings.ReplaceAll(a, "`", ""), "*"))
	}
	if got := p.Texts(); !slices.Equal(got, want) {
		t.Errorf("the page shows\n%q\nwant\n%q", got, want)
	}
	// The browser itself refuses markup from strings.
	refused := webtest.Eval[bool](p, `(() => { try { document.createElement("div").innerHTML = "<b>x</b>"; return false } catch (e) { return e instanceof TypeError } })()`)
	if !refused {
		t.Error("Trusted Types let a string become markup")
	}
	p.Problems() // that refusal is in the log
}
