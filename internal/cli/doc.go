// Package cli is how the commands of the program print results and errors, as text or
// JSON, and with which exit codes they end.
package cli
