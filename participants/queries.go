package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/internal/respond"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// queryTimeout bounds one request to a query endpoint: a person has given up
// by then, and the endpoint answers one at a time.
const queryTimeout = 5 * time.Second

// queries is the NATS micro service of a participant: the listing of its
// branches, and the resource's own endpoints.
type queries struct {
	s     *service
	micro micro.Service
	// stamps are those of all journals of this name.
	stamps *nats.Subscription
}

// open makes the service known, without an endpoint.
func (q *queries) open() (err error) {
	s := q.s
	q.micro, err = micro.AddService(s.deps.NATS, micro.Config{
		Name:        s.cfg.Name,
		Version:     wire.Release,
		Description: "participant " + s.cfg.Name + " in atomic transactions",
		Metadata:    map[string]string{"journal": s.journal.id, wire.MetaProcess: s.deps.NATS.Opts.Name},
		// Instances on one journal share the requests.
		QueueGroup:   s.group(),
		StatsHandler: func(*micro.Endpoint) any { return s.Counts() },
	})
	if err != nil {
		return fmt.Errorf("adding the micro service %s: %w", s.cfg.Name, err)
	}
	return nil
}

// serve begins to answer.
func (q *queries) serve(ctx context.Context) error {
	s := q.s
	all := append([]Endpoint{
		{Name: "branches", Subject: txwire.BranchSubject(s.cfg.Name), Handle: listBranches},
		{Name: "retry", Subject: txwire.RetrySubject(s.cfg.Name), Handle: retryBranch},
		{Name: "all-branches", Subject: txwire.SubjectBranches, Handle: listBranches},
	}, s.endpoints...)
	for _, e := range all {
		h := micro.HandlerFunc(func(r micro.Request) { s.handle(ctx, e, r) })
		if err := q.micro.AddEndpoint(e.Name, h, micro.WithEndpointSubject(e.Subject)); err != nil {
			return fmt.Errorf("adding the endpoint %s on %s: %w", e.Name, e.Subject, err)
		}
	}
	return nil
}

func (s *service) handle(ctx context.Context, e Endpoint, r micro.Request) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	switch err := respond.To(s.deps.NATS, r.Reply(), e.Handle(ctx, s.Participant, r.Data())); {
	case errors.Is(err, respond.ErrReply):
		s.cfg.Log.Warn("a request was not answered", "endpoint", e.Name, "error", err)
	case err != nil:
		s.cfg.Log.Debug("an answer could not be sent", "endpoint", e.Name, "error", err)
	}
}

// hear begins to take the stamps of others.
func (q *queries) hear(ctx context.Context) (err error) {
	q.stamps, err = q.s.hear(ctx)
	return err
}

// stop ends the endpoints. An error means that the connection is closed and no
// request will come.
func (q *queries) stop() {
	if q.stamps != nil {
		_ = q.stamps.Unsubscribe()
	}
	if q.micro != nil {
		_ = q.micro.Stop()
	}
}
