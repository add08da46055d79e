package shards

import (
	"strings"
	"testing"
)

const (
	blogA = "aaaabbbbccccdddd"
	blogB = "bbbbccccddddeeee"
)

// TestDecide has a plan or an error for everything that can be found.
func TestDecide(t *testing.T) {
	rec := func(blog string, shard, shards int, complete bool) finding {
		return finding{presence: present, record: record{version: schemaVersion, blog: blog, shard: shard, shards: shards, complete: complete}}
	}
	done := func(i int) finding { return rec(blogA, i, 3, true) }
	making := func(i int) finding { return rec(blogA, i, 3, false) }
	none, empty := finding{presence: absent}, finding{presence: blank}
	newer, posts := done(1), making(1)
	newer.version, posts.posts = schemaVersion+1, true
	for _, c := range []struct {
		what  string
		found []finding
		want  int
		plan  plan
		err   string // empty if the plan is good
	}{
		{"nothing", nil, 0, plan{shards: 5}, ""},
		{"nothing, with a number", []finding{none, none, none}, 3, plan{shards: 3}, ""},
		{"files that never got a table", []finding{none, empty, none}, 3, plan{shards: 3}, ""},
		{"an unfinished making", []finding{making(0), making(1), none}, 3, plan{shards: 3}, ""},
		{"an unfinished making, without a number", []finding{making(0), making(1), none}, 0, plan{shards: 3}, ""},
		{"two unfinished makings", []finding{making(0), rec(blogB, 1, 3, false), none}, 3, plan{shards: 3}, ""},
		{"a making without marks", []finding{making(0), making(1), making(2)}, 3, plan{3, blogA, true}, ""},
		{"a making without marks, swapped", []finding{making(0), making(2), making(1)}, 3, plan{shards: 3}, ""},
		{"a making without its last marks", []finding{done(0), making(1), making(2)}, 3, plan{3, blogA, true}, ""},
		{"a whole blog", []finding{done(0), done(1), done(2)}, 3, plan{3, blogA, false}, ""},
		{"a whole blog, without a number", []finding{done(0), done(1), done(2)}, 0, plan{3, blogA, false}, ""},

		{"too many shards", nil, 1025, plan{}, "shards is 1025, allowed is 1 to 1024"},
		{"another number of an unfinished making", []finding{making(0), none, none, none}, 4, plan{}, "with 3 shards, which did not come to its end, and 4 were asked for"},
		{"something where no shard will be", []finding{none, none, none, empty}, 3, plan{}, "in the place of shard 3"},
		{"posts in an unfinished blog", []finding{making(0), posts, none}, 3, plan{}, "has posts"},
		{"a newer build's", []finding{done(0), newer, done(2)}, 3, plan{}, "schema version 2"},
		{"fewer asked for", []finding{done(0), done(1), done(2)}, 2, plan{}, "has 3 shards, and 2 were asked for"},
		{"more asked for", []finding{done(0), done(1), done(2), none}, 4, plan{}, "has 3 shards, and 4 were asked for"},
		{"one missing", []finding{done(0), none, done(2)}, 3, plan{}, "shard 1 of 3 is missing"},
		{"the first missing", []finding{none, done(1), done(2)}, 0, plan{}, "shard 0 of 3 is missing"},
		{"one empty", []finding{done(0), empty, done(2)}, 3, plan{}, "shard 1 of 3 is missing"},
		{"two swapped", []finding{done(0), done(2), done(1)}, 3, plan{}, "holds shard 2 and is in the place of shard 1"},
		{"one copied", []finding{done(0), done(0), done(2)}, 3, plan{}, "holds shard 0 and is in the place of shard 1"},
		{"another blog's", []finding{done(0), rec(blogB, 1, 3, true), done(2)}, 3, plan{}, "belongs to the blog " + blogB},
		{"another blog's that is unfinished", []finding{done(0), rec(blogB, 1, 3, false), done(2)}, 3, plan{}, "belongs to the blog " + blogB},
		{"one of another number", []finding{done(0), rec(blogA, 1, 4, true), done(2)}, 3, plan{}, "one of 4 shards"},
		{"one too many", []finding{done(0), done(1), done(2), done(0)}, 3, plan{}, "in the place of shard 3"},
	} {
		t.Run(c.what, func(t *testing.T) {
			p, err := decide(c.found, c.want, 5)
			switch {
			case c.err == "" && (err != nil || p != c.plan):
				t.Errorf("decided %+v, %v, want %+v", p, err, c.plan)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}

func TestRecord(t *testing.T) {
	r := record{version: schemaVersion, blog: blogA, shard: 2, shards: 3, complete: true}
	if again, err := parseRecord(r.values()); err != nil || again != r {
		t.Errorf("%+v was parsed as %+v, %v", r, again, err)
	}
	for name, bad := range map[string]string{"version": "", "blog": "short", "shard": "two", "shards": "", "state": "fine"} {
		values := r.values()
		values[name] = bad
		if _, err := parseRecord(values); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("with %s = %q: %v", name, bad, err)
		}
	}
	newer := map[string]string{"version": "2", "something": "else"}
	if got, err := parseRecord(newer); err != nil || got.version != 2 {
		t.Errorf("a newer record is %+v, %v", got, err)
	}
}
