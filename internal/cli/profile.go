package cli

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// Profiled calls run and writes its CPU profile to a file, unless path is empty.
func Profiled(path string, run func() error) error {
	if path == "" {
		return run()
	}
	file, err := os.Create(path)
	if err != nil {
		return Wrong(fmt.Errorf("creating the profile: %w", err), "")
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return fmt.Errorf("starting the CPU profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return run()
}
