package socket

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// However the bytes are cut, the guard decides the same, and it never loses its
// place: after valid frames it is at the beginning of the next.
func FuzzGuard(f *testing.F) {
	f.Add([]byte{0x81, 0x85, 1, 2, 3, 4, 'h', 'e', 'l', 'l', 'o'}, uint64(1))
	f.Add([]byte{0x81, 0xfe, 0, 126, 1, 2, 3, 4}, uint64(2))
	f.Add([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4}, uint64(3))
	f.Add([]byte{0x01, 0x80, 0, 0, 0, 0, 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x80, 0, 0, 0, 0}, uint64(4))
	f.Add([]byte{0x88, 0x81, 0, 0, 0, 0, 0}, uint64(5))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		whole := guard{maxFragments: 4, maxControls: 4}
		n, v := whole.watch(data)
		if n > len(data) || (v == nil) != (n == len(data)) {
			t.Fatalf("%d of %d bytes are fine, and %v", n, len(data), v)
		}
		pieces := guard{maxFragments: 4, maxControls: 4}
		r := rand.New(rand.NewPCG(seed, 0))
		at := 0
		for at < len(data) {
			size := min(1+r.IntN(7), len(data)-at)
			good, pv := pieces.watch(data[at : at+size])
			at += good
			if pv != nil {
				if v == nil || at != n || *pv != *v {
					t.Fatalf("in pieces: %v at %d, at once: %v at %d", pv, at, v, n)
				}
				return
			}
		}
		if v != nil {
			t.Fatalf("in pieces nothing is wrong, at once: %v", v)
		}
	})
}

// A queue gives what was put in, in order, whatever the socket takes at a time.
func FuzzQueue(f *testing.F) {
	f.Add([]byte{3, 200, 1, 0, 7}, uint64(1))
	f.Fuzz(func(t *testing.T, sizes []byte, seed uint64) {
		var free lists
		var q queue
		var want, got []byte
		r := rand.New(rand.NewPCG(seed, 0))
		buf := make([]byte, 0, 100)
		for i, size := range sizes {
			frame := bytes.Repeat([]byte{byte(i)}, int(size)+1)
			q.push(&free, frame)
			want = append(want, frame...)
			if r.IntN(2) == 0 {
				out := q.gather(buf[:0])
				n := r.IntN(len(out) + 1)
				got = append(got, out[:n]...)
				q.wrote(&free, n)
			}
			if q.bytes < 0 || q.len() == 0 && (q.bytes != 0 || q.list != nil || q.sent != 0) {
				t.Fatalf("%d frames, %d bytes, %d sent, %v", q.len(), q.bytes, q.sent, q.list)
			}
		}
		if r.IntN(4) == 0 {
			// Only the frame that is written in part stays.
			rest := 0
			if q.sent > 0 {
				rest = len(q.frames[0]) - q.sent
			}
			q.cut(&free)
			want = want[:len(got)+rest]
		}
		for q.len() > 0 {
			out := q.gather(buf[:0])
			got = append(got, out...)
			q.wrote(&free, len(out))
		}
		if !bytes.Equal(got, want) || q.bytes != 0 {
			t.Fatalf("%d bytes came out of %d, %d are left", len(got), len(want), q.bytes)
		}
	})
}
