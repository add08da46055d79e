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

// record is what a shard's database records of itself.
type record struct {
	version int
	// blog is the random name given to the blog when it was made.
	blog string
	// shard is its number, from 0, shards how many there are.
	shard, shards int
	// complete: every shard of the blog had its record.
	complete bool
}

// The names in the table blog_meta.
const (
	metaVersion = "version"
	metaBlog    = "blog"
	metaShard   = "shard"
	metaShards  = "shards"
	metaState   = "state"
)

// The values of metaState.
const (
	stateMaking   = "making"
	stateComplete = "complete"
)

// values is the record as rows of blog_meta.
func (r record) values() map[string]string {
	state := stateMaking
	if r.complete {
		state = stateComplete
	}
	return map[string]string{
		metaVersion: strconv.Itoa(r.version), metaBlog: r.blog,
		metaShard: strconv.Itoa(r.shard), metaShards: strconv.Itoa(r.shards), metaState: state,
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
	if r.version = number(metaVersion); err != nil || r.version > schemaVersion {
		return r, err
	}
	r.blog, r.shard, r.shards = values[metaBlog], number(metaShard), number(metaShards)
	switch values[metaState] {
	case stateMaking:
	case stateComplete:
		r.complete = true
	default:
		err = cmp.Or(err, fmt.Errorf("%s is %.40q, allowed are %s and %s", metaState, values[metaState], stateMaking, stateComplete))
	}
	return r, cmp.Or(err, wire.CheckToken(metaBlog, r.blog))
}
