package main

import (
	"syscall"
	"testing"

	"parley/internal/lifecycle"
)

// A person in a hurry is not kept waiting by drains: a child that was told so
// exits with its parent. And an address for health is of the parent alone.
func TestHurry(t *testing.T) {
	t.Setenv("PARLEY_HEALTH", "not an address")
	c, err := startChild("broker", string(program), []string{"broker", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--until-eof"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.ended
	})
	if _, err := c.awaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &hurry{}
	h.with(c)
	// It hears of both at once, so that its drain is not over before.
	send(t, c, syscall.SIGSTOP)
	h.now()
	c.stdin.Close()
	send(t, c, syscall.SIGCONT)
	<-c.ended
	if code := c.cmd.ProcessState.ExitCode(); code != lifecycle.ExitInterrupted {
		t.Errorf("exit %d, want %d: it drained", code, lifecycle.ExitInterrupted)
	}
}

func send(t *testing.T, c *child, s syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
