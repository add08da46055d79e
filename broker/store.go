package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"parley/internal/private"
)

// lockName is the file in the store directory that the running broker holds locked,
// with its process ID as content. The lock ends with the process, also if that is
// killed; the file remains.
const lockName = "parley-broker.lock"

// lockStore ensures that dir exists, can be written, and belongs to this
// broker alone until unlock.
func lockStore(dir string, log *slog.Logger) (unlock func(), err error) {
	if err := private.Dir(dir, log); err != nil {
		return nil, fmt.Errorf("broker: the data directory %s cannot be made: %w: choose another one or change its permissions", dir, err)
	}
	lock := filepath.Join(dir, lockName)
	if err := private.File(lock, log); err != nil {
		return nil, fmt.Errorf("broker: the data directory %s cannot be written: %w: choose another one or change its permissions", dir, err)
	}
	f, err := os.OpenFile(lock, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("broker: the data directory %s cannot be written: %w: choose another one or change its permissions", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := pidIn(f)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("broker: the data directory %s is in use by another broker%s: stop it or choose another directory", dir, holder)
		}
		return nil, fmt.Errorf("broker: locking the data directory %s: %w", dir, err)
	}
	// The content is only used in the message above; a broker runs without it.
	if f.Truncate(0) == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return func() { f.Close() }, nil
}

// pidIn returns the process that wrote the lock file as text, empty if unknown.
func pidIn(f *os.File) string {
	var buf [20]byte
	n, _ := f.ReadAt(buf[:], 0)
	if pid := strings.TrimSpace(string(buf[:n])); pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}
