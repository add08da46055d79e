package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/participants/food"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// collect gathers the next n messages.
func collect(t testing.TB, sub *nats.Subscription, n int) (subjects []string) {
	t.Helper()
	for len(subjects) < n {
		msg, err := sub.NextMsg(patience)
		if err != nil {
			t.Fatalf("after %d of %d messages: %v\n%s", len(subjects), n, err, strings.Join(subjects, "\n"))
		}
		subjects = append(subjects, msg.Subject)
	}
	return subjects
}

func subscribe(s *harness, subject string) *nats.Subscription {
	s.Helper()
	sub, err := s.nc.SubscribeSync(subject)
	if err == nil {
		err = s.nc.Flush()
	}
	if err != nil {
		s.Fatal(err)
	}
	return sub
}

// TestWatch: a plain NATS subscriber sees the whole protocol.
func TestWatch(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.startCoordinator()
	all := subscribe(s, "tx.>")
	o := s.place(s.newOrder())
	id := o.reply.ID
	var want []string
	for _, kind := range []string{txwire.KindPrepare, txwire.KindVote, txwire.KindCommit, txwire.KindAck} {
		for _, p := range both {
			want = append(want, fmt.Sprintf("tx.%s.%s.%s", kind, p, id))
		}
	}
	one := slices.Clone(want)
	want = append(want, "tx.submit", "tx.log."+id.Log)
	compare(t, "tx.>", collect(t, all, len(want)), want)

	// The next transaction alone. Its number follows from the last one's, since
	// there is one coordinator.
	next := txwire.ID{Log: id.Log, N: id.N + 1}
	follow := subscribe(s, fmt.Sprintf("tx.*.*.%s.%d", next.Log, next.N))
	s.place(s.newOrder()) // followed
	s.place(s.newOrder()) // not followed
	for i, subject := range one {
		one[i] = strings.Replace(subject, id.String(), next.String(), 1)
	}
	compare(t, "tx.*.*.<log>.<n>", collect(t, follow, len(one)), one)
	if msg, err := follow.NextMsg(0); err == nil {
		t.Errorf("one transaction: one message too many, %s", msg.Subject)
	}
}

// compare holds the subjects against those expected, and their order against
// the protocol's: nobody commits before the log does, and so on.
func compare(t testing.TB, what string, got, want []string) {
	t.Helper()
	if g, w := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)); !slices.Equal(g, w) {
		t.Errorf("%s saw\n%s\nwant\n%s", what, strings.Join(g, "\n"), strings.Join(w, "\n"))
	}
	phase := []string{"submit", txwire.KindPrepare, txwire.KindVote, "log", txwire.KindCommit, txwire.KindAck}
	of := func(subject string) int { return slices.Index(phase, strings.Split(subject, ".")[1]) }
	// What one participant does can overtake what another does; a phase as a
	// whole begins in order.
	var begun []int
	for _, subject := range got {
		if p := of(subject); !slices.Contains(begun, p) {
			begun = append(begun, p)
		}
	}
	if !slices.IsSorted(begun) {
		t.Errorf("%s saw the phases out of order:\n%s", what, strings.Join(got, "\n"))
	}
}

// service asks all micro services with a verb of the NATS service API.
func service[T any](s *harness, verb micro.Verb, want int) []T {
	s.Helper()
	subject, err := micro.ControlSubject(verb, "", "")
	if err != nil {
		s.Fatal(err)
	}
	inbox := s.nc.NewInbox()
	sub := subscribe(s, inbox)
	if err := s.nc.PublishRequest(subject, inbox, nil); err != nil {
		s.Fatal(err)
	}
	var all []T
	for len(all) < want {
		msg, err := sub.NextMsg(patience)
		if err != nil {
			s.Fatalf("%s: %d answers, want %d: %v", subject, len(all), want, err)
		}
		var v T
		if err := json.Unmarshal(msg.Data, &v); err != nil {
			s.Fatalf("%s: %v in %s", subject, err, msg.Data)
		}
		all = append(all, v)
	}
	return all
}

// TestServices: coordinators and participants answer the NATS service API, so
// that `nats micro ls`, `info` and `stats` show them.
func TestServices(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	c := s.startCoordinator()
	const placed = 5
	for range placed {
		s.place(s.newOrder())
	}
	names := map[string]bool{}
	for _, p := range service[micro.Ping](s, micro.PingVerb, 3) {
		if names[p.Name] = true; p.ID == "" || p.Version == "" || p.Type != micro.PingResponseType {
			t.Errorf("ping: %+v", p)
		}
	}
	if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, []string{"coordinator", food.Delivery, food.Inventory}) {
		t.Errorf("services: %v", got)
	}
	endpoints := map[string][]string{
		"coordinator":  {txwire.SubjectSubmit, txwire.SubjectStatus, txwire.SubjectResolve, txwire.SubjectCoordinators},
		food.Inventory: {txwire.BranchSubject(food.Inventory), food.SubjectItems, food.SubjectRestock},
		food.Delivery:  {txwire.BranchSubject(food.Delivery), food.SubjectCouriers, food.SubjectComplete},
	}
	for _, i := range service[micro.Info](s, micro.InfoVerb, 3) {
		var subjects []string
		for _, e := range i.Endpoints {
			subjects = append(subjects, e.Subject)
		}
		for _, want := range endpoints[i.Name] {
			if !slices.Contains(subjects, want) {
				t.Errorf("%s: endpoints %v, %s is missing", i.Name, subjects, want)
			}
		}
		switch {
		case i.Description == "":
			t.Errorf("%s has no description", i.Name)
		case i.Name == "coordinator" && i.Metadata["log"] != logOf(c):
			t.Errorf("coordinator: metadata %v, its log is %s", i.Metadata, logOf(c))
		case i.Name != "coordinator" && i.Metadata["journal"] == "":
			t.Errorf("%s: metadata %v has no journal", i.Name, i.Metadata)
		}
	}
	for _, st := range service[micro.Stats](s, micro.StatsVerb, 3) {
		if st.Started.IsZero() || time.Since(st.Started) > time.Hour {
			t.Errorf("%s: started %v", st.Name, st.Started)
		}
		for _, e := range st.Endpoints {
			switch e.Subject {
			case txwire.SubjectSubmit:
				if e.NumRequests != placed || e.NumErrors != 0 {
					t.Errorf("%s: %+v, want %d requests", e.Subject, e, placed)
				}
			case txwire.BranchSubject(food.Inventory):
				if err := countsAre(e.Data, placed); err != nil {
					t.Errorf("%s: %v in %s", st.Name, err, e.Data)
				}
			}
		}
	}
}

// countsAre checks what a participant adds to its statistics about n orders. A
// message that is repeated is answered, and counted, again.
func countsAre(data json.RawMessage, n uint64) error {
	var c struct{ Prepared, Committed, Violations uint64 }
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	return cmp.Or(atLeast("prepared", c.Prepared, n), atLeast("committed", c.Committed, n), equal("violations", c.Violations, 0))
}

func atLeast(what string, got, want uint64) error {
	if got >= want {
		return nil
	}
	return fmt.Errorf("%s is %d, want at least %d", what, got, want)
}

func equal(what string, got, want uint64) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s is %d, want %d", what, got, want)
}
