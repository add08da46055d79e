package status

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/micro"

	"parley/wire"
)

func TestAlarms(t *testing.T) {
	service := func(id, name, journal, process string) micro.Stats {
		return micro.Stats{ServiceIdentity: micro.ServiceIdentity{
			ID: id, Name: name, Metadata: map[string]string{"journal": journal, wire.MetaProcess: "parley " + process},
		}}
	}
	right := []micro.Stats{service("1", "inventory", "a", "i1"), service("2", "delivery", "b", "d1"), {ServiceIdentity: micro.ServiceIdentity{Name: "coordinator"}}}
	if got := alarms(right); len(got) != 0 {
		t.Errorf("without a fault: %q", got)
	}
	for _, c := range []struct {
		more micro.Stats
		want string
	}{
		{service("3", "inventory", "a", "i2"), "journal a of inventory is answered by 2 processes, on copies of one file: i1, i2"},
		{service("3", "inventory", "c", "i2"), "inventory has 2 journals, and orders are aborted at random: a, c"},
	} {
		if got := alarms(append(right, c.more)); len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
