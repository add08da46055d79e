package browser

import (
	"fmt"
	"math"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/test/browser/webtest"
	"parley/wire/chatwire"
)

// TestLongHistory scrolls back through thousands of messages: each is seen, the
// page stays small, and what one reads stays where it is.
func TestLongHistory(t *testing.T) {
	const messages = 4_000
	g := webtest.RunChat(t, quiet("general"))
	at := time.Now().Add(-50 * time.Hour)
	users := []string{"ada", "bo", "chen"}
	var long []chatwire.Message
	for i := range messages {
		at = at.Add(17 * time.Second)
		m := webtest.Message(at, users[i/3%3], fmt.Sprintf("message %d\n%s", i, "words "[:i%6]+longer(i)))
		if i%97 == 0 {
			m.Kind, m.Text = chatwire.KindJoin, ""
		}
		long = append(long, m)
	}
	g.Store("general", long...)
	p := chromium.Open(t, g.URL, webtest.Desktop())
	p.SignIn("dara")
	p.Room("general")
	p.WaitText(fmt.Sprintf("message %d\n%s", messages-1, "words "[:(messages-1)%6]+longer(messages-1)))

	walked := p.ScrollBack()
	t.Logf("%d steps, at most %d rows in the page, jumps of at most %.2f px", walked.Steps, walked.Most, walked.Jump)
	if len(walked.Seen) != messages {
		t.Errorf("saw %d messages, there are %d", len(walked.Seen), messages)
	}
	if walked.Wrong > 0 {
		t.Errorf("%d rows came twice or in the wrong order", walked.Wrong)
	}
	for i, seq := range walked.Seen {
		if seq != uint64(i+1) {
			t.Fatalf("message %d was not seen", i+1)
		}
	}
	if walked.Most > 300 {
		t.Errorf("the page had %d rows at once, 300 are the most", walked.Most)
	}
	if walked.Jump > 1 {
		t.Errorf("what was read jumped by %.1f pixels", walked.Jump)
	}

	// A new message does not move the reader either, and waits below.
	top := `[...document.querySelectorAll("[data-seq]")].find((n) => n.getBoundingClientRect().bottom > 120).dataset.seq`
	before := webtest.Eval[string](p, top)
	g.Post("general", "bo", "news")
	p.Wait("the button to the newest", `document.querySelector(".jump.has-new")?.textContent === "1 new message"`)
	if after := webtest.Eval[string](p, top); after != before {
		t.Errorf("a new message moved the reader from %s to %s", before, after)
	}
	p.Click(".jump")
	p.WaitText("news")
	p.Wait("the end", `(() => { const s = document.querySelector(".scroller"); return s.scrollHeight - s.scrollTop - s.clientHeight < 2 })()`)
}

func longer(i int) string {
	if i%11 != 0 {
		return ""
	}
	return "a line that is long enough to be broken into several on any screen, so that rows have different heights, whatever the width of the window may be, on a phone as well as on a desk"
}

// TestReturns: a room is found as it was left.
func TestReturns(t *testing.T) {
	g := webtest.RunChat(t, quiet("general", "random"))
	g.Store("general", numbered("message", 300)...)
	p := signIn(t, g.URL)
	p.Room("general")
	p.WaitText("message 299")
	webtest.Eval[bool](p, `(document.querySelector(".scroller").scrollTop -= 700, true)`)
	p.Wait("the button to the newest", `!document.querySelector(".jump").hidden`)
	top := `(() => { const n = [...document.querySelectorAll("[data-seq]")].find((n) => n.getBoundingClientRect().bottom > 120); return [Number(n.dataset.seq), n.getBoundingClientRect().top] })()`
	before := webtest.Eval[[]float64](p, top)
	p.Room("random")
	p.Room("general")
	after := webtest.Eval[[]float64](p, top)
	if after[0] != before[0] || math.Abs(after[1]-before[1]) > 1.5 {
		t.Errorf("the room was left at %v and found at %v", before, after)
	}
}

// numbered are messages with a text and a number from 0.
func numbered(text string, count int) (messages []chatwire.Message) {
	for i := range count {
		messages = append(messages, webtest.Message(time.Now(), "bo", fmt.Sprintf("%s %d", text, i)))
	}
	return messages
}

// TestFlood: what a page missed comes in one frame, and a busy room is followed without
// delay.
func TestFlood(t *testing.T) {
	cfg := quiet("general", "random")
	cfg.Socket.QueueFrames = 4096 // nobody is too slow
	g := webtest.RunChat(t, cfg)
	g.Post("general", "bo", "first")
	p := signIn(t, g.URL)
	p.Room("general")
	p.WaitText("first")
	g.Down(true)
	p.Wait("the banner", `!document.querySelector(".banner").hidden`)
	g.Store("general", numbered("missed", 1000)...)
	g.Down(false)
	p.WaitText("missed 999")
	start := time.Now()
	g.Store("general", numbered("live", 2000)...)
	p.WaitText("live 1999")
	took := time.Since(start)
	t.Logf("2,000 messages were shown in %v", took)
	// Rows beyond the most are removed in the frame after they were added.
	p.Wait("at most 300 rows", `document.querySelectorAll(".rows [data-seq]").length <= 300`)
	p.Wait("the end", `(() => { const s = document.querySelector(".scroller"); return s.scrollHeight - s.scrollTop - s.clientHeight < 2 })()`)
	if n := g.ToGateway.Passed(frame.TypeJoin); n != 4 {
		t.Errorf("two rooms were joined %d times in all, want twice each", n)
	}
}
