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
