package participants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"parley/participants/driver"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"
)

// TwinError reports that two processes answer for one journal, with copies of its
// file: each would commit transactions that the other does not know.
type TwinError struct {
	Participant, Journal, Path string
	// Others are the names of the other processes' connections.
	Others []string
}

func (e *TwinError) Error() string {
	return fmt.Sprintf("journal %s of participant %s (%s) is a copy of one that another process uses: %s. "+
		"Each of two copies would receive a part of the transactions. Stop one of the two and move its file away; "+
		"if the other one does not vote any more, start it once with its journal %s accepted", e.Journal, e.Participant, e.Path, strings.Join(e.Others, ", "), e.Journal)
}

// OtherJournalError reports that two journals answer under one participant's name.
type OtherJournalError struct {
	Participant, Journal, Path string
	// Other is the other journal, By the processes that use it.
	Other string
	By    []string
}

func (e *OtherJournalError) Error() string {
	return fmt.Sprintf("journal %s (%s) and journal %s (in: %s) both answer as participant %s, and transactions would be aborted at random: "+
		"stop one of the two, or give one another name", e.Journal, e.Path, e.Other, strings.Join(e.By, ", "), e.Participant)
}

// NewJournalError reports that a journal is new although the participant had another one
// before.
type NewJournalError struct {
	Participant, Journal, Path string
	// Others are the ids of the journals that were stamped before.
	Others []string
}

func (e *NewJournalError) Error() string {
	return fmt.Sprintf("journal %s (%s) is new, and participant %s had another one before: %s. "+
		"If its directory is not mounted, or its file was lost, mount or restore it: what it had prepared and committed is stored nowhere else. "+
		"To start a new journal nevertheless, start once with a new journal allowed", e.Journal, e.Path, e.Participant, strings.Join(e.Others, ", "))
}

const (
	// presenceGrace is how long responses of other processes are awaited after the own
	// one has arrived.
	presenceGrace = 250 * time.Millisecond
	// presenceTimeout bounds the wait for the own response.
	presenceTimeout = 10 * time.Second
	// otherFor is how long a journal counts as present after a stamp.
	otherFor = 3 * stampEvery
)

// errSilent means that not even the own response was received.
var errSilent = errors.New("not even this process answered")

// standing records whether other journals or processes prevent this journal from voting.
type standing struct {
	mu sync.Mutex
	// twin is set permanently when a copy of this journal has answered.
	twin string
	// other describes the last stamp of another journal of this name, received at otherAt.
	other   string
	otherAt time.Time
}

func (d *standing) disputed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.twin != ""
}

// abstains returns why the participant does not vote, nil if it does.
func (s *service) abstains() error {
	if err := s.clock.Check(); err != nil {
		return err
	}
	s.standing.mu.Lock()
	defer s.standing.mu.Unlock()
	if s.standing.twin != "" {
		return errors.New(s.standing.twin)
	}
	return nil
}

// trouble returns why the participant does not serve, as far as that needs an operator.
func (s *service) trouble() error {
	if err := s.abstains(); err != nil {
		return err
	}
	if err := s.commitLog.trouble(); err != nil {
		return err
	}
	s.standing.mu.Lock()
	defer s.standing.mu.Unlock()
	if s.standing.other != "" && time.Since(s.standing.otherAt) < otherFor {
		return errors.New(s.standing.other)
	}
	return nil
}

// present returns the other processes of this participant's name, by journal.
func (s *service) present(ctx context.Context, own micro.Service) (map[string][]string, error) {
	subject, err := micro.ControlSubject(micro.InfoVerb, s.cfg.Name, "")
	if err != nil {
		return nil, err
	}
	inbox, box := s.deps.NATS.NewInbox(), make(chan *nats.Msg, 64)
	sub, err := s.deps.NATS.ChanSubscribe(inbox, box)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // an error means that the connection is closed
	mark, probe := natsconn.NewMark(s.deps.NATS), natsconn.NewProbe()
	defer probe.Stop()
	if err := s.deps.NATS.PublishRequest(subject, inbox, nil); err != nil {
		return nil, err
	}
	id := own.Info().ID
	others := make(map[string][]string)
	enough := time.NewTimer(presenceTimeout)
	defer enough.Stop()
	for received := false; ; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-probe.C():
			probe.Again()
			if err := mark.Publish(subject); err != nil {
				return nil, fmt.Errorf("asking for other instances of participant %s: %w", s.cfg.Name, err)
			}
		case <-enough.C:
			if !received {
				return nil, fmt.Errorf("asking on %s for other instances of participant %s: %w within %v: it needs the NATS permission to subscribe there", subject, s.cfg.Name, errSilent, presenceTimeout)
			}
			return others, nil
		case m := <-box:
			var info micro.Info
			if json.Unmarshal(m.Data, &info) != nil || info.Name != s.cfg.Name {
				continue // another program's service
			}
			if info.ID == id {
				received = true
				enough.Reset(presenceGrace)
				continue
			}
			journal := info.Metadata["journal"]
			others[journal] = append(others[journal], info.Metadata[wire.MetaProcess])
		}
	}
}

