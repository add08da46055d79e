package webtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/internal/faults"
	"parley/page"
	"parley/page/ids"
	"parley/page/orders"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/gorilla/websocket"
)

// Gateway serves the page and speaks its protocol, from memory. Its fields may
// be set before the first page is opened; Do changes it later.
type Gateway struct {
	// URL is where the page is.
	URL string
	// Rooms are suggested to whoever comes.
	Rooms []string
	// Extensions are told in Welcome.
	Extensions []string
	Limits     frame.Limits
	// Release is told in Welcome.
	Release string
	// HoldSends: sends are forgotten, as if the gateway had died before.
	HoldSends bool
	// HoldOutcomes: orders are placed, and not answered.
	HoldOutcomes bool
	// LoseLive leaves out so many live messages: a hole for the page to find.
	LoseLive int
	// Refuse answers sends with an error, if it returns one.
	Refuse func(frame.Send) *frame.Error
	// RefuseHello closes with this bye.
	RefuseHello *frame.Bye
	// Down: no connection is taken.
	Down bool
	// Joins counts the joins of each room.
	Joins map[string]int

	mu     sync.Mutex
	change *sync.Cond
	server *httptest.Server
	epoch  string
	life   int
	seq    uint64
	rooms  map[string]*room
	conns  map[*conn]bool
	done   sync.WaitGroup
	food   kitchen
}

// RunGateway starts a gateway that ends with the test.
func RunGateway(t testing.TB, rooms ...string) *Gateway {
	t.Helper()
	g := &Gateway{
		Rooms:      rooms,
		Extensions: []string{orders.Name, faults.Name, ids.Name},
		Limits:     frame.Limits{Text: chatwire.MaxText, Rooms: 50, Page: 100, RetryMS: chatwire.Retry.Milliseconds(), PingMS: 25_000},
		Release:    "v1",
		Joins:      map[string]int{},
		epoch:      "epoch00000000000",
		rooms:      map[string]*room{},
		conns:      map[*conn]bool{},
	}
	g.change = sync.NewCond(&g.mu)
	g.food.init()
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler(page.Config{}))
	mux.HandleFunc("/ws", g.accept)
	g.server = httptest.NewServer(mux)
	g.URL = g.server.URL
	t.Cleanup(func() {
		g.Do(func(g *Gateway) { g.Down = true })
		g.Cut()
		g.server.Close()
		g.done.Wait()
	})
	return g
}

// Do changes the gateway while pages are connected.
func (g *Gateway) Do(f func(*Gateway)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(g)
	g.change.Broadcast()
}

// Wait waits until something is so, of what pages did. It fails the test after
// [Patience].
func (g *Gateway) Wait(t testing.TB, what string, so func(*Gateway) bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(Patience, func() {
		g.Do(func(*Gateway) { late = true })
		g.change.Broadcast()
	})
	defer timer.Stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for !so(g) {
		if late {
			t.Fatalf("webtest: waited in vain for %s", what)
		}
		g.change.Wait()
	}
}

// Cut ends every connection without a word, as a gateway does that is killed.
func (g *Gateway) Cut() {
	g.mu.Lock()
	conns := slices.Collect(keys(g.conns))
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.ws.NetConn().Close() // it may be closed already
	}
}

// Mute lets the connections there are hear and say nothing more, as when the
// network between swallows everything.
func (g *Gateway) Mute() {
	g.Do(func(g *Gateway) {
		for c := range g.conns {
			c.muted = true
		}
	})
}

// Bye ends every connection with a word.
func (g *Gateway) Bye(code int, reason string, retry time.Duration) {
	g.Do(func(g *Gateway) {
		for c := range g.conns {
			c.bye(frame.Bye{T: frame.TypeBye, Code: code, Reason: reason, RetryMS: retry.Milliseconds()})
		}
	})
}

// NewEpoch loses everything that was said, as when the stream was made anew.
func (g *Gateway) NewEpoch() {
	g.Do(func(g *Gateway) {
		g.life++
		g.epoch = fmt.Sprintf("epoch%011d", g.life)
		g.seq = 0
		for _, r := range g.rooms {
			r.messages = nil
		}
	})
}

