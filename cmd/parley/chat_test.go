package main

import (
	"regexp"
	"strings"
	"testing"

	"parley/internal/cli"
	"parley/test/proc"
)

// Somebody who sends nothing sees the room at least, or why not.
func TestChatSaysNothing(t *testing.T) {
	t.Parallel()
	p, _ := up(t, t.TempDir())
	gateway := regexp.MustCompile(`http://[0-9.:]+`).FindString(p.Await("http://"))
	talk := proc.Launch(t, "sh", "-c", "echo 'the oven is hot' | "+string(program)+" chat lobby --name oven --gateway "+gateway)
	if code := talk.Wait(); code != cli.ExitOK {
		t.Fatalf("saying something: exit %d", code)
	}
	out, errs, code := parley(t, "chat", "lobby", "--name", "ada", "--gateway", gateway)
	if code != cli.ExitOK || !strings.Contains(out, "oven: the oven is hot") {
		t.Errorf("sending nothing: exit %d, %q %q, want what was sent", code, out, errs)
	}
	// At the same time, since both wait as long.
	lost := proc.Launch(t, "sh", "-c", "echo 'the oven is hot' | "+string(program)+" chat lobby --name oven --gateway http://127.0.0.1:1")
	_, errs, code = parley(t, "chat", "lobby", "--name", "ada", "--gateway", "http://127.0.0.1:1")
	if code != cli.ExitFailed || !strings.Contains(errs, "not reached") || !strings.Contains(errs, "`parley chatgw`") {
		t.Errorf("without a gateway: exit %d, %q", code, errs)
	}
	if code := lost.Wait(); code != cli.ExitFailed || !strings.Contains(lost.Output(), "not reached") {
		t.Errorf("saying something without a gateway: exit %d, %s", code, lost.Output())
	}
}
