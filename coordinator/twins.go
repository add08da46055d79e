package coordinator

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"parley/wire"
	"parley/wire/txwire"
)

// twins detects participants that answer from two files, by the stamps that they
// send every minute. A restarted process replaces the earlier one permanently, so a
// process that stamps a journal again after another one has stamped it works on a
// copy. Two journals under one name cause transactions to abort at random. The
// participants detect both as well, if they can reach each other.
type twins struct {
	c *Coordinator
	// journals are the journals of each participant, by name.
	journals map[string]map[string]*stampedBy
}

// stampedBy lists the processes that stamped a journal, the newest last.
type stampedBy struct {
	processes []string
	name      string
	at        time.Time
	alarmed   bool
}

const (
	// stampedLately is how long a journal counts as present after a stamp.
	stampedLately = 3 * time.Minute
	// maxProcesses bounds the processes that are remembered per journal, and
	// maxJournals the participants.
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
			t.c.cfg.Log.Error("two journals answer as one participant, and transactions will be aborted at random: stop one of the two",
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
