package idworker

import (
	"context"

	"parley/internal/respond"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go/micro"
)

// answerQueries registers the endpoints that need no worker number.
func (w *Worker) answerQueries() (micro.Service, error) {
	return w.addService(serviceName, map[string]string{},
		respond.Endpoint{Name: "leases", Subject: idwire.SubjectLeases, Handle: w.onLeases, Queue: idwire.Queue},
		respond.Endpoint{Name: "retire", Subject: idwire.SubjectRetire, Handle: w.onRetire, Queue: idwire.Queue},
		respond.Endpoint{Name: "workers", Subject: idwire.SubjectWorkers, Handle: w.onWorkers})
}

// onLeases answers with the table of leases.
func (w *Worker) onLeases(req micro.Request) {
	if _, err := wire.Decode[idwire.LeasesRequest](req.Data()); err != nil {
		w.answer(req.Reply(), wire.Encode(noLeases(wire.CodeOf(err), err.Error())))
		return
	}
	w.answer(req.Reply(), wire.Encode(w.leases(w.background)))
}

// leases reads the table, and then the broker's time.
func (w *Worker) leases(ctx context.Context) idwire.Leases {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := w.records.table(ctx)
	if err != nil {
		return noLeases(wire.CodeUnavailable, err.Error())
	}
	info, err := w.checkStream(ctx)
	if err != nil {
		return noLeases(wire.CodeUnavailable, err.Error())
	}
	var all []idwire.Lease
	for _, r := range found {
		if r.Record.State != "" { // it can be read
			all = append(all, r.Record)
		}
	}
	return tableOf(info.ServerTime.UnixMilli(), all...)
}

func tableOf(brokerTime int64, leases ...idwire.Lease) idwire.Leases {
	return idwire.Leases{V: wire.Version, BrokerTime: brokerTime, Leases: append([]idwire.Lease{}, leases...)}
}

func noLeases(code wire.Code, reason string) idwire.Leases {
	m := tableOf(0)
	m.Code, m.Reason = code, wire.Clip(reason)
	return m
}

// onWorkers answers with the state of this process.
func (w *Worker) onWorkers(req micro.Request) {
	if _, err := wire.Decode[idwire.WorkersRequest](req.Data()); err != nil {
		respond.Log(w.cfg.Log, respond.Error(req, err))
		return
	}
	if s, ok := w.state(); ok {
		w.answer(req.Reply(), wire.Encode(s))
	}
}
