package webtest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/gorilla/websocket"
)

// Flow is one direction of a [Network].
type Flow struct {
	network *Network
	lose    map[string]int // how many frames of a type are still to be lost
	lost    map[string]int
	passed  map[string]int
	rewrite func(data []byte) []byte
}

func newFlow(n *Network) *Flow {
	return &Flow{network: n, lose: map[string]int{}, lost: map[string]int{}, passed: map[string]int{}}
}

// Lose loses the frames of these types from now on, and no others. It resets
// the counts of lost frames.
func (f *Flow) Lose(types ...string) {
	f.network.set(func() {
		clear(f.lose)
		clear(f.lost)
		for _, t := range types {
			f.lose[t] = math.MaxInt
		}
	})
}

// LoseNext loses the next frames of a type.
func (f *Flow) LoseNext(kind string, count int) { f.network.set(func() { f.lose[kind] = count }) }

// Rewrite replaces each frame by what a function returns, which does not block; nil
// replaces nothing.
func (f *Flow) Rewrite(rewrite func(data []byte) []byte) {
	f.network.set(func() { f.rewrite = rewrite })
}

// Inject sends a frame over every connection.
func (f *Flow) Inject(data []byte) {
	f.network.each(func(c *connection) {
		to := c.page
		if f == f.network.ToGateway {
			to = c.gateway
		}
		_ = to.write(websocket.TextMessage, data) // it may be closed already
	})
}

// AwaitLost waits until frames of a type were lost.
func (f *Flow) AwaitLost(t testing.TB, kind string, count int) {
	t.Helper()
	f.network.await(t, "lost frames "+kind, func() bool { return f.lost[kind] >= count })
}

// AwaitPassed waits until frames of a type have passed.
func (f *Flow) AwaitPassed(t testing.TB, kind string, count int) {
	t.Helper()
	f.network.await(t, "frames "+kind, func() bool { return f.passed[kind] >= count })
}

// Passed counts the frames of a type that have passed.
func (f *Flow) Passed(kind string) int {
	f.network.mu.Lock()
	defer f.network.mu.Unlock()
	return f.passed[kind]
}

// take returns what is passed on in place of a frame: nil if it is lost.
func (f *Flow) take(c *connection, data []byte) (out []byte) {
	var known struct {
		T string `json:"t"`
	}
	_ = json.Unmarshal(data, &known) // whatever it is, it is for the other side to judge
	f.network.set(func() {
		f.network.awaitRelease()
		switch {
		case c.muted:
		case f.lose[known.T] > 0:
			f.lose[known.T]--
			f.lost[known.T]++
		default:
			f.passed[known.T]++
			out = data
			if f.rewrite != nil {
				out = f.rewrite(data)
			}
		}
	})
	return out
}
