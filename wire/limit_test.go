package wire_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/wire"
)

// fits encodes the largest message of a type and reads it back.
func fits[T any, M wire.Message[T]](t *testing.T, what string, limit int, v T) {
	t.Helper()
	data := wire.Encode[T, M](v)
	t.Logf("the largest %s has %d bytes of %d", what, len(data), limit)
	if len(data) > limit {
		t.Errorf("the largest %s has %d bytes, the limit is %d", what, len(data), limit)
	}
	if _, err := wire.Decode[T, M](data); err != nil {
		t.Errorf("the largest %s: %v", what, err)
	}
}

// text is a JSON string of so many bytes with the quotes, of a character that
// an encoder for web pages would make six times as long.
func text(n int) raw { return raw(`"` + strings.Repeat("<", n-2) + `"`) }

// Whatever is within the limits of its fields is within the limit of its
// message, so a message that passes the sender's check is not too large for the
// receiver. (Encoding "<" as "\u003c", which is what encoding/json does by
// itself, makes a submission of 300 KB out of this one, and a prepare that no
// participant reads out of a payload that the coordinator took.)
func TestLargestMessagesFit(t *testing.T) {
	key := strings.Repeat(`"`, wire.MaxKey) // two bytes each in JSON
	reason := strings.Repeat(`"`, wire.MaxReason)
	id := wire.TxID{Log: logA, N: 1<<63 - 1}
	names := make([]string, wire.MaxBranches)
	for i := range names {
		names[i] = fmt.Sprintf("%s%02d", strings.Repeat("n", wire.MaxName-2), i)
	}

	submit := wire.Submit{V: 1, Key: key, TimeoutMS: wire.MaxTimeout.Milliseconds(), Wait: wire.WaitApplied, Once: true}
	outcome := wire.Outcome{
		V: 1, Status: wire.StatusCommitted, ID: id, Key: key, Code: wire.CodeNoParticipant, Reason: reason, Participant: names[0],
		Applied: true, Details: details{},
	}
	committed := wire.Committed{N: id.N, Key: key, DecideBy: 1 << 62}
	for _, n := range names {
		submit.Branches = append(submit.Branches, wire.Branch{Participant: n, Payload: text(wire.MaxPayload)})
		outcome.Details[n] = text(wire.MaxDetail)
		committed.Branches = append(committed.Branches, wire.CommittedBranch{Participant: n, Journal: journalA})
	}
	record := wire.Record{V: 1, Kind: wire.RecordCommits, Nonce: nonceA, Prev: 1<<64 - 1, Base: 1<<64 - 1, By: logA}
	for range wire.MaxRecordCommits {
		record.Commits = append(record.Commits, committed)
	}
	fits(t, "submit", wire.MaxMessage, submit)
	fits(t, "outcome", wire.MaxMessage, outcome)
	fits(t, "record", wire.MaxRecord, record)
	fits(t, "prepare", wire.MaxMessage, wire.Prepare{
		V: 1, Key: key, Digest: digestA, DecideBy: 1 << 62, OpenSeq: 1<<64 - 1, Payload: text(wire.MaxPayload),
	})
	fits(t, "vote", wire.MaxMessage, wire.Vote{
		V: 1, Journal: journalA, Code: wire.CodeContended, Reason: reason, Closed: true, Other: id,
		OtherState: wire.BranchCommitted, Detail: text(wire.MaxDetail),
	})
	fits(t, "abort", wire.MaxMessage, wire.Abort{
		V: 1, Journal: journalA, Key: key, Digest: digestA, DecideBy: 1 << 62, Close: true, Reason: reason,
	})
	fits(t, "ack", wire.MaxMessage, wire.Ack{V: 1, Journal: journalA, Of: wire.KindCommit, Code: wire.CodeViolation, Reason: reason})

	if spec := wire.TxLog(); int64(spec.MaxMsgSize) < wire.MaxRecord+int64(len(wire.LogSubject(logA)))+1024 {
		t.Errorf("the stream takes %d bytes, a record has up to %d, and headers", spec.MaxMsgSize, wire.MaxRecord)
	}
	// Between the soft limit and the end there is room for what finishes old
	// work: the largest record of a hundred coordinators.
	// The smallest stream has room for one of them.
	spec := wire.TxLog()
	if left := spec.MaxBytes - spec.SoftBytes(spec.MaxBytes); left < 100*wire.MaxRecord {
		t.Errorf("%d bytes are left beyond the soft limit", left)
	}
	if left := spec.MinBytes - spec.SoftBytes(spec.MinBytes); left < wire.MaxRecord {
		t.Errorf("%d bytes are left beyond the soft limit of the smallest stream", left)
	}
	if wire.IdempotencyWindow < 2*wire.MaxTimeout {
		t.Errorf("the idempotency window is %v, the longest time-out %v", wire.IdempotencyWindow, wire.MaxTimeout)
	}
}

