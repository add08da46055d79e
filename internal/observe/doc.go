// Package observe prints the messages of the commit protocol as they cross, for people
// and as JSON.
package observe
