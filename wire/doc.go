// Package wire is what Parley's processes say to each other and how: subjects,
// messages, stream specifications, error codes and limits, with the one codec
// that reads and writes them.
//
// It is the leaf of the module: it imports the standard library alone, and
// every other package imports it. A subject, a code or a limit that is spelled
// anywhere else is a mistake.
//
// Messages are JSON objects with a version field "v". A decoder refuses what is
// malformed, too large, of an unknown version or with an unknown field, and
// says which field, which value and which limit; see [Decode].
package wire

// Release is the version of this build, as services announce it.
const Release = "0.1.0"
