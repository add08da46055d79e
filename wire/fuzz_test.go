package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"parley/wire"
	"parley/wire/txwire"
)

// roundTrip holds for any input: no panic; a refusal is an *Error with a code
// and a text; and what is accepted can be encoded, within its limit, as
// something that decodes to the same and encodes the same again.
func roundTrip[T any, M wire.Message[T]](t *testing.T, data []byte) {
	v, err := wire.Decode[T, M](data)
	if err != nil {
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Text == "" || len(e.Text) > 4096 {
			t.Fatalf("refused with %T %.200q, want a *wire.Error with a short text", err, err)
		}
		switch e.Code {
		case wire.CodeInvalid, wire.CodeTooLarge, wire.CodeVersion:
		default:
			t.Fatalf("refused with the code %q", e.Code)
		}
		return
	}
	first := wire.Encode[T, M](v)
	again, err := wire.Decode[T, M](first)
	if err != nil {
		t.Fatalf("what was accepted is refused once it is encoded: %v\ninput   %q\nencoded %q", err, data, first)
	}
	second := wire.Encode[T, M](again)
	if !bytes.Equal(first, second) {
		t.Fatalf("encoding is not stable:\n%s\n%s", first, second)
	}
	third, err := wire.Decode[T, M](second)
	if err != nil || !reflect.DeepEqual(again, third) {
		t.Fatalf("decodes differently: %v\n%#v\n%#v", err, again, third)
	}
}

