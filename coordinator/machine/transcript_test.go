package machine_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the commands of testdata/*.txt do")

// TestTranscripts plays the commands of testdata/*.txt on the production machines of
// coordinators and participants, with a network and a log that follow them, and
// compares what happens with the reviewed text of the files. They
// are the first thing to read about the protocol.
//
// A file is text, commands and transcripts: commands stand before a line ----, what they
// do after it, up to an empty line. The commands are those of [play].
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, string(data))
			switch {
			case got == string(data):
			case *update:
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("it went differently; if that is right: go test ./coordinator/machine -run TestTranscripts -update\n%s", got)
			}
		})
	}
}

// replay plays the commands of a file and returns the file with what they did.
func replay(t *testing.T, file string) string {
	t.Helper()
	w := newHarness(t)
	var out strings.Builder
	var commands []string
	skip := false // the transcript of the file
	for line := range strings.Lines(file) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case skip && line != "":
			continue
		case line == "----":
			out.WriteString("----\n")
			for _, c := range commands {
				play(w, c)
			}
			for _, line := range w.lines {
				out.WriteString(line + "\n")
			}
			commands, w.lines, skip = nil, nil, true
			continue
		case line == "":
			skip = false
		case !strings.HasPrefix(line, "#"):
			commands = append(commands, line)
		}
		out.WriteString(line + "\n")
	}
	if len(commands) > 0 {
		t.Errorf("the last commands have no ----: %q", commands)
	}
	return out.String()
}

// play does one command:
//
//	submit C KEY P...     a client submits to coordinator C; P! is a participant that refuses,
//	                      @SUBJECT is an event
//	deliver               every message on its way arrives, and what follows from it
//	step                  the oldest message arrives
//	lose WORD...          the messages on their way with all these words are lost
//	late WORD...          they are overtaken by all others that are on their way
//	pause C, resume C     a coordinator does nothing for a while
//	crash C, start C      a coordinator dies, with all that it knows; another one starts
//	resend C TX           C has waited long enough to send again
//	trim C                a second has passed at C
//	drop C TX I           C learns that an operator gave up an event
//	deadline C TX         the time to decide is over, by C's clock
//	unanswered C          no answer came to the append that C waits for
//	restart C KEY         C starts a submission again that made way
//	ask C P TX            participant P, in doubt, asks C
//	restore P             P's journal is replaced by an empty backup of it
func play(w *harness, command string) {
	word := strings.Fields(command)
	args := append(word[1:], "", "", "")
	switch word[0] {
	case "submit":
		w.submit(args[0], args[1], word[3:])
	case "deliver":
		for len(w.wire) > 0 {
			w.step()
		}
	case "step":
		w.step()
	case "lose":
		w.lose(word[1:])
	case "late":
		w.late(word[1:])
	case "pause":
		w.pause(args[0])
	case "resume":
		w.resume(args[0])
	case "crash":
		w.crash(args[0])
	case "start":
		w.start(args[0])
	case "resend":
		w.at(args[0]).Resend(w.id(args[1]))
	case "trim":
		w.at(args[0]).Trim()
	case "drop":
		w.record(args[0], "learns that the event %s of %s was given up", args[2], args[1])
		w.at(args[0]).DropEvent(w.id(args[1]), int(args[2][0]-'0'))
	case "deadline":
		w.at(args[0]).Deadline(w.id(args[1]))
	case "unanswered":
		w.unanswered(args[0])
	case "restart":
		w.at(args[0]).Restarted(args[1], false)
	case "ask":
		w.ask(args[0], args[1], args[2])
	case "restore":
		w.restore(args[0])
	default:
		w.Fatalf("there is no command %q", command)
	}
	w.perform()
}
