package browser

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/page/ids"
	"parley/page/orders"
	"parley/test/browser/webtest"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/golang-jwt/jwt/v5"
)

// TestUnread: messages in other rooms are counted, and are below a line.
func TestUnread(t *testing.T) {
	g := webtest.RunChat(t, quiet("general", "random"))
	g.Post("random", "bo", "old")
	p := signIn(t, g.URL)
	p.Room("random")
	p.Room("general")
	g.Post("random", "bo", "new 1")
	join := webtest.Message(time.Now(), "chen", "")
	join.Kind = chatwire.KindJoin
	g.Store("random", join)
	g.Post("random", "bo", "new 2")
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
	g.Post("random", "bo", "while away")
	p.Wait("the line", `document.querySelector(".line.new + .message .text")?.textContent === "while away"`)
	p.Wait("it is unread", `document.title.startsWith("(1)")`)
	webtest.Eval[bool](p, `(document.hasFocus = () => true, dispatchEvent(new Event("focus")), true)`)
	p.Wait("it is read, and the line stays", `!document.title.startsWith("(") && document.querySelector(".line.new")`)
}

// TestInputMethod: Enter that confirms a word of an input method does not send, also
// where only the key's code shows that.
func TestInputMethod(t *testing.T) {
	_, p := enter(t, chatgw.Config{Suggested: []string{"general"}})
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

// TestRefusals: what the gateway refuses is shown where it belongs.
func TestRefusals(t *testing.T) {
	const reason = "text has no character that can be seen"
	g := webtest.RunChat(t, chatgw.Config{
		Suggested: []string{"general", "announcements"}, Keys: keys(), MessagesAtOnce: 1, MessagesPerSecond: 1,
	})
	p := chromium.Open(t, g.URL, webtest.Desktop())
	p.SignInWithToken(token(t, time.Now().Add(time.Hour)))
	p.Online()
	p.Room("general")
	if webtest.Eval[int](p, `document.querySelectorAll(".views li").length`) != 0 {
		t.Error("views are offered that the gateway does not have")
	}
	p.Write("first")
	p.Write("fast")
	p.Write("after it")
	p.WaitText("after it")
	same(t, g, "general", p)
	if g.ToPage.Passed(frame.TypeError) == 0 {
		t.Error("no message was too fast")
	}
	p.Write("\u200b") // invisible, which the page does not check
	p.Wait("the refusal", `document.querySelector(".pending.refused")?.textContent.includes("`+reason+`")`)
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
	p.Wait("a room that cannot be entered", `document.querySelector(".log-top").textContent.includes("you may not read in the room secret")`)
	p.Screenshot("secret")
}

// secret signs the tokens of the tests.
const secret = "0123456789abcdefghijklmnopqrstuvwxyz"

func keys() []chatgw.Key { return []chatgw.Key{{ID: "test", Secret: []byte(secret)}} }

// token is one of token-holder, who may write in general and read announcements.
func token(t *testing.T, until time.Time) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": "token-holder", "exp": until.Unix(), "write": []string{"general"}, "read": []string{"announcements"}}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// expired is what the gateway answers to a token that was valid once.
const expired = "the token is not valid: token is expired"

// TestStopped: where a gateway refuses for good, the page does not connect again by itself.
func TestStopped(t *testing.T) {
	g := webtest.RunChat(t, chatgw.Config{Suggested: []string{"general"}, Keys: keys()})
	p := chromium.Open(t, g.URL, webtest.Desktop())
	p.SignInWithToken(token(t, time.Now().Add(-time.Hour)))
	p.Wait("why not", `document.querySelector("dialog.welcome .field-error")?.textContent === "`+expired+`"`)
	p.Screenshot("token")
	valid := token(t, time.Now().Add(time.Hour))
	p.Type("#token", valid)
	p.Click("dialog.welcome button[type=submit]")
	p.Online()
	p.Wait("the name of the token", `document.querySelector(".who-name").textContent === "token-holder"`)
	if webtest.Eval[bool](p, `JSON.stringify(localStorage).includes("`+valid+`") || location.href.includes("`+valid+`")`) {
		t.Error("the token is kept where it should not be")
	}

	g.ToGateway.Inject([]byte("no JSON"))
	p.Wait("it stopped", `document.querySelector(".banner.stopped button")?.textContent === "Connect again"`)
	p.Screenshot("stopped")
	p.Click(".banner.stopped button")
	p.Online()

	// The gateway is restarted with another release.
	g.ToPage.Rewrite(func(data []byte) []byte {
		return bytes.ReplaceAll(data, []byte(`"release":"`+wire.Release+`"`), []byte(`"release":"next"`))
	})
	g.Cut()
	p.Wait("a note of the upgrade", `document.querySelector(".banner.news button")?.textContent === "Reload"`)
	p.Screenshot("upgraded")

	// A drain with a hint: not before that.
	g.Bye(frame.Bye{Code: frame.CloseDrain, Reason: "the gateway restarts", RetryMS: 90_000})
	p.Wait("the countdown", `/The gateway restarts\. Next try in (\d\d) s\./.test(document.querySelector(".banner").textContent)`)
	p.Click(".banner button")
	p.Online()
}

// TestRefusedBeforeDialogCloses: the gateway's refusal may arrive before the
// browser reports that the dialog is closed; it is shown all the same.
func TestRefusedBeforeDialogCloses(t *testing.T) {
	g := webtest.RunChat(t, chatgw.Config{Suggested: []string{"general"}, Keys: keys()})
	p := chromium.Open(t, g.URL, webtest.Desktop())
	p.Wait("the dialog", `document.querySelector("dialog.welcome")`)
	webtest.Eval[bool](p, `(addEventListener("close", (e) => e.stopImmediatePropagation(), true), true)`)
	p.SignInWithToken(token(t, time.Now().Add(-time.Hour)))
	p.Wait("why not", `document.querySelector("dialog.welcome[open] .field-error")?.textContent === "`+expired+`"`)
}

// TestKeyboard: everything without a mouse.
func TestKeyboard(t *testing.T) {
	listed := func(name string) chatgw.Extension {
		return chatgw.Extension{Name: name, Handle: func(context.Context, chatgw.Client, chatgw.Request) error { return nil }}
	}
	g := webtest.RunChat(t, quiet("general", "random", "kitchen"), listed(orders.Name), listed(ids.Name))
	g.Post("general", "bo", "see https://a.example/")
	p := signIn(t, g.URL)
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
	g.Post("random", "bo", "look")
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

// TestRoomLimit: the page stays below the number of rooms that a gateway allows.
func TestRoomLimit(t *testing.T) {
	g := webtest.RunChat(t, chatgw.Config{Suggested: []string{"a", "b", "c"}, Rooms: 2})
	p := signIn(t, g.URL)
	for _, room := range []string{"c", "a", "b", "c"} {
		p.Room(room)
		p.Write("hello " + room)
		p.WaitText("hello " + room)
		settled(p)
	}
	same(t, g, "c", p)
}
