package socket

import "sync"

// queue is the frames that wait for one client, as references to bytes that
// others wait for too. The zero queue is empty and holds no memory. It is not
// safe for concurrent use.
type queue struct {
	*list
	// sent is how much of the first frame is written.
	sent int
	// bytes of all frames, written or not.
	bytes int
}

// list is the memory of a queue that is not empty.
type list struct{ frames [][]byte }

// lists are reused: a lively connection fills and empties its queue many times
// a second, and a quiet one should not keep what it needed once.
type lists struct{ pool sync.Pool }

func (l *lists) get() *list {
	if got, ok := l.pool.Get().(*list); ok {
		return got
	}
	return &list{frames: make([][]byte, 0, 8)}
}

func (l *lists) put(used *list) {
	clear(used.frames)
	used.frames = used.frames[:0]
	if cap(used.frames) <= 256 {
		l.pool.Put(used)
	}
}

func (q *queue) len() int {
	if q.list == nil {
		return 0
	}
	return len(q.frames)
}

func (q *queue) push(free *lists, frame []byte) {
	if q.list == nil {
		q.list = free.get()
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame)
}

// gather appends what is to be written next to buf, as far as it fits.
func (q *queue) gather(buf []byte) []byte {
	skip := q.sent
	for i := range q.len() {
		f := q.frames[i][skip:]
		skip = 0
		if room := cap(buf) - len(buf); len(f) > room {
			return append(buf, f[:room]...)
		}
		buf = append(buf, f...)
	}
	return buf
}

// wrote forgets what was written.
func (q *queue) wrote(free *lists, n int) {
	q.sent += n
	done := 0
	for done < q.len() && q.sent >= len(q.frames[done]) {
		q.sent -= len(q.frames[done])
		q.bytes -= len(q.frames[done])
		done++
	}
	q.drop(free, 0, done)
}

// cut forgets everything but a frame that is written in part, which must be
// finished before anything else.
func (q *queue) cut(free *lists) {
	if q.list == nil {
		return
	}
	keep := min(q.sent, 1)
	for _, f := range q.frames[keep:] {
		q.bytes -= len(f)
	}
	q.drop(free, keep, len(q.frames))
}

func (q *queue) drop(free *lists, from, to int) {
	if from == to {
		return
	}
	kept := append(q.frames[:from], q.frames[to:]...)
	clear(q.frames[len(kept):])
	q.frames = kept
	if len(kept) == 0 {
		free.put(q.list)
		q.list = nil
	}
}
