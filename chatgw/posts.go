package chatgw

import (
	"context"
	"sync"

	"parley/chatgw/rooms"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/micro"
)

// Bounds of posts: what waits for this gateway, and how many are under way at
// once. A service that posts more waits for its answers.
const (
	maxPendingPosts      = 4096
	maxPendingPostsBytes = 16 << 20
	maxPosts             = 256
)

// posts handles the messages that services post to rooms.
type posts struct {
	g     *Gateway
	slots chan struct{}
	work  sync.WaitGroup
}

func newPosts(g *Gateway) *posts { return &posts{g: g, slots: make(chan struct{}, maxPosts)} }

// handle is called for one post at a time, and waits only while too many are
// under way.
func (p *posts) handle(req micro.Request) {
	p.slots <- struct{}{}
	p.work.Go(func() {
		defer func() { <-p.slots }()
		p.answer(req, p.post(req))
	})
}

// post stores a message that a service posted. The answer is that of the
// message once it is durable, or a refusal.
func (p *posts) post(req micro.Request) chatwire.Posted {
	room, err := chatwire.ParseRoom(req.Subject())
	if err != nil {
		return refusedPost(&wire.Error{Code: wire.CodeInvalid, Text: err.Error()})
	}
	m, err := wire.Decode[chatwire.Post](req.Data())
	if err != nil {
		return refusedPost(err)
	}
	ctx, cancel := context.WithTimeout(p.g.background, p.g.cfg.ActTimeout)
	defer cancel()
	ack, err := p.g.rooms.Send(ctx, rooms.Post{Room: room, User: m.User, Kind: chatwire.KindService, CID: m.CID, Text: m.Text})
	if err != nil {
		return refusedPost(err)
	}
	return chatwire.Posted{V: wire.Version, ID: ack.ID, Seq: ack.Seq}
}

func refusedPost(err error) chatwire.Posted {
	return chatwire.Posted{V: wire.Version, Code: wire.CodeOf(err), Reason: wire.Clip(err.Error())}
}

// answer responds to the service. A post by plain publish expects no response:
// then a refusal is only logged here.
func (p *posts) answer(req micro.Request, a chatwire.Posted) {
	p.g.counters.posted(a.Code)
	if req.Reply() != "" {
		p.g.answer(req, wire.Encode(a))
	} else if a.Code != "" {
		p.g.cfg.Log.Warn("a post was refused, and nobody waits for an answer", "subject", req.Subject(), "code", a.Code, "reason", a.Reason)
	}
}
