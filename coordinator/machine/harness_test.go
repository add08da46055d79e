package machine_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/coordinator/machine"
	participant "parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// harness is a few coordinators and participants, their logs, and the messages on their
// way. Only commands change it.
type harness struct {
	*testing.T
	coordinators map[string]*machine.Machine
	journals     map[string]*journal
	logs         map[string][]machine.Stored
	// seq is the stream's last sequence, lives how many coordinators were started.
	seq   uint64
	lives int
	wire  []*message
	// paused are coordinators that do nothing, and held the messages to them.
	paused map[string]bool
	held   []*message
	// flights are the appends whose answer a coordinator waits for.
	flights map[string]machine.Append
	lines   []string
	// stored are the events in the stream EVENTS by Nats-Msg-Id.
	stored map[string]bool
}

// message is one that has not arrived.
type message struct {
	to, text string
	arrives  func()
}

// journal is what a participant has on its disk.
type journal struct {
	id   string
	rows map[txwire.ID]*participant.Branch
	keys map[string]*participant.KeyHold
}

func newHarness(t *testing.T) *harness {
	return &harness{
		T: t, coordinators: map[string]*machine.Machine{}, journals: map[string]*journal{}, logs: map[string][]machine.Stored{},
		flights: map[string]machine.Append{}, paused: map[string]bool{}, stored: map[string]bool{},
	}
}

// record adds a line to the transcript: the process and its action.
func (w *harness) record(who, format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf("%-10s %s", who, fmt.Sprintf(format, args...)))
}

// send puts a message on its way. On arrival it is recorded, and arrives is called.
func (w *harness) send(from, to, text string, arrives func()) {
	w.wire = append(w.wire, &message{to: to, text: fmt.Sprintf("%-10s -> %-10s %s", from, to, text), arrives: arrives})
}

func (w *harness) step() {
	if len(w.wire) == 0 {
		w.Fatal("no message is on its way")
	}
	m := w.wire[0]
	w.wire = w.wire[1:]
	if w.paused[m.to] {
		w.held = append(w.held, m)
		return
	}
	w.lines = append(w.lines, m.text)
	m.arrives()
	w.perform()
}

// pick takes the messages with all the words off the wire.
func (w *harness) pick(words []string) (picked []*message) {
	kept := w.wire[:0:0]
	for _, m := range w.wire {
		if slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(m.text, word) }) {
			kept = append(kept, m)
		} else {
			picked = append(picked, m)
		}
	}
	if len(picked) == 0 {
		w.Fatalf("no message on its way has the words %q", words)
	}
	w.wire = kept
	return picked
}

func (w *harness) lose(words []string) {
	for _, m := range w.pick(words) {
		w.lines = append(w.lines, m.text+"   is lost")
	}
}

// late has messages overtaken by all others that are on their way.
func (w *harness) late(words []string) { w.wire = append(w.wire, w.pick(words)...) }

func (w *harness) pause(name string) {
	w.paused[name] = true
	w.record(name, "is paused")
}

func (w *harness) resume(name string) {
	delete(w.paused, name)
	w.record(name, "continues")
	w.wire, w.held = append(w.held, w.wire...), nil
}

// at is a coordinator, which is started at its first mention.
func (w *harness) at(name string) *machine.Machine {
	if w.coordinators[name] == nil {
		w.start(name)
		w.perform()
	}
	return w.coordinators[name]
}

func (w *harness) start(name string) {
	w.lives++
	w.coordinators[name] = machine.New(fmt.Sprintf("life%05d", w.lives), machine.DefaultLimits())
}

// crash ends a coordinator. What it sent is on its way all the same.
func (w *harness) crash(name string) {
	delete(w.coordinators, name)
	delete(w.flights, name)
	w.record(name, "dies")
}

// to calls a coordinator if it is the same one that the message was meant for.
func (w *harness) to(name string, f func(*machine.Machine)) func() {
	was := w.coordinators[name]
	return func() {
		if m := w.coordinators[name]; m != nil && m == was {
			f(m)
			return
		}
		w.record(name, "is not running")
	}
}

func (w *harness) id(s string) txwire.ID {
	log, n, _ := strings.Cut(s, ".")
	id := txwire.ID{Log: log}
	if _, err := fmt.Sscan(n, &id.N); err != nil {
		w.Fatalf("%q is no transaction: %v", s, err)
	}
	return id
}