func fuzz(f *testing.F, name string) {
	s := find(f, name)
	for _, other := range samples() {
		if other.kind() == s.kind() || other.name == "submit" {
			f.Add(other.encode(other.value))
		}
	}
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `{"v":1}`, `{"v":2,"new":true}`, `{"V":1}`, `{"v":1}{}`, `{"v":"1"}`, `{"v":1e99}`,
		`{"v":1,"key":"\ud800","reason":"` + "\xff" + `"}`, `{"v":1,"payload":{"a" : "<&>` + "\u2028" + `"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(s.fuzz)
}

func FuzzDecodeSubmit(f *testing.F)              { fuzz(f, "submit") }
func FuzzDecodeOutcome(f *testing.F)             { fuzz(f, "outcome") }
func FuzzDecodeStatusRequest(f *testing.F)       { fuzz(f, "status_request") }
func FuzzDecodePrepare(f *testing.F)             { fuzz(f, "prepare") }
func FuzzDecodeVote(f *testing.F)                { fuzz(f, "vote") }
func FuzzDecodeCommit(f *testing.F)              { fuzz(f, "commit") }
func FuzzDecodeAbort(f *testing.F)               { fuzz(f, "abort") }
func FuzzDecodeAck(f *testing.F)                 { fuzz(f, "ack") }
func FuzzDecodeResolve(f *testing.F)             { fuzz(f, "resolve") }
func FuzzDecodeResolved(f *testing.F)            { fuzz(f, "resolved") }
func FuzzDecodeRecord(f *testing.F)              { fuzz(f, "record") }
func FuzzDecodeBranchQuery(f *testing.F)         { fuzz(f, "branch_query") }
func FuzzDecodeBranches(f *testing.F)            { fuzz(f, "branches") }
func FuzzDecodeCoordinatorsRequest(f *testing.F) { fuzz(f, "coordinators_request") }
func FuzzDecodeCoordinatorState(f *testing.F)    { fuzz(f, "coordinator_state") }
func FuzzDecodeStockOrder(f *testing.F)          { fuzz(f, "stock_order") }
func FuzzDecodeCourierOrder(f *testing.F)        { fuzz(f, "courier_order") }
func FuzzDecodeItemsRequest(f *testing.F)        { fuzz(f, "items_request") }
func FuzzDecodeItems(f *testing.F)               { fuzz(f, "items") }
func FuzzDecodeRestock(f *testing.F)             { fuzz(f, "restock") }
func FuzzDecodeCouriersRequest(f *testing.F)     { fuzz(f, "couriers_request") }
func FuzzDecodeCouriers(f *testing.F)            { fuzz(f, "couriers") }
func FuzzDecodeComplete(f *testing.F)            { fuzz(f, "complete") }
func FuzzDecodeIDRequest(f *testing.F)           { fuzz(f, "id_request") }
func FuzzDecodeIDs(f *testing.F)                 { fuzz(f, "ids") }
func FuzzDecodeGrantRequest(f *testing.F)        { fuzz(f, "grant_request") }
func FuzzDecodeGrant(f *testing.F)               { fuzz(f, "grant") }
func FuzzDecodeLeasesRequest(f *testing.F)       { fuzz(f, "leases_request") }
func FuzzDecodeLeases(f *testing.F)              { fuzz(f, "leases") }
func FuzzDecodeRetireRequest(f *testing.F)       { fuzz(f, "retire_request") }
func FuzzDecodeIDWorkersRequest(f *testing.F)    { fuzz(f, "id_workers_request") }
func FuzzDecodeIDWorkerState(f *testing.F)       { fuzz(f, "id_worker_state") }
func FuzzDecodeAbandon(f *testing.F)             { fuzz(f, "abandon") }
func FuzzDecodeAbandoned(f *testing.F)           { fuzz(f, "abandoned") }
func FuzzDecodeAbandonReply(f *testing.F)        { fuzz(f, "abandon_reply") }
func FuzzDecodeStamp(f *testing.F)               { fuzz(f, "stamp") }
func FuzzDecodeRetry(f *testing.F)               { fuzz(f, "retry") }
func FuzzDecodeRetried(f *testing.F)             { fuzz(f, "retried") }
func FuzzDecodeLease(f *testing.F)               { fuzz(f, "lease") }
func FuzzDecodeNewPost(f *testing.F)             { fuzz(f, "new_post") }
func FuzzDecodeReadPost(f *testing.F)            { fuzz(f, "read_post") }
func FuzzDecodePageRequest(f *testing.F)         { fuzz(f, "page_request") }
func FuzzDecodePosts(f *testing.F)               { fuzz(f, "posts") }
func FuzzDecodeShardsRequest(f *testing.F)       { fuzz(f, "shards_request") }
func FuzzDecodeShards(f *testing.F)              { fuzz(f, "shards") }
func FuzzDecodeChatMessage(f *testing.F)         { fuzz(f, "chat_message") }
func FuzzDecodeChatPost(f *testing.F)            { fuzz(f, "chat_post") }
func FuzzDecodeChatPosted(f *testing.F)          { fuzz(f, "chat_posted") }
func FuzzDecodeChatPresence(f *testing.F)        { fuzz(f, "chat_presence") }
func FuzzDecodeChatTyping(f *testing.F)          { fuzz(f, "chat_typing") }
func FuzzDecodeGatewaysRequest(f *testing.F)     { fuzz(f, "gateways_request") }
func FuzzDecodeGatewayState(f *testing.F)        { fuzz(f, "gateway_state") }

func FuzzParseTxID(f *testing.F) {
	for _, s := range []string{txA.String(), "", ".", logA + ".0", logA + ".01", logA + ".+1", logA + ".1_0", logA + ".9223372036854775808"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := txwire.ParseID(s)
		if err != nil {
			return
		}
		if id.IsZero() || id.String() != s {
			t.Fatalf("%q is read as %#v, whose text is %q", s, id, id)
		}
		var through txwire.ID
		text, _ := id.MarshalText()
		if err := through.UnmarshalText(text); err != nil || through != id {
			t.Fatalf("%q came back as %#v, %v", text, through, err)
		}
	})
}

func FuzzParseTxSubject(f *testing.F) {
	for _, s := range []string{
		txwire.Subject(txwire.KindVote, "inventory", txA), "tx.vote.inventory." + logA, "tx.vote..." + logA + ".1",
		"tx.owner." + logA, "tx.vote.inventory." + logA + ".1.2", "ty.vote.inventory." + logA + ".1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kind, participant, id, err := txwire.ParseSubject(s)
		if err == nil && txwire.Subject(kind, participant, id) != s {
			t.Fatalf("%q is read as %q %q %q", s, kind, participant, id)
		}
		if log, err := txwire.ParseLogSubject(s); err == nil && txwire.LogSubject(log) != s {
			t.Fatalf("%q is read as the log %q", s, log)
		}
	})
}

// What CheckUnicode lets pass is read as it was written: encoded again it has
// the same characters.
func FuzzCheckUnicode(f *testing.F) {
	for _, s := range []string{
		`"\u00e9"`, `"\ud83d\ude42"`, `"\ud83d"`, `"\ude42\ud83d"`, `"\\ud83d"`, `"\ud83d\n"`, "\"\xff\"", `"\ufffd"`, "\"\ufffd\"", `"\`, `"\u12"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s string
		if json.Unmarshal(data, &s) != nil {
			return
		}
		replaced := strings.Count(s, "\ufffd") != bytes.Count(data, []byte("\ufffd"))+len(replacement.FindAll(data, -1))
		if err := wire.CheckUnicode(data); err == nil && replaced {
			t.Fatalf("%q passes and is read as %q", data, s)
		} else if err != nil && !replaced && !escapedReplacement.Match(data) {
			t.Fatalf("%q is read as %q and refused: %v", data, s, err)
		}
	})
}

// An escaped U+FFFD, and one whose backslash may itself be escaped.
var (
	replacement        = regexp.MustCompile(`(?i)\\ufffd`)
	escapedReplacement = regexp.MustCompile(`(?i)\\\\+ufffd`)
)
