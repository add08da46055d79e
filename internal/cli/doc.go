// Package cli prints the results and errors of the program's commands, as text or JSON,
// and defines their exit codes.
package cli
