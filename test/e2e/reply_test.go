package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// foreign are reply subjects that belong to the broker or to the protocol, each of a
// kind, where nobody but the test listens.
func foreign() []string {
	const log = "replytrapreplyta"
	return []string{
		"$JS.API.STREAM.PURGE.TRAP", "$SYS.REQ.TRAP", "$SRV.TRAP",
		txwire.Subject(txwire.KindVote, "trap", txwire.ID{Log: log, N: 1}), txwire.OwnerSubject(log), txwire.Prefix + "trap",
		"id.trap", "chat.trap", "blog.trap", "participant.trap", "inventory.trap", "delivery.trap", "journal.trap.trap", "abandoned.trap.trap.1",
	}
}

// endpoints are the subjects on which the services answer, as they announce them
// themselves, with a name in place of each wildcard.
func (s *harness) endpoints() map[string]string {
	s.Helper()
	all := map[string]string{}
	eventually(s, patience, "every role announces its endpoints", func() error {
		subject, err := micro.ControlSubject(micro.InfoVerb, "", "")
		if err != nil {
			return err
		}
		inbox := s.nc.NewInbox()
		sub, err := s.nc.SubscribeSync(inbox)
		if err != nil {
			return err
		}
		defer func() { _ = sub.Unsubscribe() }()
		if err := s.nc.PublishRequest(subject, inbox, nil); err != nil {
			return err
		}
		services := map[string]bool{}
		for {
			m, err := sub.NextMsg(time.Second)
			switch {
			case errors.Is(err, nats.ErrTimeout) && len(services) >= 6:
				return nil
			case err != nil:
				return fmt.Errorf("of the services there are %v: %w", services, err)
			}
			var info micro.Info
			if err := json.Unmarshal(m.Data, &info); err != nil {
				return err
			}
			services[info.Name] = true
			for _, e := range info.Endpoints {
				all[strings.NewReplacer("*", "kitchen", ">", "kitchen").Replace(e.Subject)] = info.Name + "/" + e.Name
			}
		}
	})
	return all
}

// Every endpoint of every role is asked, with each message that the protocol has and
// with what is none, to answer on a subject of the broker or of the protocol, where the
// answer would be an order. Nothing comes there. To an inbox each of them answers.
func TestNoAnswerWhereItIsAnOrder(t *testing.T) {
	t.Parallel()
	s, up := newUp(t)
	var mu sync.Mutex
	trapped := map[string]string{}
	for _, subject := range foreign() {
		if _, err := s.nc.Subscribe(subject, func(m *nats.Msg) {
			mu.Lock()
			defer mu.Unlock()
			trapped[m.Subject] = string(m.Data)
		}); err != nil {
			t.Fatal(err)
		}
	}
	messages := [][]byte{nil, []byte("no JSON"), []byte("{}"), []byte(`{"v":1}`), []byte(`{"v":99}`)}
	for _, m := range regexp.MustCompile("(?s)```json [A-Za-z]+\n(.*?)\n```").FindAllStringSubmatch(document(t, "docs/PROTOCOL.md"), -1) {
		messages = append(messages, []byte(m[1]))
	}
	if len(messages) < 40 {
		t.Fatalf("PROTOCOL.md has %d messages", len(messages))
	}
	all := s.endpoints()
	t.Logf("%d endpoints, %d messages, %d reply subjects", len(all), len(messages), len(foreign()))
	for subject := range all {
		for _, data := range messages {
			for _, reply := range foreign() {
				if err := s.nc.PublishRequest(subject, reply, data); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.nc.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for subject, name := range all {
		eventually(t, patience, name+" answers to an inbox", func() error {
			_, err := s.nc.Request(subject, []byte(`{"v":1}`), askFor)
			return err
		})
	}
	// What is still asked for elsewhere is answered, or not, before the end.
	up.Stop()
	mu.Lock()
	defer mu.Unlock()
	for subject := range maps.Keys(trapped) {
		t.Errorf("an answer came to %s: %.200s", subject, trapped[subject])
	}
}
