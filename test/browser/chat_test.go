package browser

import (
	"fmt"
	"slices"
	"testing"

	"parley/test/browser/webtest"
	"parley/test/chat"
	"parley/test/chat/cluster"
)

// kitchen is the room of the browsers.
const kitchen = "kitchen"

// The page runs in two browsers, each at a separate gateway: it is reloaded, read back
// through thousands of messages and disconnected from the network, and its gateway and the
// broker are killed. Both show every message once, in order.
func TestPageUnderFaults(t *testing.T) {
	processes := cluster.New(t, program, 1)
	backend := webtest.Connect(t, processes.URL)
	backend.Store(kitchen, numbered("message", *before)...)
	network := webtest.RunNetwork(t, processes.Gateways[0].URL)
	p := pages{T: t, ada: chromium.Open(t, network.URL, webtest.Desktop()), bo: chromium.Open(t, processes.Gateways[1].URL, webtest.Phone())}
	p.ada.SignIn("ada")
	p.bo.SignIn("bo")
	p.ada.Room(kitchen)
	p.bo.Room(kitchen)
	p.talk("hello")

	// Text is text, whoever writes it.
	for _, attack := range []string{`<script>window.pwned = 1</script>`, `<img src=x onerror="window.pwned=1">`, `javascript:window.pwned=1`} {
		p.send(p.bo, attack)
	}

	p.ada.Reload()
	p.ada.Online()
	p.talk("reloaded")

	network.Hold(true)
	p.write(p.ada, "written without a network")
	p.ada.Wait("the page to notice", `!document.querySelector(".banner").hidden`)
	p.send(p.bo, "meanwhile, with a network")
	p.ada.Screenshot("no-network")
	network.Hold(false)
	p.recovered("a network again")

	killed := processes.Gateways[0]
	p.write(p.ada, "written as the gateway dies")
	killed.Process.Kill()
	p.ada.Wait("the page to notice", `!document.querySelector(".banner").hidden`)
	p.write(p.ada, "written without a gateway")
	p.send(p.bo, "meanwhile, at another gateway")
	p.ada.Screenshot("no-gateway")
	processes.Start(killed)
	p.recovered("a gateway again")

	killed.Process.Stop()
	p.ada.Wait("the page to notice", `!document.querySelector(".banner").hidden`)
	processes.Start(killed)
	p.recovered("after a gateway that was stopped")

	processes.Restart(processes.Brokers[0], func() {
		p.write(p.ada, "written without a broker")
		p.write(p.bo, "written without a broker either")
	})
	p.recovered("a broker again")

	for _, page := range []*webtest.Page{p.ada, p.bo} {
		if webtest.Eval[bool](page, `"pwned" in window`) {
			t.Error("the page ran what somebody wrote")
		}
	}
	walked := p.ada.ScrollBack()
	p.ada.Screenshot("the-beginning")
	processes.Alive()
	processes.StopWriters()
	p.compare(backend.Stored(kitchen), walked)
	p.ada.Problems() // what it logged of a gateway that was not running
}

// pages are those of two people, one with a desktop, one with a phone.
type pages struct {
	*testing.T
	ada, bo *webtest.Page
	// wrote are texts that must be in the room in the end.
	wrote []string
}

// write lets somebody write a text, whether or not it can be sent.
func (p *pages) write(page *webtest.Page, text string) {
	p.Helper()
	p.wrote = append(p.wrote, text)
	page.Type("#composer", text)
	page.Click(".send")
}

// send lets somebody write a text and waits until it is in the room.
func (p *pages) send(page *webtest.Page, text string) {
	p.Helper()
	p.write(page, text)
	page.WaitText(text)
}

// talk lets both write some texts, and waits until both see them.
func (p *pages) talk(about string) {
	p.Helper()
	for i := range 3 {
		p.write(p.ada, fmt.Sprintf("%s, ada %d", about, i))
		p.write(p.bo, fmt.Sprintf("%s, bo %d", about, i))
	}
	for _, page := range []*webtest.Page{p.ada, p.bo} {
		for _, text := range p.wrote[len(p.wrote)-6:] {
			page.WaitText(text)
		}
	}
}

// recovered waits until both are connected and have nothing unsent, and lets them talk.
func (p *pages) recovered(about string) {
	p.Helper()
	for _, page := range []*webtest.Page{p.ada, p.bo} {
		page.Online()
		settled(page)
	}
	p.talk(about)
}

// compare compares what the pages show, and what was seen while scrolling back, with what
// is stored.
func (p *pages) compare(stored []chat.Stored, walked webtest.Walk) {
	p.Helper()
	var seqs []uint64
	var texts []string
	for _, m := range stored {
		seqs = append(seqs, m.Seq)
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	if walked.Wrong > 0 || walked.Jump > 1 {
		p.Errorf("while scrolling back %d rows came twice or in the wrong order; what was read jumped by up to %.1f pixels", walked.Wrong, walked.Jump)
	}
	if !slices.Equal(walked.Seen, seqs) {
		p.Errorf("while scrolling back %d messages were seen, the room has %d", len(walked.Seen), len(seqs))
	}
	if shown := p.bo.Texts(); len(shown) < len(p.wrote) || len(shown) > len(texts) || !slices.Equal(shown, texts[len(texts)-len(shown):]) {
		p.Errorf("bo's page shows\n%q\nthe room ends with\n%q", shown, texts[max(0, len(texts)-len(shown)):])
	}
	for _, text := range p.wrote {
		if n := len(slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return t != text })); n != 1 {
			p.Errorf("%q is in the room %d times", text, n)
		}
	}
	p.Logf("%d messages, %d of them by the two; %d steps back through them, at most %d rows in the page", len(seqs), len(p.wrote), walked.Steps, walked.Most)
}
