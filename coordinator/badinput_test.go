package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/coordinator"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Bad requests over plain NATS: each receives an answer that names the error,
// and a commit works afterwards.
func TestBadRequests(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	s.coordinator(t, coordinator.Config{})
	owner := txwire.OwnerSubject(s.onlyLog(t))
	big := `{"v":1,"key":"` + strings.Repeat("k", txwire.MaxSubmit) + `"}`
	branch := func(name string) string { return fmt.Sprintf(`{"participant":%q,"payload":{}}`, name) }
	for _, c := range []struct {
		what, subject, data string
		code                wire.Code
		parts               []string
	}{
		{"nothing", txwire.SubjectSubmit, ``, wire.CodeInvalid, []string{"submit", "empty"}},
		{"no JSON", txwire.SubjectSubmit, `order soup`, wire.CodeInvalid, []string{"submit", "malformed"}},
		{"half", txwire.SubjectSubmit, `{"v":1,"key":"k"`, wire.CodeInvalid, []string{"malformed"}},
		{"two", txwire.SubjectSubmit, `{"v":1}{"v":1}`, wire.CodeInvalid, []string{"follows"}},
		{"another field", txwire.SubjectSubmit, `{"v":1,"color":"red"}`, wire.CodeInvalid, []string{"color"}},
		{"a later version", txwire.SubjectSubmit, `{"v":9,"color":"red"}`, wire.CodeVersion, []string{"version 9", "version 1"}},
		{"too much", txwire.SubjectSubmit, big, wire.CodeTooLarge, []string{fmt.Sprint(len(big)), "98304"}},
		{"no branches", txwire.SubjectSubmit, `{"v":1,"key":"k","branches":[]}`, wire.CodeInvalid, []string{"branches is empty"}},
		{"a participant twice", txwire.SubjectSubmit, `{"v":1,"key":"k","branches":[` + branch("a") + `,` + branch("a") + `]}`, wire.CodeInvalid, []string{"both name", `"a"`}},
		{"a subject for a name", txwire.SubjectSubmit, `{"v":1,"key":"k","branches":[` + branch("a.>") + `]}`, wire.CodeInvalid, []string{"a.>"}},
		{"a time in the past", txwire.SubjectSubmit, `{"v":1,"key":"k","branches":[` + branch("a") + `],"timeout_ms":-1}`, wire.CodeInvalid, []string{"timeout_ms", "-1"}},
		{"a time too far away", txwire.SubjectSubmit, `{"v":1,"key":"k","branches":[` + branch("a") + `],"timeout_ms":3600001}`, wire.CodeInvalid, []string{"timeout_ms", "3600001", "3600000"}},
		{"a huge number", txwire.SubjectSubmit, `{"v":1,"key":"k","timeout_ms":1e400}`, wire.CodeInvalid, []string{"timeout_ms"}},
		{"deep", txwire.SubjectSubmit, `{"v":1,"key":"k","branches":` + strings.Repeat("[", 30000) + `}`, wire.CodeInvalid, []string{"malformed"}},
		{"status of nothing", txwire.SubjectStatus, `{"v":1}`, wire.CodeInvalid, []string{"status request", "id is missing"}},
		{"status of no id", txwire.SubjectStatus, `{"v":1,"id":"12"}`, wire.CodeInvalid, []string{"12", "<log>.<n>"}},
		{"status, a later version", txwire.SubjectStatus, `{"v":2}`, wire.CodeVersion, []string{"version 2"}},
		{"resolve nothing", txwire.SubjectResolve, `{"v":1}`, wire.CodeInvalid, []string{"resolve", "id is missing"}},
		{"resolve, too much", txwire.SubjectResolve, big, wire.CodeTooLarge, []string{"65536"}},
		{"owner, no JSON", owner, `?`, wire.CodeInvalid, []string{"resolve", "malformed"}},
		{"owner, a later version", owner, `{"v":2}`, wire.CodeVersion, []string{"version 2"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			msg, err := nc.Request(c.subject, []byte(c.data), patience)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			var code wire.Code
			var reason string
			if c.subject == txwire.SubjectResolve || c.subject == owner {
				r := decode[txwire.Resolved](t, msg.Data)
				code, reason = r.Code, r.Reason
				if r.Status != txwire.StatusUnknown {
					t.Errorf("status %s", r.Status)
				}
			} else {
				o := decode[txwire.Outcome](t, msg.Data)
				code, reason = o.Code, o.Reason
				if o.Status != txwire.StatusRejected {
					t.Errorf("status %s", o.Status)
				}
			}
			if code != c.code {
				t.Errorf("code %q, want %q: %s", code, c.code, reason)
			}
			for _, p := range c.parts {
				if !strings.Contains(reason, p) {
					t.Errorf("%q does not name %q", reason, p)
				}
			}
		})
	}
	msg, err := nc.Request(txwire.SubjectCoordinators, []byte(`{"v":3}`), patience)
	if err != nil || msg.Header.Get("Nats-Service-Error-Code") != string(wire.CodeVersion) {
		t.Errorf("listing coordinators: %v, %v", msg, err)
	}
	if o, err := newClient(t, nc).Submit(t.Context(), order("")); err != nil || o.Status != txwire.StatusCommitted {
		t.Errorf("a commit afterwards: %+v, %v", o, err)
	}
}

