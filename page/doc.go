// Package page is the page of the chat: static files in the binary, and the
// handler that serves them. The page talks to the gateway over one WebSocket,
// as package chatgw/frame specifies, and to nobody else.
//
// There is no build step: what stands in static is what the browser runs, as
// ES modules of one noun each. static/main.js is where to begin reading.
//
// # What keeps it safe
//
// Everything people typed becomes text nodes. The Content-Security-Policy
// allows no script or style that is not a file of this binary, and Trusted
// Types without any policy make the browser refuse every way of turning a
// string into markup, so that a mistake in the page fails instead of opening a
// hole.
//
// # What keeps it whole
//
// Modules of two releases must never meet. All of them stand under a path that
// has a hash of all of them, may be kept for ever, and are loaded with the page;
// only the page itself is requested again. A path with another hash is not
// found: during an upgrade of several gateways a page loads whole or not at
// all.
package page
