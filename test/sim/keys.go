package sim

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/participants/machine"
	"parley/wire/txwire"
)

// The appendKey methods write a text that is equal for two parts of the world
// exactly when they behave alike from here on.

func (c *coordinator) appendKey(b []byte) []byte {
	b = append(b, byte(c.index), byte(c.names))
	b = append(b, byte(c.left.crashes), byte(c.left.seals), byte(c.left.trims), byte(c.left.restarts), byte(c.left.closes))
	b = append(b, c.opening...)
	b = append(b, 0)
	if c.world.stream() {
		b = fmt.Appendf(b, "%d %t %t ", c.known, c.stopped, c.reconnected)
		for _, w := range c.flights {
			b = fmt.Appendf(b, "%d,", w.known)
		}
	}
	for _, w := range c.flights {
		b = fmt.Appendf(b, "%s %s %d,", w.log, w.record.Nonce, w.expect)
	}
	for _, set := range [][]string{c.reading, c.adopted, c.asked, c.restarts} {
		for _, s := range set {
			b = append(b, s...)
			b = append(b, ',')
		}
		b = append(b, ';')
	}
	for _, id := range c.watched {
		b = append(b, id.Log...)
		b = binary.AppendUvarint(b, id.N)
	}
	b = append(b, 0)
	return c.m.AppendKey(b)
}

func (p *participant) appendKey(b []byte) []byte {
	b = append(b, p.name...)
	b = append(b, p.incarnation...)
	b = append(b, 0)
	if p.behind {
		b = append(b, "behind"...)
	}
	b = p.durable.appendKey(b)
	for _, id := range slices.SortedFunc(maps.Keys(p.acked), txwire.ID.Compare) {
		b = fmt.Appendf(b, "%s %s;", id, p.acked[id])
	}
	if p.copied {
		b = append(b, "copied"...)
		if p.backup != nil {
			b = p.backup.appendKey(b)
		}
		for _, id := range slices.SortedFunc(maps.Keys(p.lost), txwire.ID.Compare) {
			b = fmt.Appendf(b, "lost %s;", id)
		}
	}
	if p.group == nil {
		return b
	}
	b = append(b, "group"...)
	b = p.group.appendKey(b)
	for _, a := range p.answers {
		b = append(b, a.key()...)
		b = append(b, 0)
	}
	return b
}

func (j *journal) appendKey(b []byte) []byte {
	for _, id := range slices.SortedFunc(maps.Keys(j.rows), txwire.ID.Compare) {
		b = appendRow(b, j.rows[id])
		b = fmt.Appendf(b, "%t%t;", j.reserved[id], j.applied[id])
	}
	for _, key := range slices.Sorted(maps.Keys(j.keys)) {
		k := j.keys[key]
		b = fmt.Appendf(b, "%q %s %s %s %s;", key, k.Holder, k.Digest, k.State, k.Code)
	}
	for _, id := range slices.SortedFunc(maps.Keys(j.gone), txwire.ID.Compare) {
		b = fmt.Appendf(b, "gone %s %s;", id, j.gone[id])
	}
	if j.floor != 0 {
		b = append(b, "floor;"...)
	}
	return b
}

func appendRow(b []byte, r machine.Branch) []byte {
	if r.State != txwire.BranchPrepared {
		r.OpenSeq, r.Incarnation = 0, "" // only an abort of a prepared branch needs it
	}
	return fmt.Appendf(b, "%s %q %s %d%s %s %s ", r.ID, r.Key, r.Digest, r.OpenSeq, r.Incarnation, r.State, r.Code)
}

func (c *client) appendKey(b []byte) []byte {
	return fmt.Appendf(b, "%s %d %t %t %s %s", c.cfg.Name, c.tries, c.started, c.before, c.answer, c.id)
}

func (l *commitLog) appendKey(b []byte) []byte {
	b = append(b, l.name...)
	for _, r := range l.records {
		b = fmt.Appendf(b, ";%d %t ", r.Seq, r.purged)
		b = appendRecord(b, r.Record)
	}
	for _, w := range l.pending {
		b = fmt.Appendf(b, "|%d ", w.expect)
		b = appendRecord(b, w.record)
	}
	for _, r := range l.lost {
		b = append(b, '-')
		b = appendRecord(b, r.Record)
	}
	return fmt.Appendf(b, " %t", l.purging)
}

func appendRecord(b []byte, r txwire.Record) []byte {
	b = fmt.Appendf(b, "%s %s %d %d", r.Kind, r.Nonce, r.Prev, r.Base)
	for _, c := range r.Commits {
		b = fmt.Appendf(b, " %d %q", c.N, c.Key)
		for _, p := range c.Branches {
			b = append(b, ' ')
			b = append(b, strings.Join([]string{p.Participant, p.Journal}, "/")...)
		}
		if len(c.Events) > 0 {
			b = append(b, " event"...)
		}
	}
	for _, e := range r.Settled {
		b = fmt.Appendf(b, " settles %d", e.N)
	}
	return b
}
