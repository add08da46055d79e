package main

import (
	"parley/internal/cli"
)

// profileFlag writes a CPU profile of a process's whole life.
type profileFlag struct {
	Pprof string `name:"pprof" hidden:"" placeholder:"FILE" help:"Write a CPU profile when the process ends."`
}

// around calls run under the profiler, if that was asked for.
func (f profileFlag) around(run func() error) error { return cli.Profiled(f.Pprof, run) }
