package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/chatgw/frame"
	"parley/internal/cli"
	"parley/internal/txview"
	"parley/participants/food"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/txwire"
)

// up starts everything and returns where NATS listens.
func up(t *testing.T, data string) (*proc.Process, string) {
	t.Helper()
	p := start(t, "up", "--data", data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	url := p.URL()
	p.Await("Ctrl-C stops everything")
	return p, url
}

type stockJSON struct {
	Items []food.Item `json:"items"`
}

func stockOf(t *testing.T, url, item string) food.Item {
	t.Helper()
	s := parleyJSON[stockJSON](t, cli.ExitOK, "stock", item, "--nats", url)
	if len(s.Items) != 1 {
		t.Fatalf("stock %s: %+v", item, s)
	}
	return s.Items[0]
}

func assigned(t *testing.T, url, zone string) (n, reserved int64) {
	t.Helper()
	c := parleyJSON[struct{ Couriers []food.Courier }](t, cli.ExitOK, "couriers", "--zone", zone, "--nats", url)
	for _, c := range c.Couriers {
		n, reserved = n+c.Assigned, reserved+c.Reserved
	}
	return n, reserved
}

// settled waits until no transaction is unfinished or in doubt anywhere.
func settled(t *testing.T, url string) {
	t.Helper()
	for late := time.Now().Add(proc.Patience); ; {
		list := parleyJSON[struct{ Transactions []txview.Line }](t, cli.ExitOK, "tx", "list", "--nats", url)
		if len(list.Transactions) == 0 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("not settled within %v: %+v", proc.Patience, list)
		}
	}
}

// TestOrders is the first hour of a person with Parley.
func TestOrders(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, url := up(t, data)

	menu, _, code := parley(t, "menu", "--nats", url)
	if code != cli.ExitOK || !strings.Contains(menu, "margherita") || !strings.Contains(menu, "9.50") {
		t.Fatalf("menu: exit %d\n%s", code, menu)
	}

	order := []string{"order", "margherita", "2", "--zone", "north", "--key", "breakfast", "--wait", "applied", "--nats", url}
	first, errs, code := parley(t, order...)
	if code != cli.ExitOK {
		t.Fatalf("order: exit %d\n%s%s", code, first, errs)
	}
	for _, want := range []string{"Order placed", "2 x Pizza Margherita at 9.50", "19.00", "zone north", "breakfast"} {
		if !strings.Contains(first, want) {
			t.Errorf("order: %q is missing in\n%s", want, first)
		}
	}
	if again, _, code := parley(t, order...); code != cli.ExitOK || again != first {
		t.Errorf("the same key again: exit %d, want 0 and the same answer\ngot\n%s\nwant\n%s", code, again, first)
	}
	if i := stockOf(t, url, "margherita"); i.Stock != 98 || i.Reserved != 0 {
		t.Errorf("after one order of 2 of 100: %+v", i)
	}
	if n, r := assigned(t, url, "north"); n != 1 || r != 0 {
		t.Errorf("after one order %d are assigned and %d reserved in north", n, r)
	}

	out, errs, code := parley(t, "order", "lasagne", "2", "--zone", "north", "--key", "breakfast", "--nats", url)
	if code != cli.ExitWrong || !strings.Contains(errs, "other content") || !strings.Contains(errs, "next: ") {
		t.Errorf("the same key for something else: exit %d, want 2 and why\n%s%s", code, out, errs)
	}
	refused := parleyJSON[receiptJSON](t, cli.ExitAborted, "order", "tiramisu", "21", "--nats", url)
	if refused.Status != txwire.StatusAborted || refused.Code != wire.CodeRefused || refused.Participant != food.Inventory || !strings.Contains(refused.Reason, "only 20") {
		t.Errorf("more than the stock: %+v", refused)
	}
	nowhere := parleyJSON[receiptJSON](t, cli.ExitAborted, "order", "tiramisu", "1", "--zone", "mars", "--nats", url)
	if nowhere.Participant != food.Delivery || !strings.Contains(nowhere.Reason, "mars") {
		t.Errorf("a zone without couriers: %+v", nowhere)
	}

	if code := p.Interrupt(); code != cli.ExitOK {
		t.Errorf("Ctrl-C: exit %d, want 0", code)
	}
	if !strings.Contains(p.Output(), "Stopped.") {
		t.Error("Ctrl-C: the output does not report the stop")
	}

	_, url = up(t, data)
	order[len(order)-1] = url
	if again, _, code := parley(t, order...); code != cli.ExitOK || again != first {
		t.Errorf("the same key after a restart: exit %d, want the same answer\n%s", code, again)
	}
	if i := stockOf(t, url, "margherita"); i.Stock != 98 || i.Reserved != 0 {
		t.Errorf("after a restart: %+v", i)
	}
	if i := stockOf(t, url, "tiramisu"); i.Stock != 20 || i.Reserved != 0 {
		t.Errorf("after aborted orders and a restart: %+v", i)
	}
	if n, r := assigned(t, url, "north"); n != 1 || r != 0 {
		t.Errorf("after a restart %d are assigned and %d reserved in north", n, r)
	}
}

