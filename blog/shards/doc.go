// Package shards stores a blog's posts in a fixed number of databases, SQLite
// files or PostgreSQL, and reads them back: one post, a user's, the newest of
// all.
//
// # Authority
//
// A post is in the shard that a hash of its author chooses ([Of]), and nowhere
// else. Its ID, from the ID service, is the primary key. It has the time of the
// post but not its place: its low bits are nearly always 0, so taking the shard
// from them would fill one shard and leave the others empty.
//
// Every shard's database holds a record of what it is: the blog's random name,
// its own number, how many there are, and whether the blog was made completely.
// [Open] reads all of them before it does anything, and refuses shards that are
// missing, swapped, of another blog or of another number than asked for. The
// record is read again in each transaction that writes, so posts are not written
// to a database that replaced a shard while the process ran.
//
// # Making a blog
//
//	nothing -> making (the shards get their records)
//	        -> complete (once all have one, the records are marked)
//
// No post is accepted before all records are marked. So where no record is marked
// the blog was not completed, and nothing can be lost by making it again. Where
// one is marked all shards existed, and one that does not exist now was lost. It
// is never recreated, since its posts would be lost silently.
//
// # Writing
//
// One goroutine per shard, its committer, takes what waits, up to 256 posts, and
// stores it in one transaction: a commit syncs the disk, which costs the same
// for one post as for all. A post is answered when its commit has returned.
//
// An answer is true whatever failed:
//
//   - [wire.CodeUndecided]: a COMMIT failed in a way that leaves open whether it
//     is durable. The committer has tried to find out by storing the same posts
//     with the same IDs again, which is safe because IDs are primary keys: what
//     it finds under its own ID is its own. It answers this only if that fails too.
//   - Any other code: the post is not stored and will not be.
//
// A post that makes the database fail does not fail the others of its group: it
// is rolled back and each is stored alone.
//
// Of all requests of a user with one key at most one makes a post: a unique
// index ensures that. The others are answered with that post if their text is the
// same and with a conflict if it is not. Keys are kept for ever, as posts are.
//
// An ID that is already the key of another post means that the ID service gave
// it twice. Nothing is overwritten; the answer is a violation, counted, and
// logged as an error.
//
// # Order
//
// A post gets its ID right before it is stored, so within one process a shard's
// posts are stored in the order in which the ID service gave their IDs. That is
// the order of time only within the bound that service states. Therefore a post
// can be stored below others that were stored before it, and a reader who pages
// downwards meanwhile may not receive it. No reader receives a post twice, or
// misses one that was stored when the first page was read.
//
// A page over all shards has what each of them held when it was read, at moments
// milliseconds apart. If one shard cannot be read there is no page: a page with
// posts missing cannot be distinguished from a whole one.
package shards
