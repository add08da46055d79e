// Package wire is how Parley's processes talk to each other: the one codec for
// messages, names, error codes, what a stream must be, and the limits that all share.
// What they say is in the packages of the domains: txwire, idwire, chatwire,
// blogwire, and participants/food.
//
// It imports the standard library alone, and a domain's package little more. A
// subject, a code or a limit that is spelled anywhere else is a mistake.
//
// Messages are JSON objects with a version field "v". A decoder refuses what is
// malformed, too large, of an unknown version or with an unknown field, and
// says which field, which value and which limit; see [Decode].
package wire

// Release is the version of this build, as services announce it.
const Release = "0.1.0"
