// Package browser tests the page in real Chromium, beside the gateway of package
// webtest and at the processes of the program.
//
// It is a module of its own, so that who imports Parley does not get the driver of the
// browser.
package browser
