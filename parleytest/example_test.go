package parleytest_test

import (
	"fmt"
	"path/filepath"

	"parley/coordinator/txclient"
	"parley/parleytest"
	"parley/participants"
	"parley/participants/sqlite"
	"parley/test/examples"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// A participant dies when it is prepared and has not voted. It starts again on the same
// file, and the transaction commits.
func Example() {
	t := examples.New() // in a test, its *testing.T
	defer t.End()

	sys := parleytest.Start(t)
	path := filepath.Join(t.TempDir(), "stalls.db")
	stalls := sys.Run(t, "stalls", func(nc *nats.Conn) (parleytest.Role, error) {
		return participants.New(participants.Config{Name: "stalls", Log: sys.Logger()}, participants.Deps{NATS: nc}, sqlite.File(path), seats{})
	})

	dead, restarted := stalls.KillBefore(parleytest.Vote), make(chan struct{})
	go func() {
		defer close(restarted)
		<-dead
		fmt.Println("prepared, and dead")
		stalls.Start()
	}()
	o, err := sys.Client(t).Submit(t.Context(), txclient.Request{Branches: []txwire.Branch{{Participant: "stalls", Payload: []byte("1")}}})
	if err != nil {
		t.Fatal(err)
	}
	<-restarted
	sys.AwaitSettled(t, "stalls")
	fmt.Println(o.Status)
	// Output:
	// prepared, and dead
	// committed
}
