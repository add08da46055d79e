package hosts

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxWaiting bounds what waits on one slow link, in bytes. A router drops as well
// when its queue is full, and TCP slows down.
const maxWaiting = 32 << 20

// link is the way from one host to another. One goroutine gives it packets, the
// one that reads the sender's device.
type link struct {
	to                     *Host
	passed, dropped, bytes atomic.Uint64
	// once starts deliver.
	once sync.Once
	// more signals that something waits.
	more chan struct{}

	mu            sync.Mutex
	cut           bool
	delay, jitter time.Duration
	rng           *rand.Rand
	queue         []waiting
	queued        int // bytes in queue
	last          time.Time
}

// waiting is a packet on a slow link.
type waiting struct {
	packet []byte
	due    time.Time
}

// newLink makes a link that passes everything. Its jitter is the same in every
// run, for hosts of the same names.
func newLink(from, to *Host) *link {
	h := fnv.New64a()
	h.Write([]byte(from.name + ">" + to.name))
	return &link{to: to, more: make(chan struct{}, 1), rng: rand.New(rand.NewPCG(h.Sum64(), 0))}
}

func (l *link) set(change func(*link)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// take passes a packet on, drops it or lets it wait. The packet is the caller's
// again when it returns.
func (l *link) take(packet []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.cut, l.queued+len(packet) > maxWaiting:
		l.dropped.Add(1)
	case l.delay == 0 && l.jitter == 0 && l.queued == 0: // nothing is ahead of it
		l.write(packet)
	default:
		l.wait(packet)
		select {
		case l.more <- struct{}{}:
		default: // it is signalled already
		}
	}
}

// wait puts a packet into the queue, not before the one ahead of it.
func (l *link) wait(packet []byte) {
	due := time.Now().Add(l.delay)
	if l.jitter > 0 {
		due = due.Add(time.Duration(l.rng.Int64N(int64(l.jitter))))
	}
	if due.Before(l.last) {
		due = l.last
	}
	l.last = due
	l.queue = append(l.queue, waiting{slices.Clone(packet), due})
	l.queued += len(packet)
}

// deliver passes on what waits, each packet when it is due, until ctx ends.
func (l *link) deliver(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.queue = nil // gives the memory back
			l.mu.Unlock()
			select {
			case <-l.more:
				continue
			case <-ctx.Done():
				return
			}
		}
		next := l.queue[0]
		l.mu.Unlock()

		timer.Reset(time.Until(next.due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}

		l.mu.Lock()
		l.queue = l.queue[1:]
		l.queued -= len(next.packet)
		if l.cut {
			l.dropped.Add(1)
		} else {
			l.write(next.packet)
		}
		l.mu.Unlock()
	}
}

// write gives a packet to the host. Its kernel may have no room for it. It is
// called with the lock held: what is set holds for every packet from then on.
func (l *link) write(packet []byte) {
	if _, err := l.to.tun.Write(packet); err != nil {
		l.dropped.Add(1)
		return
	}
	l.passed.Add(1)
	l.bytes.Add(uint64(len(packet)))
}
