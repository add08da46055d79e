// Package txview gathers what coordinators and participants hold of transactions, and
// shows it: one of them, or a page of what is unfinished.
package txview
