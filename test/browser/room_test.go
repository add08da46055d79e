package browser

import (
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/test/browser/webtest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestUnread: what was said elsewhere is counted, and stands below a line.
func TestUnread(t *testing.T) {
	g := webtest.RunGateway(t, "general", "random")
	g.Say("random", "bo", "old")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Room("random")
	p.Room("general")
	g.Say("random", "bo", "new 1")
	g.Put("random", frame.Message{User: "chen", Kind: "join"}, time.Now())
	g.Say("random", "bo", "new 2")
	p.Wait("two unread", `document.querySelector(".place.unread .badge")?.firstChild.textContent === "2"`)
	p.Wait("the title", `document.title === "(2) general · Parley"`)
	p.Reload()
	p.Online()
	p.Wait("two unread after a reload", `document.querySelector(".place.unread .badge")?.firstChild.textContent === "2"`)
	p.Room("random")
	p.Wait("the line", `document.querySelector(".line.new + .message .text")?.textContent === "new 1"`)
	p.Wait("nothing unread", `!document.querySelector(".place.unread") && document.title === "random · Parley"`)
	p.Screenshot("unread")
	p.Press(webtest.Escape())
	p.Wait("no line", `!document.querySelector(".line.new")`)

	// Another window has the focus.
	webtest.Eval[bool](p, `(document.hasFocus = () => false, dispatchEvent(new Event("blur")), true)`)
	g.Say("random", "bo", "while away")
	p.Wait("the line", `document.querySelector(".line.new + .message .text")?.textContent === "while away"`)
	p.Wait("it is unread", `document.title.startsWith("(1)")`)
	webtest.Eval[bool](p, `(document.hasFocus = () => true, dispatchEvent(new Event("focus")), true)`)
	p.Wait("it is read, and the line stays", `!document.title.startsWith("(") && document.querySelector(".line.new")`)
}

// TestInputMethod: Enter that confirms a word of an input method does not send, also
// where the browser tells by the key's code alone.
func TestInputMethod(t *testing.T) {
	g := webtest.RunChat(t, chatgw.Config{Suggested: []string{"general"}})
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Room("general")
	p.Type("#composer", "にほんご")
	for _, event := range []string{`{ key: "Enter", isComposing: true }`, `{ key: "Enter", keyCode: 229 }`} {
		webtest.Eval[bool](p, `document.querySelector("#composer").dispatchEvent(new KeyboardEvent("keydown", Object.assign(`+event+`, { bubbles: true, cancelable: true })))`)
	}
	if draft := webtest.Eval[string](p, `document.querySelector("#composer").value`); draft != "にほんご" {
		t.Errorf("the draft is %q", draft)
	}
	webtest.Eval[bool](p, `document.querySelector("#composer").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true, cancelable: true }))`)
	p.WaitText("にほんご")
}

// TestRefusals: what the gateway does not take is said where it belongs.
func TestRefusals(t *testing.T) {
	g := webtest.RunGateway(t, "general", "announcements")
	g.Extensions = nil
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Room("general")
	if webtest.Eval[int](p, `document.querySelectorAll(".views li").length`) != 0 {
		t.Error("views are offered that the gateway does not have")
	}
	tries := 0
	g.Do(func(g *webtest.Gateway) {
		g.Refuse = func(s frame.Send) *frame.Error {
			e := &frame.Error{T: frame.TypeError, Room: s.Room, CID: s.CID}
			switch {
			case s.Text == "forbidden":
				e.Code, e.Reason = frame.CodeForbidden, "your token does not allow to write in general"
			case s.Text == "fast" && tries == 0:
				tries++
				e.Code, e.Reason, e.RetryMS = frame.CodeRate, "too fast", 100
			default:
				return nil
			}
			return e
		}
	})
	p.Write("fast")
	p.Write("after it")
	p.WaitText("after it")
	same(t, g, "general", p)
	p.Write("forbidden")
	p.Wait("the refusal", `document.querySelector(".pending.refused")?.textContent.includes("does not allow to write")`)
	p.Screenshot("refused")
	p.Click(".pending.refused button:last-child")
	settled(p)

	// A text that is too long is not sent at all.
	p.Type("#composer", strings.Repeat("ö", 2049))
	p.Wait("the count", `document.querySelector(".composer-note").textContent.startsWith("2 bytes too long")`)
	p.Press(webtest.Enter())
	if !webtest.Eval[bool](p, `document.querySelector(".send").disabled && document.querySelector("#composer").value.length === 2049`) {
		t.Error("a text beyond the limit was sent")
	}

	p.Room("announcements")
	p.Wait("a room to read only", `document.querySelector("#composer").disabled && document.querySelector(".composer-note").textContent.includes("not write")`)
	p.Go("room/secret")
	p.Wait("a room that cannot be entered", `document.querySelector(".log-top").textContent.includes("does not allow to read secret")`)
	p.Screenshot("secret")
}

// TestStopped: where the gateway does not want to be asked again, it is not.
func TestStopped(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	g.RefuseHello = &frame.Bye{T: frame.TypeBye, Code: frame.CloseToken, Reason: "the token has expired"}
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.Wait("the dialog", `document.querySelector("dialog.welcome")`)
	p.Run(chromedp.Click(chromedp.CSS("dialog.welcome summary")))
	p.Type("#token", "abc.def.ghi")
	p.Click("dialog.welcome button[type=submit]")
	p.Wait("why not", `document.querySelector("dialog.welcome .field-error")?.textContent === "the token has expired"`)
	p.Screenshot("token")
	g.Do(func(g *webtest.Gateway) { g.RefuseHello = nil })
	p.Type("#token", "new.one.here")
	p.Click("dialog.welcome button[type=submit]")
	p.Online()
	p.Wait("the name of the token", `document.querySelector(".who-name").textContent === "token-holder"`)
	if webtest.Eval[bool](p, `JSON.stringify(localStorage).includes("new.one") || location.href.includes("new.one")`) {
		t.Error("the token is kept where it should not be")
	}

	g.Bye(frame.CloseFrame, "the frame is malformed", 0)
	p.Wait("it stopped", `document.querySelector(".banner.stopped button")?.textContent === "Connect again"`)
	p.Screenshot("stopped")
	p.Click(".banner.stopped button")
	p.Online()

	// It comes back as another release.
	g.Do(func(g *webtest.Gateway) { g.Release = "v2" })
	g.Cut()
	p.Wait("word of the upgrade", `document.querySelector(".banner.news button")?.textContent === "Reload"`)
	p.Screenshot("upgraded")

	// A drain with a hint: not before that.
	g.Bye(frame.CloseDrain, "the gateway restarts", 90*time.Second)
	p.Wait("the countdown", `/The gateway restarts\. Next try in (\d\d) s\./.test(document.querySelector(".banner").textContent)`)
	p.Click(".banner button")
	p.Online()
}

// TestRefusedBeforeTheDialogIsGone: the gateway's refusal may arrive before the
// browser reports that the dialog is closed; it is shown all the same.
func TestRefusedBeforeTheDialogIsGone(t *testing.T) {
	g := webtest.RunGateway(t, "general")
	g.RefuseHello = &frame.Bye{T: frame.TypeBye, Code: frame.CloseToken, Reason: "the token has expired"}
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.Wait("the dialog", `document.querySelector("dialog.welcome")`)
	webtest.Eval[bool](p, `(addEventListener("close", (e) => e.stopImmediatePropagation(), true), true)`)
	p.Run(chromedp.Click(chromedp.CSS("dialog.welcome summary")))
	p.Type("#token", "abc.def.ghi")
	p.Click("dialog.welcome button[type=submit]")
	p.Wait("why not", `document.querySelector("dialog.welcome[open] .field-error")?.textContent === "the token has expired"`)
}

// TestKeyboard: everything without a mouse.
func TestKeyboard(t *testing.T) {
	g := webtest.RunGateway(t, "general", "random", "kitchen")
	g.Say("general", "bo", "see https://a.example/")
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	p.Room("general")
	title := func(want string) {
		t.Helper()
		p.Wait("the room "+want, `document.querySelector(".chat h1")?.textContent === "`+want+`"`)
	}
	p.Press(webtest.Down(), kb.ModifierAlt)
	title("random")
	p.Press(webtest.Down(), kb.ModifierAlt)
	title("kitchen")
	p.Press(webtest.Down(), kb.ModifierAlt)
	title("general")
	p.Press(webtest.Up(), kb.ModifierAlt)
	title("kitchen")
	g.Say("random", "bo", "look")
	p.Wait("something unread", `document.querySelector(".place.unread")`)
	p.Press(webtest.Down(), kb.ModifierAlt, kb.ModifierShift)
	title("random")

	p.Press(webtest.Letter('k'), kb.ModifierCtrl)
	p.Wait("the dialog for rooms", `document.querySelector("dialog.goto[open]")`)
	p.Type("dialog.goto input", "gen")
	p.Press(webtest.Enter())
	title("general")
	p.Press(webtest.Letter('k'), kb.ModifierCtrl)
	p.Type("dialog.goto input", "New Room")
	p.Screenshot("goto")
	p.Press(webtest.Enter())
	title("new-room")
	p.Reload()
	p.Online()
	title("new-room")
	p.Click(".top [aria-label='Leave this room']")
	p.Wait("it is left", `![...document.querySelectorAll(".place-name")].some((n) => n.textContent === "new-room")`)
	p.Room("general")

	p.Run(chromedp.Focus(chromedp.CSS(".scroller")))
	p.Press(webtest.Letter('?'))
	p.Wait("the help", `document.querySelector("dialog.help[open]")`)
	p.Screenshot("help")
	p.Press(webtest.Escape())
	p.Wait("no help", `!document.querySelector("dialog")`)

	// The Tab key goes from the start of the page to the composer in order.
	p.Run(chromedp.Focus(chromedp.CSS(".skip")))
	var order []string
	for range 13 {
		order = append(order, webtest.Eval[string](p, `(() => { const n = document.activeElement; return n.id || n.classList[0] || n.tagName })()`))
		p.Press(webtest.Tab())
	}
	got := strings.Join(order, " ")
	if want := "skip icon-button place place place place place icon-button icon-button icon-button people-button scroller A"; got != want {
		t.Errorf("the Tab key goes\n%s\nwant\n%s", got, want)
	}
	p.Wait("the focus in the composer", `document.activeElement.id === "composer"`)
	p.Run(chromedp.Focus(chromedp.CSS(".skip")))
	p.Press(webtest.Enter())
	p.Wait("the focus in the composer", `document.activeElement.id === "composer"`)
}

// TestRoomLimit: a gateway that allows few rooms at once has its way.
func TestRoomLimit(t *testing.T) {
	g := webtest.RunChat(t, chatgw.Config{Suggested: []string{"a", "b", "c"}, Rooms: 2})
	p := chromium.For(t).Open(g.URL, webtest.Desktop())
	p.SignIn("ada")
	for _, room := range []string{"c", "a", "b", "c"} {
		p.Room(room)
		p.Write("hello " + room)
		p.WaitText("hello " + room)
		settled(p)
	}
	same(t, g, "c", p)
}
