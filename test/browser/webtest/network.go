package webtest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chatgw/frame"

	"github.com/gorilla/websocket"
)

// Network is a proxy between browsers and a gateway. It knows frames: it can lose, hold,
// rewrite and inject them, and cut connections.
type Network struct {
	// URL is where the page is.
	URL string
	// ToPage and ToGateway are the two directions.
	ToPage, ToGateway *Flow

	work sync.WaitGroup

	mu          sync.Mutex
	change      *sync.Cond
	gateway     string
	down, held  bool
	connections map[*connection]bool
}

// connection is a page's connection, and the one to the gateway that belongs to it.
type connection struct {
	page, gateway *end
	muted         bool
}

// end is one end of a connection. Several goroutines may write to it.
type end struct {
	*websocket.Conn
	writing sync.Mutex
}

func (e *end) write(kind int, data []byte) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.WriteMessage(kind, data)
}

// close closes the connection in order, with a code.
func (e *end) close(code int, reason string) {
	data := websocket.FormatCloseMessage(code, reason)
	_ = e.WriteControl(websocket.CloseMessage, data, time.Now().Add(time.Second)) // it may be closed already
}

func (c *connection) cut() {
	_ = c.page.NetConn().Close() // it may be closed already
	_ = c.gateway.NetConn().Close()
}

// RunNetwork starts a network in front of a gateway at an address or a URL. It ends with
// the test.
func RunNetwork(t testing.TB, gateway string) *Network {
	n := &Network{connections: map[*connection]bool{}}
	n.change = sync.NewCond(&n.mu)
	n.ToPage, n.ToGateway = newFlow(n), newFlow(n)
	n.Route(gateway)
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: n.address()}) },
		Transport: &http.Transport{DisableKeepAlives: true},
	})
	mux.HandleFunc("/ws", n.accept)
	server := httptest.NewServer(mux)
	n.URL = server.URL
	t.Cleanup(func() {
		n.Down(true)
		n.Hold(false)
		server.Close()
		n.work.Wait()
	})
	return n
}

// set changes the network and notifies everybody who waits for that.
func (n *Network) set(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	n.change.Broadcast()
}

// Route leads new connections to a gateway at an address or a URL.
func (n *Network) Route(gateway string) {
	n.set(func() { n.gateway = strings.TrimPrefix(gateway, "http://") })
}

// address returns the gateway's address, as soon as nothing is held.
func (n *Network) address() (address string) {
	n.set(func() {
		n.awaitRelease()
		address = n.gateway
	})
	return address
}

// awaitRelease waits until nothing is held. The caller has the lock.
func (n *Network) awaitRelease() {
	for n.held {
		n.change.Wait()
	}
}

// Hold holds everything back, also new connections, without notice to either side, until
// it is called with false.
func (n *Network) Hold(held bool) { n.set(func() { n.held = held }) }

// Down cuts every connection and refuses new ones, as when the gateway is killed, until it
// is called with false.
func (n *Network) Down(down bool) {
	n.set(func() { n.down = down })
	if down {
		n.Cut()
	}
}

// Cut ends every connection without closing it in order.
func (n *Network) Cut() { n.each((*connection).cut) }

// Mute loses every frame of the connections that exist, and not of new ones.
func (n *Network) Mute() { n.each(func(c *connection) { c.muted = true }) }

// Bye ends every connection as a gateway does that closes it.
func (n *Network) Bye(b frame.Bye) {
	n.ToPage.Inject(frame.Encode(b))
	n.each(func(c *connection) { c.page.close(b.Code, b.Reason) })
}

func (n *Network) each(f func(*connection)) {
	n.set(func() {
		for c := range n.connections {
			f(c)
		}
	})
}

// AwaitConnections waits until as many pages are connected.
func (n *Network) AwaitConnections(t testing.TB, count int) {
	t.Helper()
	n.await(t, "connections", func() bool { return len(n.connections) == count })
}

// await waits for a condition, which is checked under the lock.
func (n *Network) await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(Patience, func() { n.set(func() { late = true }) })
	defer timer.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	for !ok() {
		if late {
			t.Fatalf("webtest: waiting for %s: not within %v", what, Patience)
		}
		n.change.Wait()
	}
}

func (n *Network) accept(w http.ResponseWriter, r *http.Request) {
	address := n.address()
	var down bool
	n.set(func() { down = n.down })
	if down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	dialer := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
	gateway, _, err := dialer.DialContext(r.Context(), "ws://"+address+"/ws", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: dialer.Subprotocols}
	page, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		gateway.Close()
		return // Upgrade has answered
	}
	n.serve(&connection{page: &end{Conn: page}, gateway: &end{Conn: gateway}})
}

func (n *Network) serve(c *connection) {
	n.set(func() {
		n.connections[c] = true
		if n.down {
			c.cut()
		}
	})
	n.work.Go(func() {
		var both sync.WaitGroup
		both.Go(func() { n.pass(n.ToGateway, c, c.page, c.gateway) })
		both.Go(func() { n.pass(n.ToPage, c, c.gateway, c.page) })
		both.Wait()
		n.set(func() { delete(n.connections, c) })
	})
}

// pass passes frames on in one direction until one side ends, and then ends the other with
// the same close code.
func (n *Network) pass(flow *Flow, c *connection, from, to *end) {
	defer from.Close()
	defer to.Close()
	for {
		kind, data, err := from.ReadMessage()
		if bye, ok := errors.AsType[*websocket.CloseError](err); ok && bye.Code != websocket.CloseAbnormalClosure {
			to.close(bye.Code, bye.Text)
		}
		if err == nil {
			if data = flow.take(c, data); data != nil {
				err = to.write(kind, data)
			}
		}
		if err != nil {
			return
		}
	}
}
