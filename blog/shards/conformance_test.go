package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/blogwire"
)

func postsAreRead(t *testing.T, k kind) {
	set := open(t, k.place(t, 3))
	ada := add(t, set, "ada", "first", "")
	bob := add(t, set, "bob", "second", "key-1")
	if ada.User != "ada" || ada.Text != "first" || !ada.ID.Valid() || ada.At != ada.ID.Time().UnixMilli() {
		t.Errorf("stored as %+v", ada)
	}
	for _, c := range []struct {
		id    snowflake.ID
		user  string
		want  blogwire.Post
		found bool
	}{
		{ada.ID, "", ada, true},
		{ada.ID, "ada", ada, true},
		{ada.ID, "bob", blogwire.Post{}, false},
		{ada.ID, userIn(Of("ada", 3), 3), blogwire.Post{}, false}, // in the same shard
		{bob.ID, "", bob, true},
		{bob.ID + 1000, "", blogwire.Post{}, false},
		{bob.ID + 1000, "bob", blogwire.Post{}, false},
	} {
		p, found, err := set.Read(t.Context(), c.id, c.user)
		if err != nil || found != c.found || found && p != c.want {
			t.Errorf("reading %d of %q: %+v, %v, %v, want %+v, %v", c.id, c.user, p, found, err, c.want, c.found)
		}
	}
	sizes, err := set.Sizes(t.Context())
	if err != nil || len(sizes) != 3 || sizes[0]+sizes[1]+sizes[2] != 2 {
		t.Errorf("the shards hold %v, %v", sizes, err)
	}
	if c := set.Counts(); c.Posts != 2 || c.Groups != 2 {
		t.Errorf("counted %+v", c)
	}
}

func textsAreUnchanged(t *testing.T, k kind) {
	set := open(t, k.place(t, 2))
	for i, text := range []string{
		"x", "it's \"quoted\" \\ and %s", "tab\tline\r\nend ", "Grüße, 世界, 🙂, e\u0301, \u2028",
		"'; DROP TABLE blog_posts; --", "$1 ?1 :a", strings.Repeat("€", blogwire.MaxText/3), strings.Repeat("🙂", blogwire.MaxText/4),
	} {
		p := add(t, set, "Ægir_7", text, fmt.Sprintf("key 'ß' %d", i))
		got, found, err := set.Read(t.Context(), p.ID, "")
		if err != nil || !found || got.Text != text || got.User != "Ægir_7" {
			t.Errorf("%.40q was read as %.40q, %v, %v", text, got.Text, found, err)
		}
		again := set.Add(t.Context(), newPost("Ægir_7", text, fmt.Sprintf("key 'ß' %d", i)))
		if again.Err != nil || again.New || again.Post != p {
			t.Errorf("repeated it is %+v", again)
		}
	}
}

func timelinesArePaged(t *testing.T, k kind) {
	set := open(t, k.place(t, 4))
	users := []string{userIn(0, 4), userIn(1, 4), userIn(2, 4), userIn(3, 4), "ada"}
	of := map[string][]blogwire.Post{}
	var all []blogwire.Post
	for i := range 53 {
		user := users[i*i%len(users)]
		p := add(t, set, user, fmt.Sprintf("post %d", i), "")
		of[user], all = append(of[user], p), append(all, p)
	}
	pages := func(limit int, read func(before snowflake.ID) ([]blogwire.Post, snowflake.ID)) (got []blogwire.Post) {
		for before := snowflake.MaxID; ; {
			page, next := read(before)
			if len(page) > limit || next != 0 && len(page) != limit {
				t.Fatalf("a page of %d has %d posts and next %d", limit, len(page), next)
			}
			got = append(got, page...)
			if before = next; next == 0 {
				return got
			}
		}
	}
	for _, limit := range []int{1, 7, 53, 100} {
		got := pages(limit, func(before snowflake.ID) ([]blogwire.Post, snowflake.ID) {
			page, next, err := set.Newest(t.Context(), before, limit)
			if err != nil {
				t.Fatal(err)
			}
			return page, next
		})
		if want := newestFirst(all); !slices.Equal(got, want) {
			t.Errorf("all in pages of %d are %v, want %v", limit, idsOf(got), idsOf(want))
		}
		for user, posts := range of {
			got := pages(limit, func(before snowflake.ID) ([]blogwire.Post, snowflake.ID) {
				page, next, found, err := set.Timeline(t.Context(), user, before, limit)
				if err != nil || !found {
					t.Fatal(found, err)
				}
				return page, next
			})
			if want := newestFirst(posts); !slices.Equal(got, want) {
				t.Errorf("%s in pages of %d is %v, want %v", user, limit, idsOf(got), idsOf(want))
			}
		}
	}
	// Below the first post of a user the page is empty; only a user who never posted is
	// unknown.
	if page, next, found, err := set.Timeline(t.Context(), "ada", of["ada"][0].ID, 10); len(page) != 0 || next != 0 || !found || err != nil {
		t.Errorf("before the first: %v, %d, %v, %v", page, next, found, err)
	}
	if _, _, found, err := set.Timeline(t.Context(), "nobody", snowflake.MaxID, 10); found || err != nil {
		t.Errorf("nobody: %v, %v", found, err)
	}
}