// The most IDs of one answer, the fullest table of leases and the largest lease
// fit, and the stream of leases takes every lease and never fills up.
func TestLargestIDMessagesFit(t *testing.T) {
	reason := strings.Repeat("r", wire.MaxReason)
	lease := wire.Lease{V: 1, Worker: wire.MaxWorker, State: wire.LeaseReleased, Until: wire.MaxTimestamp + 1, Holder: logA, Nonce: nonceA, At: 1<<63 - 1}
	leases := wire.Leases{V: 1, BrokerTime: 1<<63 - 1, Code: wire.CodeUnavailable, Reason: reason}
	for range wire.MaxWorker + 1 {
		leases.Leases = append(leases.Leases, lease)
	}
	ids := wire.IDs{V: 1, Code: wire.CodeUnavailable, Reason: reason}
	for i := range wire.MaxIDs {
		ids.IDs = append(ids.IDs, wire.MaxID-wire.MaxIDs+wire.ID(i)+1)
	}
	fits(t, "lease", wire.MaxLease, lease)
	fits(t, "leases", wire.MaxMessage, leases)
	fits(t, "ids", 128<<10, ids)
	fits(t, "grant", wire.MaxMessage, wire.Grant{V: 1, Worker: wire.MaxWorker, Start: wire.MaxCounter - wire.MaxBlock, Count: wire.MaxBlock})

	spec := wire.IDLeases()
	if int64(spec.MaxMsgSize) < wire.MaxLease+int64(len(wire.LeaseSubject(wire.MaxWorker)))+1024 {
		t.Errorf("the stream takes %d bytes, a lease has up to %d, and headers", spec.MaxMsgSize, wire.MaxLease)
	}
	if most := spec.PerSubject * (wire.MaxWorker + 1) * int64(spec.MaxMsgSize); spec.MaxBytes < most {
		t.Errorf("the stream has room for %d bytes, its records can take %d", spec.MaxBytes, most)
	}
}

// The longest post fits, also if most of its characters are escaped, and a page
// that is full leaves room for one more.
func TestLargestBlogMessagesFit(t *testing.T) {
	user, key, text := strings.Repeat("u", wire.MaxUser), strings.Repeat("k", wire.MaxKey), strings.Repeat("\"", wire.MaxText)
	fits(t, "new_post", wire.MaxMessage, wire.NewPost{V: 1, User: user, Text: text, Key: key})
	post := wire.Post{ID: wire.MaxID, User: user, Text: text, At: 1<<63 - 1}
	page := wire.Posts{V: 1, Next: wire.MaxID, Code: wire.CodeUnavailable, Reason: strings.Repeat("r", wire.MaxReason)}
	for range wire.MaxPageBytes/(2*len(text)) + 1 {
		page.Posts = append(page.Posts, post)
	}
	fits(t, "posts", 1<<20, page)
	fits(t, "shards", wire.MaxMessage, wire.Shards{V: 1, Counts: slices.Repeat([]int64{1<<63 - 1}, wire.MaxShards), Code: wire.CodeUnavailable, Reason: page.Reason})
}

// A full listing fits into what NATS carries, 1 MiB.
func TestLargestListingsFit(t *testing.T) {
	key, reason := strings.Repeat("k", wire.MaxKey), strings.Repeat("r", wire.MaxReason)
	branches := wire.Branches{V: 1, Participant: strings.Repeat("n", wire.MaxName), Journal: journalA, Prepared: 1 << 40, Code: wire.CodeBusy, Reason: reason}
	state := wire.CoordinatorState{V: 1, Log: logA, Undecided: 1 << 40, Unfinished: 1 << 40, Durability: "unverified"}
	tx := wire.TxInfo{Key: key, State: "preparing", Violations: map[string]string{}}
	for i := range wire.MaxBranches {
		name := fmt.Sprintf("%s%02d", strings.Repeat("n", wire.MaxName-2), i)
		tx.Waiting = append(tx.Waiting, name)
		tx.Violations[name] = reason
	}
	for i := range uint64(wire.MaxList) {
		id := wire.TxID{Log: logA, N: 1<<62 + i}
		branches.Branches = append(branches.Branches, wire.BranchInfo{
			ID: id, Key: key, State: wire.BranchCommitted, Closed: true, Reason: reason, At: 1 << 62,
			Payload: text(wire.MaxPayload), Detail: text(wire.MaxDetail), Error: reason, Tries: 1 << 40, RetryAt: 1 << 62,
		})
		branches.Violations = append(branches.Violations, wire.Violation{ID: id, Of: wire.KindCommit, Reason: reason, At: 1 << 62})
		tx.ID = id
		state.Txs = append(state.Txs, tx)
		state.Adopted = append(state.Adopted, logB)
	}
	fits(t, "branches", listing, branches)
	fits(t, "coordinator state", listing, state)
}

// A payload is passed on as it was given, less the space between its tokens, so
// that no one on its way has to refuse what the one before took.
func TestPayloadDoesNotGrow(t *testing.T) {
	given := raw("{ \"a\" : \"<&>\u2028\u00fc\", \"n\" : 1.0e0 }")
	want := []byte("{\"a\":\"<&>\u2028\u00fc\",\"n\":1.0e0}")
	data := wire.Encode(wire.Prepare{V: 1, Key: "k", Digest: digestA, DecideBy: 1, OpenSeq: 1, Payload: given})
	p, err := wire.Decode[wire.Prepare](data)
	if err != nil || !bytes.Equal(p.Payload, want) {
		t.Errorf("%s came as %s, %v", given, p.Payload, err)
	}
}
