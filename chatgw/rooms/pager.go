package rooms

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/chatgw/rooms/machine"
	"parley/internal/pause"
)

const (
	// pageBytes bounds one answer on the way to a page.
	pageBytes = 1 << 20
	// grow is the factor by which a window grows that held nothing: a few reads
	// find the messages of a room that has one in a million.
	grow = 8
	// often is how far apart the messages of a room may be that is read with
	// all that is in between.
	often = 5
	// maxStale bounds the reads in a row that are answered by replicas that
	// are behind, with a pause of staleWait between them.
	maxStale  = 50
	staleWait = 20 * time.Millisecond
)

// pager collects a page. The stream reads forwards only, and pages go back: so
// it reads windows that end where the last one began, each larger, until there
// is enough. How wide the first is follows from how dense the room was before.
//
// A window is complete when an answer has reached the message that is known to
// follow. Otherwise the replica that answered is behind, and it is read again.
type pager struct {
	rooms *Rooms
	room  string
	want  int
	width uint64
	// below: messages with lower numbers are collected. edge is the number
	// that an answer has to reach.
	below, edge uint64
	found       []stored // newest last
	// next is the message that follows them, 0 if it is not known; whole: none
	// stands before them; dropped: more was read than is wanted.
	next    uint64
	whole   bool
	dropped bool
	stale   int
}

// page reads at most limit messages before a number, 0 for the newest.
func (r *Rooms) page(ctx context.Context, room string, before uint64, limit int) ([]machine.Message, bool, error) {
	p := &pager{rooms: r, room: room, want: limit + 1, below: before, edge: before}
	if before == 0 {
		if ok, err := p.fromTail(ctx); !ok || err != nil {
			return nil, false, err
		}
	}
	known, err := p.known(ctx)
	if err == nil && !known {
		err = p.search(ctx)
	}
	if err != nil {
		return nil, false, err
	}
	for i := range p.found {
		if i > 0 {
			p.found[i].Prev = p.found[i-1].Seq
		}
	}
	more := len(p.found) > limit
	return r.messages(p.found[max(0, len(p.found)-limit):]), more, nil
}

// known reads the messages by their numbers, if these are known and all are
// there.
func (p *pager) known(ctx context.Context) (bool, error) {
	x := p.rooms.index
	seqs, ok := x.before(p.room, p.below, p.edge, p.want)
	if !ok {
		return false, nil
	}
	found, err := p.rooms.reader.each(ctx, seqs)
	if err != nil {
		return false, err
	}
	for _, s := range found {
		if s.Room != p.room {
			return false, nil // cannot be: the index is of this stream
		}
	}
	if len(found) < len(seqs) {
		// Removed, or a replica is behind. If they were removed, so were all before.
		if len(found) > 0 && found[0].Seq > seqs[0] {
			x.forget(p.room, found[0].Seq-1)
		}
		return false, nil
	}
	p.found = found
	return true, nil
}

// search finds the messages in windows.
func (p *pager) search(ctx context.Context) error {
	p.width = p.rooms.spacings.of(p.room) * uint64(p.want)
	top := p.below
	if err := p.collect(ctx); err != nil {
		return err
	}
	n := len(p.found)
	if n > 1 {
		p.rooms.spacings.learn(p.room, (top-p.found[0].Seq)/uint64(n))
	}
	seqs := make([]uint64, 0, n+1)
	for _, s := range p.found {
		seqs = append(seqs, s.Seq)
	}
	if p.next > 0 {
		seqs = append(seqs, p.next)
	}
	p.rooms.index.add(p.room, p.whole, seqs)
	return nil
}

// fromTail begins at the room's last message. It reports false if there is
// none.
func (p *pager) fromTail(ctx context.Context) (bool, error) {
	last, ok, err := p.rooms.reader.last(ctx, p.room)
	p.below, p.edge = last.Seq+1, last.Seq
	return ok, err
}

func (p *pager) collect(ctx context.Context) error {
	for {
		from := uint64(1)
		if p.below > p.width {
			from = p.below - p.width
		}
		window, is, err := p.window(ctx, from)
		if err != nil {
			return err
		}
		switch is {
		case behind:
			if again, err := p.again(ctx); err != nil || !again {
				return err
			}
			continue
		case crowded:
			continue
		}
		p.found = append(window, p.found...)
		if p.whole = from == 1 && !p.dropped; from == 1 || len(p.found) >= p.want {
			return nil
		}
		// As wide again as what is still wanted took in this window, and half
		// as much more.
		next := grow * p.width
		if n := uint64(len(window)); n > 0 {
			next = min(next, p.width/n*uint64(p.want-len(p.found))*3/2+uint64(p.want))
		}
		p.below, p.edge, p.width = from, from, next
	}
}

// again decides what to do about a window whose answer ended before its edge.
// It reports false if there is nothing to read.
func (p *pager) again(ctx context.Context) (bool, error) {
	if len(p.found) == 0 {
		// The edge may be a number that the client made up, beyond the end.
		below := p.below
		if ok, err := p.fromTail(ctx); !ok || err != nil {
			return false, err
		}
		p.below = min(p.below, below)
	}
	if p.stale++; p.stale > maxStale {
		return false, errStale
	}
	if p.stale > 1 && !pause.For(ctx, staleWait) {
		return false, context.Cause(ctx)
	}
	return true, nil
}

var errStale = errors.New("no replica has the requested messages")

// windowIs is the way in which a window was read.
type windowIs int

const (
	complete windowIs = iota
	behind            // the replica that answered has not got its end
	crowded           // it holds far more than is wanted; the width is less now
)

// window reads the messages from a number on that are below, the newest
// p.want of them.
func (p *pager) window(ctx context.Context, from uint64) (window []stored, is windowIs, err error) {
	first, read := from, 0
	for {
		got, err := p.read(ctx, from)
		if err != nil {
			return nil, 0, err
		}
		for _, s := range got {
			if s.Room == p.room {
				read++
				switch {
				case s.Seq < p.below:
					window = append(window, s)
				case len(p.found) == 0 && p.next == 0:
					p.next = s.Seq
				}
			}
			if s.Seq >= min(p.edge, p.below) {
				return window, complete, nil
			}
		}
		if len(got) == 0 {
			return nil, behind, nil
		}
		from = got[len(got)-1].Seq + 1
		if read >= 2*grow*p.want {
			p.width = max(uint64(p.want), min(p.width/2, 2*uint64(p.want)*(from-first)/uint64(read)))
			return nil, crowded, nil
		}
		if n := len(window) - p.want; n > 0 {
			window, p.dropped = slices.Delete(window, 0, n), true
		}
	}
}

// read reads part of a window. For a busy room it reads the messages of all
// rooms, which the broker finds immediately; for a quiet one the broker searches.
func (p *pager) read(ctx context.Context, from uint64) ([]stored, error) {
	reader := p.rooms.reader
	if p.width <= often*uint64(p.want) {
		return reader.all(ctx, from, int(p.width)+1, pageBytes)
	}
	return reader.from(ctx, p.room, from, 2*p.want, pageBytes)
}
