package shards

import (
	"cmp"
	"fmt"
	"strconv"

	"parley/wire"
)

// schemaVersion is that of the tables and of [Of]. A database of a newer build
// is refused; an older one will be migrated once there is one.
const schemaVersion = 1

// record describes a shard in its own database.
type record struct {
	version int
	// blog is the random name given to the blog when it was made.
	blog string
	// shard is its number, from 0, shards how many there are.
	shard, shards int
	// complete: every shard of the blog had its record.
	complete bool
}

// values is the record as rows of the table blog_meta.
func (r record) values() map[string]string {
	state := "making"
	if r.complete {
		state = "complete"
	}
	return map[string]string{
		"version": strconv.Itoa(r.version), "blog": r.blog, "shard": strconv.Itoa(r.shard), "shards": strconv.Itoa(r.shards), "state": state,
	}
}

// parseRecord is the inverse of [record.values]. A newer version is only read
// for its version.
func parseRecord(values map[string]string) (r record, err error) {
	number := func(name string) (n int) {
		n, e := strconv.Atoi(values[name])
		if e != nil {
			err = cmp.Or(err, fmt.Errorf("%s is %.40q, which is no number", name, values[name]))
		}
		return n
	}
	if r.version = number("version"); err != nil || r.version > schemaVersion {
		return r, err
	}
	r.blog, r.shard, r.shards, r.complete = values["blog"], number("shard"), number("shards"), values["state"] == "complete"
	if state := values["state"]; !r.complete && state != "making" {
		err = cmp.Or(err, fmt.Errorf("state is %.40q, allowed are making and complete", state))
	}
	return r, cmp.Or(err, wire.CheckToken("blog", r.blog))
}