// Garbage where the protocol's messages go, during a transaction: nobody
// answers, nobody falls over, and the transaction commits.
func TestGarbage(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	delivery.silent = true
	s.coordinator(t, coordinator.Config{})
	answer := submit(t, newClient(t, nc), order("k"))
	id := inventory.first()
	yes := txwire.Vote{V: 1, Journal: journal("mallory"), Yes: true}
	for _, m := range []struct{ subject, data string }{
		{txwire.Subject(txwire.KindVote, "delivery", id), `yes`},
		{txwire.Subject(txwire.KindVote, "delivery", id), ``},
		{txwire.Subject(txwire.KindVote, "delivery", id), `{"v":2,"yes":true}`},
		{txwire.Subject(txwire.KindVote, "delivery", id), strings.Repeat("x", wire.MaxMessage+1)},
		{txwire.Subject(txwire.KindVote, "delivery", id), `{"v":1,"journal":"x","yes":true}`},
		{txwire.Subject(txwire.KindVote, "mallory", id), string(wire.Encode(yes))},
		{txwire.Subject(txwire.KindVote, "delivery", txwire.ID{Log: id.Log, N: 999}), string(wire.Encode(yes))},
		{"tx.vote.DELIVERY." + id.String(), string(wire.Encode(yes))},
		{"tx.vote.delivery." + id.Log + ".00", string(wire.Encode(yes))},
		{"tx.vote.delivery." + id.Log + ".99999999999999999999", string(wire.Encode(yes))},
		{txwire.Subject(txwire.KindAck, "delivery", id), `[]`},
		{txwire.Subject(txwire.KindAck, "delivery", id), string(wire.Encode(txwire.Ack{V: 1, Journal: journal("delivery"), Of: txwire.KindCommit}))},
		{txwire.Subject(txwire.KindAck, "mallory", id), string(wire.Encode(txwire.Ack{V: 1, Journal: journal("mallory"), Of: txwire.KindAbort, Closed: true}))},
		{"tx.ack.delivery." + id.Log + ".x", `{}`},
		{txwire.OwnerSubject(id.Log), `garbage, and no reply subject`},
		{txwire.SubjectSubmit, `garbage, and no reply subject`},
		{txwire.SubjectStatus, ``},
		{txwire.SubjectResolve, ``},
		{txwire.SubjectCoordinators, ``},
	} {
		if err := nc.Publish(m.subject, []byte(m.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	delivery.set(func(f *fake) { f.silent = false })
	r := <-answer
	if r.err != nil || r.o.Status != txwire.StatusCommitted || r.o.ID != id {
		t.Fatalf("got %+v, %v, want %s committed", r.o, r.err, id)
	}
	inventory.await(id, txwire.BranchCommitted)
	delivery.await(id, txwire.BranchCommitted)
}

// A caller chooses where its answer goes, and a coordinator may publish where
// callers may not: an answer never goes to a commit log, nor to the broker's
// API, where it would purge the stream.
func TestReplySubjectsOfTheProtocol(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	s.coordinator(t, coordinator.Config{})
	log := s.onlyLog(t)
	spy, err := nc.SubscribeSync("tx.>")
	if err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{
		txwire.LogSubject(log), txwire.LogSubject("neverusedbefore2"),
		"$JS.API.STREAM.PURGE." + txwire.LogStream().Name,
		txwire.Subject(txwire.KindVote, "inventory", txwire.ID{Log: log, N: 1}),
	} {
		for _, subject := range []string{txwire.SubjectSubmit, txwire.SubjectStatus, txwire.SubjectResolve, txwire.SubjectCoordinators, txwire.OwnerSubject(log)} {
			if err := nc.PublishRequest(subject, reply, []byte(`{"v":1}`)); err != nil {
				t.Fatal(err)
			}
		}
		q := wire.Encode(txwire.Resolve{V: 1, ID: txwire.ID{Log: log, N: 7}})
		if err := nc.PublishRequest(txwire.OwnerSubject(log), reply, q); err != nil {
			t.Fatal(err)
		}
		if err := nc.PublishRequest(txwire.SubjectResolve, reply, q); err != nil {
			t.Fatal(err)
		}
		// A refusal here has an empty body, which purges a stream whole.
		if err := nc.PublishRequest(txwire.SubjectCoordinators, reply, []byte("?")); err != nil {
			t.Fatal(err)
		}
	}
	// A commit is behind all of them in the coordinator's queue.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if o, err := newClient(t, nc).Submit(ctx, order("k")); err != nil || o.Status != txwire.StatusCommitted {
		t.Fatalf("got %+v, %v", o, err)
	}
	if n := s.logs(t)[txwire.LogSubject(log)]; n != 2 {
		t.Errorf("the log has %d records, want its open and one commit", n)
	}
	for {
		msg, err := spy.NextMsg(100 * time.Millisecond)
		if errors.Is(err, nats.ErrTimeout) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(msg.Data), `"status"`) {
			t.Errorf("an answer went to %s: %s", msg.Subject, msg.Data)
		}
	}
}
