package chat

import (
	"fmt"
	"slices"
	"testing"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/chatwire"
)

// stored are n messages of one room, numbered 2, 4, 6, ...: other rooms have the
// rest.
func stored(n int) (stream []Stored) {
	for i := range n {
		stream = append(stream, Stored{Seq: uint64(2*i + 2), Room: "lobby", Message: chatwire.Message{
			V: wire.Version, ID: snowflake.NewID(int64(1000+i), 1, 0), User: "ada", Kind: chatwire.KindText, Text: fmt.Sprint("text ", i), CID: fmt.Sprint("c", i),
		}})
	}
	return stream
}

// frames are messages from a place to another, as a client is shown them.
func frames(stream []Stored, from, to int) (fs []frame.Message) {
	for i := from; i < to; i++ {
		f := stream[i].Frame()
		if i > 0 {
			f.Prev = stream[i-1].Seq
		}
		fs = append(fs, f)
	}
	return fs
}

// history makes a view of ten messages manually.
type history struct {
	stream []Stored
	View
}

func (h *history) joined(from, to int) {
	h.Joined(&frame.Joined{Epoch: "e", Last: h.stream[to-1].Seq, Messages: frames(h.stream, from, to), More: from > 0}, 0)
}

func (h *history) resumed(from, to int) {
	h.Connected()
	j := frame.Joined{Epoch: "e", Last: h.Last(), Recovered: true, Messages: frames(h.stream, from, to)}
	if to > from {
		j.Last = h.stream[to-1].Seq
	}
	h.Joined(&j, h.Last())
}

func (h *history) delivered(places ...int) {
	for _, at := range places {
		h.Delivered(&frames(h.stream, at, at+1)[0])
	}
}

func (h *history) page(from, to int) {
	h.Page(&frame.Page{Messages: frames(h.stream, from, to), More: from > 0})
}

func TestViews(t *testing.T) {
	for _, tt := range []struct {
		name string
		want []Rule
		view func(*history)
	}{
		{"everything", nil, func(h *history) { h.joined(2, 5); h.delivered(5, 6); h.resumed(7, 9); h.delivered(9) }},
		{"from an empty room", nil, func(h *history) { h.Joined(&frame.Joined{Epoch: "e"}, 0); h.delivered(0, 1, 2); h.resumed(3, 10) }},
		{"more than the end", nil, func(h *history) {
			h.stream = append(h.stream, stored(12)[10:]...)
			h.joined(2, 11)
		}},
		{"nothing was missed", nil, func(h *history) { h.joined(0, 10); h.resumed(10, 10) }},
		{"prev is not known", nil, func(h *history) {
			h.joined(0, 9)
			f := frames(h.stream, 9, 10)[0]
			f.Prev = 0
			h.Delivered(&f)
		}},
		{"not recovered, closed by history", nil, func(h *history) {
			h.joined(0, 2)
			h.Connected()
			h.joined(8, 9)
			h.delivered(9)
			h.page(5, 8)
			h.page(1, 5)
		}},
		{"a gap", []Rule{Gap, Unclosed}, func(h *history) { h.joined(2, 5); h.delivered(6, 7, 8, 9) }},
		{"a gap after resuming", []Rule{Gap, Unclosed}, func(h *history) { h.joined(2, 5); h.resumed(5, 6); h.delivered(7, 8, 9) }},
		{"a repetition", []Rule{Twice}, func(h *history) { h.joined(2, 5); h.delivered(5, 6, 6, 7, 8, 9) }},
		{"a repetition after resuming", []Rule{Twice}, func(h *history) { h.joined(2, 5); h.resumed(4, 10) }},
		{"two in the wrong order", []Rule{Gap, Order}, func(h *history) { h.joined(2, 7); h.delivered(8, 7, 9) }},
		{"recovered, but one is missing", []Rule{Gap, Unclosed}, func(h *history) {
			h.joined(2, 5)
			h.Connected()
			h.Joined(&frame.Joined{
				Epoch: "e", Last: h.stream[9].Seq, Recovered: true,
				Messages: slices.Concat(frames(h.stream, 5, 7), frames(h.stream, 8, 10)),
			}, h.Last())
		}},
		{"recovered, but the first is missing", []Rule{Gap, Unclosed}, func(h *history) { h.joined(2, 5); h.resumed(6, 10) }},
		{"recovered, but the last is missing", []Rule{Place, Gap, Unclosed}, func(h *history) {
			h.joined(2, 5)
			h.Connected()
			h.Joined(&frame.Joined{Epoch: "e", Last: h.stream[8].Seq, Recovered: true, Messages: frames(h.stream, 5, 8)}, h.Last())
			h.delivered(9)
		}},
		{"recovered without having been here", []Rule{Unfounded}, func(h *history) { h.resumed(0, 10) }},
		{"recovered from elsewhere", []Rule{Unfounded, Twice, Twice, Twice}, func(h *history) {
			h.joined(2, 5)
			h.Connected()
			h.Joined(&frame.Joined{Epoch: "e", Last: h.stream[9].Seq, Recovered: true, Messages: frames(h.stream, 2, 10)}, h.stream[1].Seq)
		}},
		{"not recovered, and left so", []Rule{Unclosed}, func(h *history) { h.joined(0, 2); h.Connected(); h.joined(8, 10) }},
		{"a page with a hole", []Rule{Gap, Unclosed}, func(h *history) {
			h.joined(0, 2)
			h.Connected()
			h.joined(8, 10)
			h.Page(&frame.Page{Messages: slices.Concat(frames(h.stream, 1, 4), frames(h.stream, 5, 8)), More: true})
		}},
		{"a page that ends too early", []Rule{Gap, Unclosed}, func(h *history) { h.joined(0, 2); h.Connected(); h.joined(8, 10); h.page(1, 7) }},
		{"a page that hides older ones", []Rule{More, Unclosed}, func(h *history) {
			h.joined(0, 2)
			h.Connected()
			h.joined(8, 10)
			h.Page(&frame.Page{Messages: frames(h.stream, 5, 8)})
		}},
		{"a first page with a hole", []Rule{Gap, Unclosed}, func(h *history) {
			h.Joined(&frame.Joined{Last: h.stream[9].Seq, More: true, Messages: slices.Concat(frames(h.stream, 2, 4), frames(h.stream, 5, 10))}, 0)
		}},
		{"delivered before it was joined again", []Rule{Uncalled}, func(h *history) { h.joined(2, 5); h.Connected(); h.delivered(5, 6, 7, 8, 9) }},
		{"another text", []Rule{Altered}, func(h *history) {
			h.joined(0, 9)
			f := frames(h.stream, 9, 10)[0]
			f.Text = "text 8"
			h.Delivered(&f)
		}},
		{"another one before it", []Rule{Chain}, func(h *history) {
			h.joined(0, 9)
			f := frames(h.stream, 9, 10)[0]
			f.Prev = h.stream[7].Seq
			h.Delivered(&f)
		}},
		{"of another room", []Rule{Invented}, func(h *history) {
			h.joined(0, 9)
			f := frames(h.stream, 9, 10)[0]
			f.Seq--
			h.Delivered(&f)
			h.delivered(9)
		}},
		{"the end never came", []Rule{End}, func(h *history) { h.joined(2, 5); h.delivered(5, 6, 7, 8) }},
		{"never joined", []Rule{End}, func(h *history) { h.Connected() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &history{stream: stored(10)}
			tt.view(h)
			expect(t, Rooms(h.stream)["lobby"].Check(&h.View, h.stream[9].Seq), tt.want)
		})
	}
}

