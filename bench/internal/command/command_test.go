package command

import (
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		exit   int
		ok     bool
		stdout string
		stderr string
	}{
		"good":     {args: []string{"--n", "1"}, ok: true},
		"help":     {args: []string{"--help"}, stdout: "usage text\n\nFlags:\n  --n number"},
		"no flag":  {args: []string{"--m", "1"}, exit: Wrong, stderr: "tool: flag provided but not defined: -m\nnext: "},
		"no value": {args: []string{"--n", "x"}, exit: Wrong, stderr: `tool: invalid value "x" for flag -n`},
		"argument": {args: []string{"x"}, exit: Wrong, stderr: `tool: unexpected argument "x"`},
		"refused":  {args: []string{"--n", "7"}, exit: Wrong, stderr: "tool: n is 7"},
	} {
		t.Run(name, func(t *testing.T) {
			flags := flag.NewFlagSet("tool", flag.ContinueOnError)
			n := flags.Int("n", 0, "a `number`")
			var stdout, stderr strings.Builder
			exit, ok := Parse(flags, c.args, "usage text\n", &stdout, &stderr, func() error {
				if *n == 7 {
					return errors.New("n is 7")
				}
				return nil
			})
			if exit != c.exit || ok != c.ok || !strings.HasPrefix(stdout.String(), c.stdout) || !strings.HasPrefix(stderr.String(), c.stderr) {
				t.Errorf("exit %d, %v, stdout %q, stderr %q", exit, ok, stdout.String(), stderr.String())
			}
		})
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	Table(&b, [][]string{{"KEY", ">ROWS"}, {"ä", "1"}, {"long", "10"}})
	if want := "KEY   ROWS\nä        1\nlong    10\n"; b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -100: "-100", -1000: "-1,000"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{"": "", "one": "one", "one two three": "one two|three", "muchtoolong a b": "muchtoolong|a b"} {
		if got := Wrap(text, 7, "|"); got != want {
			t.Errorf("Wrap(%q) = %q, want %q", text, got, want)
		}
	}
}
