package machine

// Limits bound what a room holds and how long it tries.
type Limits struct {
	// Page is how many messages a newcomer gets.
	Page int
	// Ring and RingBytes bound the newest messages that are kept.
	Ring, RingBytes int
	// Missed bounds what a returning member is given.
	Missed int
	// Ahead bounds the messages kept beyond a gap; what does not fit is read
	// once the gap is closed.
	Ahead int
	// Hole bounds the messages read to close one gap: members that missed more
	// are better served by the newest page.
	Hole int
	// Tries bounds the reads in a row that bring nothing, and ClaimTries those for a
	// member that claims to know more than the room.
	Tries, ClaimTries int
}

// Message is one message of the room. The machine looks at its place and its
// size and passes the rest on.
type Message struct {
	// Seq is its number, Prev that of the message before it in the room, 0 if
	// none is known.
	Seq, Prev uint64
	Size      int
	Body      any
}

// Who is the driver's number for somebody who joins, used once.
type Who uint64

// Room is one room. The zero value is not usable, see [New].
type Room struct {
	epoch  string
	limits Limits

	open bool // the newest page was read
	lost bool
	// last is the number up to which everything was delivered.
	last uint64
	ring ring
	// ahead are messages beyond a hole, in order, and goal is the highest
	// number that is known to exist.
	ahead []Message
	goal  uint64
	// filling: a read is under way. tries are those in a row that brought
	// nothing, and filled the messages that were read for this gap.
	filling bool
	tries   int
	filled  int
	// acked is the highest number that a publish was acknowledged with;
	// reminded: a check of it is scheduled.
	acked    uint64
	reminded bool

	waiting []*waiter
	out     []Action
}

// New makes a closed room of a stream's incarnation.
func New(epoch string, limits Limits) *Room {
	r := &Room{epoch: epoch, limits: limits}
	r.do(Read{})
	return r
}

// Actions hands over what is to be done since the last call.
func (r *Room) Actions() []Action {
	out := r.out
	r.out = nil
	return out
}

func (r *Room) do(a Action) { r.out = append(r.out, a) }

// Last is the number up to which everything was delivered, and open whether
// that is known yet.
func (r *Room) Last() (last uint64, open bool) { return r.last, r.open }

// Gap reports whether messages are known to exist that were not delivered.
func (r *Room) Gap() bool { return r.goal > r.last }

// Page is the page of at most n messages before a number, 0 for the newest, if
// it is among the newest that are kept.
func (r *Room) Page(before uint64, n int) (page []Message, more, ok bool) {
	if !r.open || r.lost || r.Gap() || before > r.last {
		return nil, false, false
	}
	if before == 0 {
		before = r.last + 1
	}
	return r.ring.before(before, n)
}

// Opened takes the newest page, oldest first; the first may have its Prev. more:
// there are older ones.
func (r *Room) Opened(page []Message, more bool) {
	if r.lost || r.open {
		return
	}
	r.open = true
	r.ring.whole = !more
	for i := range page {
		if i > 0 {
			page[i].Prev = r.last
		}
		r.last = page[i].Seq
		r.ring.add(page[i], r.limits)
	}
	r.drain()
	r.settle()
}

// OpenFailed reports that the page could not be read.
func (r *Room) OpenFailed() {
	if !r.lost && !r.open {
		r.do(Read{Again: true})
	}
}

// deliver passes on a message that follows the last one.
func (r *Room) deliver(m Message) {
	r.last = m.Seq
	r.ring.add(m, r.limits)
	if n := len(r.out); n > 0 {
		if d, ok := r.out[n-1].(Deliver); ok {
			d.Messages = append(d.Messages, m)
			r.out[n-1] = d
			return
		}
	}
	r.do(Deliver{Messages: []Message{m}})
}

// settle is called when something changed: it reads on while there is a gap,
// and otherwise answers who waited for its end.
func (r *Room) settle() {
	if r.lost || !r.open {
		return
	}
	if !r.Gap() {
		r.filled = 0
		r.admit()
	}
	switch {
	case r.filling:
	case r.Gap() || r.claimed() > r.last:
		r.filling = true
		r.do(Fill{From: r.last, Again: r.tries > 0})
	default:
		r.tries = 0
	}
}

// lose ends the machine.
func (r *Room) lose(why string) {
	l := Lost{Why: why}
	for _, w := range r.waiting {
		l.Waiting = append(l.Waiting, w.who)
	}
	r.lost, r.waiting, r.ahead = true, nil, nil
	r.do(l)
}
