package main

import (
	"fmt"
	"os"
	"runtime/pprof"

	"parley/internal/cli"
)

// profileFlag writes a CPU profile of a process's whole life.
type profileFlag struct {
	Pprof string `name:"pprof" hidden:"" placeholder:"FILE" help:"Write a CPU profile when the process ends."`
}

// around calls run under the profiler, if that was asked for.
func (f profileFlag) around(run func() error) error {
	if f.Pprof == "" {
		return run()
	}
	file, err := os.Create(f.Pprof)
	if err != nil {
		return cli.Wrong(fmt.Errorf("creating the profile: %w", err), "")
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return fmt.Errorf("starting the CPU profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return run()
}
