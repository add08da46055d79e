package participants

import (
	"testing"
	"time"
)

// Who asks for a participant's health, or its counters, does not wait for a broker that
// does not answer: a look at the stream may take seconds.
func TestHealthDoesNotWaitForALook(t *testing.T) {
	l := &commitLog{}
	l.looking.Lock()
	defer l.looking.Unlock()
	answered := make(chan error, 1)
	go func() { answered <- l.trouble() }()
	select {
	case err := <-answered:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits")
	}
}
