package parleytest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"parley/wire/txwire"
)

// Kind is a kind of message that a fault waits for.
type Kind string

// The kinds of messages. A record is what a coordinator appends to its commit log.
const (
	Prepare Kind = txwire.KindPrepare
	Vote    Kind = txwire.KindVote
	Commit  Kind = txwire.KindCommit
	Abort   Kind = txwire.KindAbort
	Ack     Kind = txwire.KindAck
	Record  Kind = "log"
)

// fault is what happens at the next message of a kind.
type fault struct {
	kind Kind
	// lose: the message does not pass. kill: nothing passes after it.
	lose, kill bool
	// happened is called between this message and the next, and must not block.
	happened func()
}

// relay passes the messages between the broker and one process.
type relay struct {
	broker   string
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	faults []fault
	conns  []net.Conn
	// open is closed while messages may pass.
	open  chan struct{}
	held  bool
	isCut bool
}

func newRelay(broker string) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for a process of the test: %w", err)
	}
	r := &relay{broker: broker, listener: l, open: make(chan struct{})}
	close(r.open)
	r.work.Go(r.accept)
	return r, nil
}

func (r *relay) url() string { return "nats://" + r.listener.Addr().String() }

// accept relays each connection until the listener is closed.
func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.broker)
		if err != nil {
			client.Close() // the broker is down: the client tries again
			continue
		}
		r.mu.Lock()
		if r.isCut {
			client.Close()
			server.Close()
		}
		r.conns = append(r.conns, client, server)
		r.mu.Unlock()
		r.work.Go(func() { r.pump(client, server) })
		r.work.Go(func() { r.pump(server, client) })
	}
}

// pump passes what one side sends until either is closed.
func (r *relay) pump(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	in, out := bufio.NewReader(from), bufio.NewWriter(to)
	for {
		subject, frame, err := readFrame(in)
		if err != nil || !r.wait() {
			return
		}
		f := r.next(subject)
		if f == nil || !f.lose {
			_, err = out.Write(frame)
		}
		// A message after which the process dies is sent to the broker before that.
		if in.Buffered() == 0 || f != nil {
			err = errors.Join(err, out.Flush())
		}
		if f != nil {
			if f.kill {
				r.cut()
			}
			f.happened()
		}
		if err != nil {
			return
		}
	}
}

// readFrame reads one operation of NATS's protocol. subject is empty unless it is a
// message.
func readFrame(in *bufio.Reader) (subject string, frame []byte, err error) {
	frame, err = in.ReadBytes('\n')
	if err != nil {
		return "", nil, err
	}
	fields := strings.Fields(string(frame))
	if len(fields) < 3 {
		return "", frame, nil
	}
	switch fields[0] {
	case "PUB", "HPUB", "MSG", "HMSG":
	default:
		return "", frame, nil
	}
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return "", nil, fmt.Errorf("the size of a message: %w", err)
	}
	line := len(frame)
	frame = append(frame, make([]byte, size+len("\r\n"))...)
	_, err = io.ReadFull(in, frame[line:])
	return fields[1], frame, err
}

// next takes the fault for a message, if there is one.
func (r *relay) next(subject string) *fault {
	if subject == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, f := range r.faults {
		if strings.HasPrefix(subject, txwire.Prefix+string(f.kind)+".") {
			r.faults = append(r.faults[:i], r.faults[i+1:]...)
			return &f
		}
	}
	return nil
}

func (r *relay) add(f fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f)
}

// wait returns when messages may pass, and whether they may ever again.
func (r *relay) wait() bool {
	r.mu.Lock()
	open := r.open
	r.mu.Unlock()
	<-open
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.isCut
}

// hold stops messages in both directions until release.
func (r *relay) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.held && !r.isCut {
		r.open, r.held = make(chan struct{}), true
	}
}

func (r *relay) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held {
		close(r.open)
		r.held = false
	}
}

// cut ends all connections for ever. What has not passed is lost.
func (r *relay) cut() {
	r.mu.Lock()
	r.isCut = true
	for _, c := range r.conns {
		c.Close()
	}
	r.mu.Unlock()
	r.listener.Close()
	r.release()
}
