// Package status takes snapshots of a whole system: it requests the state of every
// process, broker and stream concurrently, and shows which of them respond, the leases,
// the transactions in doubt, and rates between two snapshots.
package status
