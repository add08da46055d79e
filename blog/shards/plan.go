package shards

import (
	"errors"
	"fmt"

	"parley/wire/blogwire"
)

// presence is what there is in a shard's place.
type presence uint8

const (
	// absent: no file.
	absent presence = iota
	// blank: a database without tables.
	blank
	// present: a database with a record.
	present
)

// finding is what was found in the place of one shard.
type finding struct {
	where string
	presence
	record
	// posts: there is at least one.
	posts bool
}

// plan is what has to be done before a blog can be used.
type plan struct {
	shards int
	// blog is empty when the records have to be written first, and mark is set when
	// they are written and not all of them are marked as complete.
	blog string
	mark bool
}

// decide decides by what was found in the places of shard 0, 1 and so on, up to the
// highest that a file or a record names. want is the number of shards asked for, 0 for
// as many as there are. fallback is that of a new blog.
func decide(found []finding, want, fallback int) (plan, error) {
	// first is the first record that is complete, or else the first of all.
	var first *finding
	for i := range found {
		f := &found[i]
		if f.presence != present {
			continue
		}
		if f.version > schemaVersion {
			return plan{}, fmt.Errorf("%s has schema version %d, this build knows versions up to %d: run the newer build that made it", f.where, f.version, schemaVersion)
		}
		if first == nil || f.complete && !first.complete {
			first = f
		}
	}
	if first == nil || !first.complete {
		return decideNew(found, first, want, fallback)
	}
	p := plan{shards: first.shards, blog: first.blog}
	if want != 0 && want != p.shards {
		return plan{}, fmt.Errorf("this blog has %d shards, and %d were asked for: the number is fixed when a blog is made, since a user's posts are found by it. "+
			"Start with %d. For another number make a new blog in another place and post everything there again", p.shards, want, p.shards)
	}
	var errs []error
	for i, f := range found {
		errs = append(errs, f.check(i, p))
		p.mark = p.mark || f.presence == present && !f.complete
	}
	return p, errors.Join(errs...)
}

// check returns what is wrong with what was found in the place of shard i.
func (f finding) check(i int, p plan) error {
	switch {
	case i >= p.shards && f.presence == absent:
		return nil
	case i >= p.shards:
		return fmt.Errorf("%s is in the place of shard %d, and this blog has shards 0 to %d: move it away", f.where, i, p.shards-1)
	case f.presence != present:
		what := "does not exist"
		if f.presence == blank {
			what = "is an empty database"
		}
		return fmt.Errorf("shard %d of %d is missing: %s %s. Put it back, or restore it from a backup of this blog. "+
			"It is not recreated, since its posts would be lost silently", i, p.shards, f.where, what)
	case f.blog != p.blog:
		return fmt.Errorf("%s belongs to the blog %s, and the shards before it to the blog %s: put the right shard %d in its place", f.where, f.blog, p.blog, i)
	case f.shards != p.shards:
		return fmt.Errorf("%s records that it is one of %d shards, the others that they are %d: restore it from a backup of this blog", f.where, f.shards, p.shards)
	case f.shard != i:
		return fmt.Errorf("%s holds shard %d and is in the place of shard %d: shards were swapped or copied, put each in its own place", f.where, f.shard, i)
	}
	return nil
}

// decideNew is [decide] where no record is marked as complete. making is the first
// record, if there is one.
func decideNew(found []finding, making *finding, want, fallback int) (plan, error) {
	if making != nil && want == 0 {
		want = making.shards
	}
	if want == 0 {
		want = fallback
	}
	if want < 1 || want > blogwire.MaxShards {
		return plan{}, fmt.Errorf("shards is %d, allowed is 1 to %d", want, blogwire.MaxShards)
	}
	if making != nil && making.shards != want {
		return plan{}, fmt.Errorf("%s is left of the making of a blog with %d shards, which did not come to its end, and %d were asked for: "+
			"start with %d, or remove it, it never held a post", making.where, making.shards, want, making.shards)
	}
	p := plan{shards: want}
	made := making != nil && len(found) >= want
	if made {
		p.blog, p.mark = making.blog, true
	}
	for i, f := range found {
		if f.posts {
			return plan{}, fmt.Errorf("%s has posts, but no shard's record is complete: the records were changed by other means. Restore all shards from a backup", f.where)
		}
		if i >= want && f.presence != absent {
			return plan{}, fmt.Errorf("%s is in the place of shard %d, and a blog with shards 0 to %d is to be made here: move it away", f.where, i, want-1)
		}
		made = made && f.check(i, p) == nil
	}
	if !made {
		p = plan{shards: want}
	}
	return p, nil
}
