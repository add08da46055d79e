package main

import (
	"syscall"
	"testing"

	"parley/internal/child"
	"parley/internal/lifecycle"
)

// A second Ctrl-C does not wait for drains: a child that was requested to drain
// exits with its parent. And an address for health is of the parent alone.
func TestShutdownHooks(t *testing.T) {
	t.Setenv("PARLEY_HEALTH", "not an address")
	c, err := child.Start("broker", string(program), []string{"broker", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--until-eof"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Cmd.Process.Kill()
		<-c.Ended
	})
	if _, err := c.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &child.ShutdownHooks{}
	h.Add(c)
	// It receives both together, so that its drain has not ended before.
	send(t, c, syscall.SIGSTOP)
	h.Run()
	c.Stdin.Close()
	send(t, c, syscall.SIGCONT)
	<-c.Ended
	if code := c.Cmd.ProcessState.ExitCode(); code != lifecycle.ExitInterrupted {
		t.Errorf("exit %d, want %d: it drained", code, lifecycle.ExitInterrupted)
	}
}

func send(t *testing.T, c *child.Process, s syscall.Signal) {
	t.Helper()
	if err := c.Cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
