package shards

import (
	"testing"

	"parley/blog/pgtest"
)

// suite is what holds on any database.
func suite() map[string]func(*testing.T, ground) {
	return map[string]func(*testing.T, ground){
		"posts are read":                 postsAreRead,
		"texts come back as they were":   textsComeBack,
		"timelines are paged":            timelinesArePaged,
		"pages while others write":       pagesWhileOthersWrite,
		"a key makes one post":           aKeyMakesOnePost,
		"one key at the same time":       oneKeyAtTheSameTime,
		"a bad post fails alone":         aBadPostFailsAlone,
		"an id given twice":              anIDGivenTwice,
		"one id in two shards":           oneIDInTwoShards,
		"no ids":                         noIDs,
		"posts that wait share a commit": postsShareACommit,
		"it is all there again":          itIsAllThereAgain,

		"committed without saying so":     committedSilently,
		"not committed, without a word":   lostSilently,
		"never known":                     neverKnown,
		"certainly not committed":         certainlyNot,
		"a shard that is another one now": replaced,
		"time is up":                      timeIsUp,
		"busy":                            busy,
		"the end comes too soon":          endTooSoon,
		"a shard that cannot be read":     unreadable,

		"another number of shards":    anotherNumber,
		"a newer build's":             newerBuilds,
		"a damaged record":            damagedRecord,
		"tables that are gone":        tablesGone,
		"another program's":           anotherPrograms,
		"posts in an unfinished blog": postsInAnUnfinished,
		"shards of two blogs":         twoBlogs,
		"shards that were swapped":    swapped,
		"killed while it is made":     killedWhileMaking,
		"killed while it takes posts": killedWhilePosting,
	}
}

func TestSQLite(t *testing.T) { onGround(t, sqliteGround(), suite()) }

func TestPostgres(t *testing.T) {
	server := pgtest.Run(t)
	g := postgresGround(server)
	onGround(t, g, suite())
	onGround(t, g, map[string]func(*testing.T, ground){
		"lost connections":  lostConnections,
		"several processes": severalProcesses,
		"places":            func(t *testing.T, _ ground) { postgresPlaces(t, server) },
	})
}

func onGround(t *testing.T, g ground, tests map[string]func(*testing.T, ground)) {
	for name, fn := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, g)
		})
	}
}
