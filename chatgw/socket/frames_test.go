package socket_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
)

// deflated compresses a message as RFC 7692 specifies.
func deflated(t testing.TB, payload []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	roletest.Must(t, err)
	_, _ = w.Write(payload)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

const offerCompression = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func repeat(n int, frames ...[]byte) []byte { return bytes.Repeat(join(frames...), n) }

// Whatever breaks a rule ends with its code, and a reason.
func TestBrokenFrames(t *testing.T) {
	giant := strings.Repeat("x", frame.MaxFrame+1)
	unmasked := append([]byte{0x81, 2}, "hi"...)
	type broken struct {
		name string
		data []byte
		code int
	}
	all := []broken{
		{"binary", masked(0x82, []byte("x")), 1003},
		{"no mask", unmasked, 1002},
		{"reserved bit 1, without compression", masked(0xc1, []byte("x")), 1002},
		{"reserved bit 2", masked(0xa1, []byte("x")), 1002},
		{"reserved bit 3", masked(0x91, []byte("x")), 1002},
		{"reserved opcode 3", masked(0x83, []byte("x")), 1002},
		{"reserved control opcode 11", masked(0x8b, nil), 1002},
		{"a fragment of nothing", masked(0x80, []byte("x")), 1002},
		{"a message within a message", join(masked(0x01, []byte("x")), text("y")), 1002},
		{"a control frame in fragments", masked(0x09, []byte("x")), 1002},
		{"a long control frame", masked(0x89, bytes.Repeat([]byte("x"), 126)), 1002},
		{"a close frame with half a code", masked(0x88, []byte{3}), 1002},
		{"a close frame that is no UTF-8", masked(0x88, []byte{0x03, 0xe8, 0xff}), 1002},
		{"a length in too many bytes", []byte{0x81, 0x80 | 126, 0, 1, 0, 0, 0, 0, 'x'}, 1002},
		{"a length in far too many bytes", []byte{0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'x'}, 1002},
		{"a length of 2^63", []byte{0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1002},
		{"a length of 2^62", []byte{0x81, 0x80 | 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1009},
		{"no UTF-8", text("\xff"), 1007},
		{"half a character", text("\xe2\x82"), 1007},
		{"a surrogate", text("\xed\xa0\x80"), 1007},
		{"giant", text(giant), 1009},
		{"giant, in fragments", join(masked(0x01, []byte(giant[:20000])), masked(0x80, []byte(giant[20000:]))), 1009},
		{"65 fragments", join(masked(0x01, nil), repeat(64, masked(0x00, nil))), frame.CloseFlood},
		{"fragments without end", join(masked(0x01, nil), repeat(100_000, masked(0x00, nil))), frame.CloseFlood},
		{"fragments with pings without end", join(masked(0x01, nil), repeat(1000, masked(0x89, nil), masked(0x00, nil))), frame.CloseFlood},
		{"pings", repeat(101, masked(0x89, []byte("hello"))), frame.CloseFlood},
		{"pongs", repeat(100_000, masked(0x8a, nil)), frame.CloseFlood},
	}
	for _, code := range []uint16{999, 1004, 1005, 1006, 1015, 1016, 2999, 5000} {
		all = append(all, broken{fmt.Sprint("a close frame with code ", code), masked(0x88, binary.BigEndian.AppendUint16(nil, code)), 1002})
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, socket.Config{})
			cl, s := r.connect()
			// What comes before it is acted on.
			cl.echo("before")
			go func() { _, _ = cl.conn.Write(c.data) }() // may block when the server has stopped reading
			cl.ends(c.code)
			s.ended(t, c.code)
			if got := r.server.Counters().Closed[c.code]; got != 1 {
				t.Errorf("%d connections are counted with code %d, want 1", got, c.code)
			}
		})
	}
}

// Whatever keeps the rules arrives whole, in order.
func TestGoodFrames(t *testing.T) {
	longest := strings.Repeat("x", frame.MaxFrame)
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"one", text("hello"), []string{"hello"}},
		{"empty", text(""), []string{""}},
		{"characters of all lengths", text("aé€😀"), []string{"aé€😀"}},
		{"a character in two fragments", join(masked(0x01, []byte("\xe2\x82")), masked(0x80, []byte("\xac"))), []string{"€"}},
		{"the longest", text(longest), []string{longest}},
		{"126 bytes", text(longest[:126]), []string{longest[:126]}},
		{"64 fragments", join(masked(0x01, nil), repeat(62, masked(0x00, []byte("x"))), masked(0x80, []byte("y"))), []string{longest[:62] + "y"}},
		{"pongs between", join(masked(0x01, []byte("a")), masked(0x8a, nil), masked(0x80, []byte("b")), masked(0x8a, []byte("x")), text("c")), []string{"ab", "c"}},
		{"many at once", repeat(50, text("a"), text("b")), strings.Split(strings.TrimSuffix(strings.Repeat("a b ", 50), " "), " ")},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl, _ := run(t, socket.Config{}).connect()
			cl.write(c.data)
			cl.expect(c.want...)
			if len(c.data) > 1000 {
				return // too long to send it byte by byte
			}
			for i := range c.data {
				cl.write(c.data[i : i+1])
			}
			cl.expect(c.want...)
		})
	}
}