// Say puts a message into a room.
func (g *Gateway) Say(room, user, text string) frame.Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.store(room, frame.Message{User: user, Kind: chatwire.KindText, Text: text}, time.Now())
}

// Put puts any message into a room, as of a moment in the past.
func (g *Gateway) Put(room string, m frame.Message, at time.Time) frame.Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.store(room, m, at)
}

// Type tells a room that somebody writes.
func (g *Gateway) Type(room, user string) {
	g.Do(func(g *Gateway) { g.room(room).tell(frame.Typed{T: frame.TypeTyped, Room: room, User: user}) })
}

// Come and Go change who is in a room, with others at once.
func (g *Gateway) Come(room string, users ...string) {
	g.Do(func(g *Gateway) {
		r := g.room(room)
		for _, u := range users {
			r.people[u]++
		}
		r.changed(users, nil)
	})
}

func (g *Gateway) Go(room string, users ...string) {
	g.Do(func(g *Gateway) {
		r := g.room(room)
		for _, u := range users {
			if r.people[u]--; r.people[u] == 0 {
				delete(r.people, u)
			}
		}
		r.changed(nil, users)
	})
}

// Texts are what is stored in a room, in order, without notes.
func (g *Gateway) Texts(room string) (texts []string) {
	g.Do(func(g *Gateway) { texts = g.texts(room) })
	return texts
}

// Joined counts the joins of a room so far.
func (g *Gateway) Joined(room string) (n int) {
	g.Do(func(g *Gateway) { n = g.Joins[room] })
	return n
}

// Connected counts the pages, for use in Do and Wait.
func (g *Gateway) Connected() int { return len(g.conns) }

// Ordered counts the transactions there were, for use in Do and Wait.
func (g *Gateway) Ordered() int { return len(g.food.seen) }

func (g *Gateway) texts(room string) (texts []string) {
	for _, m := range g.room(room).messages {
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// Forget evicts all but the newest messages of a room.
func (g *Gateway) Forget(room string, keep int) {
	g.Do(func(g *Gateway) {
		r := g.room(room)
		r.messages = r.messages[max(0, len(r.messages)-keep):]
		r.evicted = true
	})
}

func (g *Gateway) room(name string) *room {
	r := g.rooms[name]
	if r == nil {
		r = &room{name: name, people: map[string]int{}, here: map[*conn]bool{}, cids: map[string]frame.Ack{}}
		g.rooms[name] = r
	}
	return r
}

// store appends a message and tells the room.
func (g *Gateway) store(name string, m frame.Message, at time.Time) frame.Message {
	r := g.room(name)
	g.seq++
	m.Seq, m.Prev, m.At = g.seq, r.last(), at.UnixMilli()
	m.ID = snowflake.NewID(max(0, snowflake.Timestamp(at)), 3, int(g.seq%snowflake.MaxSequence))
	r.messages = append(r.messages, m)
	live := m
	live.T, live.Room = frame.TypeMessage, name
	if g.LoseLive > 0 {
		g.LoseLive--
		return m
	}
	r.tell(live)
	return m
}

func (g *Gateway) accept(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	down := g.Down
	g.mu.Unlock()
	if down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	up := websocket.Upgrader{Subprotocols: []string{frame.Subprotocol}}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := &conn{g: g, ws: ws, out: make(chan any, 1<<14)}
	g.mu.Lock()
	g.conns[c] = true
	g.done.Add(2)
	g.mu.Unlock()
	go c.write()
	go c.read()
}

func (g *Gateway) welcome(user string, guest bool) frame.Welcome {
	return frame.Welcome{
		T: frame.TypeWelcome, User: user, Guest: guest, Gateway: "gateway-in-memory", Release: g.Release,
		Rooms: g.Rooms, Limits: g.Limits, Extensions: g.Extensions,
	}
}

func refuse(ref int64, code wire.Code, format string, args ...any) frame.Error {
	return frame.Error{T: frame.TypeError, Ref: ref, Code: code, Reason: fmt.Sprintf(format, args...)}
}
