package sim

import (
	"fmt"
	"slices"

	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// coordinator is one coordinator process: the production machine and as much of
// its shell as the world can see. A crash puts a new machine in its place.
type coordinator struct {
	cfg   *CoordinatorConfig
	world *Config
	index int
	m     *machine.Machine
	// names is how many of its log names are used up, over all its lives.
	names int
	// opening is the log whose open record is not acknowledged.
	opening string
	// flights are the writes whose answer the machine waits for, one a log.
	flights []write
	// reading are the logs it wants to read, adopted those it has taken on in
	// this life, asked the questions that wait for a seal, restarts the keys
	// that made way.
	reading, adopted, asked, restarts []string
	watched                           []txwire.ID
	left                              budget
	// known is the highest sequence that it knows the stream to have stored, as in
	// package txlog. It is 0, and nothing rests on it, until the stream went back.
	// stopped: its process has ended with an error.
	known   uint64
	stopped bool
	// reconnected: it has not checked the stream since its connection was lost.
	reconnected bool
}

// budget is what a coordinator may still do of what has no end by itself.
type budget struct{ crashes, seals, trims, restarts, closes int }

func newCoordinator(world *Config, index int) (*coordinator, effects) {
	cfg := &world.Coordinators[index]
	c := &coordinator{cfg: cfg, world: world, index: index, left: budget{
		crashes: cfg.Crashes, seals: cfg.Seals, trims: cfg.Trims, restarts: cfg.Restarts, closes: cfg.Closes,
	}}
	var f effects
	c.start(&f)
	return c, f
}

func (c *coordinator) start(f *effects) {
	prefix := fmt.Sprintf("c%dlife%dxx", c.index+1, c.cfg.Crashes-c.left.crashes)
	c.m = machine.New(prefix[:machine.PrefixLen], limits())
	c.opening, c.flights, c.reading, c.adopted, c.asked, c.restarts, c.watched = "", nil, nil, nil, nil, nil, nil
	c.known, c.reconnected = 0, false
	c.perform(f)
}

// do lets one event happen.
func (c *coordinator) do(e event) (f effects) {
	defer func() {
		if r := recover(); r != nil {
			f.broken = fmt.Sprintf("panic: %v", r)
		}
	}()
	if e.living {
		c.left.seals--
	}
	m := c.m
	switch e.kind {
	case onSubmit:
		s := e.msg.body.(txwire.Submit)
		var events []txwire.CommittedEvent
		for i, event := range s.Events {
			events = append(events, txwire.CommittedEvent{Index: i, Stream: eventStream, Event: event})
		}
		m.Submit(machine.Submission{
			Key: s.Key, Digest: s.Digest(), DecideBy: decideBy, Branches: s.Branches, Events: events, Once: s.Once,
		}, machine.Waiter{To: fmt.Sprintf("%s/%d", e.msg.from, e.msg.try), Wait: s.Wait})
	case onVote:
		m.Vote(e.msg.tx, e.msg.from, e.msg.body.(txwire.Vote))
	case onAck:
		m.Ack(e.msg.tx, e.msg.from, e.msg.body.(txwire.Ack))
	case onPublished:
		m.Published(e.msg.tx, 0)
	case onQuestion:
		c.ask(e, m.Resolve)
	case onOwnerQuestion:
		q := question(e.msg)
		q.To += "/owner"
		m.Owner(q)
	case onOwnerSilent:
		c.ask(e, m.OwnerSilent)
	case onDeadline:
		m.Deadline(e.tx)
	case onResend:
		m.Resend(e.tx)
	case onGiveUp:
		m.GiveUp(e.tx)
	case onTrim:
		c.left.trims--
		m.Trim()
	case onRestarted:
		c.restarts = without(c.restarts, e.name)
		if !e.yes {
			c.left.restarts--
		}
		m.Restarted(e.name, e.yes)
	case onNoSubscriber:
		m.NoSubscriber(e.tx, e.name)
	case onOpened:
		c.opening = ""
		c.knows(e.seq)
		m.Opened(e.log, e.seq)
	case onAnswer:
		if e.answer == brokerStored && !c.acknowledged(e) {
			return f
		}
		m.Appended(e.log, e.nonce, classify(e.answer), e.seq)
	case onReadAfter:
		var found *machine.Stored
		if len(e.found) > 0 {
			found = &e.found[0]
		}
		m.ReadAfter(e.log, e.nonce, found)
	case onRead:
		c.look(e.last)
		m.Read(e.log, e.found)
	case onLook:
		c.look(e.last)
	case onStop:
		c.stopped = true
	case onAbandon:
		m.Abandon(e.tx, e.name, journalOf(e.name))
	case onAdopt:
		m.Adopt(e.log)
	case onClose:
		c.left.closes--
		m.Close()
	case onCrash:
		c.left.crashes--
		c.start(&f)
	}
	c.perform(&f)
	return f
}

func question(m *message) machine.Question {
	return machine.Question{To: fmt.Sprintf("%s/%s/%d", m.from, m.tx.Log, m.tx.N), Ask: m.body.(txwire.Resolve)}
}

// ask hands on a question and notes it as long as it waits for a seal.
func (c *coordinator) ask(e event, with func(machine.Question)) {
	q := question(e.msg)
	if slices.Contains(c.asked, q.To) {
		return // it waits already; asking twice would only be answered twice
	}
	c.asked = including(c.asked, q.To)
	with(q)
}

func (c *coordinator) clone() *coordinator {
	n := *c // its slices are never changed in place
	n.m = c.m.Clone()
	return &n
}

// including and without treat a sorted slice as a set, and copy.
func including(set []string, s string) []string {
	at, found := slices.BinarySearch(set, s)
	if found {
		return set
	}
	return slices.Insert(slices.Clip(set), at, s)
}

func without(set []string, s string) []string {
	at, found := slices.BinarySearch(set, s)
	if !found {
		return set
	}
	return slices.Delete(slices.Clone(set), at, at+1)
}