func TestPingsAreAnswered(t *testing.T) {
	cl, _ := run(t, socket.Config{}).connect()
	cl.write(masked(0x89, []byte("are you there?")))
	cl.expectFrame(0x8a, "are you there?")
}

// A close frame is answered with its code, and the server closes.
func TestCloseIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want int
	}{
		{"1000", masked(0x88, []byte{0x03, 0xe8}), 1000},
		{"4001", masked(0x88, append([]byte{0x0f, 0xa1}, "bye"...)), 4001},
		{"1012", masked(0x88, []byte{0x03, 0xf4}), 1012},
		{"1013", masked(0x88, []byte{0x03, 0xf5}), 1013},
		{"1014", masked(0x88, append([]byte{0x03, 0xf6}, "bad gateway"...)), 1014},
		{"3000", masked(0x88, []byte{0x0b, 0xb8}), 3000},
		{"4999", masked(0x88, []byte{0x13, 0x87}), 4999},
		{"no code", masked(0x88, nil), 1005},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl, s := run(t, socket.Config{}).connect()
			cl.write(c.data)
			if code, bye := cl.end(); code != c.want || bye != nil {
				t.Errorf("answered with %d and %+v, want %d", code, bye, c.want)
			}
			s.ended(t, c.want)
		})
	}
}

// A connection that breaks ends the session.
func TestBrokenConnection(t *testing.T) {
	cl, s := run(t, socket.Config{}).connect()
	cl.write(text("hello")[:3])
	cl.conn.Close()
	s.ended(t, 1006)
}

func TestCompression(t *testing.T) {
	bomb := deflated(t, bytes.Repeat([]byte("x"), 4<<20))
	if len(bomb) >= frame.MaxFrame {
		t.Fatalf("the bomb has %d bytes and does not get in", len(bomb))
	}
	allowed := socket.Config{Compression: true}
	t.Run("can be allowed", func(t *testing.T) {
		cl, _ := run(t, allowed).connect(offerCompression)
		hello := deflated(t, []byte("hello"))
		cl.write(masked(0xc1, hello))
		cl.expect("hello")
		cl.write(join(masked(0x41, hello[:3]), masked(0x89, nil), masked(0x80, hello[3:])))
		cl.expectFrame(0x8a, "")
		cl.expect("hello")
		cl.echo("not compressed")
	})
	for _, c := range []struct {
		name string
		cfg  socket.Config
		data []byte
		code int
	}{
		{"refused by default", socket.Config{}, masked(0xc1, deflated(t, []byte("hello"))), 1002},
		{"a bomb of 4 MB", allowed, masked(0xc1, bomb), 1009},
		{"one byte too much", allowed, masked(0xc1, deflated(t, bytes.Repeat([]byte("x"), frame.MaxFrame+1))), 1009},
		{"no UTF-8 inside", allowed, masked(0xc1, deflated(t, []byte("\xff"))), 1007},
		{"not compressed", allowed, masked(0xc1, []byte("\xff\xff\xff\xff")), 1002},
		{"a compressed ping", allowed, masked(0xc9, []byte("x")), 1002},
		{"a second fragment marked as compressed", allowed, join(masked(0x41, []byte("x")), masked(0xc0, []byte("y"))), 1002},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl, _ := run(t, c.cfg).connect(offerCompression)
			go func() { _, _ = cl.conn.Write(c.data) }()
			cl.ends(c.code)
		})
	}
}

// The time for the first message, and for each.
func TestTimes(t *testing.T) {
	const short = 50 * time.Millisecond
	for _, c := range []struct {
		name          string
		cfg           socket.Config
		echoed, begun []byte // a message, and a part of one
		code          int
	}{
		{"no first message", socket.Config{FirstFrame: short}, nil, nil, frame.CloseHello},
		{"half a first message", socket.Config{FirstFrame: short}, nil, text("hello")[:4], frame.CloseHello},
		{"half a later message", socket.Config{FrameTimeout: short}, text("hello"), text("hello")[:7], frame.CloseSilent},
		// It reads the pings and does not answer.
		{"half open", socket.Config{PingEvery: 500 * time.Millisecond}, text("hello"), nil, frame.CloseSilent},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl, _ := run(t, c.cfg).connect()
			cl.write(c.echoed)
			if c.echoed != nil {
				cl.expect("hello")
			}
			cl.write(c.begun)
			cl.ends(c.code)
		})
	}
	t.Run("time between messages", func(t *testing.T) {
		cl, s := run(t, socket.Config{FirstFrame: 2 * time.Second, FrameTimeout: 500 * time.Millisecond, PingEvery: time.Second}).connect()
		cl.echo("hello")
		for range 3 { // more than the first frame's time
			cl.expectFrame(0x89, "")
			cl.write(masked(0x8a, nil))
		}
		cl.echo("still here")
		select {
		case code := <-s.closed:
			t.Errorf("closed with %d", code)
		default:
		}
	})
}
