package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/blog/blogclient"
	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/test/proc"
	"parley/wire/blogwire"
)

// A post that was acknowledged is stored after SIGKILL of the blog and of the
// broker; one that was repeated with its key is stored once.
func TestPostsSurvive(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	broker := binary.StartBroker(t, data)
	url := broker.URL()
	start(t, "idworker", "--nats", url).Await("the idworker is ready")
	serve := func() *process {
		p := start(t, "blog", "--nats", url, "--data", data, "--http", "127.0.0.1:0")
		p.Await("the blog is ready")
		return p
	}
	blog := serve()
	nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: url, Name: "blog test"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	client, err := blogclient.New(nc)
	if err != nil {
		t.Fatal(err)
	}

	const users, least = 12, 50
	acked := make([]map[string]blogwire.Post, users) // by key
	writing, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	enough := make(chan int, users*10_000)
	for u := range users {
		acked[u] = make(map[string]blogwire.Post)
		all.Go(func() {
			user := fmt.Sprintf("user-%d", u)
			for n := 0; writing.Err() == nil; n++ {
				key := fmt.Sprintf("key-%d", n)
				p, ok := insist(writing, client, blogwire.NewPost{User: user, Text: "text of " + key, Key: key})
				if ok {
					acked[u][key] = p
					enough <- u
				}
			}
		})
	}
	some := func(n int) {
		t.Helper()
		for range n {
			select {
			case <-enough:
			case <-time.After(patience):
				t.Fatal("no more posts are acknowledged")
			}
		}
	}
	for range 3 {
		some(users * least)
		blog.Kill()
		blog = serve()
		some(users * least)
		broker.Kill()
		broker.Restart()
	}
	some(users * least)
	stop()
	all.Wait()

	total := 0
	for u := range users {
		there := timeline(t, client, fmt.Sprintf("user-%d", u))
		for key, p := range acked[u] {
			total++
			if got, ok := there[p.ID]; !ok || got.Text != p.Text {
				t.Errorf("the post %d with key %s was acknowledged; now it is %+v", p.ID, key, got)
			}
			delete(there, p.ID)
		}
		// Unacknowledged ones may be stored too: at most the last one.
		if len(there) > 1 {
			t.Errorf("user-%d has %d posts that were not acknowledged", u, len(there))
		}
	}
	t.Logf("%d posts were acknowledged, over 3 kills of the blog and 3 of the broker; all are stored, once", total)
}

// insist repeats a post with its key until it is acknowledged or ctx ends.
func insist(ctx context.Context, client *blogclient.Client, p blogwire.NewPost) (blogwire.Post, bool) {
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		got, err := client.Post(attempt, p)
		cancel()
		if err == nil {
			return got, true
		}
		select {
		case <-ctx.Done():
		case <-time.After(proc.Poll):
		}
	}
	return blogwire.Post{}, false
}

// timeline is all of a user's posts, page by page, which must be newest first.
func timeline(t testing.TB, client *blogclient.Client, user string) map[snowflake.ID]blogwire.Post {
	t.Helper()
	there := make(map[snowflake.ID]blogwire.Post)
	for before := snowflake.ID(0); ; {
		page, err := client.Timeline(t.Context(), blogwire.PageRequest{User: user, Before: before, Limit: blogwire.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Posts {
			if before != 0 && p.ID >= before {
				t.Fatalf("%s: %d stands below %d", user, p.ID, before)
			}
			before = p.ID
			there[p.ID] = p
		}
		if page.Next == 0 {
			return there
		}
	}
}
