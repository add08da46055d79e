package supervisor

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/internal/cluster"
)

// Logs holds a log for each process of a cluster. The processes write to the
// files themselves. A log is kept from one start of the cluster to the next as
// NAME.log.1.
type Logs string

const (
	// maxLog bounds one log in bytes. What is beyond it replaces NAME.log.1.
	maxLog = 16 << 20
	// trimEvery is how often that is looked at.
	trimEvery = 10 * time.Second
)

// Path is where the log of a process is.
func (d Logs) Path(name string) string { return filepath.Join(string(d), name+".log") }

// Prepare makes the directory and puts old logs aside.
func (d Logs) Prepare(plan []cluster.Process) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("the directory of the logs cannot be made: %w", err)
	}
	for _, p := range plan {
		if err := os.Rename(d.Path(p.Name), d.Path(p.Name)+".1"); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("the old log of %s cannot be put aside: %w", p.Name, err)
		}
	}
	return nil
}

// open opens a log for its process. Every write goes to its end, wherever that
// is by then: so it can be cut off under it.
func (d Logs) open(name string) (*os.File, error) {
	f, err := os.OpenFile(d.Path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	return f, nil
}

// trim copies a log that is too long to NAME.log.1 and empties it. What is
// written meanwhile is lost, which is the price of the process not noticing.
func (d Logs) trim(name string) {
	info, err := os.Stat(d.Path(name))
	if err != nil || info.Size() < maxLog {
		return
	}
	// Where this fails there is no space either, and emptying it still helps.
	_ = copyFile(d.Path(name)+".1", d.Path(name))
	_ = os.Truncate(d.Path(name), 0)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
