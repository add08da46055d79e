package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/blog"
	"parley/internal/catalog"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// TestReadme types what the README shows for `parley up`, on fresh data and in
// its order, and sees what it shows.
func TestReadme(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	p := r.start("up", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	r.url = p.URL()
	p.Await("Ctrl-C stops everything")
	r.page = regexp.MustCompile(`http://[0-9.:]+/`).FindString(p.Await("^Open http://"))
	observe := r.start("observe")
	observe.Await("^observing")

	played := 0
	for _, heading := range []string{"A minute with it", "Unique IDs", "Chat"} {
		for _, c := range prompted(section(t, heading)) {
			played++
			if err := r.try(c); err != nil {
				t.Error(err)
			}
			if c.exit() == exitAborted {
				// It gives its courier back a moment after the answer.
				r.settled()
			}
		}
	}
	if played < 15 {
		t.Errorf("the README shows only %d commands", played)
	}

	// What observe has printed about the first order, and about one that is
	// refused, is in the documents.
	const placed, refused = `"quantity":2}`, `"quantity":100000}`
	if out, code := r.run("./parley order margherita 100000"); code != exitAborted {
		t.Errorf("an order of too much: exit %d\n%s", code, out)
	}
	r.settled()
	life := blocks(t, document(t, "docs/PROTOCOL.md"), "\n## The life of a transaction\n", "\n## ")
	for _, c := range []struct {
		where  string
		blocks []string
		order  string
	}{
		{"README.md", section(t, "A minute with it"), placed},
		{"PROTOCOL.md", life, placed},
		{"PROTOCOL.md", life, refused},
	} {
		i := slices.IndexFunc(c.blocks, func(b string) bool { return strings.Contains(b, " submit ") && strings.Contains(b, c.order) })
		if i < 0 {
			t.Fatalf("%s does not show an order with %s", c.where, c.order)
		}
		want := conversation(strings.Split(c.blocks[i], "\n"), c.order)
		eventually(t, patience, "observe prints what "+c.where+" shows", func() error {
			if got := conversation(observe.Lines(), c.order); !slices.Equal(got, want) {
				return fmt.Errorf("of the order with %s it prints\n%s\nshown is\n%s", c.order, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			return nil
		})
	}
	observe.Stop()
	r.requests()
	p.Stop()
}

// settled waits until nothing is under way.
func (r *reader) settled() {
	r.Helper()
	eventually(r, patience, "finishing everything", func() error {
		return r.try(shown{"./parley tx list", "Nothing is unfinished or in doubt."})
	})
}

// conversation is what observe prints about the first order that has a text in
// it, less what differs: who is faster, and what is repeated meanwhile.
func conversation(lines []string, order string) (about []string) {
	id := ""
	for _, l := range lines {
		// When, who, "->", whom, what, which transaction.
		f := strings.Fields(l)
		if len(f) < 6 || !strings.Contains(l, order) && (id == "" || f[5] != id) {
			continue
		}
		if id == "" && f[4] == "prepare" {
			id = f[5]
		}
		switch {
		case f[4] == "submit": // which has no id yet
			about = append(about, mask(l))
		case f[5] == id:
			about = append(about, mask(strings.ReplaceAll(l, id, "TRANSACTION")))
		}
	}
	slices.Sort(about)
	return slices.Compact(about)
}

// requests sends what the documents send with the nats command.
func (r *reader) requests() {
	r.Helper()
	nc, err := nats.Connect(r.url)
	if err != nil {
		r.Fatal(err)
	}
	defer nc.Close()
	sent := 0
	for _, path := range []string{"README.md", "docs/GUIDE.md", "docs/PROTOCOL.md"} {
		for _, m := range regexp.MustCompile(`nats req(?:uest)? (\S+) '([^']*)'`).FindAllStringSubmatch(document(r, path), -1) {
			sent++
			answer, err := nc.Request(m[1], []byte(m[2]), patience)
			if err != nil {
				r.Fatalf("%s: %s: %v", path, m[0], err)
			}
			var a struct {
				V    int       `json:"v"`
				Code wire.Code `json:"code"`
			}
			if err := json.Unmarshal(answer.Data, &a); err != nil || a.V != wire.Version || a.Code != "" {
				r.Errorf("%s: %s is answered with %s", path, m[0], answer.Data)
			}
		}
	}
	if sent < 3 {
		r.Errorf("the documents send only %d requests", sent)
	}
}

// TestReadmeApart runs the roles as the README's "Kill it" does, on fresh data,
// and kills each of them.
func TestReadmeApart(t *testing.T) {
	t.Parallel()
	kill := section(t, "Kill it")
	lines := typed(t, kill, "./parley broker")
	after := prompted(kill)
	if len(after) == 0 {
		t.Fatal("the README does not show what to do with the roles")
	}
	r := newReader(t)
	roles := r.roles(lines)
	play := func(shown []shown) {
		t.Helper()
		for _, c := range shown {
			eventually(t, patience, c.line, func() error { return r.try(c) })
		}
	}
	play(after)
	for _, line := range lines {
		p := roles[line]
		if p == nil {
			continue // init has ended
		}
		p.Kill()
		eventually(t, patience, "starting it again: "+line, func() (err error) {
			roles[line], err = r.role(line)
			return err
		})
		play(after[:1])
	}
	play(after)
	r.stop(lines, roles)
}

// TestOperationsApart does that with all the roles, as OPERATIONS.md starts
// them, and reads a post at the address that the README names for the blog.
func TestOperationsApart(t *testing.T) {
	t.Parallel()
	lines := typed(t, blocks(t, document(t, "docs/OPERATIONS.md"), "\n## Processes\n", "\n### "), "parley broker --data")
	r := newReader(t)
	roles := r.roles(lines)
	if err := r.try(shown{"parley blog post ada 'Two phases are enough.'", ""}); err != nil {
		t.Error(err)
	}
	m := regexp.MustCompile("`(curl -s http://" + regexp.QuoteMeta(blog.DefaultListen) + "/[^`]*)`").FindStringSubmatch(document(t, "docs/GUIDE.md"))
	served := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "blog serve") })
	if m == nil || served < 0 {
		t.Fatalf("the README does not name the blog's address %s, or OPERATIONS.md does not run it", blog.DefaultListen)
	}
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(roles[lines[served]].Await("^the blog is ready"))
	if out, _ := r.run(strings.Replace(m[1], blog.DefaultListen, address, 1)); !strings.Contains(out, "Two phases are enough.") {
		t.Errorf("%s prints %s", m[1], out)
	}
	r.stop(lines, roles)
}

