package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"parley/internal/cli"
	"parley/internal/cluster"
)

// Events of a cluster.
const (
	eventStarted   = "started"
	eventReady     = "ready"
	eventEnded     = "ended"
	eventRestarted = "restarted"
	eventDraining  = "draining"
	eventDrained   = "drained"
	// Of the cluster as a whole.
	eventUp       = "up"
	eventStopping = "stopping"
	eventStopped  = "stopped"
)

// clusterEvent is one line of `parley cluster`, and what --json prints of it.
type clusterEvent struct {
	Time time.Time `json:"time"`
	// Process is its name, "cluster" for all of them.
	Process string `json:"process"`
	Role    string `json:"role,omitempty"`
	Event   string `json:"event"`
	PID     int    `json:"pid,omitempty"`
	Address string `json:"address,omitempty"`
	// Starts counts how often the process was started.
	Starts int `json:"starts,omitempty"`
	// AgainMS is when it is started again, from this event on.
	AgainMS int64  `json:"again_ms,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// NATS is set with "up": what --nats is to be.
	NATS string `json:"nats,omitempty"`

	// cluster: the event is not of one process.
	cluster bool
}

// teller prints events, one line each.
type teller struct {
	a     *cli.App
	width int
	mu    sync.Mutex
}

// clusterName stands where the name of a process does.
const clusterName = "cluster"

func newTeller(a *cli.App, plan []cluster.Process) *teller {
	t := &teller{a: a, width: len(clusterName)}
	for _, p := range plan {
		t.width = max(t.width, len(p.Name))
	}
	return t
}

// eventWidth is that of the longest event.
const eventWidth = len(eventRestarted)

func (t *teller) say(e clusterEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Time = time.Now()
	if e.cluster {
		e.Process = clusterName
	}
	if t.a.JSON {
		t.a.PrintJSON(e)
		return
	}
	line := strings.TrimRight(fmt.Sprintf("%s  %s  %s  %s", e.Time.Format("15:04:05.000"), cli.Left(e.Process, t.width), cli.Left(e.Event, eventWidth), cli.Printable(e.Detail)), " ")
	if t.a.Colour {
		line = e.colour() + line + cli.ColourOff
	}
	t.a.Printf("%s\n", line)
}

func (e *clusterEvent) colour() string {
	switch e.Event {
	case eventReady, eventUp:
		return "\x1b[32m"
	case eventEnded:
		return "\x1b[31m"
	case eventRestarted, eventDraining, eventStopping:
		return "\x1b[33m"
	default:
		return "\x1b[2m"
	}
}
