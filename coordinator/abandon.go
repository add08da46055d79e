package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/coordinator/machine"
	"parley/internal/pause"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
)

const (
	// abandonTimeout bounds one request to abandon a branch, and journalTimeout
	// the answer of the branch's journal within it.
	abandonTimeout = 10 * time.Second
	journalTimeout = time.Second
	// abandonedEvery is how often the records of abandoned branches are listed, to
	// find those whose publication was missed.
	abandonedEvery = 30 * time.Second
)

// onAbandon handles an operator's request to stop waiting for a branch.
func (c *Coordinator) onAbandon(req micro.Request) {
	reply := func(r txwire.AbandonReply) {
		r.V = wire.Version
		c.answer(req.Reply(), wire.Encode(r))
	}
	refuse := func(err error) { reply(txwire.AbandonReply{Code: wire.CodeOf(err), Reason: wire.Clip(err.Error())}) }
	m, err := wire.Decode[txwire.Abandon](req.Data())
	if err != nil {
		refuse(err)
		return
	}
	c.postEvent(func() {
		err := c.lookup(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, abandonTimeout)
			defer cancel()
			if record, err := c.abandon(ctx, &m); err != nil {
				refuse(err)
			} else {
				reply(txwire.AbandonReply{Record: record})
			}
		})
		if err != nil {
			refuse(err)
		}
	})
}

// abandon records that a branch of a commit in a log is abandoned, unless its journal
// answers and may still apply it.
func (c *Coordinator) abandon(ctx context.Context, m *txwire.Abandon) (*txwire.Abandoned, error) {
	subject := txwire.AbandonedSubject(m.Participant, m.ID)
	if m.Event != nil {
		subject = txwire.AbandonedEventSubject(*m.Event, m.ID)
	}
	if record, err := c.readAbandoned(ctx, subject); err == nil {
		return record, nil // it was abandoned before
	}
	found, err := c.log.Read(ctx, m.ID.Log)
	if err != nil {
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("its commit log cannot be read: %v", err)}
	}
	record := txwire.Abandoned{
		V: wire.Version, ID: m.ID, Participant: m.Participant, Event: m.Event, Reason: m.Reason, By: m.By, At: c.clock.Now().UnixMilli(),
	}
	if m.Event != nil {
		err = mayDrop(found, m)
	} else if record.Journal, err = journalOf(found, m); err == nil {
		err = c.mayAbandon(ctx, m, record.Journal)
	}
	if err != nil {
		return nil, err
	}
	_, err = c.js.PublishMsg(
		ctx, &nats.Msg{Subject: subject, Data: wire.Encode(record)},
		jetstream.WithExpectStream(txwire.JournalStream().Name),
		jetstream.WithExpectLastSequencePerSubject(0),
	)
	if err != nil && !streams.WrongLast(err) {
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("it may or may not be recorded, repeat the request: %v", err)}
	}
	// The stored record counts, also if it is an earlier one.
	return c.readAbandoned(ctx, subject)
}

// journalOf returns the journal that voted for the branch, from the commit in the
// log.
func journalOf(found []machine.Stored, m *txwire.Abandon) (string, error) {
	t, ok := commitOf(found, m.ID)
	if !ok {
		return "", &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("no commit log has %s: it is not committed, or every participant has acknowledged it", m.ID)}
	}
	var names []string
	for _, b := range t.Branches {
		if b.Participant == m.Participant {
			return b.Journal, nil
		}
		names = append(names, b.Participant)
	}
	return "", &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("%s takes no part in %s, its participants are %s", m.Participant, m.ID, strings.Join(names, ", "))}
}

// mayDrop returns an error unless the log has a commit with that event. An event that is
// published meanwhile is published: giving it up only ends the attempts.
func mayDrop(found []machine.Stored, m *txwire.Abandon) error {
	for _, s := range found {
		for _, t := range s.Record.Commits {
			if t.N == m.ID.N && slices.ContainsFunc(t.Events, func(e txwire.CommittedEvent) bool { return e.Index == *m.Event }) {
				return nil
			}
		}
	}
	return &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("no commit log has the event %d of %s: it is not committed, or finished, or has no such event", *m.Event, m.ID)}
}

