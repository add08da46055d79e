package webtest

import (
	"iter"
	"slices"
	"sort"

	"parley/chatgw/frame"
)

// room is what was said in a room, and who is there.
type room struct {
	name     string
	messages []frame.Message
	evicted  bool
	people   map[string]int
	here     map[*conn]bool
	cids     map[string]frame.Ack
}

func (r *room) last() uint64 {
	if len(r.messages) == 0 {
		return 0
	}
	return r.messages[len(r.messages)-1].Seq
}

func (r *room) tell(f any) {
	for c := range r.here {
		c.send(f)
	}
}

// joined answers a join: what came after since, or the newest page.
func (r *room) joined(j *frame.Join, epoch string) frame.Joined {
	names := slices.Sorted(keys(r.people))
	a := frame.Joined{
		T: frame.TypeJoined, Ref: j.Ref, Room: r.name, Epoch: epoch, Last: r.last(), Write: r.name != "announcements",
		People: names[:min(len(names), frame.MaxPeople)], Present: len(names), Messages: []frame.Message{},
	}
	i, found := slices.BinarySearchFunc(r.messages, j.Since, func(m frame.Message, seq uint64) int { return int(m.Seq) - int(seq) })
	if j.Epoch == epoch && (found || j.Since == 0 && !r.evicted) {
		if found {
			i++
		}
		a.Recovered = true
		a.Messages = append(a.Messages, r.messages[i:]...)
		a.Last = max(j.Since, r.last())
		return a
	}
	from := max(0, len(r.messages)-50)
	a.Messages = append(a.Messages, r.messages[from:]...)
	a.More = from > 0
	return a
}

func (r *room) page(h *frame.History) frame.Page {
	end := len(r.messages)
	if h.Before > 0 {
		end = sort.Search(end, func(i int) bool { return r.messages[i].Seq >= h.Before })
	}
	from := max(0, end-h.Limit)
	return frame.Page{T: frame.TypePage, Ref: h.Ref, Room: r.name, Messages: append([]frame.Message{}, r.messages[from:end]...), More: from > 0}
}

func (r *room) enter(c *conn) {
	r.here[c] = true
	r.people[c.user]++
	if r.people[c.user] == 1 {
		r.changed([]string{c.user}, nil)
	}
}

func (r *room) leave(c *conn) {
	if !r.here[c] {
		return
	}
	delete(r.here, c)
	if r.people[c.user]--; r.people[c.user] == 0 {
		delete(r.people, c.user)
		r.changed(nil, []string{c.user})
	}
}

// changed tells who came and who left, by name unless there is a crowd.
func (r *room) changed(came, left []string) {
	p := frame.Presence{T: frame.TypePresence, Room: r.name, Present: len(r.people)}
	if p.Present <= frame.MaxPeople {
		p.Came, p.Left = came, left
	}
	r.tell(p)
}

func keys[K comparable, V any](m map[K]V) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
