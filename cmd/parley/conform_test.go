package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"parley/broker/brokertest"
	"parley/internal/cli"
	"parley/internal/conform"
	"parley/participants"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/participants/participanttest"
	"parley/wire"
	"parley/wire/txwire"
)

// translated is a participant whose messages pass through a test, which breaks some of its
// answers. It is called outer; the participant behind it is called inner.
type translated struct {
	t  *testing.T
	nc *nats.Conn
	// in changes what is sent to the participant, out what it answers: nil drops it.
	in, out func(kind string, m map[string]any) map[string]any
	// answers: malformed messages get a vote.
	answers bool
}

func (p *translated) forward(filter, to string, change func(string, map[string]any) map[string]any) {
	p.subscribe(txwire.ParticipantFilter("*", filter), func(m *nats.Msg) {
		kind, _, id, err := txwire.ParseSubject(m.Subject)
		if err != nil {
			return
		}
		answer := kind == txwire.KindVote || kind == txwire.KindAck
		if answer != (filter == "inner") {
			return
		}
		var fields map[string]any
		decoder := json.NewDecoder(bytes.NewReader(m.Data))
		decoder.UseNumber()
		if decoder.Decode(&fields) != nil {
			fields = map[string]any{"malformed": true}
			if p.answers {
				_ = p.nc.Publish(txwire.Subject(txwire.KindVote, "outer", id), wire.Encode(txwire.Vote{
					V: wire.Version, Journal: "testlogtestloga2", Code: wire.CodeInvalid, Reason: "malformed",
				}))
			}
		}
		if fields = change(kind, fields); fields == nil {
			return
		}
		data := m.Data
		if fields["malformed"] == nil {
			data, _ = json.Marshal(fields) // which it was decoded from
		}
		_ = p.nc.Publish(txwire.Subject(kind, to, id), data)
	})
}

func (p *translated) subscribe(subject string, handle func(*nats.Msg)) {
	p.t.Helper()
	sub, err := p.nc.Subscribe(subject, handle)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = sub.Unsubscribe() })
}

// open lets messages pass. asks: also inquiries.
func (p *translated) open(asks bool) {
	p.forward("outer", "inner", p.in)
	p.forward("inner", "outer", p.out)
	p.subscribe(txwire.BranchSubject("outer"), func(m *nats.Msg) {
		if a, err := p.nc.Request(txwire.BranchSubject("inner"), m.Data, time.Minute); err == nil {
			_ = m.Respond(a.Data)
		}
	})
	if asks {
		p.subscribe(txwire.SubjectResolve, func(m *nats.Msg) {
			q, err := wire.Decode[txwire.Resolve](m.Data)
			if err != nil || q.Participant != "inner" {
				return
			}
			q.Participant = "outer"
			go func() {
				if a, err := p.nc.Request(txwire.SubjectResolve, wire.Encode(q), time.Second); err == nil {
					_ = m.Respond(a.Data)
				}
			}()
		})
	}
	if err := p.nc.Flush(); err != nil {
		p.t.Fatal(err)
	}
}

