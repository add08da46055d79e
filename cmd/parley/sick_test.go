package main

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/nats-io/nats.go/micro"

	"parley/wire"
)

// sick is a role that does not serve.
type sick struct{}

func (sick) Run(context.Context) error     { return nil }
func (sick) Ready() <-chan struct{}        { c := make(chan struct{}); close(c); return c }
func (sick) Healthy(context.Context) error { return errors.New("the disk is full") }

// What a participant reports of itself reaches `parley health` and `parley
// status`.
func TestTroubleOfAParticipantIsShown(t *testing.T) {
	h := health{t.Context(), sick{}}
	if err := h.check(t.Context()); err == nil || err.Error() != "the disk is full" {
		t.Errorf("health reports %v", err)
	}
	said := micro.Stats{
		ServiceIdentity: micro.ServiceIdentity{Name: "inventory", Metadata: map[string]string{"journal": "abc"}},
		Endpoints:       []*micro.EndpointStats{{Data: json.RawMessage(`{"failures":1,"trouble":"the disk is full"}`)}},
	}
	s := &statusJSON{}
	s.addProcesses(&answers{services: []micro.Stats{said}, branches: []wire.Branches{{Participant: "inventory", Journal: "abc"}}}, nil)
	if len(s.Processes) != 1 || s.Processes[0].State != stateFailing || s.Processes[0].Doing != "the disk is full" {
		t.Errorf("status shows %+v", s.Processes)
	}
}
