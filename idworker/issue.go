package idworker

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/respond"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go/micro"
)

// Bounds on requests that wait for their handler, in messages and bytes. The client
// library drops requests beyond them; their senders repeat them.
const (
	maxPending      = 65536
	maxPendingBytes = 16 << 20
)

// Names of services. Every process registers the first one, and the second one while
// it has a worker number. They are separate services because an endpoint cannot be
// removed from a service, and have different names so that the answers to a ping of
// serviceName are the number of processes.
const (
	serviceName   = "idworker"
	idServiceName = "ids"
)

// startIDService subscribes to the requests for IDs.
func (w *Worker) startIDService(worker int) (err error) {
	w.idService, err = w.addService(idServiceName, map[string]string{"worker": strconv.Itoa(worker)},
		respond.Endpoint{Name: "next", Subject: idwire.SubjectNext, Handle: w.onNext, Queue: idwire.Queue},
		respond.Endpoint{Name: "grant", Subject: idwire.SubjectGrant, Handle: w.onGrant, Queue: idwire.Queue})
	return err
}

func (w *Worker) addService(name string, metadata map[string]string, endpoints ...respond.Endpoint) (micro.Service, error) {
	metadata["holder"] = w.holder
	return respond.Serve(w.deps.NATS, micro.Config{
		Name: name, Description: "unique IDs that sort by time", Metadata: metadata,
	}, respond.Limits{Messages: maxPending, Bytes: maxPendingBytes}, w.cfg.Log, endpoints...)
}

// arriveTimeout bounds the wait for requests that the broker has sent already.
const arriveTimeout = time.Second

// stop stops a service, and returns when the requests that have arrived are
// answered, or after arriveTimeout.
func (w *Worker) stop(s micro.Service) {
	if s == nil {
		return
	}
	if err := s.Stop(); err != nil {
		w.cfg.Log.Warn("stopping the service", "error", err)
	}
	ctx, cancel := context.WithTimeout(w.background, arriveTimeout)
	defer cancel()
	// The broker's answer to a flush follows every request that it had sent before
	// it processed the unsubscribe, and the barrier runs after all of them were
	// handled.
	if err := w.deps.NATS.FlushWithContext(ctx); err != nil {
		return
	}
	handled := make(chan struct{})
	if err := w.deps.NATS.Barrier(func() { close(handled) }); err != nil {
		return
	}
	select {
	case <-handled:
		w.waiters.drain(w.background)
	case <-ctx.Done():
	}
}

// onNext answers a request for IDs.
func (w *Worker) onNext(req micro.Request) {
	w.accept(idRequest{reply: req.Reply()}, req.Data(), readNext)
}

// onGrant answers a request for a block.
func (w *Worker) onGrant(req micro.Request) {
	w.accept(idRequest{reply: req.Reply(), grant: true}, req.Data(), readGrant)
}

// accept decodes the number of IDs, and serves the request or lets it wait.
func (w *Worker) accept(q idRequest, data []byte, read func([]byte) (int, error)) {
	if !wire.CanReply(q.reply) {
		w.cfg.Log.Warn("ignored a request for IDs without a reply subject that may be answered", "reply", q.reply)
		return
	}
	var err error
	if q.count, err = read(data); err != nil {
		w.refuse(q, wire.CodeOf(err), err.Error())
		return
	}
	// Waiting requests are served first.
	if !w.waiters.any() && w.serve(q) {
		return
	}
	q.by = time.Now().Add(maxWait)
	if !w.waiters.add(q) {
		w.refuse(q, wire.CodeBusy, fmt.Sprintf("%d requests wait for IDs already, which is the limit: the demand exceeds 4,096 IDs per millisecond; repeat the request, or start another idworker", maxWaiting))
	}
}

// serve takes IDs and answers. It returns false if there are none at the moment.
func (w *Worker) serve(q idRequest) bool {
	at := w.pace.at()
	if w.pace.wait(at) > 0 {
		return false
	}
	b, ok := w.ids.Take(w.now(), q.count)
	if !ok || b.Count < q.count && !q.grant {
		// The rest of the range is too small, and remains unused.
		select {
		case w.exhausted <- struct{}{}:
		default:
		}
		return false
	}
	w.pace.took(at, b.Count)
	w.issued.Add(uint64(b.Count))
	if q.grant {
		w.answer(q.reply, appendGrant(nil, b))
	} else {
		w.answer(q.reply, appendIDs(nil, b))
	}
	return true
}

// refuse answers a request with an error.
func (w *Worker) refuse(q idRequest, code wire.Code, reason string) {
	if q.grant {
		w.answer(q.reply, wire.Encode(idwire.Grant{V: wire.Version, Code: code, Reason: wire.Clip(reason)}))
		return
	}
	w.answer(q.reply, wire.Encode(idwire.IDs{V: wire.Version, IDs: []snowflake.ID{}, Code: code, Reason: wire.Clip(reason)}))
}

// answer sends data to a reply subject once: a request without an answer is
// repeated by its sender.
func (w *Worker) answer(reply string, data []byte) {
	respond.Log(w.cfg.Log, respond.To(w.deps.NATS, reply, data))
}
