package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"parley/internal/cli"
	"parley/test/proc"
)

// freeAddress returns an address that was free when it was called.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// wantHealth waits until `parley health` ends with the code and prints the text.
func wantHealth(t *testing.T, at string, want int, text string) {
	t.Helper()
	proc.Eventually(t, proc.Patience, "the health of "+at, func() error {
		out, errs, code := parley(t, "health", "--at", at)
		if code != want || !strings.Contains(out+errs, text) {
			return fmt.Errorf("exit %d, want %d with %q\n%s%s", code, want, text, out, errs)
		}
		return nil
	})
}

// A role's health check answers from before the role is ready until after its drain.
func TestHealth(t *testing.T) {
	t.Parallel()
	data, listen := t.TempDir(), freeAddress(t)
	ofBroker, ofRole := freeAddress(t), freeAddress(t)
	wantHealth(t, ofRole, cli.ExitFailed, "no process answers at "+ofRole)

	role := start(t, "coordinator", "--nats", "nats://"+listen, "--health", ofRole)
	wantHealth(t, ofRole, cli.ExitFailed, "it is starting")

	broker := start(t, "broker", "--data", data, "--listen", listen, "--health", ofBroker)
	broker.Await("NATS listens")
	wantHealth(t, ofBroker, cli.ExitOK, "it serves")
	if _, errs, code := parley(t, "init", "--nats", "nats://"+listen); code != cli.ExitOK {
		t.Fatalf("init: exit %d\n%s", code, errs)
	}
	proc.Eventually(t, proc.Patience, "the role serves", func() error {
		if role.Ended() { // it started before its stream existed
			role = start(t, "coordinator", "--nats", "nats://"+listen, "--health", ofRole)
		}
		if _, errs, code := parley(t, "health", "--at", ofRole); code != cli.ExitOK {
			return errors.New(errs)
		}
		return nil
	})
	if answer := parleyJSON[healthJSON](t, cli.ExitOK, "health", "--at", ofRole); !answer.Serves {
		t.Errorf("health: %+v", answer)
	}

	broker.Kill()
	wantHealth(t, ofRole, cli.ExitFailed, "it has no connection to NATS")
	start(t, "broker", "--data", data, "--listen", listen, "--health", ofBroker)
	wantHealth(t, ofRole, cli.ExitOK, "it serves")
	role.Stop()
	wantHealth(t, ofRole, cli.ExitFailed, "no process answers")
}

// A node of a cluster without a majority is not healthy.
func TestHealthOfALoneNode(t *testing.T) {
	t.Parallel()
	at := freeAddress(t)
	start(t, "broker", "--data", t.TempDir(), "--name", "a", "--listen", "127.0.0.1:0",
		"--cluster-listen", freeAddress(t), "--peers", freeAddress(t), "--health", at)
	wantHealth(t, at, cli.ExitFailed, "it is starting")
}

func TestHealthAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := start(t, "coordinator", "--health", taken.Addr().String())
	p.Await("--health " + taken.Addr().String() + ".*in use")
	p.Await("choose another address")
	if code := p.Wait(); code != cli.ExitFailed {
		t.Errorf("exit %d, want %d", code, cli.ExitFailed)
	}
	if _, errs, code := parley(t, "health", "--at", "no address"); code != cli.ExitWrong || !strings.Contains(errs, "is not HOST:PORT") {
		t.Errorf("health of no address: exit %d\n%s", code, errs)
	}
}
