package docs_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/catalog"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// The query that OPERATIONS gives for finding what is in doubt finds it.
func TestQueryForWhatIsInDoubt(t *testing.T) {
	m := regexp.MustCompile(`sqlite3 inventory.db "(SELECT [^"]+)"`).FindStringSubmatch(read(t, operations))
	if m == nil {
		t.Fatal("there is no query")
	}
	nc := brokertest.Run(t).Connect(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range catalog.Streams() {
		if _, _, err := streams.Ensure(t.Context(), js, spec, 1); err != nil {
			t.Fatal(err)
		}
	}
	id := txwire.ID{Log: "aaaabbbbccccdddd", N: 7}
	votes, err := nc.SubscribeSync(txwire.Subject(txwire.KindVote, "seats", id))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "seats.db")
	stop := running(t, func(ctx context.Context) error { return run(ctx, nc, path) })
	prepare := wire.Encode(txwire.Prepare{
		V: wire.Version, Key: "booking-7", Digest: "00112233445566778899aabbccddeeff",
		DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: []byte(`"A1"`),
	})
	for late := time.After(2 * time.Minute); ; {
		// Repeated as a coordinator does, until the participant is up.
		if err := nc.Publish(txwire.Subject(txwire.KindPrepare, "seats", id), prepare); err != nil {
			t.Fatal(err)
		}
		if _, err := votes.NextMsg(100 * time.Millisecond); err == nil {
			break
		}
		select {
		case <-late:
			t.Fatal("the participant does not vote")
		default:
		}
	}
	stop()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var found, key string
	if err := db.QueryRowContext(t.Context(), m[1]).Scan(&found, &key); err != nil || found != id.String() || key != "booking-7" {
		t.Errorf("found %q with the key %q, %v", found, key, err)
	}
}
