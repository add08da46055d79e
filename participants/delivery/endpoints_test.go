package delivery_test

import (
	"path/filepath"
	"strings"
	"testing"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/participanttest"
	"parley/wire"
)

func start(t *testing.T) *participanttest.Service {
	t.Helper()
	server := brokertest.Run(t)
	cfg := delivery.Config{Path: filepath.Join(t.TempDir(), "delivery.db")}
	p, err := delivery.New(cfg, participants.Deps{NATS: server.Connect(t)})
	if err != nil {
		t.Fatal(err)
	}
	return participanttest.Serve(t, food.Delivery, server.Connect(t), p)
}

func ask(s *participanttest.Service, subject string, request []byte) food.Couriers {
	s.Helper()
	return participanttest.Ask[food.Couriers](s, subject, request)
}

// The least loaded courier is chosen and named, until all are full.
func TestChoice(t *testing.T) {
	s := start(t)
	chosen := make(map[string]int)
	for n := 1; n <= 30; n++ {
		_, v := s.Prepare(`{"v":1,"zone":"south"}`)
		if !v.Yes || len(v.Detail) == 0 {
			t.Fatalf("vote is %+v", v)
		}
		chosen[string(v.Detail)]++
		for who, times := range chosen {
			if times > (n+2)/3 {
				t.Fatalf("%s was chosen %d times of %d", who, times, n)
			}
		}
	}
	if len(chosen) != 3 {
		t.Errorf("chosen were %v", chosen)
	}
	for _, c := range []struct{ payload, want string }{
		{`{"v":1,"zone":"south"}`, `every courier in "south" is busy`},
		{`{"v":1,"zone":"atlantis"}`, `no courier delivers to "atlantis"; zones are centre, north, south`},
		{`{"v":1,"zone":""}`, `zone is missing`},
	} {
		if _, v := s.Prepare(c.payload); v.Yes || !strings.Contains(v.Reason, c.want) {
			t.Errorf("%s is answered %+v, want %q", c.payload, v, c.want)
		}
	}
}

func TestEndpoints(t *testing.T) {
	s := start(t)
	all := ask(s, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version}))
	if len(all.Couriers) != len(delivery.Sample()) || all.Code != "" {
		t.Fatalf("the couriers are %+v", all)
	}
	north := ask(s, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version, Zone: "north"}))
	if len(north.Couriers) != 3 {
		t.Errorf("in the north are %+v", north)
	}
	s.Commit(s.Prepare(`{"v":1,"zone":"north"}`))
	busy := ask(s, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version, Zone: "north"}))
	var who int64
	for _, c := range busy.Couriers {
		if c.Assigned == 1 && c.Reserved == 0 {
			who = c.ID
		}
	}
	if who == 0 {
		t.Fatalf("no courier has an order: %+v", busy)
	}
	free := ask(s, food.SubjectComplete, wire.Encode(food.Complete{V: wire.Version, Courier: who}))
	if len(free.Couriers) != 1 || free.Couriers[0].Assigned != 0 {
		t.Errorf("after the delivery it is %+v", free)
	}
	for what, c := range map[string]struct {
		answer food.Couriers
		code   wire.Code
	}{
		"nothing to complete": {ask(s, food.SubjectComplete, wire.Encode(food.Complete{V: wire.Version, Courier: who})), wire.CodeNotFound},
		"an unknown courier":  {ask(s, food.SubjectComplete, wire.Encode(food.Complete{V: wire.Version, Courier: 99})), wire.CodeNotFound},
		"an unknown zone":     {ask(s, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version, Zone: "atlantis"})), wire.CodeNotFound},
		"nonsense":            {ask(s, food.SubjectCouriers, []byte(`{`)), wire.CodeInvalid},
	} {
		if c.answer.Code != c.code || c.answer.Reason == "" {
			t.Errorf("%s is answered %+v, want %s with a reason", what, c.answer, c.code)
		}
	}
}
