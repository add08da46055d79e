// Package supervisor keeps the processes of a cluster on one machine running: it starts
// them in stages, again when they end, tells what happens to them, and drains them in
// reverse order.
package supervisor
