package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// refused fails unless err is an *Error with the code whose text has all parts.
func refused(t *testing.T, err error, code wire.Code, parts ...string) {
	t.Helper()
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *wire.Error", err)
	}
	if e.Code != code {
		t.Errorf("code is %q, want %q: %s", e.Code, code, e.Text)
	}
	for _, p := range parts {
		if !strings.Contains(e.Text, p) {
			t.Errorf("%q does not name %q", e.Text, p)
		}
	}
}

// reports are the answers whose readers ignore what they do not know.
var reports = map[string]bool{
	"branches": true, "coordinator_state": true, "items": true, "couriers": true,
	"leases": true, "id_worker_state": true, "shards": true, "gateway_state": true,
}

// What no message may be, whatever its type.
func TestEveryMessageRefuses(t *testing.T) {
	for _, s := range samples() {
		good := s.encode(s.value)
		change := func(field string, v any) []byte {
			return edit(t, good, func(m map[string]any) { m[field] = v })
		}
		name := strings.ReplaceAll(s.kind(), "_", " ")
		if name == "record" {
			name = "log record"
		}
		long := fmt.Appendf(nil, `{"v":1,"pad":%q}`, strings.Repeat("x", s.limit))
		for _, c := range []struct {
			what  string
			data  []byte
			code  wire.Code
			parts []string
		}{
			{"nothing", nil, wire.CodeInvalid, []string{"empty"}},
			{"a word", []byte("hello"), wire.CodeInvalid, []string{"malformed"}},
			{"half of it", good[:len(good)-1], wire.CodeInvalid, []string{"malformed"}},
			{"an array", []byte("[]"), wire.CodeInvalid, []string{"malformed"}},
			{"two of it", append(good[:len(good):len(good)], good...), wire.CodeInvalid, []string{"follows"}},
			{"a version of another type", change("v", "one"), wire.CodeInvalid, []string{"malformed", ".v"}},
			{"no version", change("v", nil), wire.CodeVersion, []string{"version 0", "version 1"}},
			{"a later version", change("v", 2), wire.CodeVersion, []string{"version 2", "version 1"}},
			{"a later version with its fields", []byte(`{"v":7,"surprise":true}`), wire.CodeVersion, []string{"version 7", "version 1"}},
			{"too much", long, wire.CodeTooLarge, []string{fmt.Sprint(len(long)), fmt.Sprint(s.limit)}},
		} {
			t.Run(s.name+"/"+c.what, func(t *testing.T) {
				_, err := s.decode(c.data)
				refused(t, err, c.code, append(c.parts, name)...)
			})
		}
		t.Run(s.name+"/an unknown field", func(t *testing.T) {
			_, err := s.decode(change("surprise", map[string]any{"Deep": []any{1, map[string]any{"v": 2}}}))
			if !reports[s.kind()] {
				refused(t, err, wire.CodeInvalid, `"surprise"`, name)
			} else if err != nil {
				t.Errorf("a report of a later build is refused: %v", err)
			}
		})
	}
}