const (
	now      = 1
	decideBy = 1000
)

func (w *harness) submit(to, key string, participants []string) {
	s := txwire.Submit{V: wire.Version, Key: key}
	var events []txwire.CommittedEvent
	for _, p := range participants {
		if subject, ok := strings.CutPrefix(p, "@"); ok {
			e := txwire.Event{Subject: subject}
			s.Events = append(s.Events, e)
			events = append(events, txwire.CommittedEvent{Index: len(events), Stream: "EVENTS", Event: e})
			continue
		}
		name, refuses := strings.CutSuffix(p, "!")
		payload := json.RawMessage(`"please"`)
		if refuses {
			payload = json.RawMessage(`"too much"`)
		}
		s.Branches = append(s.Branches, txwire.Branch{Participant: name, Payload: payload})
	}
	m := w.at(to)
	w.record("client", "submits %s to %s: %s", key, to, strings.Join(participants, ", "))
	m.Submit(machine.Submission{Key: key, Digest: s.Digest(), DecideBy: decideBy, Branches: s.Branches, Events: events}, machine.Waiter{To: "client"})
}

// perform does what the coordinators want done.
func (w *harness) perform() {
	for again := true; again; {
		again = false
		for _, name := range slices.Sorted(maps.Keys(w.coordinators)) {
			for _, a := range w.coordinators[name].Actions() {
				again = true
				w.do(name, a)
			}
		}
	}
}

func (w *harness) do(name string, a machine.Action) {
	switch a := a.(type) {
	case machine.Open:
		log := string(rune('a' + len(w.logs)))
		w.seq++
		w.logs[log] = []machine.Stored{{Seq: w.seq, Record: txwire.Record{V: wire.Version, Kind: txwire.RecordOpen}}}
		w.record(name, "opens log %s, record %d of the stream", log, w.seq)
		w.coordinators[name].Opened(log, w.seq)
	case machine.SendPrepare:
		w.send(name, a.To, fmt.Sprintf("prepare %v, key %s", a.ID, a.Msg.Key), func() { w.prepare(name, a) })
	case machine.SendCommit:
		w.send(name, a.To, fmt.Sprintf("commit %v", a.ID), func() { w.commit(name, a) })
	case machine.Publish:
		id := txwire.EventMsgID(a.ID, a.Event.Index)
		w.send(name, "EVENTS", fmt.Sprintf("%s, %s", id, a.Event.Event.Subject), func() { w.publish(name, id, a) })
	case machine.SendAbort:
		text := fmt.Sprintf("abort %v", a.ID)
		if a.Msg.Close {
			text += ", close its key"
		}
		w.send(name, a.To, text, func() { w.abort(name, a) })
	case machine.Reply:
		w.reply(name, a.Outcome)
	case machine.Answer:
		text := fmt.Sprintf("%s is %s", a.To, a.Resolved.Status)
		if a.Resolved.SealSeq > 0 {
			text += fmt.Sprintf(", by seal %d", a.Resolved.SealSeq)
		}
		p, tx, _ := strings.Cut(a.To, "'s ")
		w.send(name, p, text, func() { w.resolved(name, p, w.id(tx), a.Resolved) })
	case machine.AskOwner:
		w.askOwner(name, a.Question)
	case machine.Append:
		w.append(name, a)
	case machine.ReadLog:
		w.record(name, "reads log %s: %s", a.Log, recordsOf(w.logs[a.Log]))
		w.coordinators[name].Read(a.Log, slices.Clone(w.logs[a.Log]))
	case machine.ReadAfter:
		w.readAfter(name, a)
	case machine.Purge:
		if a.Before == 0 {
			w.logs[a.Log] = nil
		}
		w.record(name, "purges log %s", a.Log)
	case machine.Adopted:
		w.record(name, "has adopted log %s", a.Log)
	case machine.Released:
		w.record(name, "has finished log %s", a.Log)
	case machine.LostLog:
		w.record(name, "gives log %s up: %s", a.Log, a.Why)
	case machine.Restart:
		w.record(name, "will start %s again", a.Key)
	case machine.Alarm:
		w.record(name, "ALARM: %v at %s: %s", a.ID, a.Participant, a.Text)
	case machine.Watch, machine.Unwatch, machine.Forgotten:
	}
}

