// Package txwire is what coordinators, participants, their clients and operators say
// to each other about transactions: subjects, messages, limits, and the streams of
// the commit logs and of the journals' stamps.
//
// It is the source of docs/PROTOCOL.md, sections Submitting to Listings.
package txwire
