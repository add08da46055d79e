package supervisor

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
	// These are events of the cluster as a whole.
	EventUp       = "up"
	eventStopping = "stopping"
	EventStopped  = "stopped"
)

// Event is one line of `parley cluster`, with the fields that --json prints.
type Event struct {
	Time time.Time `json:"time"`
	// Process is the process's name, "cluster" for an event of the whole cluster.
	Process string `json:"process"`
	Role    string `json:"role,omitempty"`
	Event   string `json:"event"`
	PID     int    `json:"pid,omitempty"`
	Address string `json:"address,omitempty"`
	// Starts counts how often the process was started.
	Starts int `json:"starts,omitempty"`
	// AgainMS is in how many milliseconds after this event the process is restarted.
	AgainMS int64  `json:"again_ms,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// NATS is the value for --nats, set with "up".
	NATS string `json:"nats,omitempty"`

	// Cluster reports that the event is not of one process.
	Cluster bool
}

// printer prints events, one line each.
type printer struct {
	a     *cli.App
	width int
	mu    sync.Mutex
}

// clusterName is the process's name in an event of the whole cluster.
const clusterName = "cluster"

// Printer returns a function that prints events of a plan's processes.
func Printer(a *cli.App, plan []cluster.Process) func(Event) {
	t := &printer{a: a, width: len(clusterName)}
	for _, p := range plan {
		t.width = max(t.width, len(p.Name))
	}
	return t.print
}

// eventWidth is the length of the longest event.
const eventWidth = len(eventRestarted)

func (t *printer) print(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Time = time.Now()
	if e.Cluster {
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

func (e *Event) colour() string {
	switch e.Event {
	case eventReady, EventUp:
		return "\x1b[32m"
	case eventEnded:
		return "\x1b[31m"
	case eventRestarted, eventDraining, eventStopping:
		return "\x1b[33m"
	default:
		return "\x1b[2m"
	}
}
