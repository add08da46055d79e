// Package sqlitefile opens SQLite databases that one process owns, as the journals of
// participants and the shards of the blog are.
//
// A [File] makes sure of what SQLite leaves to its user:
//
//   - The file, and those that SQLite keeps next to it, are for their owner alone
//     and not reached through a link (package private).
//   - One process has it, by a lock on a separate file ([Lock]), which several databases
//     may share: the database itself cannot be locked, since readers need it.
//   - It is an SQLite database of the right program, undamaged, and its -wal was
//     written for it, see [WALError].
//   - A COMMIT is durable: every connection sets journal_mode WAL and synchronous
//     FULL, with which the -wal is synced at every commit, and reads both back.
//   - While it is open its files keep their names, see [FilesError].
//
// The order of calls is Prepare, [File.Connect] (as often as needed, also through
// [sql.OpenDB]), [File.Tend] after commits, [File.Finish] before the last connection
// is closed, and [File.Release].
package sqlitefile
