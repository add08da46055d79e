package main

import (
	"regexp"
	"strings"
	"testing"

	"parley/test/proc"
)

// Who says nothing sees the room at least, or is told why not.
func TestChatSaysNothing(t *testing.T) {
	t.Parallel()
	p, _ := up(t, t.TempDir())
	gateway := regexp.MustCompile(`http://[0-9.:]+`).FindString(p.Await("http://"))
	say := proc.Launch(t, "sh", "-c", "echo 'the oven is hot' | "+string(program)+" chat lobby --name oven --gateway "+gateway)
	if code := say.Wait(); code != exitOK {
		t.Fatalf("saying something: exit %d", code)
	}
	out, errs, code := parley(t, "chat", "lobby", "--name", "ada", "--gateway", gateway)
	if code != exitOK || !strings.Contains(out, "oven: the oven is hot") {
		t.Errorf("saying nothing: exit %d, %q %q, want what was said", code, out, errs)
	}
	if _, errs, code := parley(t, "chat", "lobby", "--name", "ada", "--gateway", "http://127.0.0.1:1"); code != exitFailed || !strings.Contains(errs, "not reached") {
		t.Errorf("without a gateway: exit %d, %q", code, errs)
	}
}
