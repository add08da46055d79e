package socket_test

import (
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
)

// Whatever bytes follow a handshake, the server keeps running, closes with one of
// its own codes, and sends well-formed frames.
func FuzzConnection(f *testing.F) {
	for _, seed := range [][]byte{
		text("hello"), masked(0x88, []byte{0x03, 0xe8}), join(masked(0x01, []byte("a")), masked(0x80, []byte("b"))),
		masked(0x89, []byte("ping")),
		{0x81, 0xff, 0x80},
		repeat(70, masked(0x00, nil)), masked(0xc1, deflated(f, []byte("hello"))),
	} {
		f.Add(seed)
	}
	r := run(f, socket.Config{Compression: true, FrameTimeout: 100 * time.Millisecond, FirstFrame: time.Second, Linger: time.Second})
	f.Fuzz(func(t *testing.T, data []byte) {
		cl, _ := (&harness{t: t, server: r.server, http: r.http, opened: r.opened}).connect(offerCompression)
		go func() {
			_, _ = cl.conn.Write(data)
			_, _ = cl.conn.Write(masked(0x88, nil)) // in case nothing was wrong
		}()
		code := 0
		for {
			first, payload, err := cl.read()
			if err != nil {
				break
			}
			switch first {
			case 0x81, 0x89, 0x8a:
			case 0x88:
				code = 1005
				if len(payload) >= 2 {
					code = int(payload[0])<<8 | int(payload[1])
				}
			default:
				t.Fatalf("the server sent a frame that begins with %#x", first)
			}
		}
		if code == 0 {
			t.Fatalf("closed without a close frame")
		}
		if code < 1000 || code > 4999 || code == 1011 || code == frame.CloseLost {
			t.Fatalf("closed with %d", code)
		}
	})
}
