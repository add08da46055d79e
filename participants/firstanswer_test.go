package participants_test

import (
	"errors"
	"path/filepath"
	"testing"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// The first answer of a participant that starts is from its journal. (It was that it is
// not running, between the start of its endpoints and the end of its start, which readers
// of the numbers alone took for "nothing is in doubt".)
func TestFirstAnswerIsFromTheJournal(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "early"}, filepath.Join(t.TempDir(), "journal.db")}
	_, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	newVoter(t, server.Connect(t), "early").yes()
	stop(t, cancel, ended)
	nc := server.Connect(t)
	for range 5 {
		_, cancel, ended := start(t, server.Connect(t), cfg, nothing{})
		var answer *nats.Msg
		await(t, "the first answer", func() (ok bool) {
			for range 200 { // as fast as they go
				var err error
				if answer, err = nc.Request(txwire.BranchSubject("early"), wire.Encode(txwire.BranchQuery{V: wire.Version}), patience); err == nil {
					return true
				}
				if !errors.Is(err, nats.ErrNoResponders) {
					t.Fatal(err)
				}
			}
			return false
		})
		b, err := wire.Decode[txwire.Branches](answer.Data)
		if err != nil || b.Code != "" || b.Prepared != 1 {
			t.Errorf("the first answer is %+v, %v", b, err)
		}
		stop(t, cancel, ended)
	}
}
