package shards

import (
	"fmt"
	"sync"
	"testing"

	"parley/wire/blogwire"
)

// Lost connections are replaced.
func lostConnections(t *testing.T, k kind) {
	c := k.place(t, 2)
	for i := range c.DSNs {
		c.DSNs[i] += " application_name=lost"
	}
	set := open(t, c)
	p := add(t, set, "ada", "hello", "k")
	k.exec(t, c, 0, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='lost' AND pid<>pg_backend_pid()")
	add(t, set, "ada", "more", "")
	if got, found, err := set.Read(t.Context(), p.ID, ""); err != nil || !found || got != p {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
}

// Several processes share shards on PostgreSQL, also their making.
func severalProcesses(t *testing.T, k kind) {
	c := k.place(t, 4)
	c.NextID = new(counter).next
	const processes, requests = 3, 90
	sets := make([]*Set, processes)
	var all sync.WaitGroup
	for i := range sets {
		all.Go(func() {
			set, err := tryOpen(t, c)
			if err != nil {
				t.Error(err)
				return
			}
			sets[i] = set
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	var mu sync.Mutex
	made, answers := map[string]blogwire.Post{}, map[string]map[blogwire.Post]bool{}
	for _, set := range sets {
		defer shut(t, set)
		if set.Blog() != sets[0].Blog() {
			t.Fatalf("two blogs were made: %s and %s", set.Blog(), sets[0].Blog())
		}
		for i := range requests {
			all.Go(func() {
				user, key := fmt.Sprintf("user-%d", i%9), fmt.Sprintf("key-%d", i%45)
				r := set.Add(t.Context(), newPost(user, "text", key))
				if r.Err != nil {
					t.Error(r.Err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if _, twice := made[user+key]; twice && r.New {
					t.Errorf("%s of %s made two posts", key, user)
				}
				if r.New {
					made[user+key] = r.Post
				}
				if answers[user+key] == nil {
					answers[user+key] = map[blogwire.Post]bool{}
				}
				answers[user+key][r.Post] = true
			})
		}
	}
	all.Wait()
	if len(made) != 45 {
		t.Errorf("%d posts were made, want 45", len(made))
	}
	for who, posts := range answers {
		if len(posts) != 1 || !posts[made[who]] {
			t.Errorf("%s was answered with %v", who, posts)
		}
	}
}
