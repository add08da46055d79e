package chatsim

import "parley/test/mutant"

// Mutant is a deliberately broken variant: Config is where it is found out,
// and Breaks the invariant that breaks.
type Mutant struct {
	Name   string
	Config string
	Breaks Invariant
	Edits  []mutant.Edit
}

// Where the rules stand.
const (
	fileFill = "chatgw/rooms/machine/fill.go"
	fileJoin = "chatgw/rooms/machine/join.go"
	fileLive = "chatgw/rooms/machine/live.go"
	fileRing = "chatgw/rooms/machine/ring.go"
	fileRoom = "chatgw/rooms/machine/room.go"
	fileTail = "chatgw/rooms/machine/tail.go"
	fileWire = "wire/chat.go"
	fileLog  = "test/chatsim/log.go"
)

// Mutants are the broken variants, one for each rule of a room.
func Mutants() []Mutant {
	return []Mutant{
		{"gap-ignored", "order", Order, []mutant.Edit{
			mutant.Replace(fileLive, "case r.open && r.follows(m):", "case r.open:"),
		}},
		{"duplicate-delivered", "twice", Order, []mutant.Edit{
			mutant.Replace(fileLive, "case r.open && m.Seq <= r.last:", "case r.open && m.Seq == 0:"),
		}},
		{"kept-ones-delivered-again", "twice", Newest, []mutant.Edit{
			mutant.Replace(fileLive, "		if m.Seq > r.last {\n			if !r.follows(m) {", "		if m.Seq > 0 {\n			if !r.follows(m) {"),
		}},
		{"first-header", "order", Newest, []mutant.Edit{
			mutant.Replace(fileWire, "return values[len(values)-1]", "return values[0]"),
		}},
		{"fill-is-complete", "order", Newest, []mutant.Edit{
			mutant.Replace(fileFill, "	r.drain()\n", "	for _, m := range r.ahead {\n		if m.Seq > r.last {\n			r.deliver(m)\n		}\n	}\n	r.ahead = nil\n"),
		}},
		{"filled-once", "order", Live, []mutant.Edit{
			mutant.Replace(fileFill, "	r.filling = false\n	before := r.last\n", "	before := r.last\n"),
		}},
		{"tail-never-compared", "order", Live, []mutant.Edit{
			mutant.Replace(fileTail, "	r.goal = max(r.goal, seq)\n", "	_ = seq\n"),
		}},
		{"ack-ignored", "own", Live, []mutant.Edit{
			mutant.Replace(fileTail, "	r.acked = max(r.acked, seq)\n", ""),
		}},
		{"ack-not-looked-at", "own", Live, []mutant.Edit{
			mutant.Replace(fileTail, "	r.goal = max(r.goal, r.acked)\n", ""),
		}},
		{"gap-closed-without-proof", "removal", Order, []mutant.Edit{
			mutant.Replace(fileFill, "		if base != Found {\n", "		if base == Unknown {\n"),
		}},
		{"join-in-a-gap", "order", Newest, []mutant.Edit{
			mutant.Replace(fileRoom, "	if !r.Gap() {\n", "	if r.open {\n"),
			mutant.Replace(fileJoin, "	r.do(Admit{Who: w.who, Last: r.last, Messages: page, More: more})\n", "	last := r.last\n	for _, m := range r.ahead {\n		page, last = append(page, m), m.Seq\n	}\n	r.do(Admit{Who: w.who, Last: last, Messages: page, More: more})\n"),
		}},
		{"epoch-ignored", "foreign", Exact, []mutant.Edit{
			mutant.Replace(fileJoin, "resume: epoch == r.epoch", "resume: epoch != \"\""),
		}},
		{"gone-is-recovered", "evicted", Exact, []mutant.Edit{
			mutant.Replace(fileJoin, "case over || base == Gone:", "case over:"),
		}},
		{"beginning-is-always-there", "evicted", Exact, []mutant.Edit{
			mutant.Replace(fileLog, "case seq == 0 && !v.removed, v.has(seq):", "case seq == 0, v.has(seq):"),
		}},
		{"any-number-has-a-place", "foreign", Exact, []mutant.Edit{
			mutant.Replace(fileRing, "	if !found {\n		return nil, false\n	}\n	return slices.Clone(g.messages[i+1:]), true", "	if !found {\n		i--\n	}\n	return slices.Clone(g.messages[i+1:]), true"),
		}},
		{"more-than-the-room-knows", "resume", Order, []mutant.Edit{
			mutant.Replace(fileJoin, "	case w.since > r.last:\n", "	case w.since > r.last:\n		r.do(Admit{Who: w.who, Last: w.since, Recovered: true})\n		return true\n	case w.since > 1<<62:\n"),
		}},
		{"hope-without-end", "foreign", Live, []mutant.Edit{
			mutant.Replace(fileJoin, "	for _, w := range r.waiting {\n		if w.resume && w.since > r.last {\n", "	for _, w := range r.waiting {\n		if w.resume && w.since < r.last {\n"),
		}},
		{"not-bridged", "resume", Exact, []mutant.Edit{
			mutant.Replace(fileJoin, "	if w.end < r.last {\n", "	if w.end > r.last {\n"),
		}},
		{"told-twice", "resume", Exact, []mutant.Edit{
			mutant.Replace(fileJoin, "return m.Seq > r.last })\n	if w.end", "return m.Seq > 1<<62 })\n	if w.end"),
		}},
		{"floor-too-low", "resume", Exact, []mutant.Edit{
			mutant.Replace(fileRing, "	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes\n", "	g.floor, g.whole, g.bytes = g.messages[0].Seq, false, bytes\n"),
		}},
		{"whole-for-ever", "order", Newest, []mutant.Edit{
			mutant.Replace(fileRing, "	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes\n", "	g.floor, g.bytes = g.messages[n-1].Seq, bytes\n"),
		}},
	}
}
