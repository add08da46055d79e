package respond

import (
	"errors"
	"fmt"
	"log/slog"

	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// Endpoint is one subject of a service.
type Endpoint struct {
	Name, Subject string
	Handle        micro.HandlerFunc
	// Queue is the queue group of which one process answers; empty means that every
	// process answers.
	Queue string
}

// Limits bound the requests that wait for the handler of an endpoint. The client
// library drops requests beyond them; their senders repeat them.
type Limits struct{ Messages, Bytes int }

// Serve registers a micro service with its endpoints. It adds the release and the
// process to cfg, and logs the service's errors.
func Serve(nc *nats.Conn, cfg micro.Config, limits Limits, log *slog.Logger, endpoints ...Endpoint) (micro.Service, error) {
	cfg.Version = wire.Release
	cfg.Metadata[wire.MetaProcess] = nc.Opts.Name
	cfg.ErrorHandler = func(_ micro.Service, e *micro.NATSError) {
		log.Warn("service", "subject", e.Subject, "error", e.Description)
	}
	s, err := micro.AddService(nc, cfg)
	if err != nil {
		return nil, fmt.Errorf("registering the service: %w", err)
	}
	for _, e := range endpoints {
		queue := micro.WithEndpointQueueGroupDisabled()
		if e.Queue != "" {
			queue = micro.WithEndpointQueueGroup(e.Queue)
		}
		pending := micro.WithEndpointPendingLimits(limits.Messages, limits.Bytes)
		if err := s.AddEndpoint(e.Name, e.Handle, micro.WithEndpointSubject(e.Subject), queue, pending); err != nil {
			return nil, errors.Join(fmt.Errorf("registering the endpoint %s: %w", e.Name, err), s.Stop())
		}
	}
	return s, nil
}

// Log logs the error of [To] or [Error], if any. The sender repeats a request whose
// answer could not be sent.
func Log(log *slog.Logger, err error) {
	switch {
	case errors.Is(err, ErrReply):
		log.Warn("a request was not answered", "error", err)
	case err != nil:
		log.Debug("an answer could not be sent; the request will be repeated", "error", err)
	}
}
