package status

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/wire/txwire"

	"github.com/nats-io/nats.go/micro"
)

// TestTroubleIsShown: the reason why a role does not serve is in the line of its process.
func TestTroubleIsShown(t *testing.T) {
	const trouble = "the stream went back"
	line := coordinating(txwire.CoordinatorState{Reason: trouble}, nil)
	if !strings.HasSuffix(line, ": "+trouble) {
		t.Errorf("the coordinator's line is %q", line)
	}
	stats := micro.Stats{
		ServiceIdentity: micro.ServiceIdentity{Name: "inventory", Metadata: map[string]string{"journal": "abc"}},
		Endpoints:       []*micro.EndpointStats{{Data: json.RawMessage(`{"failures":1,"trouble":"the disk is full"}`)}},
	}
	s := &Report{}
	s.addProcesses(&responses{services: []micro.Stats{stats}, Branches: []txwire.Branches{{Participant: "inventory", Journal: "abc"}}}, nil)
	if len(s.Processes) != 1 || s.Processes[0].State != stateFailing || s.Processes[0].Doing != "the disk is full" {
		t.Errorf("status shows %+v", s.Processes)
	}
}

// TestEventsAreShown: events that cannot be published are in the line of their
// coordinator, and an alarm; those that are about to be published are no alarm.
func TestEventsAreShown(t *testing.T) {
	c := txwire.CoordinatorState{Log: "abc", Unpublished: 2}
	if line := coordinating(c, nil); !strings.HasSuffix(line, ", 2 events to publish") {
		t.Errorf("the coordinator's line is %q", line)
	}
	if all := eventAlarms([]txwire.CoordinatorState{c}); len(all) != 0 {
		t.Errorf("alarms %q", all)
	}
	c.Problem = "no stream takes orders.placed"
	if all := eventAlarms([]txwire.CoordinatorState{{Problem: "old"}, c}); len(all) != 1 || !strings.HasSuffix(all[0], "keeps 2 events of committed transactions that cannot be published: no stream takes orders.placed") {
		t.Errorf("alarms %q", all)
	}
}
