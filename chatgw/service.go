package chatgw

import (
	"context"
	"errors"
	"fmt"

	"parley/internal/respond"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/micro"
)

// service is what a gateway offers on NATS, as endpoints of a micro service:
// [chatwire.PostSubject], where one gateway gets each post, and
// [chatwire.SubjectGateways], which every gateway answers.
type service struct {
	micro.Service
	posts *posts
	g     *Gateway
}

func (g *Gateway) offer(ctx context.Context) (*service, error) {
	s := &service{posts: newPosts(g), g: g}
	m, err := micro.AddService(g.deps.NATS, micro.Config{
		Name: "chatgw", Version: wire.Release,
		Description: "chat rooms for browsers and services",
		Metadata:    map[string]string{"gateway": g.rooms.Gateway(), "address": g.address(), wire.MetaProcess: g.deps.NATS.Opts.Name},
		ErrorHandler: func(_ micro.Service, e *micro.NATSError) {
			g.cfg.Log.Warn("service", "subject", e.Subject, "error", e.Description)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("chatgw: registering the service: %w", err)
	}
	s.Service = m
	err = errors.Join(
		m.AddEndpoint("post", micro.HandlerFunc(s.posts.handle), micro.WithEndpointSubject(chatwire.SubjectPost),
			micro.WithEndpointQueueGroup(chatwire.QueueGateways), micro.WithEndpointPendingLimits(maxPendingPosts, maxPendingPostsBytes)),
		m.AddEndpoint("gateways", micro.HandlerFunc(s.state), micro.WithEndpointSubject(chatwire.SubjectGateways),
			micro.WithEndpointQueueGroupDisabled()),
	)
	if err == nil {
		// Ready means that what is sent now arrives.
		err = natsconn.Flush(ctx, g.deps.NATS)
	}
	if err != nil {
		_ = m.Stop() // the first failure is the one to report
		return nil, fmt.Errorf("chatgw: offering %s and %s: %w", chatwire.SubjectPost, chatwire.SubjectGateways, err)
	}
	return s, nil
}

// state answers [chatwire.GatewaysRequest].
func (s *service) state(req micro.Request) {
	if _, err := wire.Decode[chatwire.GatewaysRequest](req.Data()); err != nil {
		s.g.cfg.Log.Warn("ignored a malformed message", "subject", req.Subject(), "error", err)
		s.g.answered(req, respond.Error(req, err))
		return
	}
	n := s.g.snapshot()
	s.g.answer(req, wire.Encode(chatwire.GatewayState{
		V: wire.Version, Gateway: s.g.rooms.Gateway(), Address: s.g.address(), Epoch: s.g.rooms.Epoch(),
		Connections: int(n.socket.Connections), People: n.people, Rooms: int(n.rooms.Rooms), Memberships: int(n.rooms.Members),
		Stopping: s.g.stopping.Load(),
	}))
}

// answer does not wait for delivery: the requester may have disconnected.
func (g *Gateway) answer(req micro.Request, data []byte) {
	g.answered(req, respond.To(g.deps.NATS, req.Reply(), data))
}

func (g *Gateway) answered(req micro.Request, err error) {
	switch {
	case errors.Is(err, respond.ErrReply):
		g.cfg.Log.Warn("a request was not answered", "subject", req.Subject(), "error", err)
	case err != nil:
		g.cfg.Log.Debug("an answer could not be sent", "subject", req.Subject(), "error", err)
	}
}

// stop takes no more requests and waits for those that are under way.
func (s *service) stop() {
	if err := s.Stop(); err != nil {
		s.g.cfg.Log.Warn("stopping the service", "error", err)
	}
	s.posts.work.Wait()
}
