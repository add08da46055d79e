package frame

// Close codes of the gateway, beside those of RFC 6455. From 4000 to 4499 a
// client should connect again, after the retry hint of [Bye] if there was one;
// from 4500 it should not before something was changed.
const (
	// CloseDrain: the gateway stops or restarts.
	CloseDrain = 4000
	// CloseSlow: the client did not read as fast as its rooms talk. It
	// connects again and resumes.
	CloseSlow = 4001
	// CloseRate: too many frames for too long.
	CloseRate = 4002
	// CloseFull: too many connections, of this address or in all.
	CloseFull = 4003
	// CloseSilent: pings were not answered.
	CloseSilent = 4004
	// CloseLost: the gateway lost the broker or its place in a room for so
	// long that another gateway serves better.
	CloseLost = 4005

	// CloseHello: no valid hello came in time.
	CloseHello = 4500
	// CloseToken: the token is not valid, has expired, or is missing.
	CloseToken = 4501
	// CloseFrame: a frame was malformed; the client has a bug.
	CloseFrame = 4502
	// CloseFlood: control frames or fragments without end.
	CloseFlood = 4503
)

// Reconnect reports whether a client should connect again after a close code.
func Reconnect(code int) bool {
	switch code {
	case 1000, 1002, 1003, 1007, 1008, 1009:
		return false
	}
	return code < CloseHello
}
