package host

import (
	"encoding/json"
	"fmt"
	"os"

	"parley/coordinator/txlog"
)

// traced is a line of a trace: an event, and the process that it was in.
type traced struct {
	PID int `json:"pid"`
	txlog.Event
}

// OpenTrace opens a file that several processes may write to at once: each line
// goes to its end in one write. So the order of the lines is the order of the
// events, whatever the clocks say, and a process that is killed has written
// what it was told before.
func OpenTrace(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--trace-log: %w", err)
	}
	return file, nil
}

// TraceTo writes each event to file before the operation goes on. A trace that
// cannot be written is worth nothing, so that ends the process.
func TraceTo(file *os.File) func(any) {
	pid := os.Getpid()
	return func(event any) {
		e, ok := event.(txlog.Event)
		if !ok {
			panic(fmt.Sprintf("the trace is told of a %T", event))
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
