package chat

import "fmt"

// Rule is what is broken.
type Rule string

const (
	Gap       Rule = "a message is missing"
	Twice     Rule = "a message was shown twice"
	Order     Rule = "a message came after a later one"
	Invented  Rule = "a message is not in the stream"
	Altered   Rule = "a message is not as it is stored"
	Chain     Rule = "a message names another one before it than the stream has"
	Place     Rule = "an answer ends elsewhere than its last field has it"
	Uncalled  Rule = "a message came before the room was joined"
	Unfounded Rule = "recovered what was never shown"
	More      Rule = "an answer is wrong about older messages"
	Unclosed  Rule = "messages between the first and the last were never shown"
	End       Rule = "the room's last messages were never shown"
)

// Violation is one place where a rule is broken.
type Violation struct {
	Rule Rule
	Text string
}

func (v Violation) String() string { return fmt.Sprintf("%s: %s", v.Rule, v.Text) }

// Room is what the stream holds of one room, which is right by definition.
type Room struct {
	messages []Message
	place    map[uint64]int
}

// NewRoom takes all messages of a room, oldest first, and gives each the number
// of the one before it.
func NewRoom(messages []Message) *Room {
	r := &Room{messages: messages, place: make(map[uint64]int, len(messages))}
	prev := uint64(0)
	for i := range messages {
		messages[i].Prev = prev
		prev = messages[i].Seq
		r.place[prev] = i
	}
	return r
}

// Len is how many messages there are.
func (r *Room) Len() int { return len(r.messages) }

// Check compares a client's view with the room. Each event is compared with everything
// before it, and in the end the client must have every message from its first one on, at
// least up to the one numbered end.
func (r *Room) Check(v *View, end uint64) []Violation {
	c := &check{room: r, view: v, at: -1, first: -1, have: make([]bool, len(r.messages))}
	for i := range v.events {
		c.event(&v.events[i])
	}
	c.whole(r.place[end])
	return c.wrong
}

// check goes through one view.
type check struct {
	room *Room
	view *View
	// at is the place of the last message that was shown, -1 before the first
	// one of the room; first is that of the first one, -1 if there was none.
	at, first     int
	begun, joined bool
	have          []bool
	wrong         []Violation
}

func (c *check) fail(rule Rule, format string, args ...any) {
	c.wrong = append(c.wrong, Violation{rule, fmt.Sprintf(format, args...)})
}

func (c *check) event(e *event) {
	switch e.what {
	case connected:
		c.joined = false
	case recovered:
		if !c.begun || e.since != c.seq(c.at) {
			c.fail(Unfounded, "requested the messages after %d, was shown up to %d before", e.since, c.seq(c.at))
		}
		if !c.begun {
			c.first = c.at + 1
		}
		c.begun, c.joined = true, true
		c.follow(e.messages)
		c.ends(e)
	case reset:
		c.reset(e)
		c.ends(e)
	case delivered:
		if !c.joined {
			c.fail(Uncalled, "%d", e.messages[0].Seq)
		}
		c.follow(e.messages)
	case paged:
		c.page(e)
	}
}

// reset checks a page that replaces what was shown: it has no hole in itself.
func (c *check) reset(e *event) {
	c.at = c.start(e.messages)
	if len(e.messages) > 0 && e.more != (c.at >= 0) {
		c.fail(More, "more is %v on a page that begins at place %d", e.more, c.at+1)
	}
	if !c.begun {
		c.first = c.at + 1
	}
	c.begun, c.joined = true, true
	c.follow(e.messages)
}

// start is the place before the first of a page.
func (c *check) start(page []Message) int {
	if len(page) == 0 {
		return -1
	}
	if at, ok := c.room.place[page[0].Seq]; ok {
		return at - 1
	}
	return -1
}

// page checks a page of the history: it ends where the next begins.
func (c *check) page(e *event) {
	at := c.start(e.messages)
	if e.more != (at >= 0) && len(e.messages) > 0 {
		c.fail(More, "more is %v on a page that begins at place %d", e.more, at+1)
	}
	for i := range e.messages {
		place, ok := c.message(&e.messages[i])
		if !ok {
			continue
		}
		if place != at+1 {
			c.fail(Gap, "a page of history has %d after %d", c.seq(place), c.seq(at))
		}
		at = place
		c.have[at] = true
	}
	if end, ok := c.room.place[e.before]; ok && at != end-1 {
		c.fail(Gap, "the page before %d ends at %d", e.before, c.seq(at))
	}
}

// follow checks messages that must come directly after what was shown.
func (c *check) follow(messages []Message) {
	for i := range messages {
		place, ok := c.message(&messages[i])
		if !ok {
			continue
		}
		switch {
		case place == c.at+1:
		case place > c.at+1:
			c.fail(Gap, "%d came after %d, between them are %d", c.seq(place), c.seq(c.at), place-c.at-1)
		case c.have[place]:
			c.fail(Twice, "%d came again, after %d", c.seq(place), c.seq(c.at))
		default:
			c.fail(Order, "%d came after %d", c.seq(place), c.seq(c.at))
		}
		c.have[place] = true
		c.at = max(c.at, place)
	}
}

// message finds a message that was shown, and compares it.
func (c *check) message(m *Message) (place int, ok bool) {
	place, ok = c.room.place[m.Seq]
	if !ok {
		c.fail(Invented, "%d", m.Seq)
		return 0, false
	}
	stored := &c.room.messages[place]
	if m.digest != stored.digest {
		c.fail(Altered, "%d", m.Seq)
	}
	if m.Prev != 0 && m.Prev != stored.Prev {
		c.fail(Chain, "%d names %d, stored after %d", m.Seq, m.Prev, stored.Prev)
	}
	return place, true
}

// ends checks that the last field of an answer is the end of its messages.
func (c *check) ends(e *event) {
	if e.last != c.seq(c.at) {
		c.fail(Place, "it ends at %d, its last field is %d", c.seq(c.at), e.last)
	}
}

// whole checks, at the end, that nothing is missing up to a place.
func (c *check) whole(end int) {
	if !c.begun {
		c.fail(End, "the room was never joined")
		return
	}
	if c.at < end {
		c.fail(End, "shown up to %d, the last is %d", c.seq(c.at), c.seq(end))
	}
	missing, where := 0, 0
	for i := c.first; i <= c.at; i++ {
		if !c.have[i] {
			missing, where = missing+1, i
		}
	}
	if missing > 0 {
		c.fail(Unclosed, "%d, the last of them %d", missing, c.seq(where))
	}
}

// seq is the number of the message at a place, 0 before the first.
func (c *check) seq(place int) uint64 {
	if place < 0 {
		return 0
	}
	return c.room.messages[place].Seq
}
