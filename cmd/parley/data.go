package main

import (
	"errors"
	"fmt"
	"os"

	"parley/internal/catalog"
	"parley/internal/cli"
)

// dataFlag is where a process keeps what it must not lose. Every role has its
// own place below it, so that all may be given the same directory, together
// or apart.
type dataFlag struct {
	Data string `default:"./parley-data" env:"PARLEY_DATA" placeholder:"DIR" help:"Directory of everything durable; it is made if need be (default ${default})."`
}

// probeSize is how much is written to see whether there is space.
const probeSize = 64 << 10

func (f dataFlag) broker() string { return catalog.BrokerDir(f.Data) }

func (f dataFlag) journal(participant string) string { return catalog.Journal(f.Data, participant) }

// prepare makes the directory and makes sure that it can be written, so that
// the error names the flag and not some file below it.
func (f dataFlag) prepare() error {
	const do = "choose another directory with --data DIR, or change its permissions, or make space"
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory cannot be made: %w", f.Data, err), do)
	}
	probe, err := os.CreateTemp(f.Data, ".writable-*")
	if err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory cannot be written: %w", f.Data, err), do)
	}
	// A full disk takes an empty file. So little is left of one on which this
	// does not fit that nothing should start.
	_, err = probe.Write(make([]byte, probeSize))
	if err = errors.Join(err, probe.Close(), os.Remove(probe.Name())); err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory cannot be written: %w", f.Data, err), do)
	}
	return nil
}
