package blog_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/blog"
	"parley/blog/pgtest"
	"parley/broker/brokertest"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
)

// envChild makes this binary run as a blog; its value is JSON of child.
const envChild = "PARLEY_TEST_CHILD"

type child struct {
	URL, Dir string
	DSNs     []string
	// IDs is where its ids begin.
	IDs int64
}

// TestChild is a blog in a separate process, until it is killed.
func TestChild(t *testing.T) {
	if os.Getenv(envChild) == "" {
		return // this is not one
	}
	var c child
	if err := json.Unmarshal([]byte(os.Getenv(envChild)), &c); err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(c.URL, nats.MaxReconnects(-1), nats.ReconnectBufSize(-1))
	if err != nil {
		t.Fatal(err)
	}
	ids := new(counter)
	ids.n.Store(c.IDs)
	b, err := blog.New(blog.Config{Dir: c.Dir, DSNs: c.DSNs}, blog.Deps{NATS: nc, NextID: ids.next})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-b.Ready()
		fmt.Println("ready")
	}()
	t.Fatal(b.Run(context.Background()))
}

// launch starts a child and waits until it is ready.
func launch(t *testing.T, c child) *exec.Cmd {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), envChild+"="+string(data))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	var output strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return cmd
		}
		fmt.Fprintln(&output, lines.Text())
	}
	t.Fatalf("the blog did not start:\n%s", output.String())
	return nil
}

// kill ends it as kill -9 does.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// A post that was acknowledged is stored after the blog was killed; one that was not is
// stored once, if the request was repeated with its key.
func TestKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); killed(t, child{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); killed(t, child{DSNs: pgtest.Run(t).Schemas(t, 4)}) })
}

func killed(t *testing.T, c child) {
	server := brokertest.Run(t)
	c.URL = server.URL()
	client := newClient(t, server.Connect(t))
	const rounds, writers, perRound = 2, 16, 60
	stored := map[string]blogwire.Post{}
	var mu sync.Mutex
	cmd := launch(t, c)
	for round := range rounds {
		enough := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range perRound {
					key := fmt.Sprintf("%d-%d-%d", round, w, i)
					p, err := client.Post(ctx, blogwire.NewPost{User: fmt.Sprintf("user-%d", i%11), Text: "text " + key, Key: key})
					if err != nil {
						t.Errorf("posting %s: %v", key, err)
						return
					}
					mu.Lock()
					stored[p.User+" "+key] = p
					if len(stored) == round*writers*perRound+writers*perRound/2 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		<-enough // in the middle of it
		kill(cmd)
		c.IDs = int64(round+1) << 20
		cmd = launch(t, c)
		all.Wait()
		cancel()
	}
	// All posts are stored once, in order, and no others.
	var read []blogwire.Post
	for p, err := range client.All(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, p)
	}
	if len(stored) != rounds*writers*perRound || len(read) != len(stored) {
		t.Errorf("%d posts were acknowledged of %d, and %d are stored", len(stored), rounds*writers*perRound, len(read))
	}
	if !slices.IsSortedFunc(read, func(a, b blogwire.Post) int { return int(b.ID - a.ID) }) {
		t.Error("they are not in order")
	}
	for _, p := range read {
		if key := p.User + " " + strings.TrimPrefix(p.Text, "text "); stored[key] != p {
			t.Errorf("%+v is stored, acknowledged was %+v", p, stored[key])
		}
	}
	t.Logf("%d posts were acknowledged around %d kills, all are stored once", len(stored), rounds)
}

// Two processes on PostgreSQL share the requests, and keys hold across them.
func TestTwoProcesses(t *testing.T) {
	server, dsns := brokertest.Run(t), pgtest.Run(t).Schemas(t, 3)
	ids := new(counter)
	a := start(t, server, blog.Config{DSNs: dsns}, ids.next)
	b := start(t, server, blog.Config{DSNs: dsns}, ids.next)
	client := newClient(t, server.Connect(t))
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			key := fmt.Sprint(i % 100)
			p, err := client.Post(t.Context(), blogwire.NewPost{User: "user-" + key, Text: "text", Key: key})
			if err != nil || p.User != "user-"+key {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
	all.Wait()
	x, y := a.Counts(), b.Counts()
	if x.Posts == 0 || y.Posts == 0 || x.Posts+y.Posts != 100 || x.Repeats+y.Repeats != 100 {
		t.Errorf("one counted %+v, the other %+v", x, y)
	}
	if err := a.stop(); err != nil {
		t.Error(err)
	}
	if _, err := client.Post(t.Context(), blogwire.NewPost{User: "ada", Text: "with one"}); err != nil {
		t.Error(err)
	}
}
