package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"parley/natsconn"
	"parley/test/browser/webtest"
	"parley/test/chat"
	"parley/test/chat/cluster"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// kitchen is the room of the browsers.
const kitchen = "kitchen"

// The page in two browsers, each at a gateway of its own: it is reloaded, read
// back through thousands of messages, cut off from the network, and its gateway
// and the broker are killed under it. Both show every message once, in order.
func TestPageUnderFaults(t *testing.T) {
	processes := cluster.New(t, program, 1)
	nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: processes.URL, Name: "page test"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fill(t, nc, *before)
	network := newRelay(t, strings.TrimPrefix(processes.Gateways[0].URL, "http://"))
	browser := chromium.For(t)
	p := pages{T: t, ada: browser.Open(network.url(), webtest.Desktop()), bo: browser.Open(processes.Gateways[1].URL, webtest.Phone())}
	p.enter("ada", p.ada)
	p.enter("bo", p.bo)
	p.talk("hello")

	// Text is text, whoever writes it.
	for _, attack := range []string{`<script>window.pwned = 1</script>`, `<img src=x onerror="window.pwned=1">`, `javascript:window.pwned=1`} {
		p.say(p.bo, attack)
	}

	p.ada.Reload()
	p.ada.Online()
	p.talk("reloaded")

	network.hold(true)
	p.writes(p.ada, "written without a network")
	p.ada.Wait("that the page notices", `!document.querySelector(".banner").hidden`)
	p.say(p.bo, "meanwhile, with a network")
	p.ada.Screenshot("no-network")
	network.hold(false)
	p.back("a network again")

	killed := processes.Gateways[0]
	p.writes(p.ada, "written as the gateway dies")
	killed.Process.Kill()
	p.ada.Wait("that the page notices", `!document.querySelector(".banner").hidden`)
	p.writes(p.ada, "written without a gateway")
	p.say(p.bo, "meanwhile, at another gateway")
	p.ada.Screenshot("no-gateway")
	processes.Start(killed)
	p.back("a gateway again")

	killed.Process.Stop()
	p.ada.Wait("that the page notices", `!document.querySelector(".banner").hidden`)
	processes.Start(killed)
	p.back("after a gateway that was stopped")

	processes.Restart(processes.Brokers[0], func() {
		p.writes(p.ada, "written without a broker")
		p.writes(p.bo, "written without a broker either")
	})
	p.back("a broker again")

	for _, page := range []*webtest.Page{p.ada, p.bo} {
		if webtest.Eval[bool](page, `"pwned" in window`) {
			t.Error("the page ran what somebody wrote")
		}
	}
	walked := p.ada.ScrollBack()
	p.ada.Screenshot("the-beginning")
	processes.Alive()
	processes.StopWriters()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := chat.ReadStream(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	p.compare(stream, walked)
	p.ada.Problems() // what it logged of a gateway that was not there
}

// fill has a service say n things in the room.
func fill(t *testing.T, nc *nats.Conn, n int) {
	t.Helper()
	inbox := nc.NewInbox() + "."
	var stored, refused atomic.Int64
	sub, err := nc.Subscribe(inbox+"*", func(m *nats.Msg) {
		if a, err := wire.Decode[chatwire.Posted](m.Data); err != nil || a.Code != "" {
			refused.Add(1)
		}
		stored.Add(1)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	const atOnce = 500
	for i := range n {
		post := chatwire.Post{V: wire.Version, User: "oven", Text: fmt.Sprint("message ", i), CID: fmt.Sprint("fill-", i)}
		if err := nc.PublishRequest(chatwire.PostSubject(kitchen), inbox+post.CID, wire.Encode(post)); err != nil {
			t.Fatal(err)
		}
		if sent := int64(i + 1); sent%atOnce == 0 || i == n-1 {
			proc.Eventually(t, proc.Patience, "storing messages", func() error {
				if s := stored.Load(); s < sent {
					return fmt.Errorf("%d of %d", s, sent)
				}
				return nil
			})
		}
	}
	if r := refused.Load(); r > 0 {
		t.Fatalf("%d messages were refused", r)
	}
}

// pages are two people, one at a desk, one with a phone.
type pages struct {
	*testing.T
	ada, bo *webtest.Page
	// wrote are texts that must be in the room in the end.
	wrote []string
}

func (p *pages) enter(name string, page *webtest.Page) {
	p.Helper()
	page.SignIn(name)
	page.Room(kitchen)
}

// writes lets somebody write, whether or not it can be sent.
func (p *pages) writes(page *webtest.Page, text string) {
	p.Helper()
	p.wrote = append(p.wrote, text)
	page.Type("#composer", text)
	page.Click(".send")
}

// say lets somebody write and waits until it is in the room.
func (p *pages) say(page *webtest.Page, text string) {
	p.Helper()
	p.writes(page, text)
	page.WaitText(text)
}

// talk lets both say something, and both see it.
func (p *pages) talk(about string) {
	p.Helper()
	for i := range 3 {
		p.writes(p.ada, fmt.Sprintf("%s, says ada %d", about, i))
		p.writes(p.bo, fmt.Sprintf("%s, says bo %d", about, i))
	}
	for _, page := range []*webtest.Page{p.ada, p.bo} {
		for _, text := range p.wrote[len(p.wrote)-6:] {
			page.WaitText(text)
		}
	}
}

// back waits until both are connected and have nothing unsent, and lets them
// talk.
func (p *pages) back(about string) {
	p.Helper()
	for _, page := range []*webtest.Page{p.ada, p.bo} {
		page.Online()
		page.Wait("nothing unsent", `document.querySelectorAll(".pending").length === 0`)
	}
	p.talk(about)
}

// compare holds what the pages show, and what was seen on the way back, to what
// is stored.
func (p *pages) compare(stream []chat.Stored, walked webtest.Walk) {
	p.Helper()
	var seqs []uint64
	var texts []string
	for i := range stream {
		if s := &stream[i]; s.Room == kitchen {
			seqs = append(seqs, s.Seq)
			if s.Text != "" {
				texts = append(texts, s.Text)
			}
		}
	}
	if walked.Wrong > 0 || walked.Jump > 1 {
		p.Errorf("on the way back %d rows came twice or in the wrong order; what was read jumped by up to %.1f pixels", walked.Wrong, walked.Jump)
	}
	if !slices.Equal(walked.Seen, seqs) {
		p.Errorf("on the way back %d messages were seen, the room has %d", len(walked.Seen), len(seqs))
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
