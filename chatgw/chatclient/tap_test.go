package chatclient_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"parley/chatgw/frame"

	"github.com/gorilla/websocket"
)

// tap stands between clients and a gateway and may change what they send: a
// network that loses frames, and a gateway that forgets.
type tap struct {
	t   testing.TB
	url string

	mu   sync.Mutex
	to   string // address of the gateway
	up   filter // from clients
	down filter // from the gateway
	all  map[*websocket.Conn]bool
	work sync.WaitGroup
}

// filter is what becomes of a frame: nothing, itself, or others.
type filter func(frame []byte) [][]byte

func pass(f []byte) [][]byte { return [][]byte{f} }

// drop loses the frames of a type, and all messages, and reports the former.
func drop(word string, dropped chan<- struct{}) filter {
	return func(f []byte) [][]byte {
		if is(f, word) {
			dropped <- struct{}{}
		}
		if is(f, word) || is(f, frame.TypeMessage) {
			return nil
		}
		return pass(f)
	}
}

func newTap(t testing.TB, to string) *tap {
	t.Helper()
	p := &tap{t: t, to: to, up: pass, down: pass, all: map[*websocket.Conn]bool{}}
	s := httptest.NewServer(http.HandlerFunc(p.serve))
	p.url = s.URL
	t.Cleanup(func() {
		p.cut()
		s.Close()
		p.work.Wait()
	})
	return p
}

// set changes what becomes of frames; nil is as it was.
func (p *tap) set(up, down filter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if up != nil {
		p.up = up
	}
	if down != nil {
		p.down = down
	}
}

// cut ends all connections without a word.
func (p *tap) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ws := range p.all {
		ws.NetConn().Close()
	}
}

func (p *tap) add(ws *websocket.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[ws] = true
}

func (p *tap) remove(ws *websocket.Conn) {
	ws.NetConn().Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, ws)
}

func (p *tap) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	d := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
	gateway, _, err := d.Dial("ws://"+to+"/ws", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	u := websocket.Upgrader{Subprotocols: []string{frame.Subprotocol}}
	client, err := u.Upgrade(w, r, nil)
	if err != nil {
		gateway.NetConn().Close()
		return
	}
	p.add(client)
	p.add(gateway)
	p.work.Go(func() { p.pipe(gateway, client, func() filter { return p.up }) })
	p.work.Go(func() { p.pipe(client, gateway, func() filter { return p.down }) })
}

// pipe passes frames on, and the close frame.
func (p *tap) pipe(to, from *websocket.Conn, now func() filter) {
	defer p.remove(to)
	for {
		_, data, err := from.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok && e.Code != websocket.CloseAbnormalClosure {
			_ = to.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(e.Code, e.Text))
		}
		if err != nil {
			return
		}
		p.mu.Lock()
		f := now()
		p.mu.Unlock()
		for _, out := range f(data) {
			if to.WriteMessage(websocket.TextMessage, out) != nil {
				return
			}
		}
	}
}
