// Package wire is the common part of Parley's protocols: the codec for messages,
// names, error codes, the required settings of streams, and the shared limits. The
// messages are in the packages of the domains: txwire, idwire, chatwire, blogwire,
// and participants/food.
//
// It imports the standard library alone, and a domain's package little more.
// Subjects, codes and limits must not be repeated as literals elsewhere.
//
// Messages are JSON objects with a version field "v". A decoder refuses a message
// that is malformed, too large, of an unknown version or with an unknown field; its
// error names the field, the value and the limit, see [Decode].
package wire

// Release is the version of this build, as services announce it.
const Release = "0.1.0"
