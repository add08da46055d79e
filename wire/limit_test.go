package wire_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
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
	id := txwire.ID{Log: logA, N: 1<<63 - 1}
	names := make([]string, txwire.MaxBranches)
	for i := range names {
		names[i] = fmt.Sprintf("%s%02d", strings.Repeat("n", wire.MaxName-2), i)
	}

	submit := txwire.Submit{V: 1, Key: key, TimeoutMS: txwire.MaxTimeout.Milliseconds(), Wait: txwire.WaitApplied, Once: true}
	outcome := txwire.Outcome{
		V: 1, Status: txwire.StatusCommitted, ID: id, Key: key, Code: wire.CodeNoParticipant, Reason: reason, Participant: names[0],
		Applied: true, Details: details{},
	}
	committed := txwire.Committed{N: id.N, Key: key, DecideBy: 1 << 62}
	for _, n := range names {
		submit.Branches = append(submit.Branches, txwire.Branch{Participant: n, Payload: text(txwire.MaxPayload)})
		outcome.Details[n] = text(txwire.MaxDetail)
		committed.Branches = append(committed.Branches, txwire.CommittedBranch{Participant: n, Journal: journalA})
	}
	record := txwire.Record{V: 1, Kind: txwire.RecordCommits, Nonce: nonceA, Prev: 1<<64 - 1, Base: 1<<64 - 1, By: logA}
	for range txwire.MaxRecordCommits {
		record.Commits = append(record.Commits, committed)
	}
	events := largestEvents()
	submit.Events = events
	event := txwire.CommittedEvent{Stream: strings.Repeat("S", txwire.MaxStreamName), Event: events[0]}
	for i := 0; i < len(record.Commits) && event.Weight()*(i+1) <= txwire.MaxRecordEvents; i++ {
		record.Commits[i].Events = []txwire.CommittedEvent{event}
	}
	for range txwire.MaxSettled {
		record.Settled = append(record.Settled, txwire.SettledEvents{N: 1<<63 - 1, Indexes: []int{0, 1, 2, 3, 4, 5, 6, 7}})
	}
	fits(t, "submit", txwire.MaxSubmit, submit)
	fits(t, "outcome", wire.MaxMessage, outcome)
	fits(t, "record", txwire.MaxRecord, record)
	fits(t, "prepare", wire.MaxMessage, txwire.Prepare{
		V: 1, Key: key, Digest: digestA, DecideBy: 1 << 62, OpenSeq: 1<<64 - 1, Payload: text(txwire.MaxPayload),
	})
	fits(t, "vote", wire.MaxMessage, txwire.Vote{
		V: 1, Journal: journalA, Code: wire.CodeContended, Reason: reason, Closed: true, Other: id,
		OtherState: txwire.BranchCommitted, Detail: text(txwire.MaxDetail),
	})
	fits(t, "abort", wire.MaxMessage, txwire.Abort{
		V: 1, Journal: journalA, Key: key, Digest: digestA, DecideBy: 1 << 62, Close: true, Reason: reason,
	})
	fits(t, "ack", wire.MaxMessage, txwire.Ack{V: 1, Journal: journalA, Of: txwire.KindCommit, Code: wire.CodeViolation, Reason: reason})

	if spec := txwire.LogStream(); int64(spec.MaxMsgSize) < txwire.MaxRecord+int64(len(txwire.LogSubject(logA)))+1024 {
		t.Errorf("the stream takes %d bytes, a record has up to %d, and headers", spec.MaxMsgSize, txwire.MaxRecord)
	}
	// Between the soft limit and the end there is room for what finishes old
	// work: the largest record of a hundred coordinators.
	// The smallest stream has room for one of them.
	spec := txwire.LogStream()
	if left := spec.MaxBytes - spec.SoftBytes(spec.MaxBytes); left < 100*txwire.MaxRecord {
		t.Errorf("%d bytes are left beyond the soft limit", left)
	}
	if left := spec.MinBytes - spec.SoftBytes(spec.MinBytes); left < txwire.MaxRecord {
		t.Errorf("%d bytes are left beyond the soft limit of the smallest stream", left)
	}
	if txwire.IdempotencyWindow < 2*txwire.MaxTimeout {
		t.Errorf("the idempotency window is %v, the longest time-out %v", txwire.IdempotencyWindow, txwire.MaxTimeout)
	}
}

// largestEvents are events as large as they may be, of headers that take twice their
// bytes in JSON.
func largestEvents() (events []txwire.Event) {
	const bytes = txwire.MaxEventBytes / txwire.MaxEvents
	for range txwire.MaxEvents {
		e := txwire.Event{Subject: strings.Repeat("s", txwire.MaxEventSubject)}
		for range txwire.MaxEventHeaders {
			n := (bytes - txwire.MaxEventSubject) / txwire.MaxEventHeaders
			e.Headers = append(e.Headers, txwire.EventHeader{Name: "h", Value: strings.Repeat(`"`, n-1)})
		}
		events = append(events, e)
	}
	return events
}

