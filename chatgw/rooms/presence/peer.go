package presence

import (
	"parley/wire/chatwire"
)

// peer is another gateway.
type peer struct {
	receivedAt int64
	// byeAt is when its claims end after it announced that it stops, or 0.
	byeAt int64
	// claims are its people, with the last round that named them.
	claims map[claim]uint64
	// round is the account that is arriving, and parts how many parts of it
	// have come.
	round uint64
	parts int
}

// maxPeers bounds the gateways that are listened to. Each costs the others a
// message a second; far fewer are of use.
const maxPeers = 256

// Receive handles a message of another gateway.
func (c *Core) Receive(now int64, m chatwire.Presence) {
	if m.Gateway == c.self {
		return
	}
	p := c.peers[m.Gateway]
	if p == nil && len(c.peers) == maxPeers {
		return
	}
	if p == nil {
		p = &peer{claims: map[claim]uint64{}}
		c.peers[m.Gateway] = p
	}
	p.receivedAt = now
	if m.Bye {
		p.byeAt = now + c.limits.Grace
	}
	if m.Ask {
		c.accountAt = 0
	}
	for _, claimed := range m.Claims {
		k := claim{claimed.Room, claimed.User}
		if claimed.Gone {
			c.unclaim(m.Gateway, k, false)
		} else {
			c.claim(now, m.Gateway, p, k, claimed.Since, m.Round)
		}
	}
	if m.Parts > 0 {
		c.account(m, p)
	}
}

// claim notes that a peer has a person.
func (c *Core) claim(now int64, gateway string, p *peer, k claim, since int64, round uint64) {
	if _, ok := p.claims[k]; !ok {
		if c.claims >= c.limits.Claims {
			return
		}
		c.claims++
	}
	p.claims[k] = round
	c.addPerson(now, k, since).peers[gateway] = true
}

// unclaim notes that a peer has not got a person any more.
func (c *Core) unclaim(gateway string, k claim, died bool) {
	p := c.peers[gateway]
	if _, ok := p.claims[k]; !ok {
		return
	}
	delete(p.claims, k)
	c.claims--
	if of := c.find(k); of != nil {
		delete(of.peers, gateway)
		c.release(k, of, died)
	}
}

// account counts the parts of a full account. When all of them have come, whom
// they did not name has left.
func (c *Core) account(m chatwire.Presence, p *peer) {
	if m.Round != p.round {
		p.round, p.parts = m.Round, 0
	}
	if p.parts++; p.parts < m.Parts {
		return
	}
	for k, round := range p.claims {
		if round < m.Round {
			c.unclaim(m.Gateway, k, false)
		}
	}
}

// bury ends the claims of a dead gateway.
func (c *Core) bury(gateway string) {
	for k := range c.peers[gateway].claims {
		c.unclaim(gateway, k, true)
	}
	delete(c.peers, gateway)
}