// A reader of pages reads no post twice and misses none that was stored at first.
func pagesWhileOthersWrite(t *testing.T, k kind) {
	set := open(t, k.place(t, 4))
	there := map[snowflake.ID]bool{}
	for i := range 40 {
		there[add(t, set, fmt.Sprintf("user-%d", i), "before", "").ID] = true
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				set.Add(context.Background(), newPost(fmt.Sprintf("writer-%d-%d", w, i%7), "meanwhile", ""))
			}
		})
	}
	read := map[snowflake.ID]bool{}
	for before := snowflake.MaxID; ; {
		page, next, err := set.Newest(t.Context(), before, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			if read[p.ID] || p.ID >= before {
				t.Errorf("%d was read twice, or is not below %d", p.ID, before)
			}
			read[p.ID], before = true, p.ID
		}
		if next == 0 {
			break
		}
	}
	stop()
	writers.Wait()
	for id := range there {
		if !read[id] {
			t.Errorf("%d was missed", id)
		}
	}
}

func aKeyMakesOnePost(t *testing.T, k kind) {
	set := open(t, k.place(t, 3))
	first := add(t, set, "ada", "hello", "k")
	r := set.Add(t.Context(), newPost("ada", "hello", "k"))
	if r.Err != nil || r.New || r.Post != first {
		t.Errorf("repeated: %+v, want %+v", r, first)
	}
	r = set.Add(t.Context(), newPost("ada", "other", "k"))
	code(t, r.Err, wire.CodeConflict, `"k"`, `"ada"`, first.ID.String(), "another text", "new key")
	// A key belongs to one user, also in one shard.
	for _, user := range []string{"bob", userIn(Of("ada", 3), 3)} {
		if p := add(t, set, user, "other", "k"); p.User != user || p.ID == first.ID {
			t.Errorf("%s's post is %+v", user, p)
		}
	}
	// Without a key every request makes a post.
	if a, b := add(t, set, "ada", "same", ""), add(t, set, "ada", "same", ""); a.ID == b.ID {
		t.Error("two posts without a key are one")
	}
	if c := set.Counts(); c.Posts != 5 || c.Repeats != 1 || c.Conflicts != 1 {
		t.Errorf("counted %+v", c)
	}
}

func oneKeyAtTheSameTime(t *testing.T, k kind) {
	set := open(t, k.place(t, 3))
	const requests, keys = 120, 5
	results := make([]Stored, requests)
	var all sync.WaitGroup
	for i := range requests {
		all.Go(func() {
			results[i] = set.Add(t.Context(), newPost("ada", fmt.Sprintf("text %d", i%(2*keys)), fmt.Sprintf("key-%d", i%keys)))
		})
	}
	all.Wait()
	made := map[string]blogwire.Post{}
	for i, r := range results {
		key := fmt.Sprintf("key-%d", i%keys)
		if r.New {
			if p, twice := made[key]; twice {
				t.Errorf("%s made the posts %d and %d", key, p.ID, r.Post.ID)
			}
			made[key] = r.Post
		}
	}
	for i, r := range results {
		p, text := made[fmt.Sprintf("key-%d", i%keys)], fmt.Sprintf("text %d", i%(2*keys))
		switch {
		case p.Text == text && (r.Err != nil || r.Post != p):
			t.Errorf("request %d got %+v, want %+v", i, r, p)
		case p.Text != text:
			code(t, r.Err, wire.CodeConflict)
		}
	}
	if len(made) != keys {
		t.Errorf("%d keys made posts, want %d", len(made), keys)
	}
}

