package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"parley/internal/child"
	"parley/internal/cli"
	"parley/wire"
)

// The flag answers with a command and without one, and nothing else is done.
func TestVersion(t *testing.T) {
	var want string
	for _, args := range []string{"version", "--version", "order --version", "up --version"} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), &child.ShutdownHooks{}, strings.Fields(args), &out, &errs); code != cli.ExitOK || errs.Len() > 0 {
			t.Errorf("parley %s: exit %d, want 0 and nothing on stderr:\n%s", args, code, &errs)
		}
		if want == "" {
			want = out.String()
		}
		if out.String() != want || !strings.HasPrefix(want, "parley "+wire.Release+"\n") || !strings.Contains(want, runtime.Version()) {
			t.Errorf("parley %s:\n%s", args, &out)
		}
	}
	var out, errs bytes.Buffer
	var v versionJSON
	code := run(t.Context(), &child.ShutdownHooks{}, []string{"version", "--json"}, &out, &errs)
	if err := json.Unmarshal(out.Bytes(), &v); code != cli.ExitOK || err != nil || v.Release != wire.Release || v.Go != runtime.Version() {
		t.Errorf("parley version --json: exit %d, %v\n%s%s", code, err, &out, &errs)
	}
}

// The help shows the flag.
func TestVersionInHelp(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), &child.ShutdownHooks{}, []string{"--help"}, &out, &errs); code != cli.ExitOK || !strings.Contains(out.String(), "--version") {
		t.Errorf("exit %d, %s\n%s", code, &errs, &out)
	}
}

func TestVersionOfBuild(t *testing.T) {
	vcs := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: []debug.BuildSetting{
			{Key: "-race", Value: "true"},
			{Key: "vcs.revision", Value: "4c38183a"},
			{Key: "vcs.time", Value: "2026-11-28T20:15:01Z"},
			{Key: "vcs.modified", Value: modified},
		}}
	}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{vcs("false"), "module    v0.1.0\n  revision  4c38183a of 2026-11-28T20:15:01Z\n"},
		{vcs("true"), "module    v0.1.0\n  revision  4c38183a of 2026-11-28T20:15:01Z, modified\n"},
		{&debug.BuildInfo{}, "module    (devel)\n  revision  not known\n"},
		{nil, "module    (devel)\n  revision  not known\n"},
	} {
		var out bytes.Buffer
		v := newVersion(c.info)
		v.print(&cli.App{Out: &out})
		want := "parley " + wire.Release + "\n  " + c.want + "  go        " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
		if out.String() != want {
			t.Errorf("got\n%s\nwant\n%s", &out, want)
		}
	}
}
