package model

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/idworker/snowflake"
	"parley/test/chat"
	"parley/test/ids"
)

// History is everything that clients wrote down. It is safe for concurrent use
// while clients write; its fields are read when they have ended.
type History struct {
	Orders []*Order
	Posts  []*Post
	Chats  []*Chatter
	// IDs has seen every ID, however it was had.
	IDs *ids.Census
	// Complaints are what clients saw to be wrong by themselves.
	Complaints []Complaint

	mu      sync.Mutex
	commits []Commit
	counts  map[string]int
}

// Commit is the moment at which the order of a client was answered committed.
type Commit struct {
	At   time.Time
	Took time.Duration
	Via  string
}

// Complaint is an answer that needs no other to be wrong.
type Complaint struct {
	// About is one of the words below.
	About string
	Text  string
}

// What a client complains about.
const (
	AboutIDs     = "an ID was given twice, or out of order"
	AboutAnswers = "a client was refused for good what it may ask"
)

// Post is one blog post.
type Post struct {
	User, Text, Key string
	// ID is what the blog answered, 0 if it did not.
	ID snowflake.ID
}

// Chatter is one person in one room: what was shown and what was sent.
type Chatter struct {
	Name, Room string
	View       *chat.View
	Sent       []chat.Sent
}

// New is an empty history.
func New() *History { return &History{IDs: ids.NewCensus(), counts: map[string]int{}} }

// Order notes down a new order.
func (h *History) Order(o *Order) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Orders = append(h.Orders, o)
}

// Answer notes down an answer to a client of an order.
func (h *History) Answer(o *Order, a Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o.Answers = append(o.Answers, a)
	h.counts["orders "+string(a.Verdict)]++
	if a.Verdict == Committed && !a.Again {
		h.commits = append(h.commits, Commit{At: a.At, Took: a.Took, Via: a.Via})
	}
}

// Post notes down a post before it is sent.
func (h *History) Post(p *Post) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Posts = append(h.Posts, p)
}

// Posted notes down the blog's answer.
func (h *History) Posted(p *Post, id snowflake.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.ID = id
	h.counts["posts"]++
}

// Chatter adds a person.
func (h *History) Chatter(c *Chatter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Chats = append(h.Chats, c)
}

// Complain notes down what is wrong by itself.
func (h *History) Complain(about, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Complaints = append(h.Complaints, Complaint{about, fmt.Sprintf(format, args...)})
}

// Count adds to a number that is only reported.
func (h *History) Count(what string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[what] += n
}

// Counts are those numbers; see also [History.Commits].
func (h *History) Counts() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[string]int, len(h.counts))
	for k, v := range h.counts {
		out[k] = v
	}
	return out
}

// Commits returns the commits that clients learnt of, in that order.
func (h *History) Commits() []Commit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.commits)
}

// Progress is how many commits there are, and when the last one came.
func (h *History) Progress() (n int, last time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n = len(h.commits); n > 0 {
		last = h.commits[n-1].At
	}
	return n, last
}

// Pending are the orders whose outcome no client knows.
func (h *History) Pending() (out []*Order) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.Orders {
		if _, ok := o.Definite(); !ok {
			out = append(out, o)
		}
	}
	return out
}
