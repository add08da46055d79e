// Package lifecycle defines the contract that every long-running part of Parley
// follows, and starts and stops several of them together.
//
// New opens nothing. Run opens everything, blocks, and returns only when every
// goroutine it started has ended. Ready is closed once the role serves; it
// stays open when the role never got there. Cancelling Run's context asks for
// a drain, whose time limit is the role's own. A role runs once.
//
// Run returns nil after a cancel and a completed drain, and otherwise the reason.
// A role that returns nil without having been cancelled has failed as well:
// [Group] treats it as a failure, since other roles depend on it.
package lifecycle
