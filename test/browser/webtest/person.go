package webtest

import (
	"fmt"
	"strconv"
	"unicode"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// SignIn chooses a guest's name in the dialog of the first visit, and waits for
// the gateway's welcome.
func (p *Page) SignIn(name string) {
	p.t.Helper()
	p.Wait("the dialog for a name", `document.querySelector("dialog.welcome #name")`)
	p.Type("dialog.welcome #name", name)
	p.Press(Enter())
	p.Online()
}

// SignInWithToken enters a token in the dialog of the first visit.
func (p *Page) SignInWithToken(token string) {
	p.t.Helper()
	p.Wait("the dialog", `document.querySelector("dialog.welcome")`)
	p.Click("dialog.welcome summary")
	p.Type("#token", token)
	p.Click("dialog.welcome button[type=submit]")
}

// Online waits until the page shows that it is connected.
func (p *Page) Online() {
	p.t.Helper()
	p.Wait("the connection", `document.querySelector(".who-state.online")`)
}

// Room goes to a room and waits until its messages are there.
func (p *Page) Room(name string) {
	p.t.Helper()
	p.Go("room/" + name)
	p.Wait("the room "+name, fmt.Sprintf(`document.querySelector(".chat h1")?.textContent === %q && document.querySelector("[role=log]").getAttribute("aria-busy") === "false"`, name))
}

// Go goes to a place after the '#' of the address.
func (p *Page) Go(place string) {
	p.t.Helper()
	Eval[string](p, fmt.Sprintf(`location.hash = "#/%s"`, place))
}

// Write puts a text into the composer and presses Enter, as one who types does.
func (p *Page) Write(text string) {
	p.t.Helper()
	p.Type("#composer", text)
	p.Press(Enter())
}

// Type puts a text into a field.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.Run(chromedp.Focus(chromedp.CSS(selector)), command(input.InsertText, input.InsertTextParams{Text: text}))
}

// Select selects the text of a field, which the next one that is typed replaces.
func Select(selector string) Action {
	return chromedp.Evaluate[chromedp.Void]("document.querySelector(" + strconv.Quote(selector) + ").select()")
}

// Texts are the messages of the room in the page, in order, without those that are not
// in it yet.
func (p *Page) Texts() []string {
	p.t.Helper()
	return Eval[[]string](p, `[...document.querySelectorAll("[role=log] .text")].map((n) => n.textContent)`)
}

// Pending are the messages that the page shows as not in the room, each with
// its state.
func (p *Page) Pending() []string {
	p.t.Helper()
	return Eval[[]string](p, `[...document.querySelectorAll(".pending")].map((n) => n.classList[2] + " " + n.querySelector(".text").textContent)`)
}

// WaitText waits until a message is in the room.
func (p *Page) WaitText(text string) {
	p.t.Helper()
	p.Wait("the message "+text, `[...document.querySelectorAll("[role=log] .text")].some((n) => n.textContent === `+strconv.Quote(text)+`)`)
}

// Click clicks what a selector finds first.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.Run(chromedp.Click(chromedp.CSS(selector)))
}

// Key is a key as the browser gets it; Text is what it would type.
type Key struct {
	Name, Code, Text string
	Number           int64
}

// Enter and the other keys that shortcuts need.
func Enter() Key  { return Key{"Enter", "Enter", "\r", 13} }
func Escape() Key { return Key{"Escape", "Escape", "", 27} }
func Tab() Key    { return Key{"Tab", "Tab", "", 9} }
func Up() Key     { return Key{"ArrowUp", "ArrowUp", "", 38} }
func Down() Key   { return Key{"ArrowDown", "ArrowDown", "", 40} }

// Letter is the key of a letter or sign.
func Letter(c rune) Key { return Key{string(c), "", string(c), int64(unicode.ToUpper(c))} }

// Press presses a key as a keyboard does: what the page prevents types nothing.
func (p *Page) Press(k Key, modifiers ...kb.Modifier) {
	p.t.Helper()
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: k.Name, Code: k.Code, WindowsVirtualKeyCode: k.Number}
	for _, m := range modifiers {
		down.Modifiers |= int64(m)
	}
	up := down
	up.Type = input.DispatchKeyEventTypeKeyUp
	if k.Text != "" && down.Modifiers&^int64(kb.ModifierShift) == 0 {
		down.Type, down.Text = input.DispatchKeyEventTypeKeyDown, k.Text
	}
	p.Run(command(input.DispatchKeyEvent, down), command(input.DispatchKeyEvent, up))
}
