package txclient_test

import (
	"strings"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/coordinator/txclient"
	"parley/wire"
	"parley/wire/txwire"
)

// An answer is believed only if it names the key that was submitted, and comes on a
// subject that nobody can guess from those before.
func TestAnswersAreBelieved(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	nc := s.Connect(t)
	c, err := txclient.New(nc)
	roletest.Must(t, err)
	defer c.Close()
	seen := map[string]bool{}
	for n := range 3 {
		ended := make(chan txwire.Outcome, 1)
		go func() {
			o, err := c.Submit(t.Context(), txclient.Request{Key: "mine", Branches: []txwire.Branch{{Participant: "inventory", Payload: []byte("1")}}})
			if err != nil {
				t.Error(err)
			}
			ended <- o
		}()
		to := f.next()
		token := to.reply[strings.LastIndexByte(to.reply, '.')+1:]
		if len(token) < 16 || seen[token] {
			t.Errorf("the answer is expected on %s", to.reply)
		}
		seen[token] = true
		forged := to
		forged.Key = "another"
		f.answer(forged, committed(99))
		f.answer(to, txwire.Outcome{Status: txwire.StatusAborted, ID: id(uint64(n + 1)), Code: wire.CodeRefused, Participant: "inventory"})
		if o := <-ended; o.Status != txwire.StatusAborted || o.ID != id(uint64(n+1)) {
			t.Errorf("the outcome is %+v", o)
		}
	}
}
