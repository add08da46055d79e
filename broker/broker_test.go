package broker_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/internal/lifecycle"

	"github.com/nats-io/nats.go"
)

var _ lifecycle.Role = (*broker.Broker)(nil)

const patience = 2 * time.Minute

// start runs a broker and returns what its Run will return.
func start(t *testing.T, cfg broker.Config) (*broker.Broker, context.CancelFunc, <-chan error) {
	t.Helper()
	b, err := broker.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		out <- b.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return b, cancel, out
}

func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// fails expects that a broker does not start with an error that contains the words.
func fails(t *testing.T, cfg broker.Config, want ...string) {
	t.Helper()
	cfg.Log = quiet()
	b, _, out := start(t, cfg)
	err := await(t, "the broker to give up", out)
	select {
	case <-b.Ready():
		t.Error("the broker is ready")
	default:
	}
	if err == nil {
		t.Fatal("the broker starts")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not contain %q", err, w)
		}
	}
}

func TestRunServesUntilCancelled(t *testing.T) {
	b, cancel, out := start(t, broker.Config{Listen: "127.0.0.1:0", MonitorListen: "127.0.0.1:0", StoreDir: filepath.Join(t.TempDir(), "made", "here"), Log: quiet()})
	if url := b.ClientURL(); url != "" {
		t.Errorf("before it is ready the broker's URL is %q", url)
	}
	await(t, "the broker", b.Ready())
	nc, err := nats.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	inside, err := nats.Connect("", nats.InProcessServer(b.InProcess()))
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	sub, err := inside.SubscribeSync("x")
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := nc.Publish("x", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.NextMsg(patience); err != nil {
		t.Errorf("a message from the network does not reach the in-process connection: %v", err)
	}
	url := b.ClientURL()
	cancel()
	if err := await(t, "the broker to stop", out); err != nil {
		t.Errorf("Run returned %v after a cancel", err)
	}
	if c, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "nats://"), time.Second); err == nil {
		c.Close()
		t.Error("the port is open after Run returned")
	}
	if err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a second Run returned %v", err)
	}
}

