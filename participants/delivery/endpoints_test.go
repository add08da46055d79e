package delivery_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/delivery"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

const patience = 30 * time.Second

func start(t *testing.T) *nats.Conn {
	t.Helper()
	server := brokertest.Run(t)
	cfg := delivery.Config{Config: participants.Config{Path: filepath.Join(t.TempDir(), "delivery.db")}}
	p, err := delivery.New(cfg, participants.Deps{NATS: server.Connect(t), Incarnation: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-p.Ready():
	case <-time.After(patience):
		t.Fatal("delivery is not ready")
	}
	return server.Connect(t)
}

func ask(t *testing.T, nc *nats.Conn, subject string, request []byte) wire.Couriers {
	t.Helper()
	m, err := nc.Request(subject, request, patience)
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire.Decode[wire.Couriers](m.Data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func prepare(t *testing.T, nc *nats.Conn, votes *nats.Subscription, n uint64, payload string) wire.Vote {
	t.Helper()
	id := wire.TxID{Log: "testlogtestloga2", N: n}
	if err := nc.Publish(wire.TxSubject(wire.KindPrepare, wire.Delivery, id), wire.Encode(wire.Prepare{
		V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
		DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: []byte(payload),
	})); err != nil {
		t.Fatal(err)
	}
	m, err := votes.NextMsg(patience)
	if err != nil {
		t.Fatal(err)
	}
	v, err := wire.Decode[wire.Vote](m.Data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The least loaded courier is chosen and named, until all are full.
func TestChoice(t *testing.T) {
	nc := start(t)
	votes, err := nc.SubscribeSync("tx.vote.delivery.>")
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	chosen := make(map[string]int)
	for range 30 {
		n++
		v := prepare(t, nc, votes, n, `{"v":1,"zone":"south"}`)
		if !v.Yes || len(v.Detail) == 0 {
			t.Fatalf("vote is %+v", v)
		}
		chosen[string(v.Detail)]++
		for who, times := range chosen {
			if times > int(n+2)/3 {
				t.Fatalf("%s was chosen %d times of %d", who, times, n)
			}
		}
	}
	if len(chosen) != 3 {
		t.Errorf("chosen were %v", chosen)
	}
	for _, c := range []struct{ payload, says string }{
		{`{"v":1,"zone":"south"}`, `every courier in "south" is busy`},
		{`{"v":1,"zone":"atlantis"}`, `nobody delivers to "atlantis"; zones are centre, north, south`},
		{`{"v":1,"zone":""}`, `zone is missing`},
	} {
		n++
		if v := prepare(t, nc, votes, n, c.payload); v.Yes || !strings.Contains(v.Reason, c.says) {
			t.Errorf("%s is answered %+v, want %q", c.payload, v, c.says)
		}
	}
}

func TestEndpoints(t *testing.T) {
	nc := start(t)
	all := ask(t, nc, wire.SubjectCouriers, wire.Encode(wire.CouriersRequest{V: wire.Version}))
	if len(all.Couriers) != len(delivery.Sample()) || all.Code != "" {
		t.Fatalf("the couriers are %+v", all)
	}
	north := ask(t, nc, wire.SubjectCouriers, wire.Encode(wire.CouriersRequest{V: wire.Version, Zone: "north"}))
	if len(north.Couriers) != 3 {
		t.Errorf("in the north are %+v", north)
	}

	votes, err := nc.SubscribeSync("tx.vote.delivery.>")
	if err != nil {
		t.Fatal(err)
	}
	acks, err := nc.SubscribeSync("tx.ack.delivery.>")
	if err != nil {
		t.Fatal(err)
	}
	v := prepare(t, nc, votes, 1, `{"v":1,"zone":"north"}`)
	id := wire.TxID{Log: "testlogtestloga2", N: 1}
	commit := wire.Encode(wire.Commit{V: wire.Version, Journal: v.Journal, DecideBy: time.Now().UnixMilli()})
	if err := nc.Publish(wire.TxSubject(wire.KindCommit, wire.Delivery, id), commit); err != nil {
		t.Fatal(err)
	}
	if _, err := acks.NextMsg(patience); err != nil {
		t.Fatal(err)
	}
	busy := ask(t, nc, wire.SubjectCouriers, wire.Encode(wire.CouriersRequest{V: wire.Version, Zone: "north"}))
	var who int64
	for _, c := range busy.Couriers {
		if c.Assigned == 1 && c.Reserved == 0 {
			who = c.ID
		}
	}
	if who == 0 {
		t.Fatalf("nobody is on the way: %+v", busy)
	}
	free := ask(t, nc, wire.SubjectComplete, wire.Encode(wire.Complete{V: wire.Version, Courier: who}))
	if len(free.Couriers) != 1 || free.Couriers[0].Assigned != 0 {
		t.Errorf("after the delivery it is %+v", free)
	}
	for what, c := range map[string]struct {
		answer wire.Couriers
		code   wire.Code
	}{
		"nothing to complete": {ask(t, nc, wire.SubjectComplete, wire.Encode(wire.Complete{V: wire.Version, Courier: who})), wire.CodeNotFound},
		"an unknown courier":  {ask(t, nc, wire.SubjectComplete, wire.Encode(wire.Complete{V: wire.Version, Courier: 99})), wire.CodeNotFound},
		"an unknown zone":     {ask(t, nc, wire.SubjectCouriers, wire.Encode(wire.CouriersRequest{V: wire.Version, Zone: "atlantis"})), wire.CodeNotFound},
		"nonsense":            {ask(t, nc, wire.SubjectCouriers, []byte(`{`)), wire.CodeInvalid},
	} {
		if c.answer.Code != c.code || c.answer.Reason == "" {
			t.Errorf("%s is answered %+v, want %s with a reason", what, c.answer, c.code)
		}
	}
}
