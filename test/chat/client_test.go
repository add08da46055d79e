package chat

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/test/chat/cluster"
	"parley/test/proc"
)

// client exchanges frames with gateways and records everything. It sends one message
// after the acknowledgement of the other, again after a reconnect until it is
// acknowledged, and reconnects to whichever gateway accepts it.
type client struct {
	*notes
	*crowd
	rng    *rand.Rand
	orders chan order

	// until is closed when it connects again; nil: soon.
	until <-chan struct{}

	// Of one connection.
	at       *cluster.Member
	conn     *chatclient.Conn
	state    map[string]*roomState
	requests map[int64]request
	ref      int64
	again    <-chan time.Time
	think    *time.Timer
	// text is the message without an acknowledgement, nil if there is none;
	// sending: it is on its way on this connection.
	text    *Sent
	sending bool
}

// roomState is how far a room is on this connection.
type roomState struct{ joining, joined, reading bool }

// request is what a frame requested.
type request struct {
	room          string
	since, before uint64
}

// order makes a client do what clients do by accident.
type order int

const (
	// cut ends the connection.
	cut order = iota
	// stall reads nothing until the gateway ends the connection.
	stall
	// away ends the connection and reconnects when everything is over.
	away
)

const (
	dialTimeout = 2 * time.Second
	// maxThink is between the acknowledgement of one message and the next.
	maxThink = 300 * time.Millisecond
	// maxBackoff is before a client connects again.
	maxBackoff = 100 * time.Millisecond
)

func newClient(c *crowd, name string, seed uint64, rooms []string) *client {
	return &client{notes: newNotes(name, rooms), crowd: c, rng: rand.New(rand.NewPCG(seed, 2)), orders: make(chan order, 1)}
}

func (c *client) run(ctx context.Context) {
	at := c.rng.IntN(len(c.gateways))
	for ctx.Err() == nil {
		g := c.gateways[at]
		conn, err := chatclient.Dial(ctx, chatclient.Config{URL: g.URL, Name: c.name, Timeout: dialTimeout})
		if err != nil {
			at = (at + 1) % len(c.gateways)
		} else {
			c.at = g
			g.Connected.Add(1)
			c.ended(c.serve(ctx, conn))
			g.Connected.Add(-1)
			at = c.rng.IntN(len(c.gateways))
		}
		back := c.until
		if back == nil {
			back = after(rand.N(maxBackoff))
		}
		c.until = nil
		select {
		case <-back:
		case <-ctx.Done():
		}
	}
}

// after is closed after a while.
func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

// ended counts how a connection ended.
func (c *client) ended(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	how := "the network"
	if closed, ok := errors.AsType[*chatclient.Closed](err); ok {
		how = fmt.Sprintf("code %d", closed.Code)
		if closed.Retry < 0 {
			c.fail("the gateway sent it away for good: %v", err)
		}
	}
	c.codes[how]++
}

// serve is one connection, from the joins to its end.
func (c *client) serve(ctx context.Context, conn *chatclient.Conn) error {
	frames, failed, left := make(chan frame.FromGateway), make(chan error, 1), make(chan struct{})
	go func() {
		for {
			f, err := conn.Read()
			if err != nil {
				failed <- err
				return
			}
			select {
			case frames <- f:
			case <-left:
				failed <- nil
				return
			}
		}
	}()
	defer func() {
		conn.Close()
		close(left)
		<-failed
	}()
	c.enter(conn)
	c.think = time.NewTimer(rand.N(maxThink))
	defer c.think.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			failed <- nil
			return err
		case f := <-frames:
			err = c.receive(f)
		case <-c.think.C:
			err = c.write()
		case <-c.again:
			err = c.push()
		case o := <-c.orders:
			switch o {
			case cut:
				return nil
			case away:
				c.until = c.over
				return nil
			case stall:
				err = c.stall(ctx)
			}
		}
		if err != nil {
			// Reading returns the reason.
			for {
				select {
				case f := <-frames:
					_ = c.receive(f) // writing fails
				case err := <-failed:
					failed <- nil
					return err
				}
			}
		}
	}
}

// enter begins a connection.
func (c *client) enter(conn *chatclient.Conn) {
	c.mu.Lock()
	c.conn, c.state, c.requests, c.sending = conn, map[string]*roomState{}, map[int64]request{}, false
	for room, v := range c.views {
		v.Connected()
		c.state[room] = &roomState{}
	}
	c.mu.Unlock()
	_ = c.push() // reading fails too
}