// poison makes shard i fail at posts with the text "poison".
func poison(t *testing.T, k kind, c Config, i int) {
	if k.name == "sqlite" {
		k.exec(t, c, i, `CREATE TRIGGER poison BEFORE INSERT ON blog_posts WHEN NEW.text='poison'
			BEGIN SELECT RAISE(ROLLBACK, 'poisoned'); END`)
		return
	}
	k.exec(t, c, i, `ALTER TABLE blog_posts ADD CONSTRAINT poison CHECK (text<>'poison')`)
}

func aBadPostFailsAlone(t *testing.T, k kind) {
	c := k.place(t, 1)
	shut(t, openUnclosed(t, c))
	poison(t, k, c, 0)
	set := open(t, c)
	const posts = 60
	results := make([]Stored, posts)
	var all sync.WaitGroup
	for i := range posts {
		text := "good"
		if i%20 == 7 {
			text = "poison"
		}
		all.Go(func() { results[i] = set.Add(t.Context(), newPost(fmt.Sprintf("user-%d", i), text, "")) })
	}
	all.Wait()
	for i, r := range results {
		if i%20 == 7 {
			code(t, r.Err, wire.CodeUnavailable, "not stored", "poison")
		} else if r.Err != nil {
			t.Errorf("post %d: %v", i, r.Err)
		}
	}
	if sizes, err := set.Sizes(t.Context()); err != nil || sizes[0] != posts-3 {
		t.Errorf("the shard holds %v posts, %v", sizes, err)
	}
}

