package machine

// Action is something for the shell to do.
type Action interface{ action() }

// Read requests the newest page, for [Room.Opened]. Again means that an earlier
// read failed: wait a little first.
type Read struct{ Again bool }

// Fill requests messages from the one numbered From on, with that one, for
// [Room.Filled]. Again means that the last answer brought nothing: wait a
// little first.
type Fill struct {
	From  uint64
	Again bool
}

// Recover requests messages from the one numbered Since on, with that one, for
// [Room.Recovered].
type Recover struct {
	Who   Who
	Since uint64
	Again bool
}

// ReadTail requests the number of the room's last message, for [Room.Tail].
type ReadTail struct{}

// Remind requests [Room.Due] after a moment.
type Remind struct{}

// Deliver gives messages to every member that was admitted by an action before
// it, and to none that is admitted after it.
type Deliver struct{ Messages []Message }

// Admit makes a member of whoever waited. What it knows of the room ends at
// Last.
type Admit struct {
	Who  Who
	Last uint64
	// Recovered: Messages are exactly those after since. Otherwise they are
	// the newest, and More reports whether there are older ones.
	Recovered bool
	Messages  []Message
	More      bool
}

// Lost ends the machine: every member is to join again, and those who waited
// are to be taken to a new machine.
type Lost struct {
	Why     string
	Waiting []Who
}

func (Read) action()     {}
func (Fill) action()     {}
func (Recover) action()  {}
func (ReadTail) action() {}
func (Remind) action()   {}
func (Deliver) action()  {}
func (Admit) action()    {}
func (Lost) action()     {}