// push requests whatever is due and not requested yet.
func (c *client) push() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out [][]byte
	for room, s := range c.state {
		v := c.views[room]
		if !s.joining && !s.joined {
			epoch, since := v.Resume()
			s.joining = true
			out = append(out, frame.Encode(frame.Join{Ref: c.request(request{room: room, since: since}), Room: room, Epoch: epoch, Since: since}))
		}
		if before := v.Hole(); s.joined && !s.reading && before > 0 {
			s.reading = true
			out = append(out, frame.Encode(frame.History{Ref: c.request(request{room: room, before: before}), Room: room, Before: before}))
		}
	}
	if m := c.text; m != nil && !c.sending && c.state[m.Room].joined {
		c.sending = true
		out = append(out, frame.Encode(frame.Send{Room: m.Room, CID: m.CID, Text: m.Text}))
	}
	for _, data := range out {
		if err := c.conn.Write(data); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) request(r request) (ref int64) {
	c.ref++
	c.requests[c.ref] = r
	return c.ref
}

// write sends the next message.
func (c *client) write() error {
	if c.quiet.Load() {
		return nil
	}
	c.mu.Lock()
	if c.text == nil {
		c.text = c.compose(c.rng)
		c.text.CID = fmt.Sprint(c.name, "-", len(c.sent))
		c.text.InTurn = true
		c.sent = append(c.sent, *c.text)
	}
	c.mu.Unlock()
	return c.push()
}

// receive records one frame.
func (c *client) receive(f frame.FromGateway) error {
	c.mu.Lock()
	switch f := f.(type) {
	case *frame.Message:
		c.views[f.Room].Delivered(f)
		c.mu.Unlock()
		return nil
	case *frame.Joined:
		c.views[f.Room].Joined(f, c.requests[f.Ref].since)
		s := c.state[f.Room]
		s.joining, s.joined = false, true
	case *frame.Page:
		if v := c.views[f.Room]; c.requests[f.Ref].before > 0 && c.requests[f.Ref].before == v.Hole() {
			v.Page(f)
			c.state[f.Room].reading = false
		}
	case *frame.Ack:
		c.acked(f)
	case *frame.Error:
		c.refused(f)
	}
	c.mu.Unlock()
	return c.push()
}

// acked is called with the lock held.
func (c *client) acked(a *frame.Ack) {
	c.acks[a.CID] = append(c.acks[a.CID], *a)
	c.acknowledged.Add(1)
	if c.text != nil && c.text.CID == a.CID {
		c.text, c.sending = nil, false
		c.think.Reset(rand.N(maxThink))
	}
}

// refused is called with the lock held.
func (c *client) refused(e *frame.Error) {
	if e.RetryMS == 0 {
		c.fail("refused: %+v", *e)
		return
	}
	c.refusals.Add(1)
	if e.CID != "" {
		c.sending = false
	} else if r, ok := c.requests[e.Ref]; ok {
		c.state[r.room].joining, c.state[r.room].reading = false, false
	}
	c.again = time.After(time.Duration(e.RetryMS) * time.Millisecond)
}

// stall requests more and more and reads nothing, until the gateway gives up. It
// returns an error when it notices that.
func (c *client) stall(ctx context.Context) error {
	const atOnce = 300
	// It would not notice either if the gateway stood still.
	c.at.Connected.Add(-1)
	defer c.at.Connected.Add(1)
	page := frame.Encode(frame.History{Ref: 1 << 40, Room: c.rooms[0], Limit: frame.MaxPage})
	tick := time.NewTicker(proc.Poll)
	defer tick.Stop()
	late := time.After(proc.Patience)
	for n := 0; ; n++ {
		if err := c.conn.Write(page); err != nil {
			c.stalled.Add(1)
			return err
		}
		if n < atOnce {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.fail("it read nothing for %v and was not cut off", proc.Patience)
			return nil
		}
	}
}

// settled reports whether nothing is left to do.
func (c *client) settled() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.text != nil {
		return fmt.Errorf("%s waits for the acknowledgement of %s in %s", c.name, c.text.CID, c.text.Room)
	}
	for room, v := range c.views {
		if c.state[room] == nil || !c.state[room].joined || v.Hole() > 0 {
			return fmt.Errorf("%s has not resumed %s", c.name, room)
		}
	}
	return nil
}
