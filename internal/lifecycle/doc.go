// Package lifecycle is the one contract that every long-running part of Parley
// follows, and what starts and stops several of them together.
//
// New opens nothing. Run opens everything, blocks, and returns only when every
// goroutine it started has ended. Ready is closed once the role serves; it
// stays open when the role never got there. Cancelling Run's context asks for
// a drain, whose time limit is the role's own. A role runs once.
//
// Run returns nil after a cancel that ended in order, and otherwise the reason.
// A role that returns nil without having been asked to is a failure as well:
// [Group] treats it as one, since whoever depends on it is left without.
package lifecycle
