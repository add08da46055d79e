package docs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/idworker"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// guarded is a server that runs the very configuration of PROTOCOL.md, but for
// its port and directory.
func guarded(t *testing.T) *server.Server {
	t.Helper()
	var conf string
	for _, f := range fences(read(t, protocol)) {
		if f.info == "conf" {
			conf = f.body
		}
	}
	dir := t.TempDir()
	conf = strings.NewReplacer("port: 4222", "port: -1", "./nats", dir).Replace(conf)
	path := filepath.Join(dir, "nats.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !opts.SyncAlways {
		t.Error("the configuration does not sync always")
	}
	opts.Host, opts.NoSigs, opts.NoLog = "127.0.0.1", true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(2 * time.Minute) {
		t.Fatal("the server is not ready")
	}
	return s
}

// as connects a user. What the server refuses goes to refused.
func as(t *testing.T, s *server.Server, user string, refused chan error) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL(), append(
		natsconn.Required(), nats.UserInfo(user, "change-me"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			select {
			case refused <- err:
			default:
			}
		}),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// With the permissions of PROTOCOL.md an order commits, nothing is refused that
// a role needs, and what a user should not do is refused.
func TestPermissions(t *testing.T) {
	s := guarded(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	needed := make(chan error, 16)
	js, err := jetstream.New(as(t, s, "admin", needed))
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range []wire.StreamSpec{txwire.LogStream(), txwire.JournalStream()} {
		if _, _, err := streams.Ensure(ctx, js, spec, 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := streams.Ensure(ctx, js, idwire.LeaseStream(), 1); err != nil {
		t.Fatal(err)
	}

	participant := func(name string, make func(path string, deps participants.Deps) (*participants.Participant[*sqlite.Tx], error)) func() {
		nc := as(t, s, name, needed)
		if d := streams.Inspect(ctx, nc, txwire.LogStream().Name); d.Durability != streams.Synced {
			t.Errorf("%s sees the durability %s: %s", name, d.Durability, d.Reason)
		}
		p, err := make(filepath.Join(t.TempDir(), "journal.db"), participants.Deps{NATS: nc})
		if err != nil {
			t.Fatal(err)
		}
		stop := serving(t, p)
		return stop
	}
	defer participant(food.Inventory, func(path string, d participants.Deps) (*participants.Participant[*sqlite.Tx], error) {
		return inventory.New(inventory.Config{Path: path}, d)
	})()
	defer participant(food.Delivery, func(path string, d participants.Deps) (*participants.Participant[*sqlite.Tx], error) {
		return delivery.New(delivery.Config{Path: path}, d)
	})()
	c, err := coordinator.New(coordinator.Config{}, coordinator.Deps{NATS: as(t, s, "coordinator", needed)})
	if err != nil {
		t.Fatal(err)
	}
	defer serving(t, c)()

	ids := as(t, s, "idworker", needed)
	if d := streams.Inspect(ctx, ids, idwire.LeaseStream().Name); d.Durability != streams.Synced {
		t.Errorf("an idworker sees the durability %s: %s", d.Durability, d.Reason)
	}
	worker, err := idworker.New(idworker.Config{}, idworker.Deps{NATS: ids})
	if err != nil {
		t.Fatal(err)
	}
	defer serving(t, worker)()
	idclients := map[string]*nats.Conn{"client": as(t, s, "client", needed), "operator": as(t, s, "operator", needed)}
	for user, nc := range idclients {
		for subject, request := range map[string]string{
			idwire.SubjectNext: ``, idwire.SubjectGrant: `{"v":1,"count":1}`, idwire.SubjectLeases: `{"v":1}`,
			idwire.SubjectWorkers: `{"v":1}`, idwire.SubjectRetire: `{"v":1,"worker":31}`,
		} {
			if user == "client" && subject == idwire.SubjectRetire {
				continue
			}
			if msg, err := nc.RequestWithContext(ctx, subject, []byte(request)); err != nil || len(msg.Data) == 0 {
				t.Errorf("%s on %s: %v", user, subject, err)
			}
		}
	}

	defer blogging(ctx, t, s, needed)()
	chatting(ctx, t, s, js, needed)

	client, err := txclient.New(as(t, s, "client", needed))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	o, err := client.Submit(ctx, txclient.Request{Key: "order-1", Wait: txwire.WaitApplied, Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: wire.Encode(food.StockOrder{V: wire.Version, Item: "margherita", Quantity: 1})},
		{Participant: food.Delivery, Payload: wire.Encode(food.CourierOrder{V: wire.Version, Zone: "centre"})},
	}})
	if err != nil || o.Status != txwire.StatusCommitted {
		t.Fatalf("the order is %s %s, %v", o.Status, o.Reason, err)
	}
	if o, err := client.Status(ctx, o.ID); err != nil || o.Status == txwire.StatusAborted {
		t.Errorf("its status is %s, %v", o.Status, err)
	}
	operator, err := txclient.New(as(t, s, "operator", needed))
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	if states, err := operator.Coordinators(ctx); err != nil || len(states) != 1 {
		t.Errorf("the operator sees the coordinators %v, %v", states, err)
	}
	select {
	case err := <-needed:
		t.Errorf("a role was refused what it needs: %v", err)
	default:
	}

	id := txwire.ID{Log: o.ID.Log, N: o.ID.N + 1}
	for _, no := range []struct{ user, subject string }{
		{food.Inventory, txwire.Subject(txwire.KindVote, food.Delivery, id)},
		{food.Inventory, txwire.Subject(txwire.KindAck, food.Delivery, id)},
		{food.Inventory, txwire.Subject(txwire.KindCommit, food.Inventory, id)},
		{food.Delivery, txwire.Subject(txwire.KindAbort, food.Inventory, id)},
		{food.Delivery, txwire.LogSubject(id.Log)},
		{food.Delivery, food.SubjectRestock},
		{"client", txwire.Subject(txwire.KindVote, food.Inventory, id)},
		{"client", txwire.Subject(txwire.KindCommit, food.Inventory, id)},
		{"client", txwire.LogSubject(id.Log)},
		{"client", txwire.SubjectResolve},
		{"client", food.SubjectRestock},
		{"client", "$JS.API.STREAM.PURGE." + txwire.LogStream().Name},
		{"client", idwire.LeaseSubject(7)},
		{"client", idwire.SubjectRetire},
		{"client", blogwire.SubjectShards},
		{"blog", idwire.LeaseSubject(7)},
		{"blog", idwire.SubjectRetire},
		{"blog", txwire.LogSubject(id.Log)},
		{"idworker", txwire.LogSubject(id.Log)},
		{"idworker", "$JS.API.STREAM.PURGE." + idwire.LeaseStream().Name},
		{"idworker", "$JS.API.STREAM.DELETE." + idwire.LeaseStream().Name},
		{"client", chatwire.RoomSubject("lobby")},
		{"client", chatwire.PostSubject("lobby")},
		{"client", chatwire.SubjectPresence},
		{"service", chatwire.RoomSubject("lobby")},
		{"gateway", chatwire.LiveSubject("lobby")},
		{"gateway", txwire.LogSubject(id.Log)},
		{"gateway", txwire.Subject(txwire.KindCommit, food.Inventory, id)},
		{"gateway", "$JS.API.STREAM.PURGE." + chatwire.Stream().Name},
		{"operator", chatwire.LiveSubject("lobby")},
		{"coordinator", idwire.LeaseSubject(7)},
		{"operator", idwire.LeaseSubject(7)},
		{"operator", txwire.LogSubject(id.Log)},
		{"operator", txwire.Subject(txwire.KindAbort, food.Inventory, id)},
		{"coordinator", txwire.Subject(txwire.KindVote, food.Inventory, id)},
		{"coordinator", "$JS.API.STREAM.DELETE." + txwire.LogStream().Name},
	} {
		refused := make(chan error, 1)
		nc := as(t, s, no.user, refused)
		if err := errors.Join(nc.Publish(no.subject, []byte("{}")), nc.Flush()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-refused:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s on %s: %v", no.user, no.subject, err)
			}
		case <-time.After(2 * time.Minute):
			t.Errorf("%s may publish on %s", no.user, no.subject)
		}
	}
}
