package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/participanttest"
	"parley/participants/sqlite"
	"parley/test/proc"
)

var program proc.Program

func TestMain(m *testing.M) { proc.TestMain(m, &program, 2) }

func TestConformance(t *testing.T) {
	participanttest.Exercise(t, participanttest.Fixture{
		Connect:  brokertest.Run(t).Connect,
		Resource: func() participants.Resource[*sqlite.Tx] { return accounts{} },
		Yes:      json.RawMessage(`{"account":"ada","cents":1}`),
		No:       json.RawMessage(`{"account":"bob","cents":501}`),
		Totals: func(ctx context.Context, tx *sqlite.Tx) (held, taken int, err error) {
			err = tx.QueryRowContext(ctx, "SELECT reserved, 10000-cents FROM accounts WHERE name='ada'").Scan(&held, &taken)
			return held, taken, err
		},
	})
}

// The example is ordered together with stock and a courier. It is killed after its vote,
// and still pays when it is started again.
func TestPayment(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "payment")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the example: %v\n%s", err, out)
	}
	file := filepath.Join(dir, "payment.db")
	broker := program.StartBroker(t, filepath.Join(dir, "broker"))
	program.Init(t, "init", "--nats", broker.URL())
	for _, role := range []string{"inventory", "delivery"} {
		program.Start(t, role, "--data", dir, "--nats", broker.URL(), "--health=").Await("is ready")
	}
	start := func() *proc.Process {
		p := proc.Launch(t, binary, "-nats", broker.URL(), "-db", file)
		p.Await("participant is ready")
		return p
	}
	coordinator := func(flags ...string) *proc.Process {
		p := program.Start(t, append([]string{"coordinator", "--nats", broker.URL(), "--health="}, flags...)...)
		p.Await("is ready")
		return p
	}
	submit := func(account, cents string, more ...string) []string {
		return append([]string{
			"tx", "submit", "--nats", broker.URL(), "-b", `payment={"account":"` + account + `","cents":` + cents + `}`,
			"-b", `inventory={"v":1,"item":"margherita","quantity":1}`, "-b", `delivery={"v":1,"zone":"north"}`,
		}, more...)
	}

	payment := start()
	c := coordinator("--hold-at", "append-before")
	answer := make(chan string, 1)
	go func() {
		out, errs, _ := proc.Run(t, append([]string{string(program)}, submit("ada", "900", "--key", "held", "--timeout", "1m")...)...)
		answer <- out + errs
	}()
	c.AwaitHeld("append-before") // payment has voted, and nothing is decided
	payment.Kill()
	c.Release()
	if out := <-answer; !strings.Contains(out, "committed") {
		t.Fatalf("with payment killed after its vote: %s", out)
	}
	payment = start()
	if out, errs, code := program.Run(t, submit("ada", "900", "--key", "held", "--timeout", "1m", "--wait", "applied")...); code != 0 || !strings.Contains(out, "applied everywhere") {
		t.Fatalf("the same key again: exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := program.Run(t, submit("bob", "501")...); code != 3 || !strings.Contains(out, `"bob" does not have 501 cents`) {
		t.Errorf("more than bob has: exit %d\n%s%s", code, out, errs)
	}
	if code := payment.Interrupt(); code != 0 {
		t.Errorf("Ctrl-C: exit %d", code)
	}

	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, want := range map[string]int{"ada": 9100, "bob": 500} {
		var cents, reserved int
		if err := db.QueryRowContext(t.Context(), "SELECT cents, reserved FROM accounts WHERE name=?", name).Scan(&cents, &reserved); err != nil || cents != want || reserved != 0 {
			t.Errorf("%s has %d cents, %d reserved, want %d and 0: %v", name, cents, reserved, want, err)
		}
	}
}
