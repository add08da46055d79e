package coordinator

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"parley/wire"
	"parley/wire/txwire"
)

// twins find participants that answer from two files, in the stamps that they send
// each minute. One process takes the place of another for good: one that is heard
// again after another has stamped the same journal is a copy's. Of two journals
// that stamp at the same time orders are aborted at random. The participants find
// it as well, if their connections to each other allow.
type twins struct {
	c *Coordinator
	// journals are those of each participant.
	journals map[string]map[string]*stampedBy
}

// stampedBy are the processes that stamped a journal, the newest last.
type stampedBy struct {
	processes []string
	name      string
	at        time.Time
	alarmed   bool
}

const (
	// stampedLately is for how long a journal counts as present after a stamp.
	stampedLately = 3 * time.Minute
	// maxProcesses bounds the processes that are remembered of a journal, and
	// maxJournals the journals of all.
	maxProcesses = 16
	maxJournals  = 1000
)

func (c *Coordinator) watchTwins() (*nats.Subscription, error) {
	t := &twins{c: c, journals: map[string]map[string]*stampedBy{}}
	subject := txwire.StampFilter("*")
	sub, err := c.deps.NATS.Subscribe(subject, func(m *nats.Msg) {
		w, err := wire.Decode[txwire.Stamp](m.Data)
		if err != nil {
			c.malformed(m, err)
			return
		}
		t.stamped(&w, time.Now())
	})
	if err != nil {
		return nil, fmt.Errorf("subscribing to %s: %w", subject, err)
	}
	return sub, nil
}

func (t *twins) stamped(w *txwire.Stamp, now time.Time) {
	of := t.journals[w.Participant]
	if of == nil {
		if len(t.journals) >= maxJournals {
			return
		}
		of = map[string]*stampedBy{}
		t.journals[w.Participant] = of
	}
	for journal, other := range of {
		switch {
		case journal == w.Journal:
		case now.Sub(other.at) >= stampedLately:
			delete(of, journal)
		case !other.alarmed:
			other.alarmed = true
			t.c.cfg.Log.Error("two journals answer as one participant, and orders will be aborted at random: stop one of the two",
				"participant", w.Participant, "journal", w.Journal, "by", w.Name, "other_journal", journal, "other_by", other.name)
		}
	}
	by := of[w.Journal]
	if by == nil {
		by = &stampedBy{}
		of[w.Journal] = by
	}
	if last := len(by.processes) - 1; last < 0 || by.processes[last] != w.Process {
		for _, earlier := range by.processes {
			if earlier == w.Process && !by.alarmed {
				by.alarmed = true
				t.c.cfg.Log.Error("two processes answer for one journal, from copies of its file: stop one of the two",
					"participant", w.Participant, "journal", w.Journal, "by", w.Name, "other_by", by.name)
			}
		}
		by.processes = append(by.processes, w.Process)
		if len(by.processes) > maxProcesses {
			by.processes = by.processes[1:]
		}
	}
	by.name, by.at = w.Name, now
}
