// Package disk is a disk in memory that knows what would be left of it after a
// loss of power. It is the model; package mount shows it to processes as a file
// system.
//
// Everything exists twice: as processes see it, and as it is on the medium. A
// sync carries over, and nothing else does. So when the power fails, at any
// moment, what was never synced is lost.
//
// # Rules
//
// Data. What is written to a file, and its length, reach the medium when that
// file is synced (fsync, fdatasync, or a write with O_SYNC or O_DSYNC), with
// everything written to it before. Not when it is closed, not when time passes,
// not when another file is synced. A file system that writes back by itself is
// kinder; [Torn] is for that.
//
// Names. A create, rename, link or unlink reaches the medium when
//
//   - the directory is synced, with all that changed in it; or
//   - the file itself is synced: then the medium has the names that the file has
//     now and no others, and the directories above it.
//
// A rename is one change: its two names change together, also when they are in
// two directories and one of these is synced. Removing is never carried over by a
// sync elsewhere: what was removed exists again after a loss of power, if the
// directory was not synced since.
//
// The second point is not in POSIX, whose letter wants each directory synced up
// to the root. It is what ext4, XFS and btrfs do, and what nats-server relies on
// for the directories of its streams. These file systems carry over more, since
// they write changes of names in the order in which they were made; here each
// goes by itself, which is harsher.
//
// Attributes. Modes and times are not lost. Nothing durable depends on them.
//
// The medium itself does not fail: what it holds it gives back.
//
// # Losses
//
// [Drop] leaves exactly what was synced. [Torn] leaves more, at random by a
// seed, as a disk that was writing back when the power went: any of the writes
// to a file since its last sync, in any order, the ones that are kept perhaps
// not whole but some of their sectors of 512 bytes; and of each directory all
// unsynced changes of names or none.
//
// # The end
//
// [Disk.Cut] is the moment at which the power fails: no change is made any more,
// and a process that asks for one waits. That leaves time to kill the processes: after
// [Disk.Fail] the calls end with an error, and nobody is left to see it. What
// [Disk.After] returns is the disk in the next life.
//
//	| File     | What                                   |
//	|----------|----------------------------------------|
//	| disk.go  | [Disk]: its root, its power            |
//	| inode.go | [Inode]: a file or a directory         |
//	| data.go  | what is written to files               |
//	| names.go | names, and when they reach the medium  |
//	| loss.go  | what is left                           |
package disk
