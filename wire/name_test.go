package wire_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/wire"
	"parley/wire/txwire"
)

func TestCheckName(t *testing.T) {
	for s, ok := range map[string]bool{
		"a": true, "inventory": true, "a-b-2": true, "0": true, strings.Repeat("a", 32): true,
		"": false, "-a": false, "A": false, "a.b": false, "a b": false, "a*": false, ">": false, "é": false, "a_b": false,
		"a\xff": false, strings.Repeat("a", 33): false,
	} {
		if err := wire.CheckName(s); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v, want ok: %v", s, err, ok)
		}
	}
}

func TestCheckKey(t *testing.T) {
	for s, ok := range map[string]bool{
		"k": true, "order 7/ü→<&>": true, strings.Repeat("k", 128): true, strings.Repeat("ü", 64): true,
		"": false, "a\tb": false, "a\x7f": false, "\xff": false, "a\u2028b": false, strings.Repeat("k", 129): false, strings.Repeat("ü", 65): false,
	} {
		if err := wire.CheckKey(s); (err == nil) != ok {
			t.Errorf("CheckKey(%q) = %v, want ok: %v", s, err, ok)
		}
	}
}

// A key for something new is not blank.
func TestCheckNewKey(t *testing.T) {
	for s, ok := range map[string]bool{"k": true, " k ": true, "": false, " ": false, "     ": false, "a\tb": false} {
		if err := wire.CheckNewKey(s); (err == nil) != ok {
			t.Errorf("CheckNewKey(%q) = %v, want ok: %v", s, err, ok)
		}
	}
}

// No participant has the name of another service or role: a coordinator that asks
// whether it is connected would be answered by that one.
func TestCheckParticipant(t *testing.T) {
	for s, ok := range map[string]bool{
		"inventory": true, "delivery": true, "coordinator-2": true, "my-blog": true,
		"coordinator": false, "idworker": false, "ids": false, "blog": false, "chatgw": false, "broker": false, "gateway": false,
		"client": false, "log": false, "participant": false, "tx": false, "id": false, "chat": false, "": false, "A": false,
	} {
		if err := wire.CheckParticipant(s); (err == nil) != ok {
			t.Errorf("CheckParticipant(%q) = %v, want ok: %v", s, err, ok)
		} else if err != nil && !strings.Contains(err.Error(), "name") {
			t.Errorf("CheckParticipant(%q) = %v", s, err)
		}
	}
}

// Token takes every one of its 80 random bits, and makes what CheckToken takes.
func TestToken(t *testing.T) {
	seen := map[string]bool{}
	var zero [10]byte
	seen[wire.Token(zero)] = true
	for bit := range 80 {
		b := zero
		b[bit/8] |= 1 << (bit % 8)
		s := wire.Token(b)
		if err := wire.CheckToken("token", s); err != nil {
			t.Error(err)
		}
		if seen[s] {
			t.Errorf("bit %d changes nothing: %s", bit, s)
		}
		seen[s] = true
	}
	for s, ok := range map[string]bool{
		logA: true, "": false, logA + "x": false, logA[1:]: false, "AAAABBBBCCCCDDDD": false, "aaaabbbbcccc.ddd": false,
	} {
		if err := wire.CheckToken("log", s); (err == nil) != ok {
			t.Errorf("CheckToken(%q) = %v, want ok: %v", s, err, ok)
		}
	}
}

// A clipped reason can always be sent: short enough, also as it is read back
// (a byte that is no UTF-8 comes back as three), on one line, nothing printable
// cut that need not be.
func TestClip(t *testing.T) {
	short := "no courier is free in the zone \"nørth\""
	if got := wire.Clip(short); got != short {
		t.Errorf("%q became %q", short, got)
	}
	if got := wire.Clip("a\nb\x1b[31mc"); got != "a b [31mc" {
		t.Errorf("control characters: %q", got)
	}
	for _, unit := range []string{"x", "ü", "→", "𝄞", "\xff", "\n", "a\xffü"} {
		for n := 500; n < 520; n++ {
			s := strings.Repeat(unit, n)
			got := wire.Clip(s)
			if len(got) > wire.MaxReason || !utf8.ValidString(got) {
				t.Fatalf("%d of %q: %d bytes, valid %v", n, unit, len(got), utf8.ValidString(got))
			}
			if len(got) < min(len(s), wire.MaxReason-8) {
				t.Fatalf("%d of %q: only %d bytes are left", n, unit, len(got))
			}
			sent := wire.Encode(txwire.Resolved{V: 1, Status: txwire.StatusUnknown, Reason: got})
			if back, err := wire.Decode[txwire.Resolved](sent); err != nil || back.Reason != got {
				t.Fatalf("%d of %q: came back as %q, %v", n, unit, back.Reason, err)
			}
		}
	}
}

func TestSubjects(t *testing.T) {
	token := regexp.MustCompile(`^[a-z0-9-]+$`)
	longest := txwire.Subject(txwire.KindPrepare, strings.Repeat("n", wire.MaxName), txwire.ID{Log: logA, N: 1<<63 - 1})
	if len(longest) > 255 {
		t.Errorf("%s has %d bytes", longest, len(longest))
	}
	for _, s := range []string{
		longest, txwire.OwnerSubject(logA), txwire.LogSubject(logA), txwire.SubjectSubmit, txwire.SubjectStatus, txwire.SubjectResolve, txwire.SubjectCoordinators,
	} {
		if !strings.HasPrefix(s, txwire.Prefix) {
			t.Errorf("%s does not begin with %s", s, txwire.Prefix)
		}
		for _, part := range strings.Split(s, ".") {
			if !token.MatchString(part) {
				t.Errorf("%s has the token %q", s, part)
			}
		}
	}
	for _, kind := range []string{txwire.KindPrepare, txwire.KindVote, txwire.KindCommit, txwire.KindAbort, txwire.KindAck} {
		k, p, id, err := txwire.ParseSubject(txwire.Subject(kind, "delivery", txA))
		if err != nil || k != kind || p != "delivery" || id != txA {
			t.Errorf("%s: read back as %s %s %s, %v", kind, k, p, id, err)
		}
	}
	if got := txwire.Filter(txA); got != "tx.*.*."+logA+".42" {
		t.Error(got)
	}
	if got := txwire.LogFilter(txwire.KindVote, logA); got != "tx.vote.*."+logA+".*" {
		t.Error(got)
	}
	if got := txwire.ParticipantFilter(txwire.KindPrepare, "delivery"); got != "tx.prepare.delivery.>" {
		t.Error(got)
	}
}
