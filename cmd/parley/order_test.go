package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"parley/coordinator/txclient"
	"parley/internal/child"
	"parley/internal/cli"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

// script answers submissions one after another.
type script struct {
	outcomes []txwire.Outcome
	errs     []error
	keys     []string
}

func (s *script) Submit(_ context.Context, r txclient.Request) (txwire.Outcome, error) {
	i := len(s.keys)
	s.keys = append(s.keys, r.Key)
	return s.outcomes[i], s.errs[i]
}

// TestStillUnknown: when the first asking may have started something, a later
// "nothing was started" is about the later asking alone.
func TestStillUnknown(t *testing.T) {
	s := &script{
		outcomes: []txwire.Outcome{{Status: txwire.StatusUnknown, Key: "made"}, {Status: txwire.StatusRejected, Key: "made"}},
		errs:     []error{txclient.ErrUnknown, &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was started"}},
	}
	var errs bytes.Buffer
	c := orderCmd{Item: "falafel", Quantity: 1, Zone: "north"}
	o, err := c.submit(t.Context(), &cli.App{Err: &errs}, s, c.request())
	if !errors.Is(err, txclient.ErrUnknown) || o.Status != txwire.StatusUnknown || o.Key != "made" {
		t.Errorf("got %+v, %v; want unknown", o, err)
	}
	if len(s.keys) != 2 || s.keys[1] != "made" {
		t.Errorf("submitted with the keys %q, want the second time the generated one", s.keys)
	}
	if !strings.Contains(errs.String(), "retrying (key made)") {
		t.Errorf("printed is %q", &errs)
	}
}

func TestReceiptNext(t *testing.T) {
	for _, c := range []struct {
		o    txwire.Outcome
		want string
	}{
		{txwire.Outcome{Code: wire.CodeNoParticipant, Participant: "delivery"}, "parley delivery"},
		{txwire.Outcome{Code: wire.CodeRefused, Participant: "inventory"}, "parley menu"},
		{txwire.Outcome{Code: wire.CodeRefused, Participant: "delivery"}, "parley couriers"},
		{txwire.Outcome{Code: wire.CodeClosed}, "new key"},
		{txwire.Outcome{Code: wire.CodeTimeout}, "parley status"},
	} {
		r := receipt{Outcome: c.o}
		if got := r.next(); !strings.Contains(got, c.want) {
			t.Errorf("%s by %q: %q, want %q in it", c.o.Code, c.o.Participant, got, c.want)
		}
	}
}

// TestNotYetApplied: an order that is committed while a participant is away is
// placed, in words, in JSON and by its exit code, and is waited for.
func TestNotYetApplied(t *testing.T) {
	away := txwire.Outcome{Status: txwire.StatusCommitted, Key: "made", Reason: "committed, not yet acknowledged by delivery", Participant: "delivery"}
	back := txwire.Outcome{Status: txwire.StatusCommitted, Key: "made", Applied: true}
	unavailable := &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was started"}
	for _, c := range []struct {
		what   string
		second txwire.Outcome
		err    error
		exp    bool
	}{
		{"it comes back", back, nil, true},
		{"it stays away", away, nil, false},
		{"the coordinator leaves too", txwire.Outcome{Status: txwire.StatusRejected}, unavailable, false},
		{"nobody answers any more", txwire.Outcome{Status: txwire.StatusUnknown}, txclient.ErrUnknown, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := &script{outcomes: []txwire.Outcome{away, c.second}, errs: []error{nil, c.err}}
			var out, errs bytes.Buffer
			a := &cli.App{Out: &out, Err: &errs}
			cmd := orderCmd{Item: "falafel", Quantity: 1, Zone: "north", submitFlags: submitFlags{Wait: txwire.WaitApplied}}
			o, err := cmd.submit(t.Context(), a, s, cmd.request())
			if err != nil || o.Status != txwire.StatusCommitted || o.Applied != c.exp {
				t.Fatalf("got %+v, %v", o, err)
			}
			if len(s.keys) != 2 || s.keys[1] != "made" {
				t.Errorf("submitted with the keys %q", s.keys)
			}
			r := receipt{Outcome: o, Wait: cmd.Wait}
			if err := r.committed(a); err != nil {
				t.Errorf("it ends with %v, want exit code 0", err)
			}
			if warned := strings.Contains(out.String(), "not yet applied"); warned == c.exp {
				t.Errorf("applied is %v, and it prints\n%s", c.exp, &out)
			}
			if j := r.json(); j.Applied == nil || *j.Applied != c.exp {
				t.Errorf("the JSON is %+v", j)
			}
		})
	}
	if j := (&receipt{Outcome: away, Wait: txwire.WaitDecided}).json(); j.Applied != nil {
		t.Errorf("an order that waited for the decision has %+v", j)
	}
}

