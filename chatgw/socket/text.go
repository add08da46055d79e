package socket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Bits and opcodes of RFC 6455, section 5.2.
const (
	fin       = 0x80
	rsv1      = 0x40
	opcodes   = 0x0f
	opMore    = 0x0
	opText    = 0x1
	opClose   = 0x8
	opPing    = 0x9
	opPong    = 0xa
	masked    = 0x80
	shortLen  = 125
	len16     = 126
	len64     = 127
	maxReason = shortLen - 2
)

// Text makes a complete WebSocket frame of a text message, as a server sends
// it: not masked, not compressed, in one piece.
func Text(payload []byte) []byte { return message(opText, payload) }

func message(opcode byte, payload []byte) []byte {
	var header [10]byte
	header[0] = fin | opcode
	n := 2
	switch size := len(payload); {
	case size <= shortLen:
		header[1] = byte(size)
	case size < 1<<16:
		header[1] = len16
		binary.BigEndian.PutUint16(header[2:], uint16(size))
		n = 4
	default:
		header[1] = len64
		binary.BigEndian.PutUint64(header[2:], uint64(size))
		n = 10
	}
	b := make([]byte, 0, n+len(payload))
	return append(append(b, header[:n]...), payload...)
}

// closing makes a close frame. Code 0 makes one without a code.
func closing(code int, reason string) []byte {
	if code == 0 {
		return message(opClose, nil)
	}
	if len(reason) > maxReason {
		reason = reason[:maxReason]
		for !utf8.ValidString(reason) {
			reason = reason[:len(reason)-1]
		}
	}
	return message(opClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}
