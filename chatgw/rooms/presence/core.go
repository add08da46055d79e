package presence

import (
	"slices"

	"parley/wire"
	"parley/wire/chatwire"
)

// Limits are times in milliseconds, and bounds.
type Limits struct {
	// Grace is how long after its last session a person is still present.
	Grace int64
	// Settle is how long after somebody came the notice is written: by then
	// the gateways have received each other's claims. It is less than Grace.
	Settle int64
	// Account is how often a full account is sent, and Silence after how long a
	// silent gateway is dead.
	Account, Silence int64
	// Notices is up to how many people a room gets notices; 0: never.
	Notices int
	// Names is up to how many people a room's changes have names.
	Names int
	// Claims bounds the people of other gateways.
	Claims int
}

// Core is one gateway's knowledge. The zero value is not usable, see [New].
type Core struct {
	self   string
	limits Limits
	rooms  map[string]*room
	peers  map[string]*peer
	claims int // of all peers
	round  uint64
	// accountAt is when the next full account is due.
	accountAt     int64
	wantsAccounts bool // the next account asks for those of others
	online        bool
	changed       map[claim]bool  // not yet sent to the other gateways
	dirty         map[string]bool // rooms whose members are to be notified
	// leaving and arriving are in the order of their times.
	leaving, arriving []due
	out               []Action
}

// room is who is in it.
type room struct {
	people map[string]*person
	names  []string // sorted
	// came and left since the members were last notified.
	came, left map[string]bool
}

// person is somebody during one stay.
type person struct {
	since    int64
	sessions map[string]bool
	// mine: this gateway claims it; wasMine: it did during this stay.
	mine, wasMine bool
	// settleAt is when it is written that the person came, settled: that moment
	// has passed. Who leaves before it was hardly there: nothing is written.
	settleAt int64
	settled  bool
	goneAt   int64 // when the last session went, 0 while there is one
	peers    map[string]bool
}

// claim is a person in a room.
type claim struct{ room, user string }

type due struct {
	at int64
	claim
}

// New makes the core of a gateway that knows nothing yet.
func New(self string, limits Limits) *Core {
	return &Core{
		self: self, limits: limits, rooms: map[string]*room{}, peers: map[string]*peer{},
		wantsAccounts: true, online: true, changed: map[claim]bool{}, dirty: map[string]bool{},
	}
}

// Actions hands over what is to be done since the last call.
func (c *Core) Actions() []Action {
	out := c.out
	c.out = nil
	return out
}

func (c *Core) do(a Action) { c.out = append(c.out, a) }

// Enter records that a person's session is in a room.
func (c *Core) Enter(now int64, roomName, user, session string) {
	k := claim{roomName, user}
	p := c.addPerson(now, k, now)
	p.sessions[session] = true
	p.goneAt = 0
	if !p.mine {
		p.mine, p.wasMine = true, true
		c.changed[k] = true
	}
}

// Exit records that a session has left a room.
func (c *Core) Exit(now int64, roomName, user, session string) {
	k := claim{roomName, user}
	p := c.find(k)
	if p == nil || !p.sessions[session] {
		return
	}
	delete(p.sessions, session)
	if len(p.sessions) == 0 {
		p.goneAt = now
		c.leaving = append(c.leaving, due{now + c.limits.Grace, k})
	}
}

// People are the first n of those present in a room, sorted, and how many there
// are.
func (c *Core) People(roomName string, n int) (names []string, present int) {
	r := c.rooms[roomName]
	if r == nil {
		return nil, 0
	}
	return slices.Clone(r.names[:min(n, len(r.names))]), len(r.names)
}

// Close announces to the others that this gateway stops. Its people reconnect
// elsewhere, so nobody is notified that they left.
func (c *Core) Close() {
	c.do(Publish{chatwire.Presence{V: wire.Version, Gateway: c.self, Round: c.round, Bye: true}})
}
