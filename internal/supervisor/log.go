package supervisor

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/internal/cluster"
)

// Logs is the directory of the processes' logs, NAME.log, which the processes write
// themselves. When a cluster starts, the previous log is kept as NAME.log.1.
type Logs string

const (
	// maxLog bounds one log in bytes. A longer one replaces NAME.log.1.
	maxLog = 16 << 20
	// trimEvery is how often the size is checked.
	trimEvery = 10 * time.Second
)

// Path returns the file of a process's log.
func (d Logs) Path(name string) string { return filepath.Join(string(d), name+".log") }

// Prepare creates the directory and renames the logs of an earlier start.
func (d Logs) Prepare(plan []cluster.Process) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("creating the directory of the logs: %w", err)
	}
	for _, p := range plan {
		if err := os.Rename(d.Path(p.Name), d.Path(p.Name)+".1"); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("renaming the old log of %s: %w", p.Name, err)
		}
	}
	return nil
}

// open opens a log for its process, in append mode, so that it can be truncated while
// the process writes to it.
func (d Logs) open(name string) (*os.File, error) {
	f, err := os.OpenFile(d.Path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	return f, nil
}

// trim copies a log that is too long to NAME.log.1 and empties it. Lines written in
// between are lost; in return the process need not reopen its log.
func (d Logs) trim(name string) {
	info, err := os.Stat(d.Path(name))
	if err != nil || info.Size() < maxLog {
		return
	}
	// If copying fails, the disk is probably full, and emptying the log still helps.
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
