package e2e

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// eventStream is the stream of the orders' events.
const eventStream = "EVENTS"

func eventSubject(key string) string { return "e2e.order." + key }

// withEvents gives every order from now on an event. No crash takes as long as the
// duplicate window of its stream.
func (s *harness) withEvents() {
	s.Helper()
	s.events = true
	if _, err := s.js.CreateStream(s.Context(), jetstream.StreamConfig{Name: eventStream, Subjects: []string{eventSubject("*")}, Duplicates: time.Hour}); err != nil {
		s.Fatal(err)
	}
}

func (s *harness) eventFlags() []string {
	if !s.events {
		return nil
	}
	return []string{"--event-subjects", eventSubject(">")}
}

// checkEvents compares the stream with the orders, when nothing is unfinished: each that
// is committed has published its event exactly once, and no other has.
func (s *harness) checkEvents() {
	s.Helper()
	stream, err := s.js.Stream(s.Context(), eventStream)
	if err != nil {
		s.Fatal(err)
	}
	info, err := stream.Info(s.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		s.Fatal(err)
	}
	for _, o := range s.orders {
		want := uint64(0)
		if s.outcome(o) {
			want = 1
		}
		if n := info.State.Subjects[o.event]; n != want {
			s.Errorf("%s has published %d events, want %d", o.key, n, want)
		}
	}
}
