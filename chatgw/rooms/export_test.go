package rooms

import "parley/chatgw/rooms/machine"

// LoseAndJoin makes an open room lose its place, and members join before it
// acts on that. Each gets true from its channel when it is admitted and has
// resumed.
func (r *Rooms) LoseAndJoin(name string, members []Member, admitted func(i int, j Joined)) []<-chan bool {
	joins, done := make([]*join, len(members)), make([]<-chan bool, len(members))
	for i, m := range members {
		joins[i] = &join{member: m, admitted: func(j Joined) { admitted(i, j) }, done: make(chan bool, 1)}
		done[i] = joins[i].done
	}
	rm := r.rooms[name]
	rm.post(func() {
		last, _ := rm.m.Last()
		later := machine.Message{Seq: last + 10, Prev: last + 9}
		rm.m.Live(later)
		rm.m.Filled(machine.Gone, []machine.Message{later})
		for _, j := range joins {
			rm.join(j)
		}
	})
	return done
}