// openUnclosed opens a set that the test closes itself.
func openUnclosed(t testing.TB, c Config, h ...hooks.Hooks) *Set {
	t.Helper()
	set, err := tryOpen(t, c, h...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func anIDGivenTwice(t *testing.T, k kind) {
	c, log := k.place(t, 1), &logBuffer{}
	same := snowflake.NewID(28_000_000_000, 9, 1)
	ids := new(counter)
	give := ids.next
	c.NextID = func(ctx context.Context) (snowflake.ID, error) { return give(ctx) }
	c.Log = log.logger()
	set := open(t, c)
	give = func(context.Context) (snowflake.ID, error) { return same, nil }
	first := add(t, set, "ada", "first", "")
	// The same again, by anybody, with any key, even with the very same text.
	for _, p := range []blogwire.NewPost{newPost("bob", "second", ""), newPost("ada", "first", ""), newPost("ada", "first", "k")} {
		r := set.Add(t.Context(), p)
		code(t, r.Err, wire.CodeViolation, same.String(), "worker 9", "twice", "nothing was overwritten")
	}
	if got, found, err := set.Read(t.Context(), same, ""); err != nil || !found || got != first {
		t.Errorf("it is %+v now, %v, %v", got, found, err)
	}
	if n := set.Counts().Violations; n != 3 || !log.contains("twice") || !log.contains(same.String()) {
		t.Errorf("%d violations were counted, and logged is %s", n, log.all.String())
	}
	// Twice in one group: the second is refused before it is tried.
	group := []*op{newOp(newPost("a", "1", "")), newOp(newPost("b", "2", ""))}
	if numbered := set.shards[0].assign(t.Context(), group); len(numbered) != 1 {
		t.Errorf("%d of a group with one id are stored", len(numbered))
	}
	code(t, (<-group[1].done).Err, wire.CodeViolation)
	give = ids.next
	add(t, set, "ada", "after", "")
}

func oneIDInTwoShards(t *testing.T, k kind) {
	c, log := k.place(t, 2), &logBuffer{}
	same := snowflake.NewID(28_000_000_000, 9, 1)
	c.NextID, c.Log = func(context.Context) (snowflake.ID, error) { return same, nil }, log.logger()
	set := open(t, c)
	a := add(t, set, userIn(0, 2), "a", "")
	b := add(t, set, userIn(1, 2), "b", "")
	_, _, err := set.Read(t.Context(), same, "")
	code(t, err, wire.CodeViolation, same.String(), "shards 0 and 1", "name the user")
	for _, want := range []blogwire.Post{a, b} {
		if p, found, err := set.Read(t.Context(), same, want.User); p != want || !found || err != nil {
			t.Errorf("with the user it is %+v, %v, %v", p, found, err)
		}
	}
	if page, _, err := set.Newest(t.Context(), snowflake.MaxID, 10); err != nil || len(page) != 2 {
		t.Errorf("the newest are %v, %v", page, err)
	}
	if !log.contains("two posts have one id") || set.Counts().Violations != 1 {
		t.Errorf("counted %+v, logged is %s", set.Counts(), log.all.String())
	}
}

func noIDs(t *testing.T, k kind) {
	c, ids := k.place(t, 2), new(counter)
	var failure error
	c.NextID = func(ctx context.Context) (snowflake.ID, error) {
		if failure != nil {
			return 0, failure
		}
		return ids.next(ctx)
	}
	set := open(t, c)
	first := add(t, set, "ada", "hello", "k")
	failure = errors.New("no answer")
	code(t, set.Add(t.Context(), newPost("ada", "more", "k2")).Err, wire.CodeUnavailable, "not stored", "no id", "no answer")
	code(t, set.Add(t.Context(), newPost("ada", "more", "")).Err, wire.CodeUnavailable, "not stored", "no id")
	// A stored post needs none.
	if r := set.Add(t.Context(), newPost("ada", "hello", "k")); r.Err != nil || r.New || r.Post != first {
		t.Errorf("repeated: %+v", r)
	}
	code(t, set.Add(t.Context(), newPost("ada", "other", "k")).Err, wire.CodeConflict)
	failure = nil
	add(t, set, "ada", "more", "k2")
}

func postsShareACommit(t *testing.T, k kind) {
	c := k.place(t, 1)
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h := hooks.Hooks{Step: func(point string) {
		if point == StepPostBeforeCommit {
			once.Do(func() { close(held); <-release })
		}
	}}
	set := open(t, c, h)
	const posts = 2*maxGroup + 1
	var all sync.WaitGroup
	all.Go(func() { add(t, set, "first", "x", "") })
	<-held
	for i := range posts - 1 {
		all.Go(func() { add(t, set, fmt.Sprintf("user-%d", i), "x", "") })
	}
	for len(set.shards[0].queue) < posts-1 {
		if t.Context().Err() != nil {
			t.Fatal("the posts are not queued")
		}
	}
	close(release)
	all.Wait()
	if c := set.Counts(); c.Posts != posts || c.Groups != 3 {
		t.Errorf("%d posts took %d transactions, want %d and 3", c.Posts, c.Groups, posts)
	}
}

func everythingIsReopened(t *testing.T, k kind) {
	c := k.place(t, 3)
	c.NextID = new(counter).next
	set := openUnclosed(t, c)
	blog := set.Blog()
	p := add(t, set, "ada", "hello", "k")
	shut(t, set)
	shut(t, set) // does nothing
	code(t, set.Add(t.Context(), newPost("ada", "late", "")).Err, wire.CodeUnavailable, "not stored", "ending")
	c.Shards = 0
	set = open(t, c)
	if set.Blog() != blog || set.Len() != 3 {
		t.Errorf("it is the blog %s with %d shards now, it was %s", set.Blog(), set.Len(), blog)
	}
	if r := set.Add(t.Context(), newPost("ada", "hello", "k")); r.Err != nil || r.New || r.Post != p {
		t.Errorf("repeated: %+v, want %+v", r, p)
	}
}
