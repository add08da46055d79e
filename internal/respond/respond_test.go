package respond_test

import (
	"errors"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/respond"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait, far above what is needed.
const patience = 2 * time.Minute

// An answer goes to an inbox, and to no subject of the broker or of the protocol. A
// request without a reply subject wants none.
func TestTo(t *testing.T) {
	nc := brokertest.Run(t).Connect(t)
	all, err := nc.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{"$JS.API.STREAM.PURGE.CHAT", "tx.submit", "id.lease.3", "chat.post.lobby", "journal.a.b", "abandoned.a.b.1"} {
		if err := respond.To(nc, reply, []byte("answer")); !errors.Is(err, respond.ErrReply) {
			t.Errorf("to %s: %v", reply, err)
		}
	}
	if err := respond.To(nc, "", []byte("answer")); err != nil {
		t.Error(err)
	}
	inbox := nc.NewInbox()
	if err := respond.To(nc, inbox, []byte("answer")); err != nil {
		t.Error(err)
	}
	m, err := all.NextMsg(patience)
	if err != nil || m.Subject != inbox {
		t.Errorf("the first message is %+v, %v, want one to %s", m, err, inbox)
	}
}