// presentPatiently is present, repeated if the connection was lost meanwhile, and once if
// no response arrived, as when the machine was suspended.
func (s *service) presentPatiently(ctx context.Context, own micro.Service) (map[string][]string, error) {
	for silent := 0; ; {
		connections := s.deps.NATS.Stats().Reconnects
		others, err := s.present(ctx, own)
		again := !s.deps.NATS.IsConnected() || s.deps.NATS.Stats().Reconnects != connections
		if errors.Is(err, errSilent) && silent == 0 {
			silent++
			again = true
		}
		if err == nil || ctx.Err() != nil || !again || s.deps.NATS.IsClosed() {
			return others, err
		}
		s.cfg.Log.Warn("waiting for the brokers", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(stampPause):
		}
	}
}

// join checks that this process is the only one that answers under its name, that its
// stamp is the newest, and that no dispute about its journal is open.
func (s *service) join(ctx context.Context, own micro.Service) error {
	if accept := s.cfg.AcceptJournal; accept != "" && accept != s.journal.id {
		return fmt.Errorf("journal %q was to be accepted, and %s has %q", accept, s.journal.db.Where(), s.journal.id)
	}
	s.stamps.process = own.Info().ID
	if err := s.alone(ctx, own); err != nil {
		return err
	}
	if s.journal.disputed != "" {
		if s.cfg.AcceptJournal == "" {
			s.standing.twin = s.journal.disputed
			s.cfg.Log.Error("this journal does not vote: a copy of it has answered, and no operator has accepted one of the two", "error", s.journal.disputed)
			return nil
		}
		if err := s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.settleDispute(c, s.floor()) }, nil); err != nil {
			return err
		}
		s.cfg.Log.Warn("this journal was accepted and votes again; it does not contain what its copy has committed", "journal", s.journal.id)
	}
	return s.stamps.begin(ctx)
}

// settleDispute ends the dispute about a journal that an operator has accepted. Branches
// that only the copy received are missing in it, so the floor is raised.
func (j *journal) settleDispute(c driver.Conn, floor int64) error {
	if _, err := c.Exec(j.sql.PutMeta, metaDisputed, ""); err != nil {
		return fmt.Errorf("settling the dispute about journal %s: %w", j.db.Where(), err)
	}
	return j.raiseFloor(c, floor)
}

// alone returns an error if another process answers with this journal, or with another
// one under the participant's name. Of two that start concurrently both return it.
func (s *service) alone(ctx context.Context, own micro.Service) error {
	others, err := s.presentPatiently(ctx, own)
	if err != nil {
		return err
	}
	if by, twin := others[s.journal.id]; twin {
		return &TwinError{Participant: s.cfg.Name, Journal: s.journal.id, Path: s.journal.db.Where(), Others: by}
	}
	for other, by := range others {
		return &OtherJournalError{Participant: s.cfg.Name, Journal: s.journal.id, Path: s.journal.db.Where(), Other: other, By: by}
	}
	return nil
}

// receiveStamps subscribes to the stamps of all journals of this name, as they are stored
// or attempted: a copy, or another journal, may have started in another part of a
// partitioned network.
func (s *service) receiveStamps(ctx context.Context) (*nats.Subscription, error) {
	subject := txwire.StampFilter(s.cfg.Name)
	sub, err := s.deps.NATS.Subscribe(subject, func(m *nats.Msg) {
		w, err := wire.Decode[txwire.Stamp](m.Data)
		switch {
		case err != nil || w.Process == s.stamps.process:
		case w.Journal == s.journal.id:
			s.dispute(ctx, s.stamps.twin(&w))
		default:
			s.otherJournal(&OtherJournalError{Participant: s.cfg.Name, Journal: s.journal.id, Path: s.journal.db.Where(), Other: w.Journal, By: []string{w.Name}})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("subscribing to %s: %w", subject, err)
	}
	return sub, nil
}

func (s *service) otherJournal(e *OtherJournalError) {
	s.standing.mu.Lock()
	fresh := s.standing.other == "" || time.Since(s.standing.otherAt) >= otherFor
	s.standing.other, s.standing.otherAt = e.Error(), time.Now()
	s.standing.mu.Unlock()
	if fresh {
		s.cfg.Log.Error("two journals under one name", "error", e)
	}
}

// dispute stops the votes of this journal until an operator accepts it, and notifies the
// other process by an attempted stamp.
func (s *service) dispute(ctx context.Context, e *TwinError) {
	s.standing.mu.Lock()
	first := s.standing.twin == ""
	if first {
		s.standing.twin = e.Error()
	}
	s.standing.mu.Unlock()
	if !first {
		return
	}
	s.cfg.Log.Error("this journal and a copy of it both answer: neither votes until an operator has accepted one of them", "error", e)
	text := e.Error()
	if err := s.upkeep(ctx, func(j *journal, c driver.Conn) error {
		_, err := c.Exec(j.sql.PutMeta, metaDisputed, text)
		return err
	}, nil); err != nil && ctx.Err() == nil {
		s.cfg.Log.Error("the dispute cannot be stored in the journal", "error", err)
	}
	// The condition ensures that it is not stored; the number has no meaning.
	objection := nats.NewMsg(s.stamps.subject())
	objection.Header.Set(nats.ExpectedStreamHdr, "none")
	objection.Data = wire.Encode(s.stamps.message(stamp{1, s.stamps.process}))
	_ = s.deps.NATS.PublishMsg(objection) // fails only without a connection
}
