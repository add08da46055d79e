package wire_test

import (
	"strings"
	"testing"

	"parley/wire"
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
	txA     = wire.TxID{Log: logA, N: 42}
	idA     = wire.NewID(28_080_000_123, 7, 4095)
	idB     = wire.NewID(28_080_000_124, 7, 0)
	worker7 = 7
)

var abandonedA = wire.Abandoned{
	V: 1, ID: wire.TxID{Log: logA, N: 7}, Participant: "inventory", Journal: logA, Reason: "its disk burnt", By: "ada@desk", At: atMS,
}

var leaseA = wire.Lease{V: 1, Worker: 7, State: wire.LeaseHeld, Until: untilMS, Holder: logA, Nonce: nonceA, At: atMS}

// samples has every message type at least once, with every field set in at
// least one of them; TestEverySample holds the first.
func samples() []sample {
	return []sample{
		of("submit", wire.MaxMessage, wire.Submit{
			V: 1, Key: "order-1", TimeoutMS: 5000, Wait: wire.WaitApplied, Once: true,
			Branches: []wire.Branch{
				{Participant: "inventory", Payload: raw(`{"v":1,"item":"soup","quantity":2}`)},
				{Participant: "delivery", Payload: raw(`{"v":1,"zone":"north"}`)},
			},
		}),
		of("outcome", wire.MaxMessage, wire.Outcome{
			V: 1, Status: wire.StatusCommitted, ID: txA, Key: "order-1", Applied: true,
			Details: details{"delivery": raw(`{"courier":3}`), "inventory": raw(`{"left":7}`)},
		}),
		of("outcome.aborted", wire.MaxMessage, wire.Outcome{
			V: 1, Status: wire.StatusAborted, ID: txA, Key: "order-1",
			Code: wire.CodeRefused, Reason: "only 3 of soup are left", Participant: "inventory",
		}),
		of("status_request", wire.MaxMessage, wire.StatusRequest{V: 1, ID: txA}),
		of("prepare", wire.MaxMessage, wire.Prepare{
			V: 1, Key: "order-1", Digest: digestA, DecideBy: atMS, OpenSeq: 17, Payload: raw(`{"v":1,"zone":"<north> & south"}`),
		}),
		of("vote", wire.MaxMessage, wire.Vote{V: 1, Journal: journalA, Yes: true, Detail: raw(`{"courier":3}`)}),
		of("vote.no", wire.MaxMessage, wire.Vote{
			V: 1, Journal: journalA, Code: wire.CodeRefused, Reason: "no courier is free in north", Closed: true,
		}),
		of("vote.duplicate", wire.MaxMessage, wire.Vote{
			V: 1, Journal: journalA, Code: wire.CodeDuplicate, Other: wire.TxID{Log: logB, N: 7}, OtherState: wire.BranchPrepared,
		}),
		of("commit", wire.MaxMessage, wire.Commit{V: 1, Journal: journalA, DecideBy: atMS}),
		of("abort", wire.MaxMessage, wire.Abort{
			V: 1, Journal: journalA, Key: "order-1", Digest: digestA, DecideBy: atMS, Close: true, Reason: "delivery did not vote in time",
		}),
		of("ack", wire.MaxMessage, wire.Ack{V: 1, Journal: journalA, Of: wire.KindAbort, Closed: true}),
		of("ack.violation", wire.MaxMessage, wire.Ack{
			V: 1, Journal: journalA, Of: wire.KindCommit, Code: wire.CodeViolation, Reason: "commit for a branch that is aborted here",
		}),
		of("resolve", wire.MaxMessage, wire.Resolve{V: 1, ID: txA, Participant: "delivery", Journal: journalA, DecideBy: atMS}),
		of("resolved", wire.MaxMessage, wire.Resolved{
			V: 1, Status: wire.StatusAborted, SealSeq: 99, Incarnation: logB, Code: wire.CodeNotFound, Reason: "never committed",
		}),
		of("record.open", wire.MaxRecord, wire.Record{V: 1, Kind: wire.RecordOpen, Nonce: nonceA, By: logA}),
		of("record", wire.MaxRecord, wire.Record{
			V: 1, Kind: wire.RecordCommits, Nonce: nonceA, Prev: 18, Base: 17, By: logA,
			Commits: []wire.Committed{{N: 42, Key: "order-1", DecideBy: atMS, Branches: []wire.CommittedBranch{
				{Participant: "inventory", Journal: journalA}, {Participant: "delivery", Journal: journalB},
			}}},
		}),
		of("record.seal", wire.MaxRecord, wire.Record{V: 1, Kind: wire.RecordSeal, Nonce: nonceA, Prev: 19, Base: 17, By: logB}),
		of("branch_query", wire.MaxMessage, wire.BranchQuery{V: 1, ID: txA, Key: "order-1"}),
		of("branch_query.from", wire.MaxMessage, wire.BranchQuery{V: 1, From: txA}),
		of("branches.cut", listing, wire.Branches{
			V: 1, Participant: "delivery", Journal: journalA, Prepared: 303, More: 203, AllViolations: 130,
			Branches: []wire.BranchInfo{{ID: txA, Key: "order-1", State: wire.BranchPrepared, At: atMS}},
		}),
		of("branches", listing, wire.Branches{
			V: 1, Participant: "delivery", Journal: journalA, Prepared: 1,
			Branches: []wire.BranchInfo{{
				ID: txA, Key: "order-1", State: wire.BranchAborted, Closed: true, Reason: "no courier is free in north",
				At: atMS, Payload: raw(`{"v":1,"zone":"north"}`), Detail: raw(`{"courier":3}`),
			}},
			Violations: []wire.Violation{{ID: txA, Of: wire.KindCommit, Reason: "commit for a branch that is aborted here", At: atMS}},
		}),
		of("branches.failing", listing, wire.Branches{
			V: 1, Participant: "delivery", Journal: journalA, Prepared: 1,
			Branches: []wire.BranchInfo{{
				ID: txA, Key: "order-1", State: wire.BranchPrepared, At: atMS, Payload: raw(`{"v":1,"zone":"north"}`),
				Error: "there is no courier 3", Tries: 7, RetryAt: atMS + 16000,
			}},
		}),
		of("branches.refused", listing, wire.Branches{
			V: 1, Participant: "delivery", Branches: []wire.BranchInfo{}, Code: wire.CodeInvalid, Reason: "branch query is malformed",
		}),
		of("coordinators_request", wire.MaxMessage, wire.CoordinatorsRequest{V: 1}),
		of("coordinators_request.from", wire.MaxMessage, wire.CoordinatorsRequest{V: 1, From: txA}),
		of("coordinator_state.cut", listing, wire.CoordinatorState{
			V: 1, Log: logA, Unfinished: 303, Durability: "synced", More: 302, Txs: []wire.TxInfo{{ID: txA, Key: "order-1", State: "committed"}},
		}),
		of("coordinator_state", listing, wire.CoordinatorState{
			V: 1, Log: logA, Undecided: 1, Unfinished: 2, Adopted: []string{logB}, Committed: 10, Aborted: 3, Durability: "synced",
			Txs: []wire.TxInfo{{
				ID: txA, Key: "order-1", State: "committed", Waiting: []string{"delivery"}, Violations: map[string]string{"delivery": "restored"},
			}},
		}),
		of("stock_order", wire.MaxPayload, wire.StockOrder{V: 1, Item: "soup", Quantity: 2}),
		of("courier_order", wire.MaxPayload, wire.CourierOrder{V: 1, Zone: "north"}),
		of("items_request", wire.MaxMessage, wire.ItemsRequest{V: 1, Item: "soup"}),
		of("items", listing, wire.Items{
			V: 1, Items: []wire.Item{{Item: "soup", Name: "Tomato soup", PriceCents: 650, Stock: 40, Reserved: 2}},
			Code: wire.CodeNotFound, Reason: "there is no pie",
		}),
		of("restock", wire.MaxMessage, wire.Restock{V: 1, Item: "soup", Quantity: 40}),
		of("couriers_request", wire.MaxMessage, wire.CouriersRequest{V: 1, Zone: "north"}),
		of("couriers", listing, wire.Couriers{
			V: 1, Couriers: []wire.Courier{{ID: 3, Name: "Ada", Zone: "north", Capacity: 2, Reserved: 1, Assigned: 1}},
			Code: wire.CodeNotFound, Reason: "there is no zone west",
		}),
		of("complete", wire.MaxMessage, wire.Complete{V: 1, Courier: 3}),
		of("id_request", wire.MaxMessage, wire.IDRequest{V: 1, Count: 2}),
		of("ids", listing, wire.IDs{V: 1, IDs: []wire.ID{idA, idB}}),
		of("ids.refused", listing, wire.IDs{V: 1, IDs: []wire.ID{}, Code: wire.CodeBusy, Reason: "the range is used up"}),
		of("grant_request", wire.MaxMessage, wire.GrantRequest{V: 1, Count: 65536}),
		of("grant", wire.MaxMessage, wire.Grant{V: 1, Worker: 7, Start: wire.Counter(28_080_000_123, 4095), Count: 65536}),
		of("grant.refused", wire.MaxMessage, wire.Grant{V: 1, Code: wire.CodeUnavailable, Reason: "its clock is ahead"}),
		of("leases_request", wire.MaxMessage, wire.LeasesRequest{V: 1}),
		of("leases", wire.MaxMessage, wire.Leases{
			V: 1, BrokerTime: atMS, Leases: []wire.Lease{leaseA}, Code: wire.CodeUnavailable, Reason: "the broker does not answer",
		}),
		of("leases.refused", wire.MaxMessage, wire.Leases{V: 1, Leases: []wire.Lease{}, Code: wire.CodeNotFound, Reason: "worker 9 was never held"}),
		of("retire_request", wire.MaxMessage, wire.RetireRequest{V: 1, Worker: 31}),
		of("id_workers_request", wire.MaxMessage, wire.IDWorkersRequest{V: 1}),
		of("id_worker_state", wire.MaxMessage, wire.IDWorkerState{
			V: 1, Holder: logA, State: wire.WorkerRefusing, Worker: &worker7, Until: untilMS, Issued: 1_000_000, ClockMS: 3_600_000,
			Durability: "synced", Reason: "its clock is ahead",
		}),
		of("id_worker_state.standby", wire.MaxMessage, wire.IDWorkerState{V: 1, Holder: logA, State: wire.WorkerStandby, ClockMS: -3, Durability: "replicated"}),
		of("lease", wire.MaxLease, leaseA),
		of("abandon", wire.MaxMessage, wire.Abandon{V: 1, ID: wire.TxID{Log: logA, N: 7}, Participant: "inventory", Reason: "its disk burnt", By: "ada@desk"}),
		of("abandoned", wire.MaxAbandoned, abandonedA),
		of("abandon_reply", wire.MaxMessage, wire.AbandonReply{V: 1, Record: &abandonedA}),
		of("abandon_reply.refused", wire.MaxMessage, wire.AbandonReply{V: 1, Code: wire.CodeNotFound, Reason: "no log has a commit of it"}),
		of("stamp", wire.MaxStamp, wire.Stamp{V: 1, Participant: "inventory", Journal: logA, N: 7, Process: "mWh9qyYgIqFfuVPtqxUsIJ", Name: "parley inventory", At: atMS}),
		of("retry", wire.MaxMessage, wire.Retry{V: 1, ID: wire.TxID{Log: logA, N: 7}}),
		of("retried", wire.MaxMessage, wire.Retried{V: 1, Participant: "inventory", Journal: logA, Tries: 8, Code: wire.CodeInternal, Reason: "no such table: items"}),
		of("new_post", wire.MaxMessage, wire.NewPost{V: 1, User: "Ægir_7", Text: "Two lines,\n<both> \"mine\" & yours.", Key: "draft-12"}),
		of("read_post", wire.MaxMessage, wire.ReadPost{V: 1, ID: idA, User: "ada"}),
		of("page_request", wire.MaxMessage, wire.PageRequest{V: 1, User: "ada", Before: idB, Limit: 50}),
		of("posts", listing, wire.Posts{
			V: 1, Posts: []wire.Post{{ID: idB, User: "ada", Text: "second", At: atMS}, {ID: idA, User: "ada", Text: "first", At: atMS}}, Next: idA,
		}),
		of("posts.refused", listing, wire.Posts{V: 1, Posts: []wire.Post{}, Code: wire.CodeNotFound, Reason: "the user \"zoe\" is unknown"}),
		of("shards_request", wire.MaxMessage, wire.ShardsRequest{V: 1}),
		of("shards", wire.MaxMessage, wire.Shards{V: 1, Counts: []int64{12, 0, 7}}),
		of("shards.refused", wire.MaxMessage, wire.Shards{V: 1, Counts: []int64{}, Code: wire.CodeUnavailable, Reason: "shard 1 cannot be read"}),
		of("chat_message", wire.MaxMessage, wire.ChatMessage{
			V: 1, ID: idA, User: "ada", Kind: wire.ChatText, Text: "Soup is <b>hot</b> &\nready", CID: "c-7",
		}),
		of("chat_message.join", wire.MaxMessage, wire.ChatMessage{V: 1, ID: idA, User: "ada", Kind: wire.ChatJoin}),
		of("chat_post", wire.MaxMessage, wire.ChatPost{V: 1, User: "kitchen", Text: "Soup is ready", CID: "soup-1"}),
		of("chat_posted", wire.MaxMessage, wire.ChatPosted{V: 1, ID: idA, Seq: 42}),
		of("chat_posted.refused", wire.MaxMessage, wire.ChatPosted{V: 1, Code: wire.CodeInvalid, Reason: "chat post: text is empty"}),
		of("chat_presence", wire.MaxMessage, wire.ChatPresence{
			V: 1, Gateway: logA, Round: 7, Part: 1, Parts: 2, Ask: true, Claims: []wire.ChatClaim{{Room: "kitchen", User: "ada", Since: atMS}},
		}),
		of("chat_presence.change", wire.MaxMessage, wire.ChatPresence{
			V: 1, Gateway: logA, Round: 7, Claims: []wire.ChatClaim{{Room: "kitchen", User: "ada", Gone: true}},
		}),
		of("chat_presence.bye", wire.MaxMessage, wire.ChatPresence{V: 1, Gateway: logA, Round: 8, Bye: true}),
		of("chat_typing", wire.MaxMessage, wire.ChatTyping{V: 1, User: "ada"}),
		of("gateways_request", wire.MaxMessage, wire.GatewaysRequest{V: 1}),
		of("gateway_state", wire.MaxMessage, wire.GatewayState{
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
