// Package brokertest runs real brokers inside tests: one server, or a cluster
// of several, on loopback ports that the system chose, with their data in the
// test's temporary directory. They stop with the test.
//
// Kill ends a server without a drain; the messages that it had acknowledged are on
// disk. It does not simulate a power failure: nats-server closes its files properly.
// Tests that need unsynced bytes lost, or SIGKILL, run processes.
package brokertest
