package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"parley/coordinator/txclient"
	"parley/wire"
)

// script answers submissions one after another.
type script struct {
	outcomes []wire.Outcome
	errs     []error
	keys     []string
}

func (s *script) Submit(_ context.Context, r txclient.Request) (wire.Outcome, error) {
	i := len(s.keys)
	s.keys = append(s.keys, r.Key)
	return s.outcomes[i], s.errs[i]
}

// TestStillUnknown: when the first asking may have started something, a later
// "nothing was started" is about the later asking alone.
func TestStillUnknown(t *testing.T) {
	s := &script{
		outcomes: []wire.Outcome{{Status: wire.StatusUnknown, Key: "made"}, {Status: wire.StatusRejected, Key: "made"}},
		errs:     []error{txclient.ErrUnknown, &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was started"}},
	}
	var errs bytes.Buffer
	c := orderCmd{Item: "falafel", Quantity: 1, Zone: "north"}
	o, err := c.submit(t.Context(), &app{err: &errs}, s)
	if !errors.Is(err, txclient.ErrUnknown) || o.Status != wire.StatusUnknown || o.Key != "made" {
		t.Errorf("got %+v, %v; want unknown", o, err)
	}
	if len(s.keys) != 2 || s.keys[1] != "made" {
		t.Errorf("asked with the keys %q, want the second time the one that was made", s.keys)
	}
	if !strings.Contains(errs.String(), "still asking (key made)") {
		t.Errorf("the person was told %q", &errs)
	}
}

func TestReceiptNext(t *testing.T) {
	for _, c := range []struct {
		o    wire.Outcome
		want string
	}{
		{wire.Outcome{Code: wire.CodeNoParticipant, Participant: "delivery"}, "parley delivery"},
		{wire.Outcome{Code: wire.CodeRefused, Participant: "inventory"}, "parley menu"},
		{wire.Outcome{Code: wire.CodeRefused, Participant: "delivery"}, "parley couriers"},
		{wire.Outcome{Code: wire.CodeClosed}, "new key"},
		{wire.Outcome{Code: wire.CodeTimeout}, "parley status"},
	} {
		r := receipt{Outcome: c.o}
		if got := r.next(); !strings.Contains(got, c.want) {
			t.Errorf("%s by %q: %q, want %q in it", c.o.Code, c.o.Participant, got, c.want)
		}
	}
}
