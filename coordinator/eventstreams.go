package coordinator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// eventStreams are the streams that take the subjects of [Config.EventSubjects]. They
// are read from the broker when a submission has an event, at most every
// streamsValid: subjects often contain the ID of something and differ each time.
type eventStreams struct {
	js      jetstream.JetStream
	filters []string

	mu    sync.Mutex
	at    time.Time
	known []jetstream.StreamConfig
}

const (
	// streamsValid is how long the streams are considered known. A stream that was
	// deleted since takes no event: the commit waits for it, with an alarm.
	streamsValid = 5 * time.Second
	// streamsAgain is how long a subject that no stream takes is not looked up again.
	streamsAgain = 250 * time.Millisecond
	// streamsTimeout bounds reading the streams.
	streamsTimeout = 2 * time.Second
)

// allowed returns an error that names the event that a submission may not have here.
func (s *eventStreams) allowed(events []txwire.Event) error {
	for i, e := range events {
		if !slices.ContainsFunc(s.filters, func(filter string) bool { return matches(filter, e.Subject) }) {
			return wire.Invalidf("events[%d]: this coordinator may not publish events on %q; allowed are %s (`--event-subjects` of `parley coordinator`)",
				i, e.Subject, listed(s.filters))
		}
	}
	return nil
}

func listed(filters []string) string {
	if len(filters) == 0 {
		return "none"
	}
	return strings.Join(filters, ", ")
}

// find returns the events with the streams that take them. fresh reports whether that
// could be answered from what is known; otherwise call [eventStreams.read] first.
func (s *eventStreams) find(events []txwire.Event, now time.Time) (found []txwire.CommittedEvent, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := now.Sub(s.at)
	if s.at.IsZero() || age > streamsValid {
		return nil, false, nil
	}
	for i, e := range events {
		at := slices.IndexFunc(s.known, func(c jetstream.StreamConfig) bool {
			return slices.ContainsFunc(c.Subjects, func(filter string) bool { return matches(filter, e.Subject) })
		})
		if at < 0 {
			return nil, age < streamsAgain, wire.Invalidf("events[%d]: no JetStream stream takes the subject %q: create one first", i, e.Subject)
		}
		if err := takes(&s.known[at], &e); err != nil {
			return nil, age < streamsAgain, wire.Invalidf("events[%d]: %v", i, err)
		}
		found = append(found, txwire.CommittedEvent{Index: i, Stream: s.known[at].Name, Event: e})
	}
	return found, true, nil
}

// takes returns why a stream would never acknowledge an event.
func takes(c *jetstream.StreamConfig, e *txwire.Event) error {
	// The broker counts headers, too: those of the event and Parley's.
	const overhead = 512
	switch size := e.Size() + overhead; {
	case c.NoAck:
		return fmt.Errorf("the stream %s does not acknowledge messages (no_ack)", c.Name)
	case c.Sealed:
		return fmt.Errorf("the stream %s is sealed", c.Name)
	case c.MaxMsgSize > 0 && size > int(c.MaxMsgSize):
		return fmt.Errorf("the event has %d bytes with its headers, the stream %s takes %d (max_msg_size)", size, c.Name, c.MaxMsgSize)
	default:
		return nil
	}
}

// read reads the streams from the broker.
func (s *eventStreams) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, streamsTimeout)
	defer cancel()
	began := time.Now()
	var known []jetstream.StreamConfig
	for _, filter := range s.filters {
		list := s.js.ListStreams(ctx, jetstream.WithStreamListSubject(filter))
		for info := range list.Info() {
			known = append(known, info.Config)
		}
		if err := list.Err(); err != nil {
			return fmt.Errorf("listing the streams that take %s: %w", filter, err)
		}
	}
	s.mu.Lock()
	s.at, s.known = began, known
	s.mu.Unlock()
	return nil
}

// matches reports whether a subject matches a filter with the wildcards of NATS.
func matches(filter, subject string) bool {
	for {
		f, moreFilter, more := strings.Cut(filter, ".")
		s, moreSubject, left := strings.Cut(subject, ".")
		switch {
		case f == ">":
			return true
		case f != "*" && f != s:
			return false
		case !more || !left:
			return more == left
		}
		filter, subject = moreFilter, moreSubject
	}
}

// checkFilters checks [Config.EventSubjects].
func checkFilters(filters []string) error {
	for _, filter := range filters {
		if err := txwire.CheckEventFilter(filter); err != nil {
			return fmt.Errorf("coordinator: subjects of events: %w", err)
		}
	}
	return nil
}
