package idsim

import (
	"encoding/binary"
	"fmt"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
)

// process is one idworker: the machine and the range of production, and what
// the shell around them would know.
type process struct {
	index int
	life  uint8
	// incarnation of the stream when it started.
	incarnation uint8
	m           *lease.Machine // nil while it does not run
	r           *snowflake.Range
	// open is what the machine waits for, nil if nothing.
	open lease.Action
	// asked is when the open Learn was sent: the broker's time, the own clock,
	// and the incarnation.
	asked asked
	// due is the broker's time at which the open Wait is over.
	due int64
	// answer is the broker's answer to the open Write, if there was one.
	answer *answer
	// standsIn is the incarnation of the stream in which the newest record of
	// its own was seen.
	standsIn uint8
	// stopped: time does not wait for it.
	stopped bool
	// offset is how far its clock is from the broker's.
	offset int64
	// worker and last are of the newest IDs it took: the counter after them.
	worker int8
	last   int64
	takes  uint8
}

type asked struct {
	broker, own int64
	incarnation uint8
}

type answer struct {
	lease.Answer
	seq         uint64
	incarnation uint8
}

func (p *process) name() string { return string(rune('A' + p.index)) }

// prefix is that of the nonces of this life.
func (p *process) prefix() string { return fmt.Sprintf("%s%d........", p.name(), p.life) }

// start begins a life: nothing is left of the one before but the name.
func (w *world) start(p *process) {
	*p = process{index: p.index, life: p.life + 1, incarnation: w.g.incarnation, offset: p.offset, takes: p.takes}
	p.m = lease.New(lease.Config{
		Holder: p.name(), Prefix: p.prefix(),
		Start: w.cfg.Starts[p.index], Verified: !w.cfg.Unverified, Limits: w.cfg.limits(),
	})
	w.perform(p)
}

func (p *process) clone() *process {
	c := *p
	if p.m != nil {
		c.m = p.m.Clone()
	}
	if p.r != nil {
		c.r = p.r.Clone()
	}
	return &c
}

// own is the process's clock.
func (p *process) own(now int64) int64 { return now + p.offset }

// perform does what the machine wants, as the shell does, up to what it has to
// wait for.
func (w *world) perform(p *process) {
	for acts := p.m.Actions(); len(acts) > 0; acts = p.m.Actions() {
		p.closeRequest()
		for _, a := range acts {
			w.action(p, a)
		}
	}
	if p.m.Stopped() {
		*p = process{index: p.index, life: p.life, incarnation: p.incarnation, r: p.r, worker: p.worker, last: p.last, offset: p.offset, takes: p.takes}
	}
}

// closeRequest: nothing is open, until the machine wants something again.
func (p *process) closeRequest() { p.open, p.asked, p.due, p.answer = nil, asked{}, 0, nil }

func (w *world) action(p *process, a lease.Action) {
	switch a := a.(type) {
	case lease.Install:
		w.checkIncarnation(p)
		if p.r != nil {
			p.r.Close() // as Generator.Install does
		}
		p.r = snowflake.NewRange(a.Worker, a.From, a.Until)
	case lease.Extend:
		w.checkIncarnation(p)
		p.r.Extend(a.Until)
		p.r.Advance(a.From)
	case lease.Close:
		floor := int64(0)
		if p.r != nil {
			floor = p.r.Close()
		}
		p.m.Closed(floor)
	case lease.Write:
		p.open = a
		w.register(a.Record.Worker).publish(write{expect: a.Expect, record: a.Record, waiter: int8(p.index)})
	case lease.Learn:
		p.open = a
		p.asked = asked{broker: w.g.now, own: p.own(w.g.now), incarnation: w.g.incarnation}
	case lease.Wait:
		p.open = a
		if !w.cfg.AnyTime {
			p.due = w.g.now + a.MS
		}
	case lease.ReadTable, lease.Read:
		p.open = a
	}
}

func (p *process) appendKey(b []byte) []byte {
	b = append(b, byte(p.index), p.life, p.incarnation, p.standsIn, byte(p.offset), byte(p.worker), p.takes)
	b = binary.AppendUvarint(b, uint64(p.last))
	if p.r != nil {
		b = p.r.AppendKey(append(b, 'r'))
	}
	if p.m == nil {
		return b
	}
	b = append(b, 'm')
	if p.stopped {
		b = append(b, 's')
	}
	if p.open == nil {
		b = append(b, '-')
	}
	if _, ok := p.open.(lease.Learn); ok {
		b = binary.AppendUvarint(append(b, p.asked.incarnation), uint64(p.asked.broker))
		b = binary.AppendVarint(b, p.asked.own)
	}
	b = binary.AppendUvarint(b, uint64(p.due))
	if p.answer != nil {
		b = binary.AppendUvarint(append(b, 'a', byte(p.answer.Answer), p.answer.incarnation), p.answer.seq)
	}
	return p.m.AppendKey(b)
}

// take lets the process make up to n IDs.
func (w *world) take(p *process, n int) {
	b, ok := p.r.Take(p.own(w.g.now), n)
	if !ok {
		return
	}
	p.takes--
	w.checkTaken(p, b)
	p.worker, p.last = int8(b.Worker), b.Start+int64(b.Count)
}

// timestampOf is the timestamp of a counter, for people.
func timestampOf(counter int64) string {
	return fmt.Sprintf("%d.%d", counter/(snowflake.MaxSequence+1), counter%(snowflake.MaxSequence+1))
}
