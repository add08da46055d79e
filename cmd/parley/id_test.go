package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/idworker/snowflake"
	"parley/internal/cli"
	"parley/test/proc"
	"parley/wire/blogwire"
	"parley/wire/idwire"
)

func TestIDCommands(t *testing.T) {
	t.Parallel()
	_, url := up(t, t.TempDir())
	got := parleyJSON[struct{ IDs []idJSON }](t, cli.ExitOK, "id", "next", "-n", "5", "--nats", url)
	if len(got.IDs) != 5 {
		t.Fatalf("id next -n 5: %+v", got)
	}
	for i, id := range got.IDs {
		if i > 0 && id.ID <= got.IDs[i-1].ID || id.Future {
			t.Errorf("ids %+v", got.IDs)
		}
	}
	first := got.IDs[0]
	for _, form := range []string{first.ID.String(), first.Short} {
		again := parleyJSON[struct{ IDs []idJSON }](t, cli.ExitOK, "id", "decode", form)
		if len(again.IDs) != 1 || again.IDs[0] != first {
			t.Errorf("id decode %s: %+v, want %+v", form, again, first)
		}
	}
	var w workersJSON
	proc.Eventually(t, proc.Patience, "id workers", func() error { // a process that answers too late is not shown
		w = parleyJSON[workersJSON](t, cli.ExitOK, "id", "workers", "--nats", url)
		if len(w.Leases) != upIDWorkers || len(w.Processes) != upIDWorkers {
			return fmt.Errorf("%+v", w)
		}
		return nil
	})
	if *w.Processes[0].Worker == *w.Processes[1].Worker {
		t.Errorf("id workers: %+v", w)
	}
	for _, l := range w.Leases {
		if !l.Taken || l.State != idwire.LeaseHeld {
			t.Errorf("a lease is %+v, want held", l)
		}
	}
}

// Errors contain the wrong value and its limit.
func TestIDAndBlogRefusals(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, url := up(t, data)
	at := []string{"--nats", url}
	long := strings.Repeat("x", blogwire.MaxText+1)
	future := snowflake.MaxID.String()
	for _, c := range []struct {
		args []string
		want []string
	}{
		{append([]string{"id", "next", "-n", "0"}, at...), []string{"-n is 0", "4096"}},
		{append([]string{"id", "next", "-n", "-3"}, at...), []string{"-3"}},
		{append([]string{"id", "next", "-n", "1000000"}, at...), []string{"-n is 1000000", "4096"}},
		{append([]string{"id", "next", "-n", "many"}, at...), []string{"many"}},
		{[]string{"id", "decode", "12x"}, []string{`"12x"`, "decimal"}},
		{[]string{"id", "decode", "99999999999999999999999"}, []string{"99999999999999999999999"}},
		{[]string{"id", "decode", future}, []string{future, "future"}},
		{append([]string{"id", "retire", "32"}, at...), []string{"worker is 32", "31"}},
		{append([]string{"id", "retire", "0"}, at...), []string{"worker 0"}},
		{append([]string{"blog", "timeline", "nobody-yet"}, at...), []string{`"nobody-yet"`, "unknown"}},
		{append([]string{"blog", "timeline", "a b"}, at...), []string{`"a b"`}},
		{append([]string{"blog", "timeline", "--limit", "101"}, at...), []string{"limit is 101", "100"}},
		{append([]string{"blog", "post", "ada", long}, at...), []string{"text has 16385 bytes", "16384"}},
		{append([]string{"blog", "post", "ada", "  "}, at...), []string{"text is empty"}},
		{append([]string{"blog", "read", future}, at...), []string{future, "future"}},
		{append([]string{"blog", "read", "7"}, at...), []string{"7"}},
	} {
		_, errs, code := parley(t, c.args...)
		if code != cli.ExitWrong && code != cli.ExitFailed {
			t.Errorf("parley %.80s: exit %d\n%s", strings.Join(c.args, " "), code, errs)
		}
		for _, want := range c.want {
			if !strings.Contains(errs, want) {
				t.Errorf("parley %.80s: %q is not in\n%s", strings.Join(c.args, " "), want, errs)
			}
		}
	}
	// Nothing of that harmed anybody.
	post := parleyJSON[blogwire.Posts](t, cli.ExitOK, "blog", "post", "ada", "still here", "--nats", url)
	read := parleyJSON[blogwire.Posts](t, cli.ExitOK, "blog", "read", post.Posts[0].ID.String(), "--nats", url)
	if len(read.Posts) != 1 || read.Posts[0].Text != "still here" {
		t.Errorf("blog read: %+v", read)
	}
	p.Stop()

	shards, err := filepath.Glob(filepath.Join(data, "blog", "shard-*.db"))
	if err != nil || len(shards) != 8 {
		t.Fatalf("the shards are %v, %v", shards, err)
	}
	aside := shards[3] + ".aside"
	if err := os.Rename(shards[3], aside); err != nil {
		t.Fatal(err)
	}
	args := []string{"up", "--data", data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"}
	if _, errs, code := parley(t, args...); code != cli.ExitFailed || !strings.Contains(errs, "shard") || !strings.Contains(errs, "missing") {
		t.Errorf("without shard 3: exit %d\n%s", code, errs)
	}
	if err := os.Rename(aside, shards[3]); err != nil {
		t.Fatal(err)
	}
	p = start(t, args...)
	url = p.URL()
	p.Await("Ctrl-C stops")
	if again := parleyJSON[blogwire.Posts](t, cli.ExitOK, "blog", "timeline", "ada", "--nats", url); len(again.Posts) != 1 {
		t.Errorf("after the shard was back: %+v", again)
	}
}
