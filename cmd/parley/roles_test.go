package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/status"
	"parley/internal/txview"
	"parley/participants/food"
	"parley/test/proc"
	"parley/wire/txwire"
)

// apart starts every role as a separate process, coordinators last.
func apart(t *testing.T, data string, coordinator ...string) (url string, c *proc.Process) {
	t.Helper()
	url = start(t, "broker", "--data", data, "--listen", "127.0.0.1:0").URL()
	created := parleyJSON[initJSON](t, cli.ExitOK, "init", "--nats", url)
	for _, s := range created.Streams {
		if !s.Created {
			t.Errorf("init did not create %s", s.Name)
		}
	}
	if len(created.Streams) != len(catalog.Streams()) || created.Durability != "synced" {
		t.Errorf("init: %+v, want every stream, synced", created)
	}
	for _, name := range []string{food.Inventory, food.Delivery} {
		start(t, name, "--data", data, "--nats", url).Await(name + " is ready")
	}
	c = start(t, append([]string{"coordinator", "--nats", url}, coordinator...)...)
	c.Await("coordinator is ready")
	return url, c
}

func TestRolesApart(t *testing.T) {
	t.Parallel()
	url, c := apart(t, t.TempDir())
	if again := parleyJSON[initJSON](t, cli.ExitOK, "init", "--nats", url); again.Streams[0].Created {
		t.Error("a second init created a stream again")
	}
	o := parleyJSON[receiptJSON](t, cli.ExitOK, "order", "falafel", "1", "--wait", "applied", "--nats", url)
	if o.CourierName == "" || o.TotalCents != 890 {
		t.Errorf("order: %+v", o)
	}

	var shown struct{ Transactions []txview.View }
	for _, which := range []string{o.Key, o.ID.String()} {
		shown = parleyJSON[struct{ Transactions []txview.View }](t, cli.ExitOK, "tx", "show", which, "--nats", url)
		if len(shown.Transactions) != 1 || shown.Transactions[0].ID != o.ID || len(shown.Transactions[0].Branches) != 2 {
			t.Fatalf("tx show %s: %+v", which, shown)
		}
		if s := shown.Transactions[0].Status; s != txwire.StatusCommitted {
			t.Errorf("tx show %s: status %s, want committed", which, s)
		}
	}
	if _, errs, code := parley(t, "tx", "show", "nobody-knows", "--nats", url); code != cli.ExitFailed || !strings.Contains(errs, "nobody-knows") {
		t.Errorf("tx show of an unknown key: exit %d\n%s", code, errs)
	}
	proc.Eventually(t, proc.Patience, "tx list", func() error {
		if out, _, _ := parley(t, "tx", "list", "--nats", url); out != "Nothing is unfinished or in doubt.\n" {
			return errors.New(out)
		}
		return nil
	})
	r := parleyJSON[resolvedJSON](t, cli.ExitOK, "tx", "resolve", o.ID.String(), "--nats", url)
	if r.Status != txwire.StatusCommitted {
		t.Errorf("tx resolve: %+v", r)
	}
	// On a busy machine a process may answer too late to be shown.
	proc.Eventually(t, proc.Patience, "status", func() error {
		s := parleyJSON[status.Report](t, cli.ExitOK, "status", "--nats", url)
		if len(s.Coordinators) != 1 || len(s.Participants) != 2 || s.Durability != "synced" {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})

	if code := c.Interrupt(); code != cli.ExitOK {
		t.Errorf("Ctrl-C at a coordinator: exit %d, want 0", code)
	}
	_, errs, code := parley(t, "order", "falafel", "1", "--nats", url)
	if code != cli.ExitFailed || !strings.Contains(errs, "no coordinator is running") || !strings.Contains(errs, "nothing was started") {
		t.Errorf("order without a coordinator: exit %d\n%s", code, errs)
	}
}

func TestCourierComes(t *testing.T) {
	t.Parallel()
	_, url := up(t, t.TempDir())
	o := parleyJSON[receiptJSON](t, cli.ExitOK, "order", "falafel", "1", "--wait", "applied", "--zone", "south", "--nats", url)
	if n, _ := assigned(t, url, "south"); n != 1 {
		t.Fatalf("%d are assigned in south, want 1", n)
	}
	_, errs, code := parley(t, "couriers", "--complete", "999", "--nats", url)
	if code != cli.ExitWrong || !strings.Contains(errs, "999") {
		t.Errorf("a courier that does not exist: exit %d\n%s", code, errs)
	}
	if _, errs, code = parley(t, "couriers", "--complete", itoa(o.Courier), "--nats", url); code != cli.ExitOK {
		t.Errorf("complete: exit %d\n%s", code, errs)
	}
	if n, _ := assigned(t, url, "south"); n != 0 {
		t.Errorf("%d are assigned in south after the delivery, want 0", n)
	}
	parley(t, "stock", "falafel", "--add", "5", "--nats", url)
	if i := stockOf(t, url, "falafel"); i.Stock != 84 {
		t.Errorf("80 - 1 + 5: %+v", i)
	}
	if _, errs, code := parley(t, "stock", "nectar", "--nats", url); code != cli.ExitWrong || !strings.Contains(errs, "nectar") {
		t.Errorf("an item that does not exist: exit %d\n%s", code, errs)
	}
}

func TestObserveOneOrder(t *testing.T) {
	t.Parallel()
	_, url := up(t, t.TempDir())
	o := start(t, "observe", "--nats", url)
	o.Await("observing")
	r := parleyJSON[receiptJSON](t, cli.ExitOK, "order", "falafel", "1", "--wait", "applied", "--nats", url)
	id := r.ID.String()
	for _, want := range []string{
		`client +-> coordinator +submit`,
		`coordinator +-> inventory +prepare +` + id, `coordinator +-> delivery +prepare +` + id,
		`inventory +-> coordinator +vote +` + id + ` +yes`, `delivery +-> coordinator +vote +` + id + ` +yes`,
		`coordinator +-> log +append +` + id,
		`coordinator +-> inventory +commit +` + id, `coordinator +-> delivery +commit +` + id,
		`inventory +-> coordinator +ack +` + id, `delivery +-> coordinator +ack +` + id,
	} {
		o.Await(want)
	}
	if code := o.Interrupt(); code != cli.ExitOK {
		t.Errorf("Ctrl-C: exit %d, want 0", code)
	}
	if strings.Contains(o.Output(), "\x1b") {
		t.Error("colours where there is no terminal")
	}
}

// TestCrashAt: the coordinator dies right after the append, when no process knows
// of the commit yet; the next one finishes it, and the key answers.
func TestCrashAt(t *testing.T) {
	t.Parallel()
	url, c := apart(t, t.TempDir(), "--crash-at", "append-after")
	order := start(t, "order", "falafel", "2", "--key", "k", "--nats", url)
	c.AwaitKilled()
	start(t, "coordinator", "--nats", url).Await("coordinator is ready")
	if code := order.Wait(); code != cli.ExitOK {
		t.Errorf("the order that was under way: exit %d, want 0", code)
	}
	settled(t, url)
	o := parleyJSON[receiptJSON](t, cli.ExitOK, "order", "falafel", "2", "--key", "k", "--nats", url)
	if o.Status != txwire.StatusCommitted {
		t.Errorf("order: %+v", o)
	}
	if i := stockOf(t, url, "falafel"); i.Stock != 78 || i.Reserved != 0 {
		t.Errorf("stock: %+v", i)
	}
}

// TestNoStream: a role never makes the stream itself.
func TestNoStream(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	url := start(t, "broker", "--data", data, "--listen", "127.0.0.1:0").URL()
	for _, role := range [][]string{{"coordinator"}, {"inventory", "--data", data}, {"delivery", "--data", data}} {
		_, errs, code := parley(t, append(role, "--nats", url)...)
		if code != cli.ExitFailed || !strings.Contains(errs, "stream TXLOG does not exist") || !strings.Contains(errs, "parley init") {
			t.Errorf("%s without the stream: exit %d\n%s", role[0], code, errs)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"menu", "next: start it with `parley inventory`"},
		{"blog timeline", "next: start it with `parley blog serve`"},
		{"init --replicas 3", "next: run `parley init` without --replicas"},
	} {
		_, errs, code := parley(t, append(strings.Fields(c.args), "--nats", url)...)
		if code != cli.ExitFailed || !strings.Contains(errs, c.want) {
			t.Errorf("%s on a lone broker without streams: exit %d, want 1 and %q\n%s", c.args, code, c.want, errs)
		}
	}
	out, errs, code := parley(t, "status", "--nats", url)
	if code != cli.ExitOK || !strings.Contains(out, "stream TXLOG (it does not exist: `parley init` creates it, once)") {
		t.Errorf("status without the stream: exit %d\n%s%s", code, out, errs)
	}
	// Without an answer the list is an error.
	out, errs, code = parley(t, "tx", "list", "--nats", url)
	if code != cli.ExitOK || strings.Contains(out, "Nothing is unfinished") || !strings.Contains(errs, "no coordinator answers") || !strings.Contains(errs, "no participant answers") {
		t.Errorf("tx list without an answer: exit %d\n%s%s", code, out, errs)
	}
	list := parleyJSON[struct {
		Transactions []txview.Line
		NoAnswer     []string `json:"no_answer"`
	}](t, cli.ExitOK, "tx", "list", "--nats", url)
	if len(list.Transactions) > 0 || !slices.Equal(list.NoAnswer, []string{"coordinators", "participants"}) {
		t.Errorf("tx list without an answer: %+v", list)
	}
}

func TestNoNATS(t *testing.T) {
	t.Parallel()
	e := parleyJSON[cli.ErrorJSON](t, cli.ExitFailed, "menu", "--nats", "nats://127.0.0.1:1")
	if !strings.Contains(e.Error, "127.0.0.1:1") || e.Next == "" {
		t.Errorf("%+v", e)
	}
}
