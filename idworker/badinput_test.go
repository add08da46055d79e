package idworker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/idworker"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

// Bad requests over plain NATS: each receives an answer that names the error,
// and IDs are given afterwards.
func TestBadRequests(t *testing.T) {
	b := newHarness(t)
	b.ready(t, idworker.Config{})
	big := `{"v":1,"count":` + strings.Repeat(" ", wire.MaxMessage) + `1}`
	for _, c := range []struct {
		what, subject, data string
		code                wire.Code
		parts               []string
	}{
		{"none", idwire.SubjectNext, `{"v":1,"count":0}`, wire.CodeInvalid, []string{"id request", "count", "0", "4096"}},
		{"no count", idwire.SubjectNext, `{"v":1}`, wire.CodeInvalid, []string{"count", "0"}},
		{"less than none", idwire.SubjectNext, `{"v":1,"count":-1}`, wire.CodeInvalid, []string{"-1", "4096"}},
		{"one too many", idwire.SubjectNext, `{"v":1,"count":4097}`, wire.CodeInvalid, []string{"4097", "4096"}},
		{"a million", idwire.SubjectNext, `{"v":1,"count":1000000}`, wire.CodeInvalid, []string{"1000000", "4096"}},
		{"a word", idwire.SubjectNext, `{"v":1,"count":"ten"}`, wire.CodeInvalid, []string{"count", "malformed"}},
		{"half", idwire.SubjectNext, `{"v":1,"count":1.5}`, wire.CodeInvalid, []string{"count", "1.5"}},
		{"beyond every number", idwire.SubjectNext, `{"v":1,"count":1e99}`, wire.CodeInvalid, []string{"count"}},
		{"another field", idwire.SubjectNext, `{"v":1,"count":1,"colour":"red"}`, wire.CodeInvalid, []string{"colour"}},
		{"another case", idwire.SubjectNext, `{"v":2,"Count":1}`, wire.CodeVersion, []string{"version 2"}},
		{"no version", idwire.SubjectNext, `{"count":1}`, wire.CodeVersion, []string{"version 0"}},
		{"a later version", idwire.SubjectNext, `{"v":9,"shard":1}`, wire.CodeVersion, []string{"version 9", "version 1"}},
		{"no JSON", idwire.SubjectNext, `one, please`, wire.CodeInvalid, []string{"malformed"}},
		{"two", idwire.SubjectNext, `{"v":1,"count":1}{"v":1,"count":1}`, wire.CodeInvalid, []string{"follows"}},
		{"half a message", idwire.SubjectNext, `{"v":1,"count":1`, wire.CodeInvalid, []string{"malformed"}},
		{"too much", idwire.SubjectNext, big, wire.CodeTooLarge, []string{fmt.Sprint(len(big)), "65536"}},
		{"a grant of nothing", idwire.SubjectGrant, ``, wire.CodeInvalid, []string{"grant request", "empty"}},
		{"a grant of none", idwire.SubjectGrant, `{"v":1,"count":0}`, wire.CodeInvalid, []string{"grant request", "0", "65536"}},
		{"a grant of a million", idwire.SubjectGrant, `{"v":1,"count":1000000}`, wire.CodeInvalid, []string{"1000000", "65536"}},
		{"a grant, too much", idwire.SubjectGrant, big, wire.CodeTooLarge, []string{"65536"}},
		{"leases, nothing", idwire.SubjectLeases, ``, wire.CodeInvalid, []string{"leases request", "empty"}},
		{"leases, another field", idwire.SubjectLeases, `{"v":1,"worker":3}`, wire.CodeInvalid, []string{"worker"}},
		{"retire nothing", idwire.SubjectRetire, ``, wire.CodeInvalid, []string{"retire request", "empty"}},
		{"retire worker 32", idwire.SubjectRetire, `{"v":1,"worker":32}`, wire.CodeInvalid, []string{"worker", "32", "31"}},
		{"retire worker -1", idwire.SubjectRetire, `{"v":1,"worker":-1}`, wire.CodeInvalid, []string{"worker", "-1", "31"}},
		{"retire a word", idwire.SubjectRetire, `{"v":1,"worker":"seven"}`, wire.CodeInvalid, []string{"worker", "malformed"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			var code wire.Code
			var reason string
			switch c.subject {
			case idwire.SubjectNext:
				m := request[idwire.IDs](t, b.nc, c.subject, []byte(c.data))
				code, reason = m.Code, m.Reason
			case idwire.SubjectGrant:
				m := request[idwire.Grant](t, b.nc, c.subject, []byte(c.data))
				code, reason = m.Code, m.Reason
			default:
				m := request[idwire.Leases](t, b.nc, c.subject, []byte(c.data))
				code, reason = m.Code, m.Reason
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
	msg, err := b.nc.Request(idwire.SubjectWorkers, []byte(`{"v":3}`), patience)
	if err != nil || msg.Header.Get("Nats-Service-Error-Code") != string(wire.CodeVersion) {
		t.Errorf("asking for the workers: %v, %v", msg, err)
	}
	b.next(t, 1)
}

// A caller chooses where its answer goes, and an idworker may publish where
// callers may not: an answer never becomes a lease, and never reaches the
// broker's API.
func TestReplySubjectsOfTheProtocol(t *testing.T) {
	b := newHarness(t)
	b.ready(t, idworker.Config{})
	n := b.next(t, 1)[0].Worker()
	spies := map[string]*nats.Subscription{}
	for _, reply := range []string{idwire.LeaseSubject(7), idwire.LeaseSubject(n), idwire.SubjectRetire, "$JS.API.STREAM.PURGE.IDLEASE", "$SRV.PING", "tx.submit", "blog.post", "chat.room.x"} {
		for _, subject := range []string{idwire.SubjectNext, idwire.SubjectGrant, idwire.SubjectLeases, idwire.SubjectRetire, idwire.SubjectWorkers} {
			for _, data := range []string{``, `?`, `{"v":1}`, `{"v":1,"count":1}`, `{"v":1,"worker":7}`} {
				roletest.Must(t, b.nc.PublishRequest(subject, reply, []byte(data)))
			}
		}
		if !strings.HasPrefix(reply, "$JS") {
			sub, err := b.nc.SubscribeSync(reply)
			roletest.Must(t, err)
			spies[reply] = sub
		}
	}
	// These are behind all of them.
	b.next(t, 1)
	b.states(t, 1)
	if l := b.leases(t); len(l) != 1 || l[n].State != idwire.LeaseHeld {
		t.Errorf("the leases are %+v", l)
	}
	for reply, sub := range spies {
		for {
			msg, err := sub.NextMsg(10 * time.Millisecond)
			if err != nil {
				break
			}
			if msg.Reply == "" && len(msg.Data) > 0 && !strings.HasPrefix(msg.Subject, "id.lease.") {
				t.Errorf("an answer went to %s: %s", reply, msg.Data)
			}
		}
	}
}

// Requests without a reply subject cost no ID.
func TestNoReplySubject(t *testing.T) {
	b := newHarness(t)
	b.ready(t, idworker.Config{})
	before := b.states(t, 1)[0].Issued
	for range 10 {
		roletest.Must(t, b.nc.Publish(idwire.SubjectNext, nil))
	}
	b.next(t, 1)
	if got := b.states(t, 1)[0].Issued; got != before+1 {
		t.Errorf("%d IDs were issued, %d before", got, before)
	}
}
