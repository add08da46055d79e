// Package child starts processes of this program that end with the one that started
// them, and drains or ends them.
package child