func TestKilledIsRemembered(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, url := up(t, data)
	o := parleyJSON[receiptJSON](t, cli.ExitOK, "order", "falafel", "3", "--key", "k", "--nats", url)
	p.Kill()
	_, url = up(t, data)
	again := parleyJSON[receiptJSON](t, cli.ExitOK, "order", "falafel", "3", "--key", "k", "--nats", url)
	if again != o {
		t.Errorf("after kill -9 the same key answers\n%+v, before\n%+v", again, o)
	}
	settled(t, url)
	if i := stockOf(t, url, "falafel"); i.Stock != 77 || i.Reserved != 0 {
		t.Errorf("after kill -9: %+v", i)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	_, url := up(t, t.TempDir())
	address := strings.TrimPrefix(url, "nats://")
	for _, command := range []string{"up", "broker"} {
		_, errs, code := parley(t, command, "--data", t.TempDir(), "--listen", address)
		if code != cli.ExitFailed || !strings.Contains(errs, address+" (--listen) is in use") || !strings.Contains(errs, "another port") {
			t.Errorf("%s on a port in use: exit %d\n%s", command, code, errs)
		}
	}
}

func TestHTTPPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	_, errs, code := parley(t, "up", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--http", address)
	if code != cli.ExitFailed || !strings.Contains(errs, address+" (--http) is in use") || !strings.Contains(errs, "another port") {
		t.Errorf("up on a port in use: exit %d\n%s", code, errs)
	}
}

func TestDataInUse(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	_, url := up(t, data)
	_, errs, code := parley(t, "up", "--data", data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	if code != cli.ExitFailed || !strings.Contains(errs, "in use by another broker") {
		t.Errorf("a second up on the same data: exit %d\n%s", code, errs)
	}
	_, errs, code = parley(t, "inventory", "--data", data, "--nats", url)
	if code != cli.ExitFailed || !strings.Contains(errs, "inventory.db") {
		t.Errorf("a second process on the same journal: exit %d\n%s", code, errs)
	}
}

func TestUnwritableData(t *testing.T) {
	t.Parallel()
	// A file in the place of the directory stops even root.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"up", "broker", "inventory", "delivery"} {
		_, errs, code := parley(t, command, "--data", filepath.Join(file, "data"))
		if code != cli.ExitFailed || !strings.Contains(errs, "--data "+file) || !strings.Contains(errs, "next: choose another directory") {
			t.Errorf("%s with a data directory that cannot be made: exit %d\n%s", command, code, errs)
		}
	}
}

// A deleted journal is not replaced by a new one without a flag, and the error
// names the flag.
func TestUpWithoutItsJournal(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, _ := up(t, data)
	if code := p.Interrupt(); code != cli.ExitOK {
		t.Fatalf("exit %d", code)
	}
	if err := os.Remove(filepath.Join(data, "inventory.db")); err != nil {
		t.Fatal(err)
	}
	args := []string{"up", "--data", data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"}
	p = start(t, args...)
	if code := p.Wait(); code != cli.ExitFailed || !strings.Contains(p.Output(), "start once with --new-journal") {
		t.Fatalf("exit %d:\n%s", code, p.Output())
	}
	p = start(t, append(args, "--new-journal")...)
	p.Await("Ctrl-C stops everything")
}

// Behind a reverse proxy the page has another address than the gateway.
func TestUpBehindProxy(t *testing.T) {
	t.Parallel()
	const page = "https://parley.example.com"
	p := start(t, "up", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--origin", page, "--proxy", "127.0.0.1/32")
	p.Await("Ctrl-C stops everything")
	at := regexp.MustCompile(`Open http://(\S+)/ in a browser`).FindStringSubmatch(p.Output())
	if at == nil {
		t.Fatalf("the address of the page is not printed:\n%s", p.Output())
	}
	for origin, want := range map[string]int{page: http.StatusSwitchingProtocols, "https://stranger.example.com": http.StatusForbidden} {
		dialer := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
		conn, answer, err := dialer.DialContext(t.Context(), "ws://"+at[1]+"/ws", http.Header{"Origin": {origin}})
		if answer == nil || answer.StatusCode != want {
			t.Errorf("a page of %s is answered %+v, %v, want %d", origin, answer, err, want)
		}
		if err == nil {
			conn.Close()
		}
	}
	if _, errs, code := parley(t, "up", "--data", t.TempDir(), "--proxy", "10.0.0.300/8"); code != cli.ExitWrong || !strings.Contains(errs, "--proxy") || !strings.Contains(errs, "10.0.0.300/8") {
		t.Errorf("a proxy that is no network: exit %d\n%s", code, errs)
	}
}