// roles starts what the lines start, one after the other, by line. What ends by
// itself is not in it.
func (r *reader) roles(lines []string) map[string]*process {
	r.Helper()
	all := map[string]*process{}
	for _, line := range lines {
		if strings.Contains(line, "parley init") {
			if out, code := r.run(line); code != exitOK || strings.Count(out, " is created, ") != len(catalog.Streams()) {
				r.Fatalf("%s: exit %d\n%s", line, code, out)
			}
			continue
		}
		p, err := r.role(line)
		if err != nil {
			r.Fatal(err)
		}
		all[line] = p
	}
	return all
}

// role starts a role and returns when it is ready, or an error if somebody has
// taken its port.
func (r *reader) role(line string) (*process, error) {
	r.Helper()
	args := strings.Fields(strings.ReplaceAll(line, "/var/lib/parley", r.dir+"/data"))[1:]
	ready := args[0] + " is ready"
	switch args[0] {
	case "broker":
		listen := "127.0.0.1:0"
		if r.url != "" { // where the others look for it
			listen = strings.TrimPrefix(r.url, "nats://")
		}
		args, ready = append(args, "--listen", listen), "NATS listens on"
	case "blog":
		args = append(args, "--http", "127.0.0.1:0")
	}
	p := r.start(args...)
	for !strings.Contains(p.Output(), ready) {
		if p.Ended() && !strings.Contains(p.Output(), ready) {
			return nil, errors.New(line + " ended: " + p.Output())
		}
		p.OneMore()
	}
	if args[0] == "broker" {
		r.url = p.URL()
	}
	return p, nil
}

// stop stops the roles, the broker last.
func (r *reader) stop(lines []string, roles map[string]*process) {
	r.Helper()
	for _, line := range slices.Backward(lines) {
		if p := roles[line]; p != nil {
			p.Stop()
		}
	}
}

// readme types what the README shows for a cluster.
func (c *clusterHarness) readme() {
	c.t.Helper()
	r := newReader(c.t)
	r.url = c.nats
	all := prompted(section(c.t, "A cluster on your machine"))
	if len(all) < 3 || !strings.HasPrefix(all[0].line, "export PARLEY_NATS=") || strings.Count(all[0].line, "nats://") != 3 {
		c.t.Fatalf("the README shows %q", all)
	}
	for _, s := range all[1:] {
		eventually(c.t, patience, s.line, func() error { return r.try(s) })
	}
}
