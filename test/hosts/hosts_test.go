package hosts

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"parley/test/proc"

	"go.uber.org/goleak"
)

// echoAt makes a copy of this program a server that echoes everything.
const echoAt = "PARLEY_TEST_ECHO_AT"

func TestMain(m *testing.M) {
	if at := os.Getenv(echoAt); at != "" {
		fmt.Fprintln(os.Stderr, serveEcho(at))
		os.Exit(1)
	}
	Main(func() int {
		goleak.VerifyTestMain(m) // exits
		return 0
	})
}

func serveEcho(at string) error {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() { _, _ = io.Copy(c, c); c.Close() }()
	}
}

func network(t testing.TB, names ...string) *Network {
	t.Helper()
	n, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range names {
		if _, err := n.Add(name); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (n *Network) host(t testing.TB, name string) *Host {
	t.Helper()
	for _, h := range n.hosts {
		if h.name == name {
			return h
		}
	}
	t.Fatalf("no host %q", name)
	return nil
}

// echo starts a server as a process on a host and returns where it listens.
func echo(t testing.TB, h *Host) (at netip.AddrPort, cmd *exec.Cmd) {
	t.Helper()
	at = netip.AddrPortFrom(h.Addr(), 7)
	cmd = exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), echoAt+"="+at.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the server printed %q, %v", line, err)
	}
	return at, cmd
}

