// Package modules runs the tests of the page's modules, page/testdata, in a
// JavaScript engine written in Go: a planted fault is found in seconds, without a
// browser. Module test/browser runs the same tests in Chromium, which decides.
//
// It is a separate module, so that those who import Parley do not get the engine.
package modules
