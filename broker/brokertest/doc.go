// Package brokertest runs real brokers inside tests: one server, or a cluster
// of several, on loopback ports that the system chose, with their data in the
// test's temporary directory. They stop with the test.
//
// Kill ends a server without a word to its clients and without a drain; what
// it had acknowledged is on disk. It is not a power failure: nats-server closes
// its files properly. Tests that need unsynced bytes lost, or a process killed
// with SIGKILL, run processes.
package brokertest
