package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"parley/internal/cli"
)

// clusterLock is the name of the file in a cluster's directory that its supervisor
// keeps locked; it contains the process id. Without it a second cluster would rename the
// logs of the first one before it fails. The lock ends with the process; the file
// remains.
const clusterLock = "cluster.lock"

// Lock ensures that no other cluster uses dir until unlock is called.
func Lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, clusterLock), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, cli.Failed(fmt.Errorf("--data %s: the directory cannot be locked: %w", dir, err), "choose another directory with --data DIR")
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		held := make([]byte, 20)
		n, _ := f.ReadAt(held, 0) // only for the message
		f.Close()
		return nil, cli.Failed(fmt.Errorf("nothing was started: --data %s is in use by another cluster (process %s)", dir, strings.TrimSpace(string(held[:n]))),
			"stop that one, or choose another directory with --data DIR")
	case err != nil:
		f.Close()
		return nil, cli.Failed(fmt.Errorf("--data %s: locking the directory: %w", dir, err), "choose another directory with --data DIR")
	}
	// The content only serves the message above; a cluster runs without it.
	if f.Truncate(0) == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return func() { f.Close() }, nil
}
