// Package broker runs nats-server with JetStream inside the process, alone or
// as one node of a cluster, set up the way Parley's promises need it.
//
// Authority. The store directory belongs to one broker at a time: Run holds an
// exclusive lock on a file in it. Two servers on one store would both
// acknowledge and overwrite each other.
//
// Durability. Sync always is not an option here: every acknowledged message has
// been written through to the disk (on one node each message, in a cluster each
// Raft batch on a majority). The broker says so to its clients with the server
// tag [TagSynced], which package internal/streams asks for.
//
// States. New checks the configuration and opens nothing. Run starts the
// server; Ready is closed once clients can connect and JetStream answers, which
// in a cluster takes a majority of its nodes, so start them together. A cancel
// closes client connections, writes out what is pending, and returns.
//
// Failures. An address in use, a directory that cannot be written, a store that
// another process holds: Run returns an error that names it and what to do.
// When JetStream switches itself off later (the disk is full or failing), Run
// ends with an error too: a broker that only looks alive is worse than none.
package broker
