package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/test/proc"
)

// build builds the program.
func build(t *testing.T) (binary string) {
	t.Helper()
	p, dir, err := proc.Build()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return string(p)
}

// commandLine finds uses of the command, in blocks and between backquotes.
var commandLine = regexp.MustCompile("(?m)(?:^\\$ |^\\s*|`)(?:\\./)?parley ([a-z][^\n`#|>]*)")

// Every command line in the documents has subcommands and flags that exist.
func TestCommandLines(t *testing.T) {
	binary := build(t)
	helps := map[string]string{}
	help := func(command string) string {
		if helps[command] == "" {
			// A help that cannot be shown has no flags, and the test fails.
			out, _ := exec.CommandContext(t.Context(), binary, append(strings.Fields(command), "--help")...).CombinedOutput()
			helps[command] = string(out)
		}
		return helps[command]
	}
	seen := 0
	for _, path := range documents(t) {
		for _, m := range commandLine.FindAllStringSubmatch(read(t, path), -1) {
			seen++
			words := strings.Fields(m[1])
			command := words[0]
			if len(words) > 1 && slices.Contains([]string{"tx", "bench", "id", "blog"}, command) && !strings.HasPrefix(words[1], "-") {
				command += " " + words[1]
			}
			if !strings.Contains(help(command), "Usage: parley "+command) {
				t.Errorf("%s: there is no command %q (in %q)", path, command, m[0])
				continue
			}
			for _, w := range words {
				flag, _, _ := strings.Cut(strings.Trim(w, ".,;:)]["), "=")
				if strings.HasPrefix(flag, "--") && !regexp.MustCompile(regexp.QuoteMeta(flag)+`[\s=]`).MatchString(help(command)) {
					t.Errorf("%s: %q has no flag %s", path, command, flag)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("found only %d command lines", seen)
	}
}

// Every subcommand that people see is in the README, the guide or OPERATIONS.
func TestEveryCommandIsMentioned(t *testing.T) {
	binary := build(t)
	out, err := exec.CommandContext(t.Context(), binary, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, "README.md") + read(t, "docs/GUIDE.md") + read(t, operations)
	found := regexp.MustCompile(`(?m)^  ((?:tx |bench )?[a-z]+)(?: +<[^>]*>| \[[^]]*\])* .*$`).FindAllStringSubmatch(string(out), -1)
	if len(found) < 10 {
		t.Errorf("found only %d commands in:\n%s", len(found), out)
	}
	for _, m := range found {
		if !strings.Contains(all, "parley "+m[1]) {
			t.Errorf("the command %q is mentioned nowhere", m[1])
		}
	}
}

// The targets of make that documents name exist.
func TestMakeTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, path := range documents(t) {
		for _, m := range regexp.MustCompile("(?m)(?:^\\$? ?|`)make ([a-z-]+)").FindAllStringSubmatch(read(t, path), -1) {
			if !regexp.MustCompile(`(?m)^` + m[1] + `:`).MatchString(makefile) {
				t.Errorf("%s: make has no target %q", path, m[1])
			}
		}
	}
}
