package coordinator

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/internal/brokertime"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
	"golang.org/x/time/rate"
)

// Coordinator is one coordinator. Create it with [New].
type Coordinator struct {
	cfg   Config
	hooks hooks.Hooks
	deps  Deps
	clock *brokertime.Clock
	ready chan struct{}

	// Set by Run, before the loop starts.
	stream      *streams.Binding // of the commit logs
	js          jetstream.JetStream
	log         *txlog.Log
	incarnation string
	inbox       string // where no-subscriber notices arrive
	acks        string // where streams answer to events
	streams     *eventStreams
	background  context.Context
	work        sync.WaitGroup
	events      chan func()
	appends     chan machine.Append
	failed      chan error
	unread      rate.Sometimes // how often a log that cannot be read is logged
	refusals    rate.Sometimes // the same for events that a stream refuses
	// reason is why the coordinator is unhealthy, nil or empty if it is healthy.
	reason atomic.Pointer[string]

	// Owned by the loop.
	m         *machine.Machine
	subs      map[string]*logSubs
	timers    timers
	inquiries map[string]*inquiry
	present   presence
	// reconnects counts the reconnects of the connection, and reconnectedAt is
	// when the last one was noticed.
	reconnects    uint64
	reconnectedAt time.Time
	service       micro.Service       // nil until there is a log
	full          bool                // the stream is beyond its soft limit
	purges        map[string]*purging // by log
	trouble       trouble
	lookups       int // requests that wait for answers of other processes
	// abandoned are the records of branches that operators abandoned.
	abandoned map[txwire.ID][]txwire.Abandoned
	outages   map[string]*outage // streams that do not take events
	published uint64             // events, since the start
}

// New checks the configuration. It opens nothing.
func New(cfg Config, deps Deps) (*Coordinator, error) {
	if err := natsconn.Check(deps.NATS); err != nil {
		return nil, fmt.Errorf("coordinator: %w", err)
	}
	if err := checkFilters(cfg.EventSubjects); err != nil {
		return nil, err
	}
	cfg.fill()
	return &Coordinator{cfg: cfg, deps: deps, clock: brokertime.New(cfg.Log), ready: make(chan struct{}), unread: rate.Sometimes{Interval: unreadEvery}, refusals: rate.Sometimes{Interval: refusedEvery}}, nil
}

// Ready is closed once transactions can be submitted.
func (c *Coordinator) Ready() <-chan struct{} { return c.ready }

// Run coordinates until ctx is cancelled, then drains: it accepts no more
// submissions, decides the pending ones, seals its own log, and waits up to
// [Config.DrainTimeout] for the last acknowledgements. It returns an error if the
// commit log cannot be trusted: its stream is missing, was recreated, is configured
// differently, or went back.
func (c *Coordinator) Run(ctx context.Context) error {
	c.hooks = hooks.From(ctx)
	c.clock.SetWall(c.hooks.Now)
	stream, err := streams.Bind(ctx, c.deps.NATS, txwire.LogStream(), c.cfg.Log)
	var log *txlog.Log
	if err == nil {
		c.clock.Observe(stream.Found.Asked, stream.Found.Answered, stream.Found.ServerTime)
		log, err = txlog.Open(ctx, stream.JS, c.cfg.Log)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil // it was stopped while it started
		}
		return fmt.Errorf("coordinator: %w", err)
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer c.work.Wait()
	defer c.stopService()
	defer cancel()
	c.stream, c.js, c.incarnation, c.background = stream, stream.JS, stream.Found.Incarnation, background
	c.log = log
	if trace := c.hooks.Trace; trace != nil {
		log.Traced(func(e txlog.Event) { trace(e) })
	}
	c.inbox, c.acks = c.deps.NATS.NewInbox(), c.deps.NATS.NewInbox()
	c.streams = &eventStreams{nc: c.deps.NATS, filters: c.cfg.EventSubjects}
	c.events = make(chan func(), maxEvents)
	c.failed = make(chan error, 1)
	c.subs, c.inquiries = map[string]*logSubs{}, map[string]*inquiry{}
	c.present = presence{}
	c.timers = newTimers()
	c.purges = map[string]*purging{}
	c.abandoned = map[txwire.ID][]txwire.Abandoned{}
	c.trouble, c.outages = trouble{}, map[string]*outage{}
	c.m = machine.New(wire.NewToken()[:machine.PrefixLen], c.limits())

	notices, err := c.subscribeNotices()
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	defer func() { _ = notices.Unsubscribe() }()
	acks, err := c.subscribeAcks()
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	defer func() { _ = acks.Unsubscribe() }()
	stamps, err := c.watchTwins()
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	defer func() { _ = stamps.Unsubscribe() }()
	records, err := c.subscribeAbandoned()
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	defer func() { _ = records.Unsubscribe() }()
	defer c.unsubscribeAll()
	c.appends = make(chan machine.Append, 1)
	c.goDo(c.appendOwn)
	c.goDo(c.stream.WarnDurability)
	c.goDo(c.watchStream)
	c.goDo(c.scanLogs)
	c.goDo(c.probeParticipants)
	c.goDo(c.readAllAbandoned)
	return c.loop(ctx)
}

// limits returns the machine's limits: what waits for a stream of events may not fill
// the commit log, also not that of several coordinators.
func (c *Coordinator) limits() machine.Limits {
	l := c.cfg.Limits
	if bytes := c.stream.Found.MaxBytes; bytes > 0 {
		l.Backlog = min(l.Backlog, int(bytes/32))
	}
	return l
}

func (c *Coordinator) step(point string) {
	if c.hooks.Step == nil {
		return
	}
	_ = c.deps.NATS.Flush() // at a step everything published before it was sent
	c.hooks.Step(point)
}
