package shards

import (
	"testing"

	"parley/blog/pgtest"
)

// suite has the tests of every kind of database.
func suite() map[string]func(*testing.T, kind) {
	return map[string]func(*testing.T, kind){
		"posts are read":                 postsAreRead,
		"texts are unchanged":            textsAreUnchanged,
		"timelines are paged":            timelinesArePaged,
		"pages while others write":       pagesWhileOthersWrite,
		"a key makes one post":           aKeyMakesOnePost,
		"one key at the same time":       oneKeyAtTheSameTime,
		"a bad post fails alone":         aBadPostFailsAlone,
		"an id given twice":              anIDGivenTwice,
		"one id in two shards":           oneIDInTwoShards,
		"no ids":                         noIDs,
		"posts that wait share a commit": postsShareACommit,
		"everything is reopened":         everythingIsReopened,

		"committed with an error":     committedSilently,
		"lost with an error":          lostSilently,
		"never known":                 neverKnown,
		"certainly not committed":     certainlyNot,
		"a shard that was replaced":   replaced,
		"time is up":                  timeIsUp,
		"busy":                        busy,
		"the end comes too soon":      endTooSoon,
		"a shard that cannot be read": unreadable,

		"another number of shards":    anotherNumber,
		"a newer build's":             newerBuilds,
		"a damaged record":            damagedRecord,
		"dropped tables":              tablesDropped,
		"another program's":           anotherPrograms,
		"posts in an unfinished blog": postsInAnUnfinished,
		"shards of two blogs":         twoBlogs,
		"shards that were swapped":    swapped,
		"killed while it is made":     killedWhileMaking,
		"killed while it takes posts": killedWhilePosting,
	}
}

func TestSQLite(t *testing.T) { runAll(t, sqliteKind(), suite()) }

func TestPostgres(t *testing.T) {
	server := pgtest.Run(t)
	k := postgresKind(server)
	runAll(t, k, suite())
	runAll(t, k, map[string]func(*testing.T, kind){
		"lost connections":  lostConnections,
		"several processes": severalProcesses,
		"places":            func(t *testing.T, _ kind) { postgresPlaces(t, server) },
	})
}

func runAll(t *testing.T, k kind, tests map[string]func(*testing.T, kind)) {
	for name, fn := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, k)
		})
	}
}