func expect(t *testing.T, found []Violation, want []Rule) {
	t.Helper()
	var rules []Rule
	for _, v := range found {
		rules = append(rules, v.Rule)
	}
	if !slices.Equal(rules, want) {
		t.Errorf("found %q, want %q", found, want)
	}
}

func TestSent(t *testing.T) {
	for _, tt := range []struct {
		name   string
		want   []Rule
		change func(stream []Stored, sent []Sent) ([]Stored, []Sent)
	}{
		{"everything", nil, func(s []Stored, m []Sent) ([]Stored, []Sent) { return s, m }},
		{"acknowledged twice alike", nil, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			m[1].Acks = append(m[1].Acks, m[1].Acks[0])
			return s, m
		}},
		{"acknowledged and lost", []Rule{AckedLost}, func(s []Stored, m []Sent) ([]Stored, []Sent) { return slices.Delete(s, 1, 2), m }},
		{"acknowledged elsewhere", []Rule{AckedLost}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			m[1].Acks[0].Seq++
			return s, m
		}},
		{"acknowledged as two", []Rule{AckedLost}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			second := m[1].Acks[0]
			second.ID++
			m[1].Acks = append(m[1].Acks, second)
			return s, m
		}},
		{"stored with another text", []Rule{AckedLost}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			s[1].Text = "other"
			return s, m
		}},
		{"stored twice", []Rule{StoredTwice}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			again := s[1]
			again.Seq, again.ID = 99, again.ID+1
			return append(s, again), m
		}},
		{"one id for two", []Rule{SameID, AckedLost}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			s[2].ID = s[1].ID
			return s, m
		}},
		{"never acknowledged", []Rule{Unanswered}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			m[2].Acks = nil
			return s, m
		}},
		{"of a service, without an answer", nil, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			m[2].Acks, m[2].Once, s[2].Kind = nil, true, chatwire.KindService
			return s, append(m, Sent{User: "cook", Room: "lobby", CID: "lost", Text: "x", Once: true})
		}},
		{"sent by nobody", []Rule{Unsent}, func(s []Stored, m []Sent) ([]Stored, []Sent) { return s, m[:2] }},
		{"in another order", []Rule{Author}, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			m[1], m[2] = m[2], m[1]
			return s, m
		}},
		{"came and left", nil, func(s []Stored, m []Sent) ([]Stored, []Sent) {
			return append(s, Stored{Seq: 99, Room: "lobby", Message: chatwire.Message{ID: 7, User: "ada", Kind: chatwire.KindLeave}}), m
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream := stored(3)
			var sent []Sent
			for _, s := range stream {
				sent = append(sent, Sent{
					User: s.User, Room: s.Room, CID: s.CID, Text: s.Text, InTurn: true,
					Acks: []frame.Ack{{Room: s.Room, CID: s.CID, Seq: s.Seq, ID: s.ID, At: s.ID.Time().UnixMilli()}},
				})
			}
			stream, sent = tt.change(stream, sent)
			expect(t, CheckSent(stream, sent), tt.want)
		})
	}
}
