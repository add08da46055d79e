package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"parley/internal/child"
	"parley/internal/cli"

	"github.com/alecthomas/kong"
)

func grammar(t *testing.T) *kong.Kong {
	t.Helper()
	var c commands
	k, err := kong.New(&c, kong.Name("parley"), kong.ExplicitGroups(groups()), limits(),
		kong.BindTo(t.Context(), (*context.Context)(nil)), kong.Bind(&cli.App{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestHelp: every command has a help text, and every example in it
// is a command line that parses.
func TestHelp(t *testing.T) {
	k := grammar(t)
	for _, leaf := range k.Model.Leaves(true) {
		if leaf.Help == "" || !strings.Contains(leaf.Detail, "Examples:") {
			t.Errorf("%s: help %q, detail %q: both a description and examples are needed", leaf.FullPath(), leaf.Help, leaf.Detail)
		}
		own := false
		for line := range strings.Lines(leaf.Detail) {
			example, ok := strings.CutPrefix(strings.TrimSpace(line), "parley ")
			if !ok || !strings.HasPrefix(line, "    ") {
				continue
			}
			example, _, _ = strings.Cut(example, " | ")
			own = own || strings.HasPrefix("parley "+example, leaf.FullPath())
			if _, err := k.Parse(strings.Fields(example)); err != nil {
				t.Errorf("%s: the example %q does not parse: %v", leaf.FullPath(), example, err)
			}
		}
		if !own {
			t.Errorf("%s: no example of itself", leaf.FullPath())
		}
	}
}

// TestWrongUsage: exit 2, and an error that names the flag or argument, the
// value and the limit.
func TestWrongUsage(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"order", "<item> <qty>"},
		{"order margherita", "<qty>"},
		{"order margherita many", "many"},
		{"order margherita 0", "quantity is 0, allowed is 1 to 1000000"},
		{"order margherita 1000001", "quantity is 1000001"},
		{"order margherita 1 --wait never", `--wait must be one of "decided","applied"`},
		{"order margherita 1 --timeout 2h", "--timeout is 2h0m0s, allowed is more than 0 and at most 1h"},
		{"order margherita 1 --timeout -1s", "--timeout"},
		{"order margherita 1 --key " + strings.Repeat("k", 129), "129 bytes, the limit is 128"},
		{"order margherita 1 --zone " + strings.Repeat("z", 65), "--zone"},
		{"order margherita 1 --zome north", "--zome"},
		{"nothing", "nothing"},
		{"stock --add 3", "--add needs an ITEM"},
		{"stock margherita --add -3", "--add"},
		{"couriers --complete -1", "--complete"},
		{"couriers --complete 1 --zone north", "cannot be combined"},
		{"tx", "show"},
		{"tx resolve nonsense", "nonsense"},
		{"tx list --from nonsense", "nonsense"},
		{"observe --tx nonsense", "nonsense"},
		{"broker --peers 127.0.0.1:1", "--cluster-listen"},
		{"broker --listen here", `--listen "here" is not HOST:PORT`},
		{"broker --cluster-listen 127.0.0.1:0 --name a --peers 127.0.0.1:1", "--cluster-listen"},
		{"broker --cluster-listen 127.0.0.1:6001 --peers 127.0.0.1:6002", "--name is missing"},
		{"up --listen 127.0.0.1:70000", "70000"},
		{"up --log-level loud", "--log-level"},
		{"init --replicas 2", "--replicas"},
		{"bench tx --inflight 0", "--inflight is 0, allowed is 1 to 4096"},
		{"bench tx --abort-ratio 2", "--abort-ratio is 2"},
		{"bench tx --duration 0s", "--duration"},
		{"bench chat --only speed", "--only"},
		{"bench chat --connections 1", "--connections is 1, allowed is 2 to 100000"},
		{"bench chat --from 5000", "--from is 5000, it must be below --connections"},
		{"bench chat --rate 1000 --subscribers 10", "--rate is 1000, which takes 250 people"},
		{"bench chat --stalled 0", "--stalled is 0"},
		{"bench chat --duration 0s", "--duration is 0s"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), &child.ShutdownHooks{}, strings.Fields(c.args), &out, &errs)
		if code != cli.ExitWrong || !strings.Contains(errs.String(), c.want) {
			t.Errorf("parley %s: exit %d, want 2 and %q in\n%s", c.args, code, c.want, &errs)
		}
		if !strings.Contains(errs.String(), "next: ") || out.Len() > 0 {
			t.Errorf("parley %s: stderr must contain what to do next, stdout be empty:\n%s%s", c.args, &errs, &out)
		}
	}
}

func TestBare(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), &child.ShutdownHooks{}, nil, &out, &errs); code != cli.ExitOK {
		t.Errorf("exit %d, want 0", code)
	}
	if !strings.Contains(out.String(), "parley <command>") || errs.Len() > 0 {
		t.Errorf("bare parley printed %q and on stderr %q, want help", &out, &errs)
	}
}

func TestErrorJSON(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), &child.ShutdownHooks{}, []string{"order", "margherita", "0", "--json"}, &out, &errs)
	for _, want := range []string{`"code":"invalid"`, `"exit":2`, `"error":"`, `"next":"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in %s", want, &out)
		}
	}
	if code != cli.ExitWrong || errs.Len() > 0 {
		t.Errorf("exit %d with %q on stderr, want 2 and nothing", code, &errs)
	}
}
