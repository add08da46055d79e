package sim

import (
	"slices"
	"strconv"
	"strings"

	"parley/coordinator/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// perform does what the machine wants done.
func (c *coordinator) perform(f *effects) {
	for _, a := range c.m.Actions() {
		switch a := a.(type) {
		case machine.SendPrepare:
			f.sends = append(f.sends, &message{kind: txwire.KindPrepare, to: a.To, tx: a.ID, body: a.Msg})
		case machine.SendCommit:
			f.sends = append(f.sends, &message{kind: txwire.KindCommit, to: a.To, tx: a.ID, body: a.Msg})
		case machine.SendAbort:
			// A participant has one journal here, so its name makes no difference.
			a.Msg.Reason, a.Msg.Journal = "", ""
			f.sends = append(f.sends, &message{kind: txwire.KindAbort, to: a.To, tx: a.ID, body: a.Msg})
		case machine.Publish:
			f.publishes = append(f.publishes, a.ID)
		case machine.Reply:
			c.reply(a, f)
		case machine.Answer:
			c.answer(a, f)
		case machine.AskOwner:
			// Whoever asks may reach the owner, or nobody, at any time.
			c.asked = without(c.asked, a.Question.To)
		case machine.Open:
			c.open(f)
		case machine.Append:
			c.flights = slices.DeleteFunc(slices.Clone(c.flights), func(w write) bool { return w.log == a.Log })
			w := write{log: a.Log, expect: a.Expect, record: a.Record, known: c.known}
			c.flights = append(c.flights, w)
			slices.SortFunc(c.flights, func(x, y write) int { return strings.Compare(x.log, y.log) })
			c.reading = without(c.reading, a.Log)
			if c.maySend() {
				f.writes = append(f.writes, w)
			}
		case machine.ReadLog:
			c.reading = including(c.reading, a.Log)
			c.adopted = including(c.adopted, a.Log)
			c.dropFlight(a.Log)
		case machine.Purge:
			f.purges = append(f.purges, purge{log: a.Log, before: a.Before})
		case machine.Watch:
			c.watched = append(slices.Clip(c.watched), a.ID)
			slices.SortFunc(c.watched, txwire.ID.Compare)
		case machine.Unwatch:
			c.watched = slices.DeleteFunc(slices.Clone(c.watched), func(id txwire.ID) bool { return id == a.ID })
		case machine.Restart:
			c.restarts = including(c.restarts, a.Key)
		case machine.Adopted:
			c.reading = without(c.reading, a.Log)
			c.dropFlight(a.Log)
		case machine.LostLog:
			c.dropFlight(a.Log)
		case machine.Alarm:
			if !c.world.Copies { // what was lost is refused, loudly
				f.broken = "alarm: " + a.Text
			}
		}
	}
}

func (c *coordinator) dropFlight(log string) {
	c.flights = slices.DeleteFunc(slices.Clone(c.flights), func(w write) bool { return w.log == log })
}

// open publishes the open record of a fresh log. Without an answer it would be
// given another name; that is as good as a crash here.
func (c *coordinator) open(f *effects) {
	if c.names == len(c.cfg.Logs) {
		return
	}
	c.opening = c.cfg.Logs[c.names]
	c.names++
	if !c.maySend() {
		return // it tries again with another name, which is as good as a crash too
	}
	f.writes = append(f.writes, write{log: c.opening, record: txwire.Record{
		V: wire.Version, Kind: txwire.RecordOpen, Nonce: "open-" + c.opening, By: c.opening,
	}})
}

func (c *coordinator) reply(a machine.Reply, f *effects) {
	to, try, _ := strings.Cut(a.To, "/")
	n, err := strconv.Atoi(try)
	if err != nil {
		panic(err)
	}
	a.Outcome.Reason, a.Outcome.Participant = "", ""
	f.sends = append(f.sends, &message{kind: kindReply, to: to, try: n, body: a.Outcome})
}

func (c *coordinator) answer(a machine.Answer, f *effects) {
	c.asked = without(c.asked, a.To) // which is not there if another asked for it
	if s := a.Resolved.Status; s == txwire.StatusPending || s == txwire.StatusUnknown {
		return // no participant does anything about it
	}
	to := strings.Split(a.To, "/")
	n, err := strconv.ParseUint(to[2], 10, 64)
	if err != nil {
		panic(err)
	}
	a.Resolved.Reason = ""
	if !c.world.stream() {
		a.Resolved.SealSeq = 0 // every log opens at sequence 1, so no seal is too old
	}
	f.sends = append(f.sends, &message{kind: kindResolved, to: to[0], tx: txwire.ID{Log: to[1], N: n}, body: a.Resolved})
}
