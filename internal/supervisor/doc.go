// Package supervisor keeps the processes of a cluster on one machine running: it starts
// them in stages, restarts those that end, prints these events, and drains the processes
// in reverse order.
package supervisor
