// Package webtest is for tests of the page: real Chromium, driven over its
// debugging protocol, and a gateway in memory that speaks the frames of package
// chatgw/frame and can be told to misbehave. It is no gateway to run: it stores
// nothing and checks nobody.
package webtest