// The most IDs of one answer, the fullest table of leases and the largest lease
// fit, and the stream of leases takes every lease and never fills up.
func TestLargestIDMessagesFit(t *testing.T) {
	reason := strings.Repeat("r", wire.MaxReason)
	lease := idwire.Lease{V: 1, Worker: snowflake.MaxWorker, State: idwire.LeaseReleased, Until: snowflake.MaxTimestamp + 1, Holder: logA, Nonce: nonceA, At: 1<<63 - 1}
	leases := idwire.Leases{V: 1, BrokerTime: 1<<63 - 1, Code: wire.CodeUnavailable, Reason: reason}
	for range snowflake.MaxWorker + 1 {
		leases.Leases = append(leases.Leases, lease)
	}
	ids := idwire.IDs{V: 1, Code: wire.CodeUnavailable, Reason: reason}
	for i := range idwire.MaxIDs {
		ids.IDs = append(ids.IDs, snowflake.MaxID-idwire.MaxIDs+snowflake.ID(i)+1)
	}
	fits(t, "lease", idwire.MaxLease, lease)
	fits(t, "leases", wire.MaxMessage, leases)
	fits(t, "ids", 128<<10, ids)
	fits(t, "grant", wire.MaxMessage, idwire.Grant{V: 1, Worker: snowflake.MaxWorker, Start: snowflake.MaxCounter - snowflake.MaxBlock, Count: snowflake.MaxBlock})

	spec := idwire.LeaseStream()
	if int64(spec.MaxMsgSize) < idwire.MaxLease+int64(len(idwire.LeaseSubject(snowflake.MaxWorker)))+1024 {
		t.Errorf("the stream takes %d bytes, a lease has up to %d, and headers", spec.MaxMsgSize, idwire.MaxLease)
	}
	if most := spec.PerSubject * (snowflake.MaxWorker + 1) * int64(spec.MaxMsgSize); spec.MaxBytes < most {
		t.Errorf("the stream has room for %d bytes, its records can take %d", spec.MaxBytes, most)
	}
}

// The longest post fits, also if most of its characters are escaped, and a page
// that is full leaves room for one more.
func TestLargestBlogMessagesFit(t *testing.T) {
	user, key, text := strings.Repeat("u", wire.MaxUser), strings.Repeat("k", wire.MaxKey), strings.Repeat("\"", blogwire.MaxText)
	fits(t, "new_post", wire.MaxMessage, blogwire.NewPost{V: 1, User: user, Text: text, Key: key})
	post := blogwire.Post{ID: snowflake.MaxID, User: user, Text: text, At: 1<<63 - 1}
	page := blogwire.Posts{V: 1, Next: snowflake.MaxID, Code: wire.CodeUnavailable, Reason: strings.Repeat("r", wire.MaxReason)}
	for range blogwire.MaxPageBytes/(2*len(text)) + 1 {
		page.Posts = append(page.Posts, post)
	}
	fits(t, "posts", 1<<20, page)
	fits(t, "shards", wire.MaxMessage, blogwire.Shards{V: 1, Counts: slices.Repeat([]int64{1<<63 - 1}, blogwire.MaxShards), Code: wire.CodeUnavailable, Reason: page.Reason})
}

// A full listing fits into what NATS carries, 1 MiB.
func TestLargestListingsFit(t *testing.T) {
	key, reason := strings.Repeat("k", wire.MaxKey), strings.Repeat("r", wire.MaxReason)
	branches := txwire.Branches{V: 1, Participant: strings.Repeat("n", wire.MaxName), Journal: journalA, Prepared: 1 << 40, Code: wire.CodeBusy, Reason: reason}
	state := txwire.CoordinatorState{V: 1, Log: logA, Undecided: 1 << 40, Unfinished: 1 << 40, Durability: "unverified"}
	tx := txwire.Info{Key: key, State: "preparing", Violations: map[string]string{}}
	for i := range txwire.MaxBranches {
		name := fmt.Sprintf("%s%02d", strings.Repeat("n", wire.MaxName-2), i)
		tx.Waiting = append(tx.Waiting, name)
		tx.Violations[name] = reason
	}
	for i := range uint64(wire.MaxList) {
		id := txwire.ID{Log: logA, N: 1<<62 + i}
		branches.Branches = append(branches.Branches, txwire.BranchInfo{
			ID: id, Key: key, State: txwire.BranchCommitted, Closed: true, Reason: reason, At: 1 << 62,
			Payload: text(txwire.MaxPayload), Detail: text(txwire.MaxDetail), Error: reason, Tries: 1 << 40, RetryAt: 1 << 62,
		})
		branches.Violations = append(branches.Violations, txwire.Violation{ID: id, Of: txwire.KindCommit, Reason: reason, At: 1 << 62})
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
	data := wire.Encode(txwire.Prepare{V: 1, Key: "k", Digest: digestA, DecideBy: 1, OpenSeq: 1, Payload: given})
	p, err := wire.Decode[txwire.Prepare](data)
	if err != nil || !bytes.Equal(p.Payload, want) {
		t.Errorf("%s came as %s, %v", given, p.Payload, err)
	}
}