// mayAbandon returns an error while the journal answers, unless it has refused the
// outcome, which is final.
func (c *Coordinator) mayAbandon(ctx context.Context, m *txwire.Abandon, journal string) error {
	answering, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	var refusal error
	q := wire.Encode(txwire.BranchQuery{V: wire.Version, ID: m.ID})
	err := natsconn.Gather(answering, c.deps.NATS, txwire.SubjectBranches, q, func(msg *nats.Msg) bool {
		b, err := wire.Decode[txwire.Branches](msg.Data)
		if err != nil || b.Participant != m.Participant || b.Journal != journal {
			return true
		}
		refused := slices.ContainsFunc(b.Violations, func(v txwire.Violation) bool { return v.ID == m.ID && v.Of == txwire.KindCommit })
		if !refused {
			refusal = &wire.Error{Code: wire.CodeRefused, Text: fmt.Sprintf(
				"journal %s of %s answers and has not refused the outcome: it will apply it; `parley tx show` shows what prevents that, and `parley tx retry` has it try now", journal, m.Participant)}
		}
		return false
	})
	if err != nil && !errors.Is(err, nats.ErrNoResponders) {
		return &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("requesting the participants' branches: %v", err)}
	}
	return cmp.Or(refusal, ctx.Err())
}

// subscribeAbandoned subscribes to records as they are published. A published record
// may not be stored, so each is read from the stream.
func (c *Coordinator) subscribeAbandoned() (*nats.Subscription, error) {
	sub, err := c.deps.NATS.Subscribe(txwire.AbandonedFilter, func(m *nats.Msg) {
		c.postEvent(func() { c.goDo(func(ctx context.Context) { c.tryAbandoned(ctx, m.Subject) }) })
	})
	if err != nil {
		return nil, fmt.Errorf("subscribing to %s: %w", txwire.AbandonedFilter, err)
	}
	return sub, nil
}

// readAllAbandoned reads the records at the start, and every abandonedEvery those
// whose publication was missed.
func (c *Coordinator) readAllAbandoned(ctx context.Context) {
	known := map[string]bool{}
	for {
		subjects, err := c.abandonedSubjects(ctx)
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Warn("abandoned branches cannot be read; commits to them are sent until they can", "error", err)
		}
		for _, subject := range subjects {
			if !known[subject] && c.tryAbandoned(ctx, subject) {
				known[subject] = true
			}
		}
		if !pause.For(ctx, abandonedEvery) {
			return
		}
	}
}

func (c *Coordinator) abandonedSubjects(ctx context.Context) (all []string, err error) {
	stream, err := streams.Open(ctx, c.js, txwire.JournalStream(), c.cfg.Log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, abandonTimeout)
	defer cancel()
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(txwire.AbandonedFilter))
	if err != nil {
		return nil, err
	}
	for subject := range info.State.Subjects {
		all = append(all, subject)
	}
	return all, nil
}

// tryAbandoned reads a record, logs an error, and reports whether it was read.
func (c *Coordinator) tryAbandoned(ctx context.Context, subject string) bool {
	_, err := c.readAbandoned(ctx, subject)
	if err != nil && ctx.Err() == nil {
		c.cfg.Log.Warn("the record of an abandoned branch cannot be read", "subject", subject, "error", err)
	}
	return err == nil
}

// readAbandoned reads a record and passes it to the machine.
func (c *Coordinator) readAbandoned(ctx context.Context, subject string) (*txwire.Abandoned, error) {
	ctx, cancel := context.WithTimeout(ctx, abandonTimeout)
	defer cancel()
	stream, err := c.js.Stream(ctx, txwire.JournalStream().Name)
	if err != nil {
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("the stream %s cannot be read: %v", txwire.JournalStream().Name, err)}
	}
	raw, err := stream.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("the record on %s cannot be read: %v", subject, err)}
	}
	a, err := wire.Decode[txwire.Abandoned](raw.Data)
	if err != nil {
		return nil, fmt.Errorf("the record at sequence %d of %s: %w", raw.Sequence, txwire.JournalStream().Name, err)
	}
	c.postEvent(func() {
		same := func(known txwire.Abandoned) bool {
			return known.Participant == a.Participant && (a.Event == nil || known.Event != nil && *known.Event == *a.Event)
		}
		if slices.ContainsFunc(c.abandoned[a.ID], same) {
			return
		}
		c.abandoned[a.ID] = append(c.abandoned[a.ID], a)
		if a.Event != nil {
			c.m.DropEvent(a.ID, *a.Event)
			c.cfg.Log.Warn("an event of a committed transaction was given up", "tx", a.ID.String(), "event", *a.Event, "reason", a.Reason, "by", a.By)
			return
		}
		c.m.Abandon(a.ID, a.Participant, a.Journal)
		c.cfg.Log.Warn("a branch was abandoned: the transaction is committed, but not known to be applied there",
			"tx", a.ID.String(), "participant", a.Participant, "journal", a.Journal, "reason", a.Reason, "by", a.By)
	})
	return &a, nil
}
