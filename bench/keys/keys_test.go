package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/bench/internal/command"
)

// TestKeys: everything is measured and adds up, it can be shown and drawn again,
// and nothing is left behind.
func TestKeys(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	var stdout, stderr strings.Builder
	picture := filepath.Join(out, "keys.svg")
	const rows = 1000
	args := []string{"--rows", "1000", "--batch", "20", "--cache", "1", "--data", dir, "--json", "--progress", "--plot", picture}
	if code := run(t.Context(), args, &stdout, &stderr); code != command.OK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if !strings.Contains(stderr.String(), "large: 1000 of 1000 rows") {
		t.Errorf("there is no progress: %s", stderr.String())
	}
	var r report
	if err := json.Unmarshal([]byte(stdout.String()), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenes) != 3 || r.SQLite == "" || r.CPUs < 1 || r.Interrupted {
		t.Fatalf("%+v", r)
	}
	for i, want := range []int{rows, rows / 200, rows / 10} {
		scene := r.Scenes[i]
		if len(scene.Keys) != len(kinds()) {
			t.Fatalf("%s has %d keys", scene.Name, len(scene.Keys))
		}
		for _, k := range scene.Keys {
			if k.Rows != want || k.RowsPerS <= 0 || k.LogPages <= 0 {
				t.Errorf("%s: %+v", scene.Name, k)
			}
		}
	}
	logged := map[string]int{}
	for _, k := range r.Scenes[0].Keys {
		logged[k.Key] = k.LogPages
		checkTable(t, k)
	}
	// By much more in a larger table.
	if logged["uuid4"] <= logged["parley"] || logged["uuid4-text"] < 2*logged["uuid7"] {
		t.Errorf("random keys must touch more pages than ordered ones: %v", logged)
	}
	checkSVG(t, picture)
	showAgain(t, stdout.String(), out)
}

func checkTable(t *testing.T, k *keyReport) {
	t.Helper()
	if k.Table == nil || k.Reads == nil || len(k.Points) != rounds || k.Points[rounds-1].Rows != k.Rows {
		t.Fatalf("%s was not measured to its end: %+v", k.Key, k)
	}
	least := int64(k.Rows) * bodyBytes
	if s := k.Table; s.FileBytes < least || s.FileBytes > 3*least || s.Pages*pageBytes > s.FileBytes || s.LeafFill < 50 || s.LeafFill > 100 || s.Split < s.Pages-2 {
		t.Errorf("%s: %+v", k.Key, s)
	}
	if r := k.Reads; r.LookupUS <= 0 || r.SpanMS <= 0 || r.SpanRows < 1 || r.SpanRows > spanRows || (r.IndexBytes > 0) != strings.HasPrefix(k.Key, "uuid4") {
		t.Errorf("%s: %+v", k.Key, r)
	}
}

func checkSVG(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(data))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"Inserting 1,000 rows", "File size, in MB", "UUIDv4 as text", "Parley ID as rowid", "sans-serif"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the plot does not contain %q", want)
		}
	}
}

// showAgain prints and draws a former result.
func showAgain(t *testing.T, result, dir string) {
	t.Helper()
	former, picture := filepath.Join(dir, "keys.json"), filepath.Join(dir, "keys.png")
	if err := os.WriteFile(former, []byte(result), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--from", former, "--plot", picture}, &stdout, &stderr); code != command.OK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	for _, k := range kinds() {
		if strings.Count(stdout.String(), k.label+"  ") < 5 {
			t.Errorf("%s is not in every table:\n%s", k.label, stdout.String())
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Errorf("%s: %v", picture, err)
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--rows", "999"},
		{"--rows", "-1"},
		{"--rows", "many"},
		{"--batch", "0"},
		{"--cache", "0"},
		{"--keys", "uuid5"},
		{"--keys", "parley,parley"},
		{"--keys", ""},
		{"--plot", "keys.gif"},
		{"--what"},
		{"now"},
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != command.Wrong || stdout.Len() > 0 || !strings.Contains(stderr.String(), "next: ") {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", args, code, stdout.String(), stderr.String())
		}
	}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--help"}, &stdout, &stderr); code != command.OK || !strings.Contains(stdout.String(), "go run ./keys --rows") || !strings.Contains(stdout.String(), "parley-rowid") {
		t.Errorf("exit %d, stdout %q", code, stdout.String())
	}
}

// TestUnusable: what cannot be read or written is reported, not skipped.
func TestUnusable(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.json")
	if err := os.WriteFile(other, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--from", filepath.Join(dir, "none")},
		{"--from", other},
		{"--data", filepath.Join(dir, "none")},
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != command.Failed || !strings.HasPrefix(stderr.String(), "keys: ") {
			t.Errorf("%q: exit %d, stderr %q", args, code, stderr.String())
		}
	}
}

// TestInterrupted: a run that is cut off prints its results so far, reports that, and cleans
// up.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	two, err := chosen("uuid4,parley-rowid")
	if err != nil {
		t.Fatal(err)
	}
	o := options{plan: plan{rows: 1000, batch: 10, cacheMB: 1, kinds: two, data: dir}}
	var stdout strings.Builder
	err = o.show(ctx, &stdout, func(format string, _ ...any) {
		if strings.Contains(format, "rows%s") {
			cancel() // after the first round
		}
	})
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(stdout.String(), "Parley ID as rowid") {
		t.Errorf("got\n%s", stdout.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
