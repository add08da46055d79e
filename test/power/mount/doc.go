// Package mount shows a [disk.Disk] to processes as a file system, through FUSE.
//
// Nothing is decided here: each call becomes one of the model. The kernel keeps
// names, attributes and pages that it has seen, since nobody changes them behind
// its back; writes are passed on immediately, so a write that returned is in the
// model, and one to a mapped file when the kernel writes its pages back, which is
// at a sync of that file at the latest.
//
// The process that serves a mount must not use files below it, nor start a process
// there by its working directory: it would wait for itself.
//
// It needs root, or the program fusermount3 (Debian: fuse3), and /dev/fuse.
//
//	| File     | What                                    |
//	|----------|-----------------------------------------|
//	| mount.go | Mount, Unmount                          |
//	| node.go  | files and directories                   |
//	| names.go | calls that change names                 |
package mount
