// Package child starts processes of this program that do not outlive the one that
// started them, and drains or ends them.
package child
