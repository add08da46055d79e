package sim

import "slices"

// unresolved: some branch of the log's transactions is in doubt or may still be
// prepared, or some commit of it is not applied everywhere, or its event not stored. A log of a dead
// owner that is resolved is left alone: adopting it could only write and purge
// records that nobody needs, and send outcomes that everybody has.
func (w *world) unresolved(s []uint32, slot int) bool {
	it := w.logs.Items[s[w.atLogs+slot]]
	stored := it.facts
	for i := range w.cfg.Participants {
		p := &w.participants.Items[s[w.atParts+i]].facts
		final := p.committed
		final.union(p.aborted)
		open := w.boxes[1+i].Items[s[w.atBoxes+1+i]].facts.prepares.minus(final)
		open.union(p.prepared)
		if !open.and(w.slotTxs[slot]).empty() || !stored.minus(p.committed).empty() {
			return true
		}
	}
	owed := it.events.with.minus(w.eventsOf(s).stored)
	return !owed.empty()
}

// settle lets happen immediately what nobody else can see and what only adds to
// what is possible: a seal whose condition can never hold again is answered,
// so that the log is read again; and an abort that no client waits for is given
// up, since a forgotten transaction is answered for as an aborted one is.
func (w *world) settle(s []uint32) (changed bool) {
	for i := range w.cfg.Coordinators {
		for {
			it := w.coordinators.Items[s[i]]
			if it.settled == nil {
				to := w.giveUps(s[i], it)
				it.settled = &to
			}
			to := *it.settled
			for n := range it.seals {
				if w.hopeless(s, &it.seals[n]) {
					to = w.unanswered(s[i], it, n)
					break
				}
			}
			if to == s[i] {
				break
			}
			s[i], changed = to, true
		}
	}
	return changed
}

func (w *world) giveUps(id uint32, it *coordinatorItem) uint32 {
	for _, tx := range it.c.watched {
		if next, f := w.coordinatorDo(it.c, event{kind: onGiveUp, tx: tx}); next != id && len(f.sends) == 0 {
			return next
		}
	}
	return id
}

type seal struct {
	slot  uint8
	write write
	// unanswered is the coordinator after no answer came.
	unanswered *uint32
}

func (w *world) hopeless(s []uint32, f *seal) bool {
	l := w.logs.Items[s[w.atLogs+int(f.slot)]].l
	return l.hopeless(f.write) && !slices.ContainsFunc(l.records, func(r entry) bool { return r.Record.Nonce == f.write.record.Nonce })
}

func (w *world) unanswered(id uint32, it *coordinatorItem, n int) uint32 {
	f := &it.seals[n]
	if f.unanswered == nil {
		to, _ := w.coordinatorDo(it.c, event{kind: onAnswer, log: f.write.log, nonce: f.write.record.Nonce, answer: brokerTimeout})
		f.unanswered = &to
	}
	return *f.unanswered
}
