// Package txwire is the protocol of transactions between coordinators, participants,
// their clients and operators: subjects, messages, limits, and the streams of the
// commit logs and of the journals' stamps.
//
// It is the source of docs/PROTOCOL.md, sections Submitting to Listings.
package txwire