// A participant that follows the protocol breaks no rule, and every rule is found broken by
// a participant that breaks it.
func TestConform(t *testing.T) {
	server := brokertest.Run(t)
	nc := server.Connect(t)
	// serve runs the participant, with a new journal.
	serve := func(t *testing.T) {
		role, err := inventory.New(inventory.Config{
			Config: participants.Config{Name: "inner", InquireAfter: 20 * time.Millisecond, NewJournal: true},
			Path:   filepath.Join(t.TempDir(), "inner.db"), Seed: []food.Item{{Item: "soup", Name: "Soup", PriceCents: 1, Stock: 10_000}},
		}, participants.Deps{NATS: server.Connect(t)})
		if err != nil {
			t.Fatal(err)
		}
		participanttest.Serve(t, "inner", nc, role)
	}
	payload := func(n int64) []byte { return wire.Encode(food.StockOrder{V: wire.Version, Item: "soup", Quantity: n}) }
	p := conform.Participant{NATS: nc, Name: "outer", Accepted: payload(1), Refused: payload(20_000)}

	same := func(_ string, m map[string]any) map[string]any { return m }
	set := func(of string, change func(map[string]any)) func(string, map[string]any) map[string]any {
		return func(kind string, m map[string]any) map[string]any {
			if kind == of {
				change(m)
			}
			return m
		}
	}
	never := map[string]bool{}
	for _, c := range conform.Cases() {
		never[c.Name] = true
	}
	votes := 0
	for name, v := range map[string]struct {
		in, out func(string, map[string]any) map[string]any
		silent  bool
		answers bool
		breaks  []string
	}{
		"right":        {in: same, out: same},
		"always yes":   {in: same, out: set(txwire.KindVote, func(m map[string]any) { m["yes"] = true; delete(m, "code"); delete(m, "reason") }), breaks: []string{"RefusalClosesKey", "AbortBeforePrepareLeavesTombstone", "LatePrepareIsRefused", "OtherContentUnderOneID", "KeyHeldByPrepared"}},
		"no closed":    {in: same, out: func(_ string, m map[string]any) map[string]any { delete(m, "closed"); return m }, breaks: []string{"YesThenAbort", "RefusalClosesKey", "KeyFreedOrClosedByAbort"}},
		"no violation": {in: same, out: set(txwire.KindAck, func(m map[string]any) { delete(m, "code") }), breaks: []string{"ViolationsAreNotApplied", "LostIsAViolation"}},
		"one journal": {in: set(txwire.KindCommit, func(m map[string]any) {
			if role := m["journal"]; role == "notthisjournal22" {
				m["journal"] = journalOf(t, nc)
			}
		}), out: same, breaks: []string{"AnotherJournalIsSilent"}},
		"all contended":  {in: same, out: set(txwire.KindVote, func(m map[string]any) { replace(m, "code", "duplicate", "contended") }), breaks: []string{"KeyHeldByPrepared", "KeyHeldByCommitted"}},
		"never asks":     {in: same, out: same, silent: true, breaks: []string{"InDoubtAsks", "OldSealIsRefused"}},
		"no digest":      {in: set(txwire.KindPrepare, func(m map[string]any) { m["digest"] = strings.Repeat("0", 32) }), out: same, breaks: []string{"OtherContentUnderOneID"}},
		"votes for ever": {in: same, out: set(txwire.KindAck, func(m map[string]any) { replace(m, "of", "commit", "abort") }), breaks: []string{"YesThenCommit"}},
		"loses votes": {in: same, out: func(kind string, m map[string]any) map[string]any {
			if votes++; kind == txwire.KindVote && votes%20 == 0 {
				return nil
			}
			return m
		}, breaks: []string{"ManyAtOnce"}},
		"answers anything": {in: same, out: same, answers: true, breaks: []string{"MalformedIsIgnored"}},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t)
			x := &translated{t: t, nc: server.Connect(t), in: v.in, out: v.out, answers: v.answers}
			x.open(!v.silent)
			for _, c := range conform.Cases() {
				p := p
				p.Patience = time.Minute
				if wanted := slices.Contains(v.breaks, c.Name); wanted {
					p.Patience = 500 * time.Millisecond // some wait for what never comes
				} else if len(v.breaks) > 0 {
					continue
				}
				got := judge(t.Context(), p, c)
				if got.OK != (len(v.breaks) == 0) {
					t.Errorf("%s holds: %v: %q", c.Name, got.OK, got.Broken)
				}
				if !got.OK {
					delete(never, c.Name)
				}
			}
		})
	}
	if len(never) > 0 {
		t.Errorf("no variant breaks %v", never)
	}
}

func replace(m map[string]any, field, from, to string) {
	if m[field] == from {
		m[field] = to
	}
}

// journalOf is the journal of the participant behind.
func journalOf(t *testing.T, nc *nats.Conn) string {
	t.Helper()
	m, err := nc.Request(txwire.BranchSubject("inner"), wire.Encode(txwire.BranchQuery{V: wire.Version}), time.Minute)
	if err != nil {
		t.Error(err)
		return ""
	}
	b, err := wire.Decode[txwire.Branches](m.Data)
	if err != nil {
		t.Error(err)
	}
	return b.Journal
}

func TestConformArguments(t *testing.T) {
	for want, args := range map[string][]string{
		"--yes: the payload in {":          {"payment", "--yes", "{", "--no", "1"},
		"--no: open nowhere":               {"payment", "--yes", "1", "--no", "@nowhere"},
		`name "Pay" has 'P'`:               {"Pay", "--yes", "1", "--no", "1"},
		"no rule has that":                 {"payment", "--yes", "1", "--no", "1", "--only", "unicorn"},
		"--patience is 0s, it must be pos": {"payment", "--yes", "1", "--no", "1", "--patience", "0s"},
	} {
		if _, errs, code := parley(t, append([]string{"conform"}, args...)...); code != cli.ExitWrong || !strings.Contains(errs, want) {
			t.Errorf("%q: exit %d, %s, want %q", args, code, errs, want)
		}
	}
	_, url := up(t, t.TempDir())
	if _, errs, code := parley(t, "conform", "inventory", "--yes", "1", "--no", "1", "--nats", url); code != cli.ExitFailed || !strings.Contains(errs, "a coordinator answers") {
		t.Errorf("beside a coordinator: exit %d, %s", code, errs)
	}
	if _, errs, code := parley(t, "conform", "payment", "--yes", "1", "--no", "1", "--nats", url); code != cli.ExitFailed || !strings.Contains(errs, "no process answers") {
		t.Errorf("without the participant: exit %d, %s", code, errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var c conformCmd
	if err := c.conform(ctx, &cli.App{}, conform.Participant{}, conform.Cases()); err == nil {
		t.Error("it goes on after Ctrl-C")
	}
}
