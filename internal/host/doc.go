// Package host provides what a process does for the role that it runs: a separate
// connection to NATS, and the HTTP endpoint of health checks.
package host
