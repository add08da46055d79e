package txclient_test

import (
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Asked for transactions from one on, a coordinator of an earlier release refuses:
// the others are listed, and the caller learns that one is missing. What a later
// release adds to a report is ignored.
func TestCoordinatorsFrom(t *testing.T) {
	s := brokertest.Run(t)
	nc := s.Connect(t)
	asked := make(chan txwire.CoordinatorsRequest, 4)
	for _, old := range []bool{false, true} {
		if _, err := nc.Subscribe(txwire.SubjectCoordinators, func(msg *nats.Msg) {
			r, err := wire.Decode[txwire.CoordinatorsRequest](msg.Data)
			if err != nil {
				t.Error(err)
			}
			answer := nats.NewMsg(msg.Reply)
			switch {
			case !old:
				asked <- r
				answer.Data = []byte(`{"v":1,"log":"aaaabbbbccccdddd","undecided":0,"unfinished":303,"committed":1,"aborted":0,"durability":"synced","more":203,"mood":{"Good":true}}`)
			default:
				answer.Header.Set("Nats-Service-Error-Code", "invalid")
				answer.Header.Set("Nats-Service-Error", `unknown field "from"`)
			}
			if err := nc.PublishMsg(answer); err != nil {
				t.Error(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	roletest.Must(t, nc.Flush())
	client := newClient(t, s.Connect(t))
	states, err := client.CoordinatorsFrom(t.Context(), id(7))
	if wire.CodeOf(err) != wire.CodeInvalid {
		t.Errorf("got %v, want the refusal of one", err)
	}
	if len(states) != 1 || states[0].Held() != 303 || states[0].More != 203 {
		t.Errorf("got %+v", states)
	}
	if r := <-asked; r.From != id(7) {
		t.Errorf("asked from %s", r.From)
	}
}
