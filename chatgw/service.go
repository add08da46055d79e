package chatgw

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/chatgw/rooms"
	"parley/internal/respond"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/micro"
)

// Bounds of requests: what waits for this gateway, and how many posts are under way at
// once. A service that posts more waits for its answers.
const (
	maxPending      = 4096
	maxPendingBytes = 16 << 20
	maxPosts        = 256
)

// service is what a gateway offers on NATS, as endpoints of a micro service:
// [chatwire.PostSubject], where one gateway gets each post, and
// [chatwire.SubjectGateways], which every gateway answers.
type service struct {
	micro.Service
	g     *Gateway
	slots chan struct{} // of posts
	work  sync.WaitGroup
}

func (g *Gateway) offer(ctx context.Context) (s *service, err error) {
	s = &service{g: g, slots: make(chan struct{}, maxPosts)}
	s.Service, err = respond.Serve(g.deps.NATS, micro.Config{
		Name: "chatgw", Description: "chat rooms for browsers and services",
		Metadata: map[string]string{"gateway": g.rooms.Gateway(), "address": g.address()},
	}, respond.Limits{Messages: maxPending, Bytes: maxPendingBytes}, g.cfg.Log,
		respond.Endpoint{Name: "post", Subject: chatwire.SubjectPost, Handle: s.handlePost, Queue: chatwire.QueueGateways},
		respond.Endpoint{Name: "gateways", Subject: chatwire.SubjectGateways, Handle: s.handleState})
	if err != nil {
		return nil, fmt.Errorf("chatgw: %w", err)
	}
	// Ready means that what is sent now arrives.
	if err := natsconn.Flush(ctx, g.deps.NATS); err != nil {
		return nil, errors.Join(fmt.Errorf("chatgw: offering the service: %w", err), s.Stop())
	}
	return s, nil
}

// handleState answers [chatwire.GatewaysRequest].
func (s *service) handleState(req micro.Request) {
	log := s.g.cfg.Log.With("subject", req.Subject())
	if _, err := wire.Decode[chatwire.GatewaysRequest](req.Data()); err != nil {
		log.Warn("ignored a malformed message", "error", err)
		respond.Log(log, respond.Error(req, err))
		return
	}
	r := s.g.rooms.Counters()
	respond.Log(log, respond.To(s.g.deps.NATS, req.Reply(), wire.Encode(chatwire.GatewayState{
		V: wire.Version, Gateway: s.g.rooms.Gateway(), Address: s.g.address(), Epoch: s.g.rooms.Epoch(),
		Connections: s.g.sockets.Count(), People: s.g.people.count(), Rooms: int(r.Rooms), Memberships: int(r.Members),
		Stopping: s.g.stopping.Load(),
	})))
}

// handlePost is called for one post at a time, and waits only while too many are
// under way. A post by plain publish expects no response: then a refusal is only logged.
func (s *service) handlePost(req micro.Request) {
	s.slots <- struct{}{}
	s.work.Go(func() {
		defer func() { <-s.slots }()
		a, err := s.post(req)
		if err != nil {
			a = chatwire.Posted{V: wire.Version, Code: wire.CodeOf(err), Reason: wire.Clip(err.Error())}
		}
		s.g.counters.posted(a.Code)
		log := s.g.cfg.Log.With("subject", req.Subject())
		if err != nil && req.Reply() == "" {
			log.Warn("a post was refused, and nobody waits for an answer", "code", a.Code, "reason", a.Reason)
		}
		respond.Log(log, respond.To(s.g.deps.NATS, req.Reply(), wire.Encode(a)))
	})
}

// post stores a message that a service posted, and returns its answer once the message
// is durable.
func (s *service) post(req micro.Request) (a chatwire.Posted, err error) {
	room, err := chatwire.ParseRoom(req.Subject())
	if err != nil {
		return a, wire.Invalidf("%v", err)
	}
	m, err := wire.Decode[chatwire.Post](req.Data())
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(s.g.background, s.g.cfg.ActTimeout)
	defer cancel()
	ack, err := s.g.rooms.Send(ctx, rooms.Post{Room: room, User: m.User, Kind: chatwire.KindService, CID: m.CID, Text: m.Text})
	return chatwire.Posted{V: wire.Version, ID: ack.ID, Seq: ack.Seq}, err
}

// stop takes no more requests and waits for those that are under way.
func (s *service) stop() {
	if err := s.Stop(); err != nil {
		s.g.cfg.Log.Warn("stopping the service", "error", err)
	}
	s.work.Wait()
}