// TestKeyFlag: an invalid key is refused before any request; without the flag a key is
// generated.
func TestKeyFlag(t *testing.T) {
	for _, key := range []string{"", " ", "   ", "a\nb", strings.Repeat("k", 129)} {
		for _, args := range [][]string{
			{"order", "margherita", "1", "--nats", "nats://127.0.0.1:1", "--key", key},
			{"order", "margherita", "1", "--nats", "nats://127.0.0.1:1", "--key=" + key},
			{"blog", "post", "ada", "text", "--nats", "nats://127.0.0.1:1", "--key", key},
		} {
			var out, errs bytes.Buffer
			if exit := run(t.Context(), &child.ShutdownHooks{}, args, &out, &errs); exit != cli.ExitWrong || !strings.Contains(errs.String(), "--key") {
				t.Errorf("%q: exit %d, %q; want %d and the flag named", args, exit, &errs, cli.ExitWrong)
			}
		}
	}
	var out, errs bytes.Buffer
	if exit := run(t.Context(), &child.ShutdownHooks{}, []string{"order", "margherita", "1", "--nats", "nats://127.0.0.1:1"}, &out, &errs); exit != cli.ExitFailed {
		t.Errorf("without a key: exit %d, %q; want that no coordinator is reached", exit, &errs)
	}
	errs.Reset()
	if exit := run(t.Context(), &child.ShutdownHooks{}, []string{"order", "margherita", "1", "--key", "a\xffb"}, &out, &errs); exit != cli.ExitWrong || !strings.Contains(errs.String(), `"a\xffb"`) {
		t.Errorf("a key that is no UTF-8: exit %d, %q", exit, &errs)
	}
}

// TestNotPermitted: a command whose NATS user lacks a permission fails immediately, with the
// subject and what to do.
func TestNotPermitted(t *testing.T) {
	opts := &server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, Users: []*server.User{
		{Username: "some", Password: "x", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"nothing"}}}},
	}}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server is not ready")
	}
	url := strings.Replace(s.ClientURL(), "nats://", "nats://some:x@", 1)
	for args, subject := range map[string]string{
		"order margherita 1":                        txwire.SubjectSubmit,
		"order margherita 1 --key k --wait applied": txwire.SubjectSubmit,
		"menu":                          food.SubjectItems,
		"couriers":                      food.SubjectCouriers,
		"tx list":                       txwire.SubjectCoordinators,
		"tx show k":                     txwire.SubjectCoordinators,
		"tx resolve aaaabbbbccccdddd.1": txwire.SubjectBranches,
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), &child.ShutdownHooks{}, append(strings.Fields(args), "--nats", url), &out, &errs)
		if code != cli.ExitFailed || !strings.Contains(errs.String(), `"`+subject+`"`) || !strings.Contains(errs.String(), "permission") {
			t.Errorf("parley %s: exit %d, want %d, %s and the permission in\n%s%s", args, code, cli.ExitFailed, subject, &errs, &out)
		}
		if strings.Contains(errs.String(), "start a coordinator") || strings.Contains(errs.String(), "retrying") {
			t.Errorf("parley %s: misleading advice:\n%s", args, &errs)
		}
	}
}
