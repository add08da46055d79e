package socket

// Close codes of RFC 6455, section 7.4.1. Those of the gateway are in package
// frame.
const (
	closeProtocol = 1002
	closeBinary   = 1003
	closeNone     = 1005 // the close frame had no code; is never sent
	closeAbnormal = 1006 // there was no close frame; is never sent
	closeUTF8     = 1007
	closeTooBig   = 1009
	closeGateway  = 1014 // a proxy's server gave no good answer; is never sent but back
)
