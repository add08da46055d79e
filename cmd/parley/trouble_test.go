package main

import (
	"context"
	"errors"
	"testing"

	"parley/internal/host"
	"parley/internal/lifecycle"
)

// troubled is a role that is ready and cannot work.
type troubled struct{ lifecycle.Role }

var errTroubled = errors.New("the stream went back")

func (troubled) Healthy(context.Context) error { return errTroubled }

// /healthz reports why a role does not serve.
func TestTroubleIsHealth(t *testing.T) {
	if err := host.HealthOf(t.Context(), troubled{}); !errors.Is(err, errTroubled) {
		t.Errorf("its health is %v", err)
	}
}
