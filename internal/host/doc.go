// Package host is what a process does for the role it runs: a connection to NATS of its
// own, and an answer to whoever asks whether it serves.
package host
