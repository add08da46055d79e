package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"parley/chatgw/frame"
)

// python is Debian's, for which tools/deps installs the WebSocket library.
const python = "/usr/bin/python3"

// A client in another language, by another library, chats with ours.
func TestForeignClient(t *testing.T) {
	t.Parallel()
	up := start(t, "up", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	page := regexp.MustCompile(`http://[0-9.:]+`).FindString(up.Await("Open http://"))
	socket := "ws" + strings.TrimPrefix(page, "http") + "/ws"

	const text = "grüße from Python \U0001f40d"
	out, errs, code := run(t, python, "testdata/client.py", socket, "monty", "lobby", text)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitOK || len(lines) != 2 {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	var ack frame.Ack
	var received frame.Message
	for i, into := range []any{&ack, &received} {
		if err := json.Unmarshal([]byte(lines[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	if received.Text != text || received.User != "monty" || ack.Seq != received.Seq || ack.ID != received.ID {
		t.Errorf("acknowledged %+v, received %+v", ack, received)
	}
	ours := start(t, "chat", "lobby", "--name", "ada", "--gateway", page, "--follow", "--json")
	ours.Await(`"user":"monty".*` + text)
	if out, errs, code := run(t, python, "testdata/client.py", socket, "monty", "lobby", " "); code == exitOK || !strings.Contains(errs, "text is empty") {
		t.Errorf("an empty text: exit %d\n%s%s", code, out, errs)
	}
}
