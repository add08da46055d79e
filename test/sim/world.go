package sim

import (
	"slices"

	"parley/test/explore"
	"parley/wire/txwire"
)

// world knows every part that a configuration can reach. A state of the world
// is one number a part: the coordinators, the participants, the clients, the
// boxes (the coordinators' one, then the participants', then the clients') and
// the logs.
type world struct {
	cfg   *Config
	txs   txIndex
	keys  []string
	slots []string // log names
	// slotTxs are the transactions of each log, as far as they were met.
	slotTxs []txSet

	coordinators *explore.Table[coordinatorItem]
	participants *explore.Table[participantItem]
	clients      *explore.Table[clientItem]
	logs         *explore.Table[logItem]
	events       *explore.Table[eventsItem]
	boxes        []*explore.Table[box]
	messages     []*registry
	// coordinatorMail has the facts of each message to the coordinators.
	coordinatorMail []mailFacts

	ops   []logOp
	opIDs map[string]uint16

	// Where the parts of each kind begin in a state.
	atParts, atClients, atBoxes, atLogs, size int
	// atStream is where the state of the whole stream is, if something befalls it,
	// and befalls are the steps that do.
	atStream int
	// atEvents is where the state of the stream of events is, if there is one.
	atEvents int
	befalls  map[befall]*step
	// buf and facts are scratch.
	buf   []uint32
	facts snapshot
}

func newWorld(cfg *Config) *world {
	w := &world{
		cfg: cfg, txs: txIndex{numbers: map[txwire.ID]int{}},
		coordinators: explore.NewTable[coordinatorItem](), participants: explore.NewTable[participantItem](),
		clients: explore.NewTable[clientItem](), logs: explore.NewTable[logItem](), events: explore.NewTable[eventsItem](), opIDs: map[string]uint16{},
	}
	for _, c := range cfg.Coordinators {
		w.slots = append(w.slots, c.Logs...)
	}
	for i := range cfg.Clients {
		if !slices.Contains(w.keys, cfg.Clients[i].Key) {
			w.keys = append(w.keys, cfg.Clients[i].Key)
		}
	}
	for range 1 + len(cfg.Participants) + len(cfg.Clients) {
		w.boxes = append(w.boxes, explore.NewTable[box]())
		w.messages = append(w.messages, &registry{ids: map[string]uint16{}})
	}
	w.slotTxs = make([]txSet, len(w.slots))
	w.atParts = len(cfg.Coordinators)
	w.atClients = w.atParts + len(cfg.Participants)
	w.atBoxes = w.atClients + len(cfg.Clients)
	w.atLogs = w.atBoxes + len(w.boxes)
	w.size = w.atLogs + len(w.slots)
	if cfg.stream() {
		w.atStream, w.befalls = w.size, map[befall]*step{}
		w.size++
	}
	if cfg.Events {
		w.atEvents = w.size
		w.size++
	}
	w.buf = make([]uint32, w.size)
	w.facts = snapshot{parts: make([]branchSets, len(cfg.Participants)), clients: make([]clientFacts, len(cfg.Clients))}
	return w
}

// Initial is the state in which every coordinator has its first log open.
func (w *world) Initial() []uint32 {
	s := make([]uint32, w.size)
	for i, name := range w.slots {
		s[w.atLogs+i] = w.internLog(&commitLog{name: name})
	}
	if w.cfg.Events {
		s[w.atEvents] = w.internEvents(txSet{}, txSet{})
	}
	for b := range w.boxes {
		s[w.atBoxes+b] = w.internBox(b, nil)
	}
	for i, name := range w.cfg.Participants {
		s[w.atParts+i] = w.internParticipant(newParticipant(w.cfg, name))
	}
	for i := range w.cfg.Clients {
		s[w.atClients+i] = w.internClient(&client{cfg: &w.cfg.Clients[i]})
	}
	for i := range w.cfg.Coordinators {
		c, f := newCoordinator(w.cfg, i)
		for _, wr := range f.writes {
			l := &commitLog{name: wr.log}
			l.publish(wr)
			e := l.events()[0]
			if w.cfg.stream() {
				s[w.atStream] = max(s[w.atStream], firstLast) + 1
				e.seq = w.last(s)
			}
			l.do(e)
			c.do(c.logEvents(l, nil, 0)[0])
			s[w.atLogs+w.slot(l.name)] = w.internLog(l)
		}
		s[i] = w.internCoordinator(c)
	}
	return s
}

func (w *world) slot(log string) int { return slices.Index(w.slots, log) }

func (w *world) participant(name string) int { return slices.Index(w.cfg.Participants, name) }

// boxOf is where messages to this receiver wait.
func (w *world) boxOf(to string) int {
	if to == "" {
		return 0
	}
	if i := w.participant(to); i >= 0 {
		return 1 + i
	}
	for i := range w.cfg.Clients {
		if w.cfg.Clients[i].Name == to {
			return 1 + len(w.cfg.Participants) + i
		}
	}
	panic("no receiver " + to)
}