func (w *harness) reply(name string, o txwire.Outcome) {
	text := fmt.Sprintf("answers the client: %s is %s", o.Key, o.Status)
	if !o.ID.IsZero() {
		text += " as " + o.ID.String()
	}
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	w.record(name, "%s", text)
}

func recordsOf(records []machine.Stored) string {
	var out []string
	for _, s := range records {
		text := string(s.Record.Kind)
		for _, c := range s.Record.Commits {
			text += fmt.Sprintf(" %d", c.N)
		}
		for _, e := range s.Record.Settled {
			text += fmt.Sprintf(", settles the events %v of %d", e.Indexes, e.N)
		}
		out = append(out, fmt.Sprintf("%d %s", s.Seq, text))
	}
	if len(out) == 0 {
		return "it is empty"
	}
	return strings.Join(out, ", ")
}

// publish stores an event once and acknowledges it.
func (w *harness) publish(name, id string, a machine.Publish) {
	if w.stored[id] {
		w.record("EVENTS", "has %s already", id)
	} else {
		w.record("EVENTS", "stores %s", id)
	}
	w.stored[id] = true
	w.send("EVENTS", name, "stored "+id, w.to(name, func(m *machine.Machine) { m.Published(a.ID, a.Event.Index) }))
}

// append stores a record if the log's last sequence is the one expected. The broker's
// answer is a message.
func (w *harness) append(name string, a machine.Append) {
	w.flights[name] = a
	records := w.logs[a.Log]
	last := uint64(0)
	if n := len(records); n > 0 {
		last = records[n-1].Seq
	}
	what := recordsOf([]machine.Stored{{Record: a.Record}})
	what = strings.TrimPrefix(what, "0 ")
	nonce := a.Record.Nonce
	answer := func(text string, answer machine.AppendAnswer, seq uint64) {
		w.send("log "+a.Log, name, text, w.to(name, func(m *machine.Machine) { m.Appended(a.Log, nonce, answer, seq) }))
	}
	w.record(name, "appends to log %s, after %d: %s", a.Log, a.Expect, what)
	switch {
	case last == a.Expect:
		w.seq++
		w.logs[a.Log] = append(records, machine.Stored{Seq: w.seq, Record: a.Record})
		answer(fmt.Sprintf("stored as %d", w.seq), machine.AppendStored, w.seq)
	case last == 0:
		answer("refused, the log is empty", machine.AppendGone, 0)
	default:
		answer(fmt.Sprintf("refused, the last record is %d", last), machine.AppendMismatch, 0)
	}
}

func (w *harness) readAfter(name string, a machine.ReadAfter) {
	var found *machine.Stored
	for _, s := range w.logs[a.Log] {
		if s.Seq > a.After && found == nil {
			found = &s
		}
	}
	w.record(name, "reads log %s after %d: %s", a.Log, a.After, recordsOf(w.logs[a.Log][1:]))
	w.coordinators[name].ReadAfter(a.Log, a.Nonce, found)
}

// unanswered: the append of a coordinator got no answer.
func (w *harness) unanswered(name string) {
	a := w.flights[name]
	w.record(name, "has no answer to its append")
	w.at(name).Appended(a.Log, a.Record.Nonce, machine.AppendUnknown, 0)
}

// ask has a participant in doubt ask a coordinator.
func (w *harness) ask(to, p, tx string) {
	ask := txwire.Resolve{V: wire.Version, ID: w.id(tx), Participant: p, Journal: w.journals[p].id}
	q := machine.Question{To: p + "'s " + tx, Ask: ask}
	w.at(to)
	w.send(p, to, "what became of "+tx+"?", w.to(to, func(m *machine.Machine) { m.Resolve(q) }))
}

// askOwner passes a question on. An owner that is not there is silent.
func (w *harness) askOwner(name string, q machine.Question) {
	for _, owner := range slices.Sorted(maps.Keys(w.coordinators)) {
		if w.coordinators[owner].Log() == q.Ask.ID.Log && !w.paused[owner] {
			w.record(name, "asks %s, the owner of log %s", owner, q.Ask.ID.Log)
			w.coordinators[owner].Owner(q)
			return
		}
	}
	w.record(name, "asks the owner of log %s, which does not answer", q.Ask.ID.Log)
	w.coordinators[name].OwnerSilent(q)
}