func TestInProcessBeforeReadyIsRefused(t *testing.T) {
	b, err := broker.New(broker.Config{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.InProcess().InProcessConn(); err != broker.ErrNotReady {
		t.Errorf("the error is %v, want %v", err, broker.ErrNotReady)
	}
}

func TestListensOnLoopbackUnlessTold(t *testing.T) {
	if host, _, _ := net.SplitHostPort(broker.DefaultListen); host != "127.0.0.1" {
		t.Errorf("the default address is %s", broker.DefaultListen)
	}
	b, _, _ := start(t, broker.Config{Listen: "127.0.0.1:0", StoreDir: t.TempDir(), Log: quiet()})
	await(t, "the broker", b.Ready())
	nc, err := nats.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if got := nc.ConnectedUrl(); !strings.HasPrefix(got, "nats://127.0.0.1:") {
		t.Errorf("connected to %s", got)
	}
	if got := nc.DiscoveredServers(); len(got) != 0 {
		t.Errorf("the broker names other addresses: %v", got)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	fails(t, broker.Config{Listen: taken, StoreDir: t.TempDir()}, taken, "in use", "(Listen)", "choose another port")
	fails(t, broker.Config{Listen: "127.0.0.1:0", MonitorListen: taken, StoreDir: t.TempDir()}, taken, "in use", "(MonitorListen)")
	fails(t, broker.Config{
		Name: "a", Listen: "127.0.0.1:0", StoreDir: t.TempDir(),
		Cluster: &broker.Cluster{Listen: taken, Peers: []string{taken}},
	}, taken, "in use", "(Cluster.Listen)")
}

func TestUnusableStoreDir(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := broker.Config{Listen: "127.0.0.1:0", StoreDir: file}
	fails(t, cfg, file, "cannot be made", "choose another one")

	if os.Geteuid() == 0 {
		// Permissions do not stop root; /proc does, whoever asks.
		cfg.StoreDir = "/proc/1"
	} else {
		cfg.StoreDir = filepath.Join(t.TempDir(), "readonly")
		if err := os.Mkdir(cfg.StoreDir, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	fails(t, cfg, cfg.StoreDir, "cannot be written", "change its permissions")
}

func TestSecondBrokerOnOneStoreIsRefused(t *testing.T) {
	s := brokertest.Run(t)
	fails(t, broker.Config{Listen: "127.0.0.1:0", StoreDir: s.StoreDir()}, s.StoreDir(), "in use by another broker", fmt.Sprint(os.Getpid()))
	s.Kill()
	s.Restart(t) // the refused one has not kept the lock
}

const envHoldStore = "PARLEY_TEST_HOLD_STORE"

// holdStore is the other process: a broker that runs until it is killed.
func holdStore(dir string) int {
	b, err := broker.New(broker.Config{Listen: "127.0.0.1:0", StoreDir: dir, Log: quiet()})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	go func() {
		<-b.Ready()
		fmt.Println("ready")
	}()
	if err := b.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	return 1
}

// The store is refused while another process has it, and free as soon as that
// process was killed.
func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envHoldStore+"="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the other process printed %q, %v", line, err)
	}
	fails(t, broker.Config{Listen: "127.0.0.1:0", StoreDir: dir}, dir, "in use by another broker", fmt.Sprint("process ", cmd.Process.Pid))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // returns the signal
	b, _, out := start(t, broker.Config{Listen: "127.0.0.1:0", StoreDir: dir, Log: quiet()})
	select {
	case <-b.Ready():
	case err := <-out:
		t.Errorf("after the other process was killed: %v", err)
	case <-time.After(patience):
		t.Error("the broker does not start")
	}
}

// A cancel ends a start that cannot succeed: a node without a majority.
func TestCancelWhileStarting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	b, cancel, out := start(t, broker.Config{
		Name: "a", Listen: "127.0.0.1:0", StoreDir: t.TempDir(), Log: quiet(),
		Cluster: &broker.Cluster{Listen: freeAddress(t), Peers: []string{nobody}},
	})
	select {
	case <-b.Ready():
		t.Error("a node without a majority is ready")
	case err := <-out:
		t.Fatalf("the broker ended: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	cancel()
	if err := await(t, "the broker to stop", out); err != nil {
		t.Errorf("Run returned %v after a cancel", err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestMonitor(t *testing.T) {
	addr := freeAddress(t)
	b, _, out := start(t, broker.Config{Listen: "127.0.0.1:0", MonitorListen: addr, StoreDir: t.TempDir(), Log: quiet()})
	select {
	case <-b.Ready():
	case err := <-out:
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("the broker does not start")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := client.Get("http://" + addr + "/jsz")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), `"sync_always": true`) {
		t.Errorf("the monitor does not show sync_always: %s", body)
	}
}

// A broker whose JetStream is off ends instead of only looking alive.
func TestRunEndsWithoutJetStream(t *testing.T) {
	dir := t.TempDir()
	b, _, out := start(t, broker.Config{Listen: "127.0.0.1:0", StoreDir: dir, Log: quiet()})
	await(t, "the broker", b.Ready())
	if err := b.DisableJetStream(); err != nil {
		t.Fatal(err)
	}
	if err := await(t, "the broker to end", out); err == nil || !strings.Contains(err.Error(), "switched JetStream off") || !strings.Contains(err.Error(), dir) {
		t.Errorf("Run returned %v", err)
	}
}

// A broker whose store failed once ends: nats-server would refuse every write
// from then on, and look well.
func TestRunEndsWithAFailedStore(t *testing.T) {
	dir := t.TempDir()
	b, _, out := start(t, broker.Config{Listen: "127.0.0.1:0", StoreDir: dir, Log: quiet()})
	await(t, "the broker", b.Ready())
	b.LogError("JetStream stream '%s > %s' critical write error: %v", "$G", "TXLOG", syscall.ENOSPC)
	if err := await(t, "the broker to end", out); err == nil || !strings.Contains(err.Error(), "TXLOG") || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), dir) {
		t.Errorf("Run returned %v", err)
	}
}
