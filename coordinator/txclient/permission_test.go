package txclient_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator/txclient"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// guarded is a server that lets a user publish on some subjects and subscribe to
// others, and a connection of that user.
type guarded struct {
	*server.Server
	opts *server.Options
}

func newGuarded(t *testing.T, publish, subscribe []string) *guarded {
	t.Helper()
	g := &guarded{opts: &server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true}}
	g.opts.Users = users(publish, subscribe)
	s, err := server.NewServer(g.opts)
	roletest.Must(t, err)
	g.Server = s
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server is not ready")
	}
	return g
}

func users(publish, subscribe []string) []*server.User {
	return []*server.User{
		{Username: "all", Password: "x"},
		{Username: "some", Password: "x", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: subscribe},
		}},
	}
}

func (g *guarded) connect(t *testing.T, user string, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(g.ClientURL(), append(append(natsconn.Required(), opts...), nats.UserInfo(user, "x"))...)
	roletest.Must(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// denied fails unless err is a refusal by the broker that names the subject.
func denied(t *testing.T, what string, err error, subject string) {
	t.Helper()
	if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), subject) || !strings.Contains(err.Error(), "permission") {
		t.Errorf("%s: got %v, want a permissions violation that names %q", what, err, subject)
	}
}

// A user that may not ask learns it at once, from every method, and the error
// handler of its connection is called as always.
func TestNotPermitted(t *testing.T) {
	g := newGuarded(t, []string{"nothing"}, []string{"_INBOX.>"})
	handled := make(chan error, 64)
	client := newClient(t, g.connect(t, "some", nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { handled <- err })))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 2 { // the second one is refused with the same words
		o, err := client.Submit(ctx, order("k"))
		denied(t, "submit", err, txwire.SubjectSubmit)
		if errors.Is(err, txclient.ErrUnknown) || wire.CodeOf(err) != wire.CodeUnavailable || o.Status != txwire.StatusRejected || o.Key != "k" {
			t.Errorf("submit: got %+v, %v, want that nothing was started", o, err)
		}
	}
	_, err := client.Status(ctx, id(1))
	denied(t, "status", err, txwire.SubjectStatus)
	_, err = client.Resolve(ctx, txwire.Resolve{ID: id(1)})
	denied(t, "resolve", err, txwire.SubjectResolve)
	_, err = client.Branches(ctx, "inventory", txwire.BranchQuery{})
	denied(t, "branches", err, txwire.BranchSubject("inventory"))
	_, err = client.AllBranches(ctx, txwire.BranchQuery{})
	denied(t, "all branches", err, txwire.SubjectBranches)
	_, err = client.Coordinators(ctx)
	denied(t, "coordinators", err, txwire.SubjectCoordinators)
	if ctx.Err() != nil {
		t.Error("it took until the context ended")
	}
	for range 7 {
		select {
		case err := <-handled:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("the connection's handler got %v", err)
			}
		case <-time.After(patience):
			t.Fatal("the connection's handler is not called any more")
		}
	}
}

// Where the answers cannot arrive, a submission may have been taken: the outcome
// is unknown, and the reason is named at once.
func TestNotPermittedToListen(t *testing.T) {
	g := newGuarded(t, []string{">"}, []string{"nothing"})
	client := newClient(t, g.connect(t, "some"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := client.Submit(ctx, order("k"))
	denied(t, "submit", err, "_INBOX.")
	if !errors.Is(err, txclient.ErrUnknown) || ctx.Err() != nil {
		t.Errorf("submit: got %v, want unknown at once", err)
	}
	_, err = client.Status(ctx, id(1))
	denied(t, "status", err, "_INBOX.")
}

// The loss of a permission after a coordinator accepted the submission proves
// nothing about that one.
func TestPermissionWithdrawn(t *testing.T) {
	g := newGuarded(t, []string{">"}, []string{"_INBOX.>"})
	all := g.connect(t, "all")
	f := &fake{t: t, nc: all, tries: make(chan try, 16)}
	f.listen()
	client := newClient(t, g.connect(t, "some", nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond)))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer := submit(ctx, client, order("k"))
	f.next()
	now := *g.opts
	now.Users = users([]string{"nothing"}, []string{"_INBOX.>"})
	roletest.Must(t, g.ReloadOptions(&now))
	r := <-answer
	denied(t, "submit", r.err, txwire.SubjectSubmit)
	if !errors.Is(r.err, txclient.ErrUnknown) || r.o.Status != txwire.StatusUnknown || ctx.Err() != nil {
		t.Errorf("got %+v, %v, want unknown at once", r.o, r.err)
	}
}

// Who may submit and not ask is answered as before: waiting for the decision
// works, and waiting to be applied goes on.
func TestNotPermittedToAsk(t *testing.T) {
	g := newGuarded(t, []string{txwire.SubjectSubmit}, []string{"_INBOX.>"})
	f := &fake{t: t, nc: g.connect(t, "all"), tries: make(chan try, 16)}
	f.listen()
	refused := make(chan error, 64)
	client := newClient(t, g.connect(t, "some", nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })))
	r := order("k")
	r.Wait = txwire.WaitApplied
	answer := submit(t.Context(), client, r)
	to := f.next()
	f.answer(to, txwire.Outcome{Status: txwire.StatusPending, ID: id(7)})
	if err := <-refused; !strings.Contains(err.Error(), txwire.SubjectStatus) {
		t.Errorf("refused was %v", err)
	}
	o := committed(7)
	o.Applied = true
	f.answer(to, o)
	if got := <-answer; got.err != nil || got.o.Status != txwire.StatusCommitted {
		t.Errorf("got %+v, %v", got.o, got.err)
	}
}
