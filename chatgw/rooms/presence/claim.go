package presence

import (
	"slices"

	"parley/wire/chatwire"
)

func (c *Core) find(k claim) *person {
	if r := c.rooms[k.room]; r != nil {
		return r.people[k.user]
	}
	return nil
}

// addPerson makes somebody present from now on, if not before.
func (c *Core) addPerson(now int64, k claim, since int64) *person {
	r := c.rooms[k.room]
	if r == nil {
		r = &room{people: map[string]*person{}, came: map[string]bool{}, left: map[string]bool{}}
		c.rooms[k.room] = r
	}
	p := r.people[k.user]
	if p != nil {
		p.since = min(p.since, since)
		return p
	}
	p = &person{since: since, settleAt: now + c.limits.Settle, sessions: map[string]bool{}, peers: map[string]bool{}}
	r.people[k.user] = p
	if i, found := slices.BinarySearch(r.names, k.user); !found {
		r.names = slices.Insert(r.names, i, k.user)
	}
	noteChange(r.came, r.left, k.user)
	c.dirty[k.room] = true
	c.arriving = append(c.arriving, due{p.settleAt, k})
	return p
}

// noteChange remembers one change, or that it took back the other.
func noteChange(this, other map[string]bool, user string) {
	if other[user] {
		delete(other, user)
	} else {
		this[user] = true
	}
}

// release ends the stay of a person whom nobody claims any more. died: the last
// that did is dead.
func (c *Core) release(k claim, p *person, died bool) {
	if p.mine || len(p.peers) > 0 {
		return
	}
	r := c.rooms[k.room]
	crowd := len(r.names) > c.limits.Notices
	delete(r.people, k.user)
	if i, found := slices.BinarySearch(r.names, k.user); found {
		r.names = slices.Delete(r.names, i, i+1)
	}
	noteChange(r.left, r.came, k.user)
	c.dirty[k.room] = true
	if !crowd && p.settled && (p.wasMine || died) {
		c.do(Notice{Room: k.room, User: k.user, Kind: chatwire.KindLeave, Stay: p.since})
	}
}

// noticeArrival writes that somebody came, if this gateway is the one to do it.
func (c *Core) noticeArrival(now int64, k claim) {
	p := c.find(k)
	if p == nil || p.settled || p.settleAt > now {
		return // this was another stay
	}
	p.settled = true
	if !p.mine || len(c.rooms[k.room].names) > c.limits.Notices {
		return
	}
	for peer := range p.peers {
		if peer < c.self {
			return
		}
	}
	c.do(Notice{Room: k.room, User: k.user, Kind: chatwire.KindJoin, Stay: p.since})
}
