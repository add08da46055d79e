package rooms

import (
	"context"

	"parley/chatgw/frame"
	"parley/chatgw/rooms/machine"
	"parley/wire"
	"parley/wire/chatwire"
)

// Joined is where a member's knowledge of a room begins. [Member.Deliver] gets
// exactly the messages after Last, in order, each once.
type Joined struct {
	// Epoch is the stream's incarnation; Last belongs to it.
	Epoch string
	Last  uint64
	// Recovered: Messages are exactly those after since. Otherwise they are
	// the newest page, and More reports whether there are older ones.
	Recovered bool
	Messages  []frame.Message
	More      bool
	// People are the first [frame.MaxPeople] of those present, sorted, and
	// Present how many there are.
	People  []string
	Present int
}

// join is somebody on the way in.
type join struct {
	who    machine.Who
	member Member
	epoch  string
	since  uint64
	// admitted is called in the room; done gets whether it recovered.
	admitted func(Joined)
	done     chan bool
}

// Join makes m a member of a room. With an epoch and since it asks for what
// came after since, with an empty epoch for the newest page.
//
// admitted is called once, in the room, before anything is delivered to m: what
// is put into m's queue there precedes what comes after it. It must
// not block.
//
// Join returns when that has happened, or with a [*wire.Error] and m is no
// member. It does not block longer than ctx. A member that joins again starts
// over.
func (r *Rooms) Join(ctx context.Context, name, epoch string, since uint64, m Member, admitted func(Joined)) error {
	if err := chatwire.CheckRoom(name); err != nil {
		return wire.Invalidf("%v", err)
	}
	j := &join{member: m, epoch: epoch, since: since, admitted: admitted, done: make(chan bool, 1)}
	rm, err := r.openAndPost(name, func(rm *room) { rm.join(j) })
	if err != nil {
		return err
	}
	select {
	case recovered := <-j.done:
		if recovered {
			r.count.recovered.Add(1)
		} else if epoch != "" {
			r.count.unrecovered.Add(1)
		}
		return nil
	case <-ctx.Done():
		r.takeBack(rm, j)
		return wire.Errorf(wire.CodeUnavailable, "joining room %s: the stream was not read in time: %v", name, context.Cause(ctx))
	case <-r.ended:
		return wire.Errorf(wire.CodeUnavailable, "joining room %s: the gateway is stopping", name)
	}
}

// takeBack ends a join that nobody waits for any more, and waits until it has.
func (r *Rooms) takeBack(rm *room, j *join) {
	done := make(chan struct{})
	if !rm.post(func() {
		rm.leave(j.member)
		delete(rm.joins, j.who)
		rm.m.Leave(j.who)
		close(done)
	}) {
		return
	}
	select {
	case <-done:
	case <-r.ended:
	}
}

// Leave ends the membership. A Deliver that is under way may still come.
func (r *Rooms) Leave(name string, m Member) {
	if rm := r.find(name); rm != nil {
		rm.post(func() { rm.leave(m) })
	}
}

func (rm *room) join(j *join) {
	rm.leave(j.member)
	rm.nextWho++
	j.who = rm.nextWho
	rm.joins[j.who] = j
	rm.m.Join(j.who, j.epoch, j.since)
}

func (rm *room) leave(m Member) {
	if rm.members.remove(m) {
		rm.rooms.count.members.Add(-1)
	}
}

// admit makes somebody a member, at the place that the machine gives.
func (rm *room) admit(a machine.Admit) {
	j := rm.joins[a.Who]
	if j == nil {
		return
	}
	delete(rm.joins, a.Who)
	if rm.members.add(j.member) {
		rm.rooms.count.members.Add(1)
	}
	people, present := rm.rooms.People(rm.name)
	j.admitted(Joined{
		Epoch: rm.rooms.epoch, Last: a.Last, Recovered: a.Recovered, Messages: page(a.Messages), More: a.More,
		People: people, Present: present,
	})
	j.done <- a.Recovered
}
