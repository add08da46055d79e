package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/bench/internal/command"
)

// TestMeasure: every generator is checked and measured, and none that is held to
// the clock is ahead of it.
func TestMeasure(t *testing.T) {
	const each = 100 * time.Millisecond
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--rounds", "2", "--each", each.String(), "--json", "--progress"}, &stdout, &stderr); code != command.OK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	var r report
	if err := json.Unmarshal([]byte(stdout.String()), &r); err != nil {
		t.Fatal(err)
	}
	if r.Rounds != 2 || r.CPUs < 1 || len(r.Generators) != len(generators()) || !strings.Contains(stderr.String(), "round 2 of 2") {
		t.Errorf("%+v, stderr %s", r, stderr.String())
	}
	for i, g := range r.Generators {
		if g.NSPerID <= 0 || g.One.Least <= 0 || g.One.Least > g.One.Median || g.One.Median > g.One.Most || len(g.Notes) == 0 {
			t.Errorf("%+v", g)
		}
		// What the clock allows, and a tick at either end of the run.
		most := g.CeilingPerS + 2*float64(generators()[i].batch)/each.Seconds()
		if g.CeilingPerS > 0 && max(g.One.Most, g.All.Most) > most {
			t.Errorf("%s makes %.0f IDs a second, its layout has %.0f", g.Name, max(g.One.Most, g.All.Most), g.CeilingPerS)
		}
	}
	var table strings.Builder
	r.print(&table)
	for _, g := range generators() {
		if strings.Count(table.String(), g.name) < 2 {
			t.Errorf("%s is not in both the table and the notes:\n%s", g.name, table.String())
		}
	}
}

// TestCheck: a generator that breaks its word is found.
func TestCheck(t *testing.T) {
	counting := func(next func(n int64) int64) func() (maker, error) {
		return func() (maker, error) {
			n := int64(0)
			return maker{one: func() (uuid.UUID, error) { n++; return fromInt(next(n)), nil }}, nil
		}
	}
	for name, c := range map[string]struct {
		g    generator
		want string
	}{
		"good":      {generator{name: "g", ascending: true, open: counting(func(n int64) int64 { return n })}, ""},
		"twice":     {generator{name: "g", open: counting(func(n int64) int64 { return n / 2 })}, "of which"},
		"unordered": {generator{name: "g", ascending: true, open: counting(func(n int64) int64 { return 1000 - n })}, "do not increase"},
		"fails":     {generator{name: "g", open: func() (maker, error) { return maker{}, errors.New("no") }}, "starting g: no"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.g.check(1, 100)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestRealTime: no ID is from a millisecond that is still to come.
func TestRealTime(t *testing.T) {
	m, err := openParleyRealTime()
	if err != nil {
		t.Fatal(err)
	}
	for range 20_000 {
		id, err := m.one()
		if err != nil {
			t.Fatal(err)
		}
		at := int64(0)
		for _, b := range id[:8] {
			at = at<<8 | int64(b)
		}
		if at >>= 17; at > now() {
			t.Fatalf("an ID has the time %d, it is %d", at, now())
		}
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"--rounds", "x"}, {"--each", "0s"}, {"--each", "1h"}, {"--what"}, {"now"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != command.Wrong || stdout.Len() > 0 || !strings.Contains(stderr.String(), "next: ") {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", args, code, stdout.String(), stderr.String())
		}
	}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--help"}, &stdout, &stderr); code != command.OK || !strings.Contains(stdout.String(), "go run ./ids --json") {
		t.Errorf("exit %d, stdout %q", code, stdout.String())
	}
}

// TestInterrupted: what was measured until then is shown, and that it is a part.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := measure(ctx, generators(), 3, time.Millisecond, func(format string, _ ...any) {
		if strings.HasPrefix(format, "round") {
			cancel()
		}
	})
	if err != nil || !r.Interrupted || r.Rounds != 0 {
		t.Errorf("%+v %v", r, err)
	}
	var stdout, stderr strings.Builder
	if code := run(ctx, []string{"--each", "1ms"}, &stdout, &stderr); code != command.Failed || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}
