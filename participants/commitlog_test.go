package participants

import (
	"testing"
	"time"
)

// A request for a participant's health, or its counters, does not wait for a broker that
// does not respond: reading the stream's state may take seconds.
func TestHealthDoesNotWaitForTheBroker(t *testing.T) {
	l := &commitLog{}
	l.reading.Lock()
	defer l.reading.Unlock()
	answered := make(chan error, 1)
	go func() { answered <- l.trouble() }()
	select {
	case err := <-answered:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("trouble waits for the read in progress")
	}
}
