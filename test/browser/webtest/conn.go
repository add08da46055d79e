package webtest

import (
	"encoding/json"
	"time"

	"parley/chatgw/frame"
	"parley/wire/chatwire"

	"github.com/gorilla/websocket"
)

// conn is one page's connection. Its fields are guarded by the gateway's mutex.
type conn struct {
	g     *Gateway
	ws    *websocket.Conn
	out   chan any
	user  string
	watch bool
	ended bool
	muted bool
}

// send queues a frame; the queue is longer than any test needs.
func (c *conn) send(f any) {
	if c.ended || c.muted {
		return
	}
	select {
	case c.out <- f:
	default:
		panic("webtest: a page's queue is full")
	}
}

func (c *conn) bye(b frame.Bye) {
	c.send(b)
	c.end()
}

func (c *conn) end() {
	if !c.ended {
		c.ended = true
		close(c.out)
	}
}

func (c *conn) write() {
	defer c.g.done.Done()
	defer c.ws.Close()
	code, reason := websocket.CloseNormalClosure, ""
	for f := range c.out {
		data, err := json.Marshal(f)
		if err != nil {
			panic(err)
		}
		if c.ws.WriteMessage(websocket.TextMessage, data) != nil {
			return // the page is gone, which read sees too
		}
		if b, ok := f.(frame.Bye); ok {
			code, reason = b.Code, b.Reason
		}
	}
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}

func (c *conn) read() {
	defer c.g.done.Done()
	for {
		_, data, err := c.ws.ReadMessage()
		c.g.mu.Lock()
		if err != nil {
			for _, r := range c.g.rooms {
				r.leave(c)
			}
			delete(c.g.conns, c)
			c.end()
			c.g.change.Broadcast()
			c.g.mu.Unlock()
			return
		}
		if !c.muted {
			c.take(data)
		}
		c.g.change.Broadcast()
		c.g.mu.Unlock()
	}
}

func (c *conn) take(data []byte) {
	f, err := frame.DecodeClient(data)
	if f == nil {
		c.bye(frame.Bye{T: frame.TypeBye, Code: frame.CloseFrame, Reason: err.Error()})
		return
	}
	if err != nil {
		c.send(frame.Refuse(f, err, 0))
		return
	}
	g := c.g
	switch f := f.(type) {
	case *frame.Hello:
		if g.RefuseHello != nil {
			c.bye(*g.RefuseHello)
			return
		}
		c.user = f.Name
		if f.Token != "" {
			c.user = "token-holder"
		}
		c.send(g.welcome(c.user, f.Token == ""))
	case *frame.Join:
		c.join(f)
	case *frame.Leave:
		g.room(f.Room).leave(c)
	case *frame.Send:
		c.say(f)
	case *frame.History:
		c.send(g.room(f.Room).page(f))
	case *frame.TypingIn:
		for o := range g.room(f.Room).here {
			if o != c {
				o.send(frame.Typed{T: frame.TypeTyped, Room: f.Room, User: c.user})
			}
		}
	case *frame.Extension:
		c.extension(f)
	}
}

func (c *conn) join(f *frame.Join) {
	if f.Room == "secret" {
		e := refuse(f.Ref, frame.CodeForbidden, "your token does not allow to read secret")
		e.Room = f.Room
		c.send(e)
		return
	}
	r := c.g.room(f.Room)
	c.g.Joins[f.Room]++
	r.leave(c)
	a := r.joined(f, c.g.epoch)
	r.here[c] = false
	delete(r.here, c)
	if r.people[c.user] == 0 {
		a.Present++
		a.People = append(a.People, c.user)
	}
	c.send(a)
	r.enter(c)
}

func (c *conn) say(f *frame.Send) {
	g := c.g
	if g.Refuse != nil {
		if e := g.Refuse(*f); e != nil {
			c.send(*e)
			return
		}
	}
	if g.HoldSends {
		return
	}
	r := g.room(f.Room)
	key := c.user + "\x00" + f.CID
	ack, known := r.cids[key]
	if !known {
		m := g.store(f.Room, frame.Message{User: c.user, Kind: chatwire.KindText, Text: f.Text, CID: f.CID}, time.Now())
		ack = frame.Ack{T: frame.TypeAck, Room: f.Room, CID: f.CID, Seq: m.Seq, ID: m.ID, At: m.At}
		r.cids[key] = ack
	}
	c.send(ack)
}
