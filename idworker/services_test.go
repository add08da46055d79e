package idworker_test

import (
	"encoding/json"
	"testing"

	"parley/internal/lifecycle/roletest"

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
	roletest.Must(t, err)
	defer func() { _ = inbox.Unsubscribe() }()
	roletest.Must(t, b.nc.PublishRequest("$SRV.PING", inbox.Subject, nil))
	found := map[string]int{}
	for range 3 {
		msg, err := inbox.NextMsg(patience)
		roletest.Must(t, err)
		var ping micro.Ping
		roletest.Must(t, json.Unmarshal(msg.Data, &ping))
		found[ping.Name]++
	}
	return found
}

// listed counts the endpoints of a name in the services' own descriptions.
func (b *harness) listed(t *testing.T, endpoint string) (n int) {
	t.Helper()
	inbox, err := b.nc.SubscribeSync(b.nc.NewInbox())
	roletest.Must(t, err)
	defer func() { _ = inbox.Unsubscribe() }()
	roletest.Must(t, b.nc.PublishRequest("$SRV.INFO", inbox.Subject, nil))
	for range 3 { // one holds a number, and two answer queries
		msg, err := inbox.NextMsg(patience)
		roletest.Must(t, err)
		var info micro.Info
		roletest.Must(t, json.Unmarshal(msg.Data, &info))
		for _, e := range info.Endpoints {
			if e.Name == endpoint {
				n++
			}
		}
	}
	return n
}
