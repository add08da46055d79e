package main

import (
	"context"
	"os"
	"testing"
)

// TestMain is also the process of a table, since that is this very program.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == workerArgument {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}
