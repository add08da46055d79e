package shards

import (
	"fmt"
	"strings"
	"testing"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

// A page, whatever is in it, fits an answer.
func TestPageFits(t *testing.T) {
	for _, unit := range []string{"x", "\"", "\\", "\n", "\u2028", "é", "€", "🙂"} {
		text := "x" + strings.Repeat(unit, (blogwire.MaxText-1)/len(unit))
		var all []blogwire.Post
		for i := range blogwire.MaxPage {
			all = append(all, post(int64(snowflake.MaxID)-int64(i), strings.Repeat("u", wire.MaxUser), text))
		}
		kept, next := page(all, blogwire.MaxPage)
		size := 0
		for range kept {
			size += jsonSize(text)
		}
		data := len(wire.Encode(blogwire.Posts{V: wire.Version, Posts: kept, Next: next}))
		if size > blogwire.MaxPageBytes || data > blogwire.MaxPageBytes || len(kept) == 0 || next != kept[len(kept)-1].ID {
			t.Errorf("%q: a page of %d posts has %d bytes, counted %d, next %d", unit, len(kept), data, size, next)
		}
		if size+jsonSize(text) <= blogwire.MaxPageBytes {
			t.Errorf("%q: one more post would fit", unit)
		}
	}
}

func TestPage(t *testing.T) {
	list := func(ids ...int64) (posts []blogwire.Post) {
		for _, id := range ids {
			posts = append(posts, post(id, "ada", "x"))
		}
		return posts
	}
	for _, c := range []struct {
		posts []blogwire.Post
		limit int
		kept  []snowflake.ID
		next  snowflake.ID
	}{
		{nil, 2, nil, 0},
		{list(9), 2, []snowflake.ID{9}, 0},
		{list(9, 8), 2, []snowflake.ID{9, 8}, 0},
		{list(9, 8, 7), 2, []snowflake.ID{9, 8}, 8},
		{list(9, 8, 7), 1, []snowflake.ID{9}, 9},
		// Two with one id stay together.
		{list(9, 8, 8), 2, []snowflake.ID{9}, 9},
		{list(9, 9, 8), 2, []snowflake.ID{9, 9}, 9},
	} {
		kept, next := page(c.posts, c.limit)
		if fmt.Sprint(idsOf(kept)) != fmt.Sprint(c.kept) || next != c.next {
			t.Errorf("a page of %d from %v is %v, next %d, want %v, %d", c.limit, idsOf(c.posts), idsOf(kept), next, c.kept, c.next)
		}
	}
}
