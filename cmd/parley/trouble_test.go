package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"parley/internal/lifecycle"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/micro"
)

// troubled is a role that is ready and cannot work.
type troubled struct{ lifecycle.Role }

var errTroubled = errors.New("the stream went back")

func (troubled) Healthy(context.Context) error { return errTroubled }

// A role's trouble reaches those who look: in /healthz, and in the line of its process in parley status.
func TestTroubleIsShown(t *testing.T) {
	if err := healthOf(t.Context(), troubled{}); !errors.Is(err, errTroubled) {
		t.Errorf("its health is %v", err)
	}
	line := coordinating(txwire.CoordinatorState{Reason: errTroubled.Error()}, nil)
	if !strings.HasSuffix(line, ": "+errTroubled.Error()) {
		t.Errorf("its line is %q", line)
	}
	said := micro.Stats{
		ServiceIdentity: micro.ServiceIdentity{Name: "inventory", Metadata: map[string]string{"journal": "abc"}},
		Endpoints:       []*micro.EndpointStats{{Data: json.RawMessage(`{"failures":1,"trouble":"the disk is full"}`)}},
	}
	s := &statusJSON{}
	s.addProcesses(&answers{services: []micro.Stats{said}, branches: []txwire.Branches{{Participant: "inventory", Journal: "abc"}}}, nil)
	if len(s.Processes) != 1 || s.Processes[0].State != stateFailing || s.Processes[0].Doing != "the disk is full" {
		t.Errorf("status shows %+v", s.Processes)
	}
}
