package faults

import (
	"fmt"
	"time"
)

// Kind is a way to break something.
type Kind string

const (
	// Kill ends a process by SIGKILL and starts it again after a while.
	Kill Kind = "kill"
	// Pause stops a process by SIGSTOP and lets it go on after a while.
	Pause Kind = "pause"
	// Crash has a process kill itself at a step of the protocol.
	Crash Kind = "crash at"
	// Hold has a process stop itself at a step of the protocol; others go on.
	Hold Kind = "hold at"
	// Cut drops everything between two hosts, OneWay only in one direction.
	Cut    Kind = "cut"
	OneWay Kind = "cut one way"
	// Isolate cuts a broker off from all hosts but the clients'.
	Isolate Kind = "isolate"
	// Minority cuts a broker, a coordinator and a participant off together.
	Minority Kind = "minority"
	// Slow delays what goes between two hosts.
	Slow Kind = "slow"
	// Clock puts a process's clock off by Delay, and right again after a while.
	Clock Kind = "put the clock off of"
	// Lock keeps the lock of a participant's database, as somebody with a shell
	// does: nothing can be written. Fail has every outcome of its resource fail.
	Lock Kind = "lock the database of"
	Fail Kind = "fail the resource of"
	// Fill leaves no space on the disk of a participant.
	Fill Kind = "fill the disk of"
	// Restore puts a backup in place of a participant's journal, made For before.
	// Meanwhile the participant was started again. What it did since is lost.
	Restore Kind = "restore the journal of"
	// Outage kills two brokers together, so that there is no majority.
	Outage Kind = "outage"
)

// Fault is one thing that is broken, from a moment on and for a while.
type Fault struct {
	At, For time.Duration
	Kind    Kind
	// Target is a process, or the host of the same name.
	Target string
	// Peers are the other hosts or processes of this fault.
	Peers []string
	// Step is where in the protocol.
	Step string
	// Delay and Jitter are those of a slow link, Delay by how much a clock is off.
	Delay, Jitter time.Duration
}

func (f Fault) String() string {
	s := fmt.Sprintf("%7.2fs %5.2fs  %s %s", f.At.Seconds(), f.For.Seconds(), f.Kind, f.Target)
	if f.Step != "" {
		s += " " + f.Step
	}
	for _, p := range f.Peers {
		s += " " + p
	}
	switch {
	case f.Kind == Clock:
		s += fmt.Sprintf(" %v", f.Delay)
	case f.Delay > 0:
		s += fmt.Sprintf(" %v±%v", f.Delay, f.Jitter)
	}
	return s
}

// alone reports whether the fault waits until its target has recovered from the
// one before.
func (k Kind) alone() bool { return !k.network() && k != Clock }

// network reports whether the fault needs links that can be broken.
func (k Kind) network() bool {
	switch k {
	case Cut, OneWay, Isolate, Minority, Slow:
		return true
	default:
		return false
	}
}
