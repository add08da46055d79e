package idworker_test

import (
	"encoding/json"
	"testing"

	"parley/idworker"

	"github.com/nats-io/nats.go/micro"
)

// The services list themselves, and those that need a number only where there
// is one.
func TestServices(t *testing.T) {
	b := newHarness(t)
	b.ready(t, idworker.Config{Numbers: 1})
	b.ready(t, idworker.Config{Numbers: 1})
	subjects := map[string]int{}
	for _, name := range []string{"next", "grant", "leases", "retire", "workers"} {
		subjects[name] = b.listed(t, name)
	}
	if subjects["next"] != 1 || subjects["grant"] != 1 || subjects["leases"] != 2 || subjects["retire"] != 2 || subjects["workers"] != 2 {
		t.Errorf("endpoints are listed %v times", subjects)
	}
	// Who pings counts processes.
	if services := b.pinged(t); services["idworker"] != 2 || services["ids"] != 1 {
		t.Errorf("services answer %v times, want 2 idworkers and 1 that gives IDs", services)
	}
}

// pinged counts the services of each name.
func (b *harness) pinged(t *testing.T) map[string]int {
	t.Helper()
	inbox, err := b.nc.SubscribeSync(b.nc.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inbox.Unsubscribe() }()
	if err := b.nc.PublishRequest("$SRV.PING", inbox.Subject, nil); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for range 3 {
		msg, err := inbox.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		var ping micro.Ping
		if err := json.Unmarshal(msg.Data, &ping); err != nil {
			t.Fatal(err)
		}
		found[ping.Name]++
	}
	return found
}

// listed counts the endpoints of a name in the services' own descriptions.
func (b *harness) listed(t *testing.T, endpoint string) (n int) {
	t.Helper()
	inbox, err := b.nc.SubscribeSync(b.nc.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inbox.Unsubscribe() }()
	if err := b.nc.PublishRequest("$SRV.INFO", inbox.Subject, nil); err != nil {
		t.Fatal(err)
	}
	for range 3 { // one holds a number, and two answer queries
		msg, err := inbox.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		var info micro.Info
		if err := json.Unmarshal(msg.Data, &info); err != nil {
			t.Fatal(err)
		}
		for _, e := range info.Endpoints {
			if e.Name == endpoint {
				n++
			}
		}
	}
	return n
}
