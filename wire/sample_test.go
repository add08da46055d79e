package wire_test

import (
	"strings"
	"testing"

	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// sample is one message as it is written to testdata/<name>.json, and the codec
// of its type without the type.
type sample struct {
	name   string // of the file; what stands before a dot names the type
	limit  int    // bytes of the longest one
	value  any
	decode func(data []byte) (any, error)
	encode func(v any) []byte
	fuzz   func(t *testing.T, data []byte)
}

func of[T any, M wire.Message[T]](name string, limit int, v T) sample {
	return sample{
		name: name, limit: limit, value: v,
		decode: func(data []byte) (any, error) { return wire.Decode[T, M](data) },
		encode: func(v any) []byte { return wire.Encode[T, M](v.(T)) },
		fuzz:   roundTrip[T, M],
	}
}

// Values that more than one sample has.
const (
	logA     = "aaaabbbbccccdddd"
	logB     = "bbbbccccddddeeee"
	journalA = "journal234567abc"
	journalB = "journal765432xyz"
	nonceA   = "nonceaaaabbbbccc"
	digestA  = "00112233445566778899aabbccddeeff"
	atMS     = 1_790_000_000_123
	listing  = 1 << 20
	untilMS  = 28_080_010_123 // the lease of a worker, since the epoch of IDs
)

var (
	txA     = txwire.ID{Log: logA, N: 42}
	idA     = snowflake.NewID(28_080_000_123, 7, 4095)
	idB     = snowflake.NewID(28_080_000_124, 7, 0)
	worker7 = 7
)

var orderPlaced = txwire.Event{
	Subject: "orders.placed", Data: []byte(`{"order":1}`), Headers: []txwire.EventHeader{{Name: "Content-Type", Value: "application/json"}},
}

var abandonedA = txwire.Abandoned{
	V: 1, ID: txwire.ID{Log: logA, N: 7}, Participant: "inventory", Journal: logA, Reason: "its disk burnt", By: "ada@desk", At: atMS,
}

var leaseA = idwire.Lease{V: 1, Worker: 7, State: idwire.LeaseHeld, Until: untilMS, Holder: logA, Nonce: nonceA, At: atMS}

// samples has every message type at least once, with every field set in at
// least one of them; TestEverySample holds the first.
func samples() []sample {
	return []sample{
		of("submit", txwire.MaxSubmit, txwire.Submit{
			V: 1, Key: "order-1", TimeoutMS: 5000, Wait: txwire.WaitApplied, Once: true,
			Branches: []txwire.Branch{
				{Participant: "inventory", Payload: raw(`{"v":1,"item":"soup","quantity":2}`)},
				{Participant: "delivery", Payload: raw(`{"v":1,"zone":"north"}`)},
			},
		}),
		of("submit.events", txwire.MaxSubmit, txwire.Submit{
			V: 1, Key: "order-1", Branches: []txwire.Branch{{Participant: "inventory", Payload: raw(`1`)}},
			Events: []txwire.Event{orderPlaced, {Subject: "mail.send"}},
		}),
		of("outcome", wire.MaxMessage, txwire.Outcome{
			V: 1, Status: txwire.StatusCommitted, ID: txA, Key: "order-1", Applied: true,
			Details: details{"delivery": raw(`{"courier":3}`), "inventory": raw(`{"left":7}`)},
		}),
		of("outcome.aborted", wire.MaxMessage, txwire.Outcome{
			V: 1, Status: txwire.StatusAborted, ID: txA, Key: "order-1",
			Code: wire.CodeRefused, Reason: "only 3 of soup are left", Participant: "inventory",
		}),
		of("status_request", wire.MaxMessage, txwire.StatusRequest{V: 1, ID: txA}),
		of("prepare", wire.MaxMessage, txwire.Prepare{
			V: 1, Key: "order-1", Digest: digestA, DecideBy: atMS, OpenSeq: 17, Payload: raw(`{"v":1,"zone":"<north> & south"}`),
		}),
		of("vote", wire.MaxMessage, txwire.Vote{V: 1, Journal: journalA, Yes: true, Detail: raw(`{"courier":3}`)}),
		of("vote.no", wire.MaxMessage, txwire.Vote{
			V: 1, Journal: journalA, Code: wire.CodeRefused, Reason: "no courier is free in north", Closed: true,
		}),
		of("vote.duplicate", wire.MaxMessage, txwire.Vote{
			V: 1, Journal: journalA, Code: wire.CodeDuplicate, Other: txwire.ID{Log: logB, N: 7}, OtherState: txwire.BranchPrepared,
		}),
		of("commit", wire.MaxMessage, txwire.Commit{V: 1, Journal: journalA, DecideBy: atMS}),
		of("abort", wire.MaxMessage, txwire.Abort{
			V: 1, Journal: journalA, Key: "order-1", Digest: digestA, DecideBy: atMS, Close: true, Reason: "delivery did not vote in time",
		}),
		of("ack", wire.MaxMessage, txwire.Ack{V: 1, Journal: journalA, Of: txwire.KindAbort, Closed: true}),
		of("ack.violation", wire.MaxMessage, txwire.Ack{
			V: 1, Journal: journalA, Of: txwire.KindCommit, Code: wire.CodeViolation, Reason: "commit for a branch that is aborted here",
		}),
		of("resolve", wire.MaxMessage, txwire.Resolve{V: 1, ID: txA, Participant: "delivery", Journal: journalA, DecideBy: atMS}),
		of("resolved", wire.MaxMessage, txwire.Resolved{
			V: 1, Status: txwire.StatusAborted, SealSeq: 99, Incarnation: logB, Code: wire.CodeNotFound, Reason: "never committed",
		}),
		of("record.open", txwire.MaxRecord, txwire.Record{V: 1, Kind: txwire.RecordOpen, Nonce: nonceA, By: logA}),
		of("record", txwire.MaxRecord, txwire.Record{
			V: 1, Kind: txwire.RecordCommits, Nonce: nonceA, Prev: 18, Base: 17, By: logA,
			Commits: []txwire.Committed{{N: 42, Key: "order-1", DecideBy: atMS, Branches: []txwire.CommittedBranch{
				{Participant: "inventory", Journal: journalA}, {Participant: "delivery", Journal: journalB},
			}}},
		}),
		of("record.events", txwire.MaxRecord, txwire.Record{
			V: 1, Kind: txwire.RecordCommits, Nonce: nonceA, Prev: 18, Base: 17, By: logA,
			Commits: []txwire.Committed{{
				N: 42, Key: "order-1", DecideBy: atMS, Branches: []txwire.CommittedBranch{{Participant: "inventory", Journal: journalA}},
				Events: []txwire.CommittedEvent{{Index: 0, Stream: "ORDERS", Event: orderPlaced}, {Index: 2, Stream: "MAIL", Event: txwire.Event{Subject: "mail.send"}}},
			}},
			Settled: []txwire.SettledEvents{{N: 41, Indexes: []int{0, 1}}},
		}),
		of("record.seal", txwire.MaxRecord, txwire.Record{V: 1, Kind: txwire.RecordSeal, Nonce: nonceA, Prev: 19, Base: 17, By: logB}),
		of("branch_query", wire.MaxMessage, txwire.BranchQuery{V: 1, ID: txA, Key: "order-1"}),
		of("branch_query.from", wire.MaxMessage, txwire.BranchQuery{V: 1, From: txA}),
		of("branches.cut", listing, txwire.Branches{
			V: 1, Participant: "delivery", Journal: journalA, Prepared: 303, More: 203, AllViolations: 130,
			Branches: []txwire.BranchInfo{{ID: txA, Key: "order-1", State: txwire.BranchPrepared, At: atMS}},
		}),
		of("branches", listing, txwire.Branches{
			V: 1, Participant: "delivery", Journal: journalA, Prepared: 1,
			Branches: []txwire.BranchInfo{{
				ID: txA, Key: "order-1", State: txwire.BranchAborted, Closed: true, Reason: "no courier is free in north",
				At: atMS, Payload: raw(`{"v":1,"zone":"north"}`), Detail: raw(`{"courier":3}`),
			}},
			Violations: []txwire.Violation{{ID: txA, Of: txwire.KindCommit, Reason: "commit for a branch that is aborted here", At: atMS}},
		}),
		of("branches.failing", listing, txwire.Branches{
			V: 1, Participant: "delivery", Journal: journalA, Prepared: 1,
			Branches: []txwire.BranchInfo{{
				ID: txA, Key: "order-1", State: txwire.BranchPrepared, At: atMS, Payload: raw(`{"v":1,"zone":"north"}`),
				Error: "there is no courier 3", Tries: 7, RetryAt: atMS + 16000,
			}},
		}),
		of("branches.refused", listing, txwire.Branches{
			V: 1, Participant: "delivery", Branches: []txwire.BranchInfo{}, Code: wire.CodeInvalid, Reason: "branch query is malformed",
		}),
		of("coordinators_request", wire.MaxMessage, txwire.CoordinatorsRequest{V: 1}),
		of("coordinators_request.from", wire.MaxMessage, txwire.CoordinatorsRequest{V: 1, From: txA}),
		of("coordinator_state.cut", listing, txwire.CoordinatorState{
			V: 1, Log: logA, Unfinished: 303, Durability: "synced", More: 302, Txs: []txwire.Info{{ID: txA, Key: "order-1", State: "committed"}},
		}),
		of("coordinator_state", listing, txwire.CoordinatorState{
			V: 1, Log: logA, Undecided: 1, Unfinished: 2, Adopted: []string{logB}, Committed: 10, Aborted: 3, Durability: "synced",
			Unpublished: 1, Problem: "no stream takes orders.placed", Published: 9,
			Txs: []txwire.Info{{
				ID: txA, Key: "order-1", State: "committed", Waiting: []string{"delivery"}, Violations: map[string]string{"delivery": "restored"},
				Unpublished: []int{0}, Problem: "no stream takes orders.placed",
			}},
		}),
		of("stock_order", txwire.MaxPayload, food.StockOrder{V: 1, Item: "soup", Quantity: 2}),
		of("courier_order", txwire.MaxPayload, food.CourierOrder{V: 1, Zone: "north"}),
		of("items_request", wire.MaxMessage, food.ItemsRequest{V: 1, Item: "soup"}),
		of("items", listing, food.Items{
			V: 1, Items: []food.Item{{Item: "soup", Name: "Tomato soup", PriceCents: 650, Stock: 40, Reserved: 2}},
			Code: wire.CodeNotFound, Reason: "there is no pie",
		}),
		of("restock", wire.MaxMessage, food.Restock{V: 1, Item: "soup", Quantity: 40}),
		of("couriers_request", wire.MaxMessage, food.CouriersRequest{V: 1, Zone: "north"}),
		of("couriers", listing, food.Couriers{
			V: 1, Couriers: []food.Courier{{ID: 3, Name: "Ada", Zone: "north", Capacity: 2, Reserved: 1, Assigned: 1}},
			Code: wire.CodeNotFound, Reason: "there is no zone west",
		}),
		of("complete", wire.MaxMessage, food.Complete{V: 1, Courier: 3}),
		of("id_request", wire.MaxMessage, idwire.Request{V: 1, Count: 2}),
		of("ids", listing, idwire.IDs{V: 1, IDs: []snowflake.ID{idA, idB}}),
		of("ids.refused", listing, idwire.IDs{V: 1, IDs: []snowflake.ID{}, Code: wire.CodeBusy, Reason: "the range is used up"}),
		of("grant_request", wire.MaxMessage, idwire.GrantRequest{V: 1, Count: 65536}),
		of("grant", wire.MaxMessage, idwire.Grant{V: 1, Worker: 7, Start: snowflake.Counter(28_080_000_123, 4095), Count: 65536}),
		of("grant.refused", wire.MaxMessage, idwire.Grant{V: 1, Code: wire.CodeUnavailable, Reason: "its clock is ahead"}),
		of("leases_request", wire.MaxMessage, idwire.LeasesRequest{V: 1}),
		of("leases", wire.MaxMessage, idwire.Leases{
			V: 1, BrokerTime: atMS, Leases: []idwire.Lease{leaseA}, Code: wire.CodeUnavailable, Reason: "the broker does not answer",
		}),
		of("leases.refused", wire.MaxMessage, idwire.Leases{V: 1, Leases: []idwire.Lease{}, Code: wire.CodeNotFound, Reason: "worker 9 was never held"}),
		of("retire_request", wire.MaxMessage, idwire.RetireRequest{V: 1, Worker: 31}),
		of("id_workers_request", wire.MaxMessage, idwire.WorkersRequest{V: 1}),
		of("id_worker_state", wire.MaxMessage, idwire.IDWorkerState{
			V: 1, Holder: logA, State: idwire.WorkerRefusing, Worker: &worker7, Until: untilMS, Issued: 1_000_000, ClockMS: 3_600_000,
			Durability: "synced", Reason: "its clock is ahead",
		}),
		of("id_worker_state.standby", wire.MaxMessage, idwire.IDWorkerState{V: 1, Holder: logA, State: idwire.WorkerStandby, ClockMS: -3, Durability: "replicated"}),
		of("lease", idwire.MaxLease, leaseA),
		of("abandon", wire.MaxMessage, txwire.Abandon{V: 1, ID: txwire.ID{Log: logA, N: 7}, Participant: "inventory", Reason: "its disk burnt", By: "ada@desk"}),
		of("abandon.event", wire.MaxMessage, txwire.Abandon{V: 1, ID: txwire.ID{Log: logA, N: 7}, Event: &worker7, Reason: "its stream is gone", By: "ada@desk"}),
		of("abandoned", txwire.MaxAbandoned, abandonedA),
		of("abandoned.event", txwire.MaxAbandoned, txwire.Abandoned{V: 1, ID: txwire.ID{Log: logA, N: 7}, Event: &worker7, Reason: "its stream is gone", By: "ada@desk", At: atMS}),
		of("abandon_reply", wire.MaxMessage, txwire.AbandonReply{V: 1, Record: &abandonedA}),
		of("abandon_reply.refused", wire.MaxMessage, txwire.AbandonReply{V: 1, Code: wire.CodeNotFound, Reason: "no log has a commit of it"}),
		of("stamp", txwire.MaxStamp, txwire.Stamp{V: 1, Participant: "inventory", Journal: logA, N: 7, Process: "mWh9qyYgIqFfuVPtqxUsIJ", Name: "parley inventory", At: atMS}),
		of("retry", wire.MaxMessage, txwire.Retry{V: 1, ID: txwire.ID{Log: logA, N: 7}}),
		of("retried", wire.MaxMessage, txwire.Retried{V: 1, Participant: "inventory", Journal: logA, Tries: 8, Code: wire.CodeInternal, Reason: "no such table: items"}),
		of("new_post", wire.MaxMessage, blogwire.NewPost{V: 1, User: "Ægir_7", Text: "Two lines,\n<both> \"mine\" & yours.", Key: "draft-12"}),
		of("read_post", wire.MaxMessage, blogwire.ReadPost{V: 1, ID: idA, User: "ada"}),
		of("page_request", wire.MaxMessage, blogwire.PageRequest{V: 1, User: "ada", Before: idB, Limit: 50}),
		of("posts", listing, blogwire.Posts{
			V: 1, Posts: []blogwire.Post{{ID: idB, User: "ada", Text: "second", At: atMS}, {ID: idA, User: "ada", Text: "first", At: atMS}}, Next: idA,
		}),
		of("posts.refused", listing, blogwire.Posts{V: 1, Posts: []blogwire.Post{}, Code: wire.CodeNotFound, Reason: "the user \"zoe\" is unknown"}),
		of("shards_request", wire.MaxMessage, blogwire.ShardsRequest{V: 1}),
		of("shards", wire.MaxMessage, blogwire.Shards{V: 1, Counts: []int64{12, 0, 7}}),
		of("shards.refused", wire.MaxMessage, blogwire.Shards{V: 1, Counts: []int64{}, Code: wire.CodeUnavailable, Reason: "shard 1 cannot be read"}),
		of("chat_message", wire.MaxMessage, chatwire.Message{
			V: 1, ID: idA, User: "ada", Kind: chatwire.KindText, Text: "Soup is <b>hot</b> &\nready", CID: "c-7",
		}),
		of("chat_message.join", wire.MaxMessage, chatwire.Message{V: 1, ID: idA, User: "ada", Kind: chatwire.KindJoin}),
		of("chat_post", wire.MaxMessage, chatwire.Post{V: 1, User: "kitchen", Text: "Soup is ready", CID: "soup-1"}),
		of("chat_posted", wire.MaxMessage, chatwire.Posted{V: 1, ID: idA, Seq: 42}),
		of("chat_posted.refused", wire.MaxMessage, chatwire.Posted{V: 1, Code: wire.CodeInvalid, Reason: "chat post: text is empty"}),
		of("chat_presence", wire.MaxMessage, chatwire.Presence{
			V: 1, Gateway: logA, Round: 7, Part: 1, Parts: 2, Ask: true, Claims: []chatwire.Claim{{Room: "kitchen", User: "ada", Since: atMS}},
		}),
		of("chat_presence.change", wire.MaxMessage, chatwire.Presence{
			V: 1, Gateway: logA, Round: 7, Claims: []chatwire.Claim{{Room: "kitchen", User: "ada", Gone: true}},
		}),
		of("chat_presence.bye", wire.MaxMessage, chatwire.Presence{V: 1, Gateway: logA, Round: 8, Bye: true}),
		of("chat_typing", wire.MaxMessage, chatwire.Typing{V: 1, User: "ada"}),
		of("gateways_request", wire.MaxMessage, chatwire.GatewaysRequest{V: 1}),
		of("gateway_state", wire.MaxMessage, chatwire.GatewayState{
			V: 1, Gateway: logA, Address: "127.0.0.1:8080", Epoch: logB, Connections: 3, People: 2, Rooms: 1, Memberships: 3, Stopping: true,
		}),
	}
}

// kind is the message type in a sample's name.
func (s sample) kind() string { name, _, _ := strings.Cut(s.name, "."); return name }

// find is the sample with a name.
func find(t testing.TB, name string) sample {
	t.Helper()
	for _, s := range samples() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no sample %q", name)
	return sample{}
}
