package webtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"parley/chatgw/frame"

	"github.com/gorilla/websocket"
)

// Network stands between pages and a gateway. It knows frames: it can lose
// those of a type, cut connections, and take none.
type Network struct {
	// URL is where the page is.
	URL string

	gateway string
	work    sync.WaitGroup

	mu     sync.Mutex
	change *sync.Cond
	down   bool
	lose   map[string]bool
	lost   map[string]int
	links  map[*link]bool
}

// link is a page's connection, and the one to the gateway that belongs to it.
type link struct{ page, gateway *websocket.Conn }

func (l *link) cut() {
	_ = l.page.NetConn().Close() // it may be closed already
	_ = l.gateway.NetConn().Close()
}

func runNetwork(t testing.TB, gateway string) *Network {
	n := &Network{gateway: gateway, lost: map[string]int{}, links: map[*link]bool{}}
	n.change = sync.NewCond(&n.mu)
	files := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: gateway})
	files.Transport = &http.Transport{DisableKeepAlives: true}
	mux := http.NewServeMux()
	mux.Handle("/", files)
	mux.HandleFunc("/ws", n.accept)
	server := httptest.NewServer(mux)
	n.URL = server.URL
	t.Cleanup(func() {
		n.Down(true)
		server.Close()
		n.work.Wait()
	})
	return n
}

// Down cuts every connection without a word and takes no more, as where the
// gateway is killed, or takes them again.
func (n *Network) Down(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	if down {
		n.cut()
	}
}

// Cut ends every connection without a word.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut()
}

func (n *Network) cut() {
	for l := range n.links {
		l.cut()
	}
}

// Lose loses the frames of these types from now on, in both directions, and no
// others. What was lost before is no longer counted.
func (n *Network) Lose(types ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose = map[string]bool{}
	for _, t := range types {
		n.lose[t] = true
	}
	clear(n.lost)
}

// WaitLost waits until so many frames of a type were lost.
func (n *Network) WaitLost(t testing.TB, kind string, count int) {
	t.Helper()
	late := false
	timer := time.AfterFunc(Patience, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		late = true
		n.change.Broadcast()
	})
	defer timer.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.lost[kind] < count {
		if late {
			t.Fatalf("webtest: waited in vain for %d frames %s to be lost", count, kind)
		}
		n.change.Wait()
	}
}

func (n *Network) accept(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	down := n.down
	n.mu.Unlock()
	if down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	dialer := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
	gateway, _, err := dialer.DialContext(r.Context(), "ws://"+n.gateway+"/ws", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	up := websocket.Upgrader{Subprotocols: dialer.Subprotocols}
	page, err := up.Upgrade(w, r, nil)
	if err != nil {
		gateway.Close()
		return // Upgrade has answered
	}
	n.join(&link{page: page, gateway: gateway})
}

func (n *Network) join(l *link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[l] = true
	if n.down {
		l.cut()
	}
	n.work.Go(func() {
		var both sync.WaitGroup
		both.Go(func() { n.pass(l.page, l.gateway) })
		both.Go(func() { n.pass(l.gateway, l.page) })
		both.Wait()
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.links, l)
	})
}

// pass ends both when one has ended, with the same word.
func (n *Network) pass(from, to *websocket.Conn) {
	defer from.Close()
	defer to.Close()
	for {
		kind, data, err := from.ReadMessage()
		var bye *websocket.CloseError
		if errors.As(err, &bye) && bye.Code != websocket.CloseAbnormalClosure {
			word := websocket.FormatCloseMessage(bye.Code, bye.Text)
			_ = to.WriteControl(websocket.CloseMessage, word, time.Now().Add(time.Second)) // it may be closed already
		}
		if err != nil {
			return
		}
		if n.loses(data) {
			continue
		}
		if to.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func (n *Network) loses(data []byte) bool {
	var f struct {
		T string `json:"t"`
	}
	if json.Unmarshal(data, &f) != nil {
		return false // whatever it is, it is for the other side to judge
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lose[f.T] {
		n.lost[f.T]++
		n.change.Broadcast()
	}
	return n.lose[f.T]
}
