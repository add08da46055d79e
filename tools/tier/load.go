package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// load keeps processors and the disk busy.
type load struct {
	cores int
	disk  bool
}

func (l load) String() string {
	var parts []string
	if l.cores > 0 {
		parts = append(parts, fmt.Sprintf("%d busy cores", l.cores))
	}
	if l.disk {
		parts = append(parts, "busy disk")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// diskPiece is what the disk writes, syncs and deletes in one go.
const diskPiece = 4 << 20

// start begins the load; stop ends it and returns what failed.
func (l load) start() (stop func() error, err error) {
	dir, err := os.MkdirTemp("", "tier-load-")
	if err != nil {
		return nil, err
	}
	end := make(chan struct{})
	ended := func() bool {
		select {
		case <-end:
			return true
		default:
			return false
		}
	}
	var busy sync.WaitGroup
	for range l.cores {
		busy.Go(func() {
			for n := 1; !ended(); {
				for range 1 << 16 {
					n = n*31 + 7
				}
			}
		})
	}
	var failed error
	if l.disk {
		busy.Go(func() {
			piece := make([]byte, diskPiece)
			for i := 0; !ended() && failed == nil; i++ {
				failed = writeSynced(filepath.Join(dir, fmt.Sprint(i%16)), piece)
			}
		})
	}
	return func() error {
		close(end)
		busy.Wait()
		return errors.Join(failed, os.RemoveAll(dir))
	}, nil
}

// writeSynced replaces a file, so that the disk deletes as well.
func writeSynced(path string, data []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func loadUntilStopped(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("tier load", flag.ContinueOnError)
	cores := flags.Int("cores", 1, "processors to keep busy")
	disk := flags.Bool("disk", true, "keep the disk busy")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	l := load{cores: *cores, disk: *disk}
	stop, err := l.start()
	if err != nil {
		return err
	}
	fmt.Printf("load: %s, until Ctrl-C\n", l)
	<-ctx.Done()
	return stop()
}
