package presence

import (
	"maps"
	"slices"

	"parley/wire"
	"parley/wire/chatwire"
)

// Tick lets time pass. It is to be called several times a second: changes since
// the last tick are published together.
func (c *Core) Tick(now int64) {
	c.leaving = expire(c.leaving, now, c.endClaim)
	c.arriving = expire(c.arriving, now, c.noticeArrival)
	c.expireGateways(now)
	c.notifyPeers(now)
	c.notifyRooms()
}

// expire handles those whose time has come, and returns the others.
func expire(all []due, now int64, handle func(int64, claim)) []due {
	for len(all) > 0 && all[0].at <= now {
		handle(now, all[0].claim)
		all = all[1:]
	}
	return all
}

// endClaim ends this gateway's claim to a person who did not come back.
func (c *Core) endClaim(now int64, k claim) {
	p := c.find(k)
	if p == nil || !p.mine || len(p.sessions) > 0 || p.goneAt+c.limits.Grace > now {
		return
	}
	p.mine = false
	c.changed[k] = true
	c.release(k, p, false)
}

// expireGateways buries the gateways that have been silent for too long. While this one
// is cut off it receives nothing, which is no information about them.
func (c *Core) expireGateways(now int64) {
	if !c.online {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.peers)) {
		p := c.peers[name]
		if now-p.receivedAt > c.limits.Silence || p.byeAt != 0 && now >= p.byeAt {
			c.bury(name)
		}
	}
}

// Online records whether this gateway is connected to the others.
func (c *Core) Online(now int64, online bool) {
	c.online = online
	for _, p := range c.peers {
		p.receivedAt = now
	}
	if online {
		c.wantsAccounts, c.accountAt = true, 0
	}
}

// notifyPeers sends the other gateways a full account, if it is due, or the changes.
func (c *Core) notifyPeers(now int64) {
	var claims []chatwire.Claim
	full := now >= c.accountAt
	if full {
		c.accountAt = now + c.limits.Account
		c.round++
		for room, r := range c.rooms {
			for user, p := range r.people {
				if p.mine {
					claims = append(claims, chatwire.Claim{Room: room, User: user, Since: p.since})
				}
			}
		}
	} else {
		for k := range c.changed {
			if p := c.find(k); p != nil && p.mine {
				claims = append(claims, chatwire.Claim{Room: k.room, User: k.user, Since: p.since})
			} else {
				claims = append(claims, chatwire.Claim{Room: k.room, User: k.user, Gone: true})
			}
		}
	}
	clear(c.changed)
	if full || len(claims) > 0 {
		c.sendClaims(claims, full)
	}
}

func (c *Core) sendClaims(claims []chatwire.Claim, full bool) {
	parts := max(1, (len(claims)+chatwire.MaxClaims-1)/chatwire.MaxClaims)
	for i := range parts {
		m := chatwire.Presence{V: wire.Version, Gateway: c.self, Round: c.round, Ask: full && c.wantsAccounts && i == 0}
		m.Claims = claims[i*chatwire.MaxClaims : min(len(claims), (i+1)*chatwire.MaxClaims)]
		if full {
			m.Part, m.Parts = i+1, parts
		}
		c.do(Publish{m})
	}
	if full {
		c.wantsAccounts = false
	}
}

// notifyRooms notifies the members of a room of who came and left.
func (c *Core) notifyRooms() {
	for _, name := range slices.Sorted(maps.Keys(c.dirty)) {
		r := c.rooms[name]
		if len(r.came)+len(r.left) > 0 {
			ch := Changed{Room: name, Present: len(r.names)}
			if len(r.names) <= c.limits.Names {
				ch.Came, ch.Left = slices.Sorted(maps.Keys(r.came)), slices.Sorted(maps.Keys(r.left))
			}
			c.do(ch)
		}
		clear(r.came)
		clear(r.left)
		if len(r.people) == 0 {
			delete(c.rooms, name)
		}
	}
	clear(c.dirty)
}
