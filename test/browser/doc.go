// Package browser tests the page in real Chromium, at a gateway behind a network that
// injects faults, and at the processes of the program.
//
// It is a separate module, so that who imports Parley does not get the driver of the
// browser.
package browser