// dial opens a connection from a host.
func (h *Host) dial(t testing.TB, to netip.AddrPort) net.Conn {
	t.Helper()
	var c net.Conn
	err := h.thread.do(func() (err error) {
		c, err = net.DialTimeout("tcp", to.String(), proc.Patience)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t testing.TB, c net.Conn, what string) {
	t.Helper()
	if _, err := io.WriteString(c, what); err != nil {
		t.Fatal(err)
	}
}

func receive(t testing.TB, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if err := c.SetReadDeadline(time.Now().Add(proc.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("received %q, %v; want %q", got, err, want)
	}
}

// more waits until a link has dropped, or passed, more than it had.
func more(t testing.TB, n *Network, from, to string, before Counts, of func(Counts) uint64) {
	t.Helper()
	proc.Eventually(t, proc.Patience, "packets from "+from+" to "+to, func() error {
		if of(n.Count(from, to)) > of(before) {
			return nil
		}
		return fmt.Errorf("%+v, as before", before)
	})
}

func passed(c Counts) uint64  { return c.Passed }
func dropped(c Counts) uint64 { return c.Dropped }

// Hosts reach each other and the driver by their addresses, and have a loopback of
// their own.
func TestHostsReachEachOther(t *testing.T) {
	n := network(t, "a", "b")
	a, b := n.host(t, "a"), n.host(t, "b")
	at, _ := echo(t, a)
	for _, from := range []*Host{n.Driver(), a, b} {
		c := from.dial(t, at)
		send(t, c, "hello")
		receive(t, c, "hello")
	}
	if n.Count("b", "a").Passed == 0 || n.Count("a", "b").Passed == 0 || n.Count("b", Driver).Passed != 0 {
		t.Errorf("b>a %+v, a>b %+v, b>driver %+v", n.Count("b", "a"), n.Count("a", "b"), n.Count("b", Driver))
	}
	for _, h := range []*Host{a, b} { // the same address on both
		err := h.thread.do(func() error {
			l, err := net.Listen("tcp", "127.0.0.1:7000")
			t.Cleanup(func() { l.Close() })
			return err
		})
		if err != nil {
			t.Errorf("on %s: %v", h.name, err)
		}
	}
}

// Nothing crosses a cut link; when it is healed, TCP delivers what was sent.
func TestCutAndHeal(t *testing.T) {
	for what, faults := range map[string]struct {
		cut  func(*Network)
		heal func(*Network)
	}{
		"cut":      {func(n *Network) { n.Cut("a", "b") }, func(n *Network) { n.Heal("b", "a") }},
		"isolated": {func(n *Network) { n.Isolate("a") }, func(n *Network) { n.HealAll() }},
	} {
		t.Run(what, func(t *testing.T) {
			n := network(t, "a", "b", "c")
			at, _ := echo(t, n.host(t, "a"))
			b, c := n.host(t, "b").dial(t, at), n.host(t, "c").dial(t, at)
			send(t, b, "before")
			receive(t, b, "before")

			faults.cut(n)
			before := n.Count("b", "a")
			send(t, b, "after")
			more(t, n, "b", "a", before, dropped)
			if now := n.Count("b", "a"); now.Passed != before.Passed {
				t.Errorf("%d packets crossed a cut link", now.Passed-before.Passed)
			}
			if what == "cut" { // others do not notice
				send(t, c, "by the way")
				receive(t, c, "by the way")
			}
			faults.heal(n)
			receive(t, b, "after")
		})
	}
}

// Cut one way, a host still receives what it cannot answer.
func TestCutOneWay(t *testing.T) {
	n := network(t, "a")
	at, _ := echo(t, n.host(t, "a"))
	c := n.Driver().dial(t, at)
	send(t, c, "before")
	receive(t, c, "before")

	n.CutOneWay("a", Driver)
	there, back := n.Count(Driver, "a"), n.Count("a", Driver)
	send(t, c, "after")
	more(t, n, Driver, "a", there, passed)
	more(t, n, "a", Driver, back, dropped)
	if now := n.Count("a", Driver); now.Passed != back.Passed {
		t.Errorf("%d packets came back", now.Passed-back.Passed)
	}
	n.Heal(Driver, "a")
	receive(t, c, "after")
}

// A slow link delays both ways, keeps the order, and is quick again after.
func TestSlow(t *testing.T) {
	const delay, jitter, rounds = 40 * time.Millisecond, 30 * time.Millisecond, 8
	n := network(t, "a")
	at, _ := echo(t, n.host(t, "a"))
	c := n.Driver().dial(t, at)
	quick := roundTrip(t, c)

	n.Slow(Driver, "a", delay, jitter)
	var longest time.Duration
	for range rounds {
		took := roundTrip(t, c)
		longest = max(longest, took)
		if took < 2*delay {
			t.Errorf("there and back in %v, with %v each way", took, delay)
		}
	}
	if longest < 2*delay+jitter/8 {
		t.Errorf("there and back in at most %v: no jitter to be seen", longest)
	}
	// More than one window, over a link whose packets are delayed differently.
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() { _, _ = c.Write(data) }()
	receive(t, c, string(data))
	if d := n.Count(Driver, "a").Dropped; d != 0 {
		t.Errorf("%d packets dropped", d)
	}

	n.HealAll()
	// On a slow link none is below twice the delay; what was delayed before comes
	// first, and a busy machine delays some more.
	proc.Eventually(t, proc.Patience, "being quick again", func() error {
		if took := roundTrip(t, c); took >= 2*delay {
			return fmt.Errorf("there and back takes %v; it took %v before", took, quick)
		}
		return nil
	})
}

func roundTrip(t testing.TB, c net.Conn) time.Duration {
	t.Helper()
	start := time.Now()
	send(t, c, "x")
	receive(t, c, "x")
	return time.Since(start)
}

// What is under way on a slow link is lost when it is cut.
func TestCutWhileUnderWay(t *testing.T) {
	n := network(t, "a")
	at, _ := echo(t, n.host(t, "a"))
	c := n.Driver().dial(t, at)
	n.Slow(Driver, "a", 2*time.Second, 0) // long enough to cut the link meanwhile
	send(t, c, "slowly")
	before := n.Count(Driver, "a")
	n.CutOneWay(Driver, "a")
	more(t, n, Driver, "a", before, dropped)
	if now := n.Count(Driver, "a"); now.Passed != before.Passed {
		t.Errorf("%d packets crossed a cut link", now.Passed-before.Passed)
	}
	n.HealAll()
	receive(t, c, "slowly")
}

// Close leaves no process, whether anybody waits for it or not.
func TestCloseKills(t *testing.T) {
	n := network(t, "a", "b")
	_, waited := echo(t, n.host(t, "a"))
	_, unwaited := echo(t, n.host(t, "b"))
	ended := make(chan error, 1)
	go func() { ended <- waited.Wait() }()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || waited.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("ended with %v, want SIGKILL", err)
	}
	if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", unwaited.Process.Pid)); err != nil || !bytes.Contains(state, []byte(") Z ")) {
		t.Errorf("not ended: %q, %v", state, err)
	}
	_ = unwaited.Wait() // killed
	if err := n.host(t, "a").Start(exec.Command("true")); err == nil {
		t.Error("a closed network started a process")
	}
	if _, err := n.Add("c"); err == nil {
		t.Error("a closed network took a host")
	}
}

// Errors name what is wrong.
func TestMistakes(t *testing.T) {
	n := network(t, "a")
	if _, err := n.Add("a"); err == nil {
		t.Error("two hosts of one name")
	}
	if _, err := New(); err == nil {
		t.Error("two networks at a time")
	}
	if err := n.host(t, "a").Start(exec.Command("/does/not/exist")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("starting nothing: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("cutting a link to nowhere is no error")
		}
	}()
	n.Cut("a", "nowhere")
}

// BenchmarkThroughput is one TCP connection between two hosts, there and back.
func BenchmarkThroughput(b *testing.B) {
	n := network(b, "a")
	at, _ := echo(b, n.host(b, "a"))
	c := n.Driver().dial(b, at)
	chunk := make([]byte, 1<<20)
	b.SetBytes(2 * int64(len(chunk)))
	go func() {
		for range b.N {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	}()
	b.ResetTimer()
	if _, err := io.CopyN(io.Discard, c, int64(b.N)*int64(len(chunk))); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRoundTrip is a byte there and back.
func BenchmarkRoundTrip(b *testing.B) {
	n := network(b, "a")
	at, _ := echo(b, n.host(b, "a"))
	c := n.Driver().dial(b, at)
	for b.Loop() {
		roundTrip(b, c)
	}
}