// edit changes one JSON object.
func edit(t *testing.T, data []byte, change func(map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// set is the change of one field; a path leads into arrays and objects:
// "branches.0.participant".
func set(path string, v any) func(map[string]any) {
	return func(m map[string]any) {
		var at any = m
		steps := strings.Split(path, ".")
		for _, s := range steps[:len(steps)-1] {
			if list, ok := at.([]any); ok {
				at = list[int(s[0]-'0')]
			} else {
				at = at.(map[string]any)[s]
			}
		}
		at.(map[string]any)[steps[len(steps)-1]] = v
	}
}

// What one message may not be: the text names the field, its value and the
// limit. (Taking out a line of a check fails its lines here.)
func TestRefusals(t *testing.T) {
	payload := `"` + strings.Repeat("x", txwire.MaxPayload) + `"`
	name := strings.Repeat("n", wire.MaxName+1)
	key := strings.Repeat("k", wire.MaxKey+1)
	reason := strings.Repeat("r", wire.MaxReason+1)
	detail := `"` + strings.Repeat("d", txwire.MaxDetail) + `"`
	branch := map[string]any{"participant": "inventory", "payload": 1}
	committed := func(n int) (all []any) {
		for i := range n {
			all = append(all, map[string]any{"n": i + 1, "key": "k", "decide_by": 1, "branches": []any{map[string]any{"p": "a", "j": journalA}}})
		}
		return all
	}
	commit := func(field string, v any) func(map[string]any) { return set("commits.0."+field, v) }
	event := func(subject string) any { return map[string]any{"subject": subject} }
	header := func(name, value string) any { return map[string]any{"name": name, "value": value} }
	for _, c := range []struct {
		sample string
		what   string
		change func(map[string]any)
		parts  []string
	}{
		{"submit", "no key", set("key", ""), []string{"key is empty"}},
		{"submit", "a long key", set("key", key), []string{"key", "129", "128"}},
		{"submit", "an unprintable key", set("key", "a\nb"), []string{"key", `a\nb`, "U+000A"}},
		{"submit", "no branches", set("branches", []any{}), []string{"branches is empty"}},
		{"submit", "too many branches", set("branches", repeat(branch, 13)), []string{"branches", "13", "12"}},
		{"submit", "a participant twice", set("branches", repeat(branch, 2)), []string{"branches[0] and branches[1]", "inventory"}},
		{"submit", "no name", set("branches.1.participant", ""), []string{"branches[1]", "name is empty"}},
		{"submit", "a long name", set("branches.1.participant", name), []string{"branches[1]", "33", "32"}},
		{"submit", "a name with a dot", set("branches.1.participant", "a.b"), []string{"branches[1]", "a.b", "'.'"}},
		{"submit", "a large payload", set("branches.1.payload", raw(payload)), []string{"branches[1]", "delivery", "payload", "4098", "4096"}},
		{"submit", "no payload", func(m map[string]any) {
			m["branches"] = []any{map[string]any{"participant": "a"}}
		}, []string{"branches[0]", "payload is missing"}},
		{"submit", "a negative time", set("timeout_ms", -1), []string{"timeout_ms", "-1", "3600000"}},
		{"submit", "more than an hour", set("timeout_ms", 3_600_001), []string{"timeout_ms", "3600001", "3600000"}},
		{"submit", "a time with a fraction", set("timeout_ms", 1.5), []string{"timeout_ms", "1.5"}},
		{"submit", "another wait", set("wait", "later"), []string{"wait", "later", "decided", "applied"}},

		{"submit.events", "too many events", set("events", repeat(event("a"), 9)), []string{"events", "9", "8"}},
		{"submit.events", "too many bytes", set("events.0.data", make([]byte, txwire.MaxEventBytes)), []string{"events", "16434", "16384"}},
		{"submit.events", "no subject", set("events", []any{event("")}), []string{"events[0]", "subject is empty"}},
		{"submit.events", "a long subject", set("events", []any{event(strings.Repeat("s", 201))}), []string{"events[0]", "201", "200"}},
		{"submit.events", "a wildcard", set("events", []any{event("orders.*")}), []string{"events[0]", "orders.*", "wildcard"}},
		{"submit.events", "a space", set("events", []any{event("orders placed")}), []string{"events[0]", "orders placed", "ASCII"}},
		{"submit.events", "an empty word", set("events", []any{event("orders..placed")}), []string{"events[0]", "orders..placed", "empty word"}},
		{"submit.events", "a subject of the broker", set("events", []any{event("$JS.API.STREAM.DELETE.X")}), []string{"events[0]", "$JS", "broker"}},
		{"submit.events", "an inbox", set("events", []any{event("_INBOX.x")}), []string{"events[0]", "_INBOX", "broker"}},
		{"submit.events", "a subject of Parley", set("events", []any{event("tx.log.x")}), []string{"events[0]", "tx.log.x", "Parley's own"}},
		{"submit.events", "too many headers", set("events.0.headers", repeat(header("A", "b"), 9)), []string{"events[0]", "headers", "9", "8"}},
		{"submit.events", "a header of the broker", set("events.0.headers", []any{header("nAts-Msg-Id", "b")}), []string{"headers[0]", "nAts-Msg-Id", "reserved"}},
		{"submit.events", "a header of Parley", set("events.0.headers", []any{header("Parley-Tx", "b")}), []string{"headers[0]", "Parley-Tx", "reserved"}},
		{"submit.events", "a header with a colon", set("events.0.headers", []any{header("A:", "b")}), []string{"headers[0]", "A:"}},
		{"submit.events", "a header with a line end", set("events.0.headers", []any{header("A", "b\r\nNats-Msg-Id: c")}), []string{"headers[0]", `b\r\n`}},

		{"outcome", "another status", set("status", "fine"), []string{"status", "fine", "committed"}},
		{"outcome", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"outcome", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"outcome", "half an id", set("id", logA), []string{logA, "<log>.<n>"}},
		{"outcome", "number 0", set("id", logA+".0"), []string{"number", `"0"`}},
		{"outcome", "a large detail", set("details.delivery", raw(detail)), []string{"detail of delivery", "1026", "1024"}},
		{"outcome", "a detail of nobody", set("details", map[string]any{"A": 1}), []string{`"A"`}},

		{"status_request", "no id", set("id", ""), []string{"id is missing"}},

		{"prepare", "no open_seq", set("open_seq", 0), []string{"open_seq is missing"}},
		{"prepare", "a negative open_seq", set("open_seq", -1), []string{"open_seq", "-1"}},
		{"prepare", "a large payload", set("payload", raw(payload)), []string{"payload", "4098", "4096"}},
		{"prepare", "a long key", set("key", key), []string{"key", "129", "128"}},
		{"prepare", "a short digest", set("digest", "abc"), []string{"digest", "abc", "32"}},
		{"prepare", "a digest that is none", set("digest", strings.Repeat("Z", 32)), []string{"digest", "ZZZ", "32"}},
		{"prepare", "no decide_by", set("decide_by", 0), []string{"decide_by", "0"}},

		{"vote", "another journal", set("journal", "short"), []string{"journal", "short", "16"}},
		{"vote", "yes with a code", set("code", "refused"), []string{"yes is true", "refused"}},
		{"vote", "no without a code", set("yes", false), []string{"yes is false"}},
		{"vote", "a large detail", set("detail", raw(detail)), []string{"detail", "1026", "1024"}},
		{"vote.no", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"vote.no", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"vote.no", "a holder of a free key", set("other", txA.String()), []string{"other", txA.String(), "refused"}},
		{"vote.duplicate", "no holder", set("other", ""), []string{"other", "duplicate"}},
		{"vote.duplicate", "another state", set("other_state", "gone"), []string{"other_state", "gone", "prepared"}},

		{"commit", "no journal", set("journal", ""), []string{"journal", `""`}},
		{"commit", "no decide_by", set("decide_by", -5), []string{"decide_by", "-5"}},

		{"abort", "another journal", set("journal", "UPPERCASEJOURNAL"), []string{"journal", "UPPERCASEJOURNAL"}},
		{"abort", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"abort", "no key", set("key", ""), []string{"key is empty"}},

		{"ack", "of nothing", set("of", "prepare"), []string{"of", "prepare", "commit", "abort"}},
		{"ack", "another code", set("code", "busy"), []string{"code", "busy", "forgotten", "violation"}},
		{"ack.violation", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},

		{"resolve", "no id", set("id", ""), []string{"id is missing"}},
		{"resolve", "a participant without a journal", set("journal", ""), []string{"journal"}},
		{"resolve", "a journal without a participant", set("participant", ""), []string{"participant name is empty"}},
		{"resolved", "another status", set("status", "rejected"), []string{"status", "rejected", "pending"}},
		{"resolved", "another incarnation", set("incarnation", "first"), []string{"incarnation", "first", "16"}},
		{"resolved", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},

		{"record", "another kind", set("kind", "note"), []string{"kind", "note", "open", "seal"}},
		{"record", "no nonce", set("nonce", ""), []string{"nonce"}},
		{"record", "commits that expect nothing", set("prev", 0), []string{"prev 0"}},
		{"record", "a base beyond its end", set("base", 19), []string{"base", "19", "18"}},
		{"record", "too many commits", set("commits", committed(txwire.MaxRecordCommits+1)), []string{"commits", "257", "256"}},
		{"record", "number 0", commit("n", 0), []string{"commits[0]", "n is missing"}},
		{"record", "no decide_by", commit("decide_by", 0), []string{"commits[0]", "decide_by", "0"}},
		{"record", "no branches", commit("branches", []any{}), []string{"commits[0]", "branches", "0", "12"}},
		{"record", "a branch of nobody", commit("branches.0.p", "A"), []string{"commits[0]", `"A"`}},
		{"record", "a branch without journal", commit("branches.0.j", ""), []string{"commits[0]", "journal"}},
		{"record", "no key", commit("key", ""), []string{"commits[0]", "key is empty"}},
		{"record.events", "no stream", commit("events.0.stream", ""), []string{"commits[0]", "events[0]", "stream"}},
		{"record.events", "a forbidden event", commit("events.0.event.subject", "$SYS.X"), []string{"commits[0]", "events[0]", "$SYS.X"}},
		{"record.events", "an index twice", commit("events.1.i", 0), []string{"commits[0]", "i is 0 after 0"}},
		{"record.events", "an index beyond the last", commit("events.1.i", 8), []string{"commits[0]", "i is 8", "below 8"}},
		{"record.events", "nothing settled", set("settled.0.i", []any{}), []string{"settled[0]", "i has 0"}},
		{"record.events", "settled twice", set("settled.0.i", []any{1, 1}), []string{"settled[0]", "i is 1 after 1"}},
		{"record.events", "too much settled", set("settled", repeat(map[string]any{"n": 1, "i": []any{0}}, 1025)), []string{"settled", "1025", "1024"}},
		{"record.seal", "a seal that settles", set("settled", []any{map[string]any{"n": 1, "i": []any{0}}}), []string{"seal", "1 settled"}},
		{"record.open", "an open record that expects something", set("prev", 3), []string{"open", "prev 3"}},
		{"record.seal", "a seal that commits", set("commits", committed(1)), []string{"seal", "1 commits"}},

		{"abandon.event", "an event and a participant", set("participant", "inventory"), []string{"participant", "inventory", "event"}},
		{"abandon.event", "an event beyond the last", set("event", 8), []string{"event", "8", "7"}},
		{"abandoned.event", "an event with a journal", set("journal", journalA), []string{"journal", journalA, "event"}},

		{"branch_query", "a long key", set("key", key), []string{"key", "129", "128"}},
		{"branch_query.from", "from beside a key", set("key", "k"), []string{"from", txA.String()}},
		{"branch_query.from", "from beside an id", set("id", txA.String()), []string{"from", txA.String()}},
		{"branches.cut", "fewer than none more", set("more", -1), []string{"more", "-1"}},
		{"branches.cut", "fewer than no violations", set("all_violations", -2), []string{"all_violations", "-2"}},
		{"coordinator_state.cut", "fewer than none more", set("more", -1), []string{"more", "-1"}},
		{"branches", "nobody", set("participant", ""), []string{"participant name is empty"}},
		{"branches", "a branch without id", set("branches.0.id", ""), []string{"branches[0]", "id is missing"}},
		{"branches", "another state", set("branches.0.state", "odd"), []string{"branches[0]", "state", "odd"}},
		{"branches", "a long reason", set("branches.0.reason", reason), []string{"branches[0]", "reason", "513", "512"}},
		{"branches", "a long key", set("branches.0.key", key), []string{"branches[0]", "key", "129", "128"}},
		{"branches", "a violation with a long reason", set("violations.0.reason", reason), []string{"violations[0]", "reason", "513", "512"}},
		{"branches.refused", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"coordinator_state", "a negative count", set("undecided", -1), []string{"undecided", "-1"}},

		{"stock_order", "no item", set("item", ""), []string{"item is missing"}},
		{"stock_order", "a long item", set("item", strings.Repeat("i", 65)), []string{"item", "65", "64"}},
		{"stock_order", "an unprintable item", set("item", "a\x00"), []string{"item", "U+0000"}},
		{"stock_order", "none", set("quantity", 0), []string{"quantity", "0", "1000000"}},
		{"stock_order", "too many", set("quantity", 1_000_001), []string{"quantity", "1000001", "1000000"}},
		{"stock_order", "half", set("quantity", 0.5), []string{"quantity", "0.5"}},
		{"courier_order", "no zone", set("zone", ""), []string{"zone is missing"}},
		{"items_request", "a long item", set("item", strings.Repeat("i", 65)), []string{"item", "65", "64"}},
		{"items", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"restock", "less than nothing", set("quantity", -3), []string{"quantity", "-3", "1000000000000"}},
		{"couriers_request", "a long zone", set("zone", strings.Repeat("z", 65)), []string{"zone", "65", "64"}},
		{"couriers", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"complete", "nobody", set("courier", 0), []string{"courier", "0"}},

		{"id_request", "none", set("count", 0), []string{"count", "0", "4096"}},
		{"id_request", "less than none", set("count", -1), []string{"count", "-1", "4096"}},
		{"id_request", "a million", set("count", 1_000_000), []string{"count", "1000000", "4096"}},
		{"id_request", "a word", set("count", "ten"), []string{"count", "malformed"}},
		{"id_request", "half", set("count", 0.5), []string{"count", "0.5"}},
		{"ids", "no ID", set("ids", []any{"0"}), []string{`"0"`, "288230376151711743"}},
		{"ids", "a negative one", set("ids", []any{-1}), []string{`"-1"`}},
		{"ids", "one that is too large", set("ids", []any{"288230376151711744"}), []string{"288230376151711744", "288230376151711743"}},
		{"ids", "a word", set("ids", []any{"next"}), []string{"next", "decimal"}},
		{"ids", "nothing", set("ids", []any{nil}), []string{"null"}},
		{"ids", "one twice", set("ids", []any{"7", "7"}), []string{"ids[1]", "7", "above"}},
		{"ids", "too many", set("ids", repeat("7", idwire.MaxIDs+1)), []string{"4097", "4096"}},
		{"ids.refused", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"ids.refused", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"grant_request", "none", set("count", 0), []string{"count", "0", "65536"}},
		{"grant_request", "a million", set("count", 1_000_000), []string{"count", "1000000", "65536"}},
		{"grant", "another worker", set("worker", 32), []string{"worker", "32", "31"}},
		{"grant", "no start", set("start", 0), []string{"start", "0"}},
		{"grant", "a start beyond the end of time", set("start", 1<<53), []string{"start", "9007199254740992"}},
		{"grant", "none", set("count", 0), []string{"count", "0", "65536"}},
		{"grant", "too many", set("count", 65537), []string{"count", "65537", "65536"}},
		{"grant.refused", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"leases", "too many", set("leases", repeat(map[string]any{}, 33)), []string{"leases", "33", "32"}},
		{"leases", "another worker", set("leases.0.worker", -1), []string{"leases[0]", "worker", "-1", "31"}},
		{"leases", "another state", set("leases.0.state", "lost"), []string{"leases[0]", "state", "lost", "retired"}},
		{"leases", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"retire_request", "another worker", set("worker", 32), []string{"worker", "32", "31"}},
		{"retire_request", "a negative worker", set("worker", -1), []string{"worker", "-1", "31"}},
		{"id_worker_state", "another worker", set("worker", 99), []string{"worker", "99", "31"}},
		{"id_worker_state", "another state", set("state", "idle"), []string{"state", "idle", "standby"}},
		{"id_worker_state", "nobody", set("holder", "me"), []string{"holder", "me", "16"}},
		{"id_worker_state", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"lease", "another worker", set("worker", 32), []string{"worker", "32", "31"}},
		{"lease", "another state", set("state", "gone"), []string{"state", "gone", "held"}},
		{"lease", "a time before the epoch", set("until", -1), []string{"until", "-1", "2199023255552"}},
		{"lease", "a time after the end", set("until", 1<<41+1), []string{"until", "2199023255553", "2199023255552"}},
		{"lease", "nobody", set("holder", ""), []string{"holder"}},
		{"new_post", "nobody", set("user", ""), []string{"user is empty"}},
		{"new_post", "a long user", set("user", strings.Repeat("u", 65)), []string{"user", "65", "64"}},
		{"new_post", "a user with a space", set("user", "a b"), []string{"user", "a b", "byte 1", "_-.@"}},
		{"new_post", "a user that begins with a mark", set("user", "\u0301e"), []string{"user", "U+0301"}},
		{"new_post", "a user that shows nothing", set("user", "\u3164"), []string{"user", "U+3164"}},
		{"new_post", "a user that begins with a dot", set("user", ".a"), []string{"user", "start", "'.'"}},
		{"new_post", "no text", set("text", ""), []string{"text is empty"}},
		{"new_post", "spaces", set("text", " \u2003\n"), []string{"text is empty"}},
		{"new_post", "a long text", set("text", strings.Repeat("t", blogwire.MaxText+1)), []string{"text", "16385", "16384"}},
		{"new_post", "a text with U+0000", set("text", "a\x00b"), []string{"text", "U+0000", "byte 1"}},
		{"new_post", "a text with an escape", set("text", "\x1b[2J"), []string{"text", "U+001B", "byte 0"}},
		{"new_post", "a long key", set("key", key), []string{"key", "129", "128"}},
		{"read_post", "no id", set("id", "0"), []string{`"0"`, "288230376151711743"}},
		{"read_post", "another user", set("user", "-a"), []string{"user", "start", "'-'"}},
		{"page_request", "no id", set("before", -7), []string{`"-7"`}},
		{"page_request", "a negative page", set("limit", -1), []string{"limit", "-1", "100"}},
		{"page_request", "a large page", set("limit", 101), []string{"limit", "101", "100"}},
		{"page_request", "another user", set("user", "a/b"), []string{"user", "a/b", "byte 1"}},
		{"posts", "no id", set("posts.1.id", 0), []string{`"0"`}},
		{"posts", "nobody", set("posts.1.user", ""), []string{"posts[1]", "user is empty"}},
		{"posts", "no text", set("posts.0.text", ""), []string{"posts[0]", "text is empty"}},
		{"posts", "too many", set("posts", repeat(map[string]any{}, 101)), []string{"posts", "101", "100"}},
		{"posts.refused", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"posts.refused", "a long reason", set("reason", reason), []string{"reason", "513", "512"}},
		{"shards", "too many", set("counts", repeat(1, 1025)), []string{"counts", "1025", "1024"}},
		{"shards.refused", "another code", set("code", "odd"), []string{"code", "odd"}},
		{"lease", "no nonce", set("nonce", "x"), []string{"nonce", "x", "16"}},
	} {
		t.Run(c.sample+"/"+c.what, func(t *testing.T) {
			s := find(t, c.sample)
			_, err := s.decode(edit(t, s.encode(s.value), c.change))
			refused(t, err, wire.CodeInvalid, c.parts...)
		})
	}
}

func repeat(v any, n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = v
	}
	return all
}

// What Decode refuses, Encode does not write: the bug is the sender's.
func TestEncodePanics(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "key is empty") {
			t.Errorf("recovered %v, want the reason", r)
		}
	}()
	wire.Encode(txwire.Submit{V: 1})
}

// Check refuses what Decode refuses, so that a client needs no coordinator for
// it.
func TestCheck(t *testing.T) {
	_, err := wire.Check(txwire.Submit{V: 1, Key: "k"})
	refused(t, err, wire.CodeInvalid, "submit", "branches is empty")
	if s, err := wire.Check(find(t, "submit").value.(txwire.Submit)); err != nil || s.Key != "order-1" {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestCodeOf(t *testing.T) {
	wrapped := fmt.Errorf("reading: %w", &wire.Error{Code: wire.CodeBusy, Text: "later"})
	if c := wire.CodeOf(wrapped); c != wire.CodeBusy {
		t.Errorf("got %q", c)
	}
	if c := wire.CodeOf(errors.New("other")); c != wire.CodeInternal {
		t.Errorf("got %q", c)
	}
}
