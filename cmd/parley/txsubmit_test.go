package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/cli"
	"parley/wire/txwire"
)

// A transaction with any participants is submitted, and each outcome has its exit code.
func TestTxSubmit(t *testing.T) {
	t.Parallel()
	_, url := up(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, []byte("{\"v\":1,\"item\":\"margherita\",\"quantity\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const courier = `delivery={"v":1,"zone":"north"}`
	both := []string{"tx", "submit", "-b", "inventory=@" + file, "-b", courier, "--key", "k", "--wait", "applied", "--nats", url}

	first := parleyJSON[submitted](t, cli.ExitOK, both...)
	if first.Status != txwire.StatusCommitted || first.Applied == nil || !*first.Applied || first.Key != "k" || !strings.Contains(string(first.Details["delivery"]), "name") {
		t.Errorf("the transaction is %+v", first)
	}
	if again := parleyJSON[submitted](t, cli.ExitOK, both...); again.ID != first.ID {
		t.Errorf("the same key again is %s, and was %s", again.ID, first.ID)
	}
	if i := stockOf(t, url, "margherita"); i.Stock != 98 || i.Reserved != 0 {
		t.Errorf("after one order of 2 of 100: %+v", i)
	}
	refused := parleyJSON[submitted](t, cli.ExitAborted, "tx", "submit", "-b", `inventory={"v":1,"item":"unicorn","quantity":1}`, "-b", courier, "--nats", url)
	if refused.Status != txwire.StatusAborted || refused.Participant != "inventory" || !strings.Contains(refused.Reason, "unicorn") {
		t.Errorf("a refused transaction is %+v", refused)
	}
	for want, args := range map[string][]string{
		"payment: no service answers": {"-b", "payment={}"},
		"aborted, nothing was":        {"-b", `inventory={"v":1,"item":"unicorn","quantity":1}`},
	} {
		out, errs, code := parley(t, append([]string{"tx", "submit", "--nats", url}, args...)...)
		if code != cli.ExitAborted || !strings.Contains(out, want) {
			t.Errorf("%q: exit %d\n%s%s", args, code, out, errs)
		}
	}
	if _, errs, code := parley(t, "tx", "submit", "-b", courier, "--key", "k", "--nats", url); code != cli.ExitWrong || !strings.Contains(errs, "other content") {
		t.Errorf("the same key for something else: exit %d\n%s", code, errs)
	}
}

// What no coordinator would accept is refused before anything is sent, and named.
func TestTxSubmitFlags(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big.json")
	if err := os.WriteFile(big, []byte(`"`+strings.Repeat("x", txwire.MaxPayload)+`"`), 0o600); err != nil {
		t.Fatal(err)
	}
	many := make([]string, txwire.MaxBranches+1)
	for want, branches := range map[string][]string{
		`"payment" is not NAME=JSON`:         {"payment"},
		`name "Pay" has 'P'`:                 {"Pay={}"},
		"names payment twice":                {"payment={}", "payment={}"},
		`payload in {"a" is not JSON`:        {`payment={"a"`},
		"payload in  is not JSON":            {"payment="},
		"no such file":                       {"payment=@" + big + ".missing"},
		"is a directory":                     {"payment=@" + filepath.Dir(big)},
		"has more than the limit of 4096":    {"payment=@" + big},
		"standard input is not JSON":         {"payment=@-"},
		"is given 13 times, the limit is 12": many,
	} {
		c := txSubmitCmd{submitFlags: submitFlags{Timeout: time.Second}, Branch: branches}
		if _, err := c.request(strings.NewReader("{")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", branches, err, want)
		}
	}
	c := txSubmitCmd{submitFlags: submitFlags{Timeout: time.Second}, Branch: []string{"payment=@-", "a=1"}}
	r, err := c.request(strings.NewReader(" {\"cents\":1}\n"))
	if err != nil || len(r.Branches) != 2 || string(r.Branches[0].Payload) != `{"cents":1}` || string(r.Branches[1].Payload) != "1" {
		t.Errorf("the request is %+v, %v", r, err)
	}
}
