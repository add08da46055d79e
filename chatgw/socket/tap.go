package socket

import (
	"net"
	"time"
)

// tap is what gorilla/websocket takes for the network: a [Conn] from inside.
// What it reads goes by the guard; what it writes, after the handshake, goes
// nowhere (it would be a close frame of its own, in the middle of ours).
type tap Conn

func (t *tap) Read(p []byte) (int, error) {
	if t.broken != nil {
		return 0, t.broken
	}
	n, err := t.net.Read(p)
	if n > 0 {
		if !t.alive.Load() {
			t.alive.Store(true)
		}
		t.server.counters.bytesIn.Add(uint64(n))
		good, v := t.guard.watch(p[:n])
		if v != nil {
			t.broken = v
			if good == 0 {
				return 0, v
			}
			return good, nil
		}
	}
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	if t.shaken {
		return len(p), nil
	}
	return t.net.Write(p)
}

func (t *tap) Close() error                      { return t.net.Close() }
func (t *tap) LocalAddr() net.Addr               { return t.net.LocalAddr() }
func (t *tap) RemoteAddr() net.Addr              { return t.net.RemoteAddr() }
func (t *tap) SetDeadline(d time.Time) error     { return t.net.SetDeadline(d) }
func (t *tap) SetReadDeadline(d time.Time) error { return t.net.SetReadDeadline(d) }
func (t *tap) SetWriteDeadline(time.Time) error  { return nil }
