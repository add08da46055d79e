package observe

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

func TestObserve(t *testing.T) {
	const log, journal, nonce = "aaaaaaaaaaaaaaaa", "jjjjjjjjjjjjjjjj", "nnnnnnnnnnnnnnnn"
	id := txwire.ID{Log: log, N: 7}
	payload := json.RawMessage(`{"v":1,"zone":"north"}`)
	digest := strings.Repeat("0", 32)
	now := time.Date(2026, 3, 4, 15, 4, 5, 6e6, time.Local)
	commits := []txwire.Committed{
		{N: 7, Key: "k", DecideBy: 1, Branches: []txwire.CommittedBranch{{Participant: "delivery", Journal: journal}}},
		{N: 8, Key: "l", DecideBy: 1, Branches: []txwire.CommittedBranch{{Participant: "delivery", Journal: journal}}},
	}
	for _, c := range []struct {
		subject string
		data    []byte
		want    string
	}{
		{
			txwire.SubjectSubmit, wire.Encode(txwire.Submit{V: 1, Key: "k", Branches: []txwire.Branch{{Participant: "delivery", Payload: payload}}}),
			`client      -> coordinator  submit     -                       key k, delivery {"v":1,"zone":"north"}`,
		},
		{
			txwire.Subject(txwire.KindPrepare, "delivery", id), wire.Encode(txwire.Prepare{V: 1, Key: "k", Digest: digest, DecideBy: 1, OpenSeq: 1, Payload: payload}),
			`coordinator -> delivery     prepare    aaaaaaaaaaaaaaaa.7      key k, {"v":1,"zone":"north"}`,
		},
		{
			txwire.Subject(txwire.KindVote, "delivery", id), wire.Encode(txwire.Vote{V: 1, Journal: journal, Yes: true, Detail: json.RawMessage(`{"courier":3}`)}),
			`delivery    -> coordinator  vote       aaaaaaaaaaaaaaaa.7      yes {"courier":3}`,
		},
		{
			txwire.Subject(txwire.KindVote, "delivery", id), wire.Encode(txwire.Vote{V: 1, Journal: journal, Code: wire.CodeRefused, Reason: "no courier\x1b[2J"}),
			`delivery    -> coordinator  vote       aaaaaaaaaaaaaaaa.7      no, refused: no courier?[2J`,
		},
		{
			txwire.LogSubject(log), wire.Encode(txwire.Record{V: 1, Kind: txwire.RecordCommits, Nonce: nonce, Prev: 1, Base: 1, Commits: commits}),
			`coordinator -> log          append     -                       aaaaaaaaaaaaaaaa commits 7,8 after 1`,
		},
		{
			txwire.Subject(txwire.KindCommit, "delivery", id), wire.Encode(txwire.Commit{V: 1, Journal: journal, DecideBy: 1}),
			`coordinator -> delivery     commit     aaaaaaaaaaaaaaaa.7`,
		},
		{
			txwire.Subject(txwire.KindAck, "delivery", id), wire.Encode(txwire.Ack{V: 1, Journal: journal, Of: txwire.KindCommit}),
			`delivery    -> coordinator  ack        aaaaaaaaaaaaaaaa.7      commit`,
		},
		{
			txwire.SubjectResolve, wire.Encode(txwire.Resolve{V: 1, ID: id, Participant: "delivery", Journal: journal}),
			`delivery    -> coordinator  resolve    aaaaaaaaaaaaaaaa.7      what became of it?`,
		},
		{
			txwire.OwnerSubject(log), wire.Encode(txwire.Resolve{V: 1, ID: id, Participant: "delivery", Journal: journal}),
			`coordinator -> coordinator  ask-owner  aaaaaaaaaaaaaaaa.7      what became of it? (for delivery)`,
		},
		{
			txwire.Subject(txwire.KindAck, "delivery", id), []byte("nonsense"),
			`delivery    -> coordinator  ack        aaaaaaaaaaaaaaaa.7      unreadable: ack is malformed: invalid character 'o' in literal null (expecting 'u')`,
		},
	} {
		o, ok := observe(c.subject, c.data, now)
		if got := o.line(false); !ok || got != "15:04:05.006  "+c.want {
			t.Errorf("%s:\ngot  %s\nwant 15:04:05.006  %s", c.subject, got, c.want)
		}
		if line := o.line(true); !strings.HasPrefix(line, "\x1b[") || !strings.HasSuffix(line, "\x1b[0m") {
			t.Errorf("%s: not coloured: %q", c.subject, line)
		}
		if _, err := json.Marshal(o); err != nil {
			t.Errorf("%s: %v", c.subject, err)
		}
	}
}

// TestObserveOne: with --tx a record counts if it holds the transaction.
func TestObserveOne(t *testing.T) {
	id := txwire.ID{Log: "aaaaaaaaaaaaaaaa", N: 8}
	c := Watch{Tx: id}
	record := wire.Encode(txwire.Record{V: 1, Kind: txwire.RecordCommits, Nonce: "nnnnnnnnnnnnnnnn", Prev: 1, Base: 1, Commits: []txwire.Committed{
		{N: 8, Key: "l", DecideBy: 1, Branches: []txwire.CommittedBranch{{Participant: "delivery", Journal: "jjjjjjjjjjjjjjjj"}}},
	}})
	o, _ := observe(txwire.LogSubject(id.Log), record, time.Now())
	if !c.wants(o) {
		t.Error("the record that commits the transaction is not shown")
	}
	c.Tx.N = 9
	if c.wants(o) {
		t.Error("the record of another transaction is shown")
	}
}
