package socket

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"parley/chatgw/frame"
)

// violation is why a connection ends that a client broke.
type violation struct {
	code int
	text string
}

func (v *violation) Error() string { return v.text }

func broken(format string, args ...any) *violation {
	return &violation{code: closeProtocol, text: fmt.Sprintf(format, args...)}
}

// guard follows the frames in a client's bytes, from header to header, and
// checks what gorilla/websocket v1.5.3 does not:
//
//   - a message has no more than so many fragments (an empty fragment costs 6
//     bytes, and a read of a message loops over any number of them);
//   - no more than so many control frames come between two beats of the
//     gateway (each ping is answered inside the read loop);
//   - a length is written in the fewest bytes, and below 2^63;
//   - a close frame has no payload, or two bytes and more;
//   - only the first fragment of a message is marked as compressed.
type guard struct {
	maxFragments int32
	maxControls  int32

	payload   uint64   // bytes of the frame that are still to come, its mask included
	header    [10]byte // as far as its length
	have      uint8    // bytes of header
	fragments int32    // of the message under way
	controls  atomic.Int32
}

// beat forgets the control frames so far. Safe for concurrent use.
func (g *guard) beat() { g.controls.Store(0) }

// watch reads on. It returns how many bytes of p are fine, and what is wrong
// with the frame that begins after, or ends in, the next one.
func (g *guard) watch(p []byte) (int, *violation) {
	for i := 0; i < len(p); {
		if g.payload > 0 {
			n := min(g.payload, uint64(len(p)-i))
			g.payload -= n
			i += int(n)
			continue
		}
		g.header[g.have] = p[i]
		g.have++
		if g.have >= 2 && int(g.have) == g.size() {
			if v := g.frame(); v != nil {
				return i, v
			}
			g.have = 0
		}
		i++
	}
	return len(p), nil
}

// size is the length of the header, whose first two bytes are known, without
// the mask.
func (g *guard) size() int {
	switch g.header[1] &^ masked {
	case len16:
		return 2 + 2
	case len64:
		return 2 + 8
	}
	return 2
}

// frame checks the frame whose length is known.
func (g *guard) frame() *violation {
	length, shortest := uint64(g.header[1]&^masked), true
	switch length {
	case len16:
		length = uint64(binary.BigEndian.Uint16(g.header[2:]))
		shortest = length > shortLen
	case len64:
		length = binary.BigEndian.Uint64(g.header[2:])
		shortest = length >= 1<<16
	}
	if !shortest || length >= 1<<63 {
		return broken("a frame of %d bytes has a length that is written wrongly", length)
	}
	g.payload = length
	if g.header[1]&masked != 0 {
		g.payload += 4
	}
	opcode, first := g.header[0]&opcodes, g.header[0]
	if opcode >= opClose {
		return g.control(opcode, first, length)
	}
	if opcode == opMore && first&rsv1 != 0 {
		return broken("a fragment that is not the first is marked as compressed")
	}
	if opcode != opMore {
		g.fragments = 0
	}
	if g.fragments++; g.fragments > g.maxFragments {
		return &violation{code: frame.CloseFlood, text: fmt.Sprintf("a message has more than %d fragments", g.maxFragments)}
	}
	return nil
}

func (g *guard) control(opcode, first byte, length uint64) *violation {
	switch {
	case first&rsv1 != 0:
		return broken("a control frame is marked as compressed")
	case opcode == opClose && length == 1:
		return broken("a close frame has half a code")
	case g.controls.Add(1) > g.maxControls:
		return &violation{code: frame.CloseFlood, text: fmt.Sprintf("more than %d control frames between two pings", g.maxControls)}
	}
	return nil
}
