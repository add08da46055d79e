package host

import (
	"encoding/json"
	"fmt"
	"os"

	"parley/coordinator/txlog"
)

// traced is a line of a trace: an event, and the id of the process that it happened in.
type traced struct {
	PID int `json:"pid"`
	txlog.Event
}

// OpenTrace opens a file to which several processes may write concurrently: each line is
// appended in one write. So the order of the lines is the order of the events, whatever
// the clocks show, and a process that is killed has written every earlier event.
func OpenTrace(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--trace-log: %w", err)
	}
	return file, nil
}

// TraceTo returns a hook that writes each event to file before the operation continues.
// An incomplete trace is useless, so a failed write ends the process.
func TraceTo(file *os.File) func(any) {
	pid := os.Getpid()
	return func(event any) {
		e, ok := event.(txlog.Event)
		if !ok {
			panic(fmt.Sprintf("the trace was called with a %T", event))
		}
		line, err := json.Marshal(traced{PID: pid, Event: e})
		if err == nil {
			_, err = file.Write(append(line, '\n'))
		}
		if err != nil {
			panic("writing the trace: " + err.Error())
		}
	}
}
