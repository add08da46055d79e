// Package broker runs nats-server with JetStream inside the process, alone or as one
// node of a cluster, with the settings that Parley's guarantees require.
//
// Authority. The store directory belongs to one broker at a time: Run holds an
// exclusive lock on a file in it. Two servers on one store would both
// acknowledge and overwrite each other.
//
// Durability. Sync always cannot be switched off: every acknowledged message has
// been written through to the disk (on one node each message, in a cluster each
// Raft batch on a majority). The broker announces that to its clients by the server
// tag [TagSynced], which package internal/streams reads.
//
// States. New checks the configuration and opens nothing. Run starts the
// server; Ready is closed once clients can connect and JetStream answers, which
// in a cluster takes a majority of its nodes, so start them together. A cancel
// closes client connections, writes out what is pending, and returns.
//
// Failures. If an address is in use, a directory cannot be written, or another
// process holds the store, Run returns an error that names it and what to do. If
// JetStream switches itself off later (the disk is full or failing), Run returns an
// error too: clients then use another broker instead of one that cannot store.
package broker
