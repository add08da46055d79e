package power

import (
	"context"
	"log/slog"
	"syscall"
	"testing"

	"parley/natsconn"
	"parley/test/power/disk"
	"parley/test/power/mount"
	"parley/test/proc"

	"github.com/nats-io/nats.go"
)

// harness is some processes with one disk and one power line.
type harness struct {
	testing.TB
	program   proc.Program
	shape     shape
	dir       string // where the disk is mounted
	disk      *disk.Disk
	mount     *mount.Mount
	processes []*proc.Process
	nc        *nats.Conn
}

// newHarness is a harness with an empty disk, switched on.
func newHarness(t testing.TB, program proc.Program, s shape) *harness {
	t.Helper()
	p := &harness{TB: t, program: program, shape: s, dir: t.TempDir(), disk: disk.New()}
	t.Cleanup(func() { // after the processes were killed
		if p.mount != nil {
			if err := p.mount.Unmount(); err != nil {
				t.Error(err)
			}
		}
	})
	p.on()
	return p
}

// on starts everything and returns when all are ready.
func (s *harness) on() {
	s.Helper()
	var err error
	if s.mount, err = mount.At(s.dir, s.disk); err != nil {
		s.mount = nil
		s.Fatal(err)
	}
	url := s.shape.start(s)
	ctx, cancel := context.WithTimeout(s.Context(), proc.Patience)
	defer cancel()
	if s.nc, err = natsconn.Connect(ctx, natsconn.Options{URL: url, Name: "power test", Log: slog.New(slog.DiscardHandler)}); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(s.nc.Close)
}

// start starts one process and returns when it is ready.
func (s *harness) start(ready string, args ...string) *proc.Process {
	s.Helper()
	p := s.launch(args...)
	p.Await(ready)
	return p
}

func (s *harness) launch(args ...string) *proc.Process {
	s.Helper()
	p := s.program.Start(s, args...)
	s.Cleanup(func() { // before it is killed, which waits for its calls to end
		s.disk.Cut()
		s.disk.Fail()
	})
	s.processes = append(s.processes, p)
	return p
}

// off is a loss of power: at one instant nothing reaches the disk any more, then
// the processes are gone, and the disk holds what the loss left. It returns what
// was lost.
func (s *harness) off(left disk.Loss) disk.Stats {
	s.Helper()
	s.disk.Cut()
	for _, p := range s.processes {
		if p.Ended() {
			s.Errorf("%s had ended by itself:\n%s", p.Name(), p.Output())
		} else {
			p.Signal(syscall.SIGKILL)
		}
	}
	s.disk.Fail()
	for _, p := range s.processes {
		p.Kill() // waits
	}
	s.processes = nil
	s.nc.Close()
	if err := s.mount.Unmount(); err != nil {
		s.Fatal(err)
	}
	s.mount = nil
	s.disk = s.disk.After(left)
	return s.disk.Stats()
}
