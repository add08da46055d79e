package txclient_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/coordinator/txclient"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait; nothing comes near it.
const patience = 2 * time.Minute

// fake is a coordinator that answers as the test specifies.
type fake struct {
	t     *testing.T
	nc    *nats.Conn
	tries chan try // submissions that arrived
}

// try is one submission that arrived.
type try struct {
	txwire.Submit
	reply string
}

func newFake(t *testing.T, s *brokertest.Server) *fake {
	t.Helper()
	f := &fake{t: t, nc: s.Connect(t), tries: make(chan try, 1024)}
	f.listen()
	return f
}

func (f *fake) listen() *nats.Subscription {
	f.t.Helper()
	sub, err := f.nc.QueueSubscribe(txwire.SubjectSubmit, txwire.QueueCoordinators, func(msg *nats.Msg) {
		s, err := wire.Decode[txwire.Submit](msg.Data)
		if err != nil {
			f.t.Error(err)
			return
		}
		f.tries <- try{s, msg.Reply}
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.nc.Flush(); err != nil {
		f.t.Fatal(err)
	}
	return sub
}

// next waits for a submission.
func (f *fake) next() try {
	f.t.Helper()
	select {
	case s := <-f.tries:
		return s
	case <-time.After(patience):
		f.t.Fatal("no submission came")
		return try{}
	}
}

// answer answers a submission; the rest of the outcome is filled in.
func (f *fake) answer(to try, o txwire.Outcome) {
	f.t.Helper()
	o.V, o.Key = wire.Version, to.Key
	if err := f.nc.Publish(to.reply, wire.Encode(o)); err != nil {
		f.t.Fatal(err)
	}
}

func id(n uint64) txwire.ID { return txwire.ID{Log: "aaaabbbbccccdddd", N: n} }

func committed(n uint64) txwire.Outcome {
	return txwire.Outcome{Status: txwire.StatusCommitted, ID: id(n)}
}

func rejected(code wire.Code) txwire.Outcome {
	return txwire.Outcome{Status: txwire.StatusRejected, Code: code, Reason: "because of " + string(code)}
}

func newClient(t *testing.T, nc *nats.Conn) *txclient.Client {
	t.Helper()
	c, err := txclient.New(nc)
	roletest.Must(t, err)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func order(key string) txclient.Request {
	return txclient.Request{Key: key, Branches: []txwire.Branch{{Participant: "inventory", Payload: []byte(`{"item":"soup"}`)}}}
}

type result struct {
	o   txwire.Outcome
	err error
}

func submit(ctx context.Context, c *txclient.Client, r txclient.Request) <-chan result {
	answer := make(chan result, 1)
	go func() {
		o, err := c.Submit(ctx, r)
		answer <- result{o, err}
	}()
	return answer
}
