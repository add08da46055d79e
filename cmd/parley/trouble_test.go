package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"parley/internal/lifecycle"
	"parley/wire"
)

// troubled is a role that is ready and cannot work.
type troubled struct{ lifecycle.Role }

var errTroubled = errors.New("the stream went back")

func (troubled) Healthy(context.Context) error { return errTroubled }

// A coordinator's trouble reaches those who look: through what wraps the role to
// /healthz, and in its line of parley status.
func TestTroubleIsShown(t *testing.T) {
	if err := healthOf(t.Context(), warned{Role: troubled{}}); !errors.Is(err, errTroubled) {
		t.Errorf("its health is %v", err)
	}
	line := coordinating(wire.CoordinatorState{Reason: errTroubled.Error()}, nil)
	if !strings.HasSuffix(line, ": "+errTroubled.Error()) {
		t.Errorf("its line is %q", line)
	}
}
