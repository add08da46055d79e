package blog

import (
	"context"
	"testing"

	"parley/wire"
)

func TestGate(t *testing.T) {
	g := newGate()
	if err := g.enter(); wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("a gate that was never open: %v", err)
	}
	g.serving.Store(true)
	for range maxRequests {
		if err := g.enter(); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.enter(); err == nil || wire.CodeOf(err) != wire.CodeBusy {
		t.Errorf("a full gate: %v", err)
	}
	g.leave()
	if err := g.enter(); err != nil {
		t.Errorf("after one has left: %v", err)
	}
	short, cancel := context.WithCancel(t.Context())
	cancel()
	g.close(short) // does not wait for ever
	if err := g.enter(); wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("a closed gate: %v", err)
	}
	empty := make(chan struct{})
	go func() { g.close(t.Context()); close(empty) }()
	for range maxRequests {
		select {
		case <-empty:
			t.Fatal("it did not wait for who is inside")
		default:
		}
		g.leave()
	}
	<-empty
}
