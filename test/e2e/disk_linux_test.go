package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// disk is a separate file system, small enough to fill. It lives in the mount
// namespace of a process that does nothing else, so that it disappears when the
// test is, however that ends, and nobody else sees it.
type disk struct {
	holder *process
	// dir is where it is mounted, for processes started with [disk.enter].
	dir string
}

// newDisk mounts a disk. That takes root, or a kernel that lets everybody make
// user namespaces.
func newDisk(t testing.TB, size string) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir()}
	argv := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		argv = append(argv, "--user", "--map-root-user")
	}
	script := `mount -t tmpfs -o size="$1" tmpfs "$2" && echo mounted && exec tail -f /dev/null`
	d.holder = launch(t, append(argv, "sh", "-c", script, "sh", size, d.dir)...)
	eventually(t, patience, "mounting a small disk", func() error {
		if d.holder.Ended() {
			t.Fatalf("a small disk cannot be mounted; run this test as root (in a container with CAP_SYS_ADMIN):%s", d.holder.Output())
		}
		if !bytes.Contains([]byte(d.holder.Output()), []byte("mounted")) {
			return errors.New("not yet")
		}
		return nil
	})
	return d
}

// enter is a command line of the program that sees the disk.
func (d *disk) enter(args ...string) []string {
	return d.inside(append([]string{string(binary)}, args...)...)
}

func (d *disk) inside(args ...string) []string {
	argv := []string{"nsenter", "--mount", "--target", strconv.Itoa(d.holder.PID())}
	if os.Getuid() != 0 {
		argv = append(argv, "--user", "--preserve-credentials")
	}
	return append(append(argv, "--"), args...)
}

// path is where this process sees a file of the disk.
func (d *disk) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(d.holder.PID()), "root", d.dir, name)
}

// resize changes how much there is. Memory is only taken by what is written.
func (d *disk) resize(t testing.TB, size string) {
	t.Helper()
	if out, errs, code := run(t, d.inside("mount", "-o", "remount,size="+size, d.dir)...); code != 0 {
		t.Fatalf("resizing a disk: %s%s", out, errs)
	}
}

// fill leaves not one free byte.
func (d *disk) fill(t testing.TB) {
	t.Helper()
	f, err := os.Create(d.path("filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		n, err := f.Write(block)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			block = block[:len(block)/2]
		case err != nil:
			t.Fatal(fmt.Errorf("filling the disk: %w after %d bytes", err, n))
		}
	}
}

func (d *disk) free(t testing.TB) {
	t.Helper()
	if err := os.Remove(d.path("filler")); err != nil {
		t.Fatal(err)
	}
}
