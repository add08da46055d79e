package chatsim

import (
	"parley/test/explore"
	"parley/test/mutant"
)

// Where the rules are.
const (
	fileFill = "chatgw/rooms/machine/fill.go"
	fileJoin = "chatgw/rooms/machine/join.go"
	fileLive = "chatgw/rooms/machine/live.go"
	fileRing = "chatgw/rooms/machine/ring.go"
	fileRoom = "chatgw/rooms/machine/room.go"
	fileTail = "chatgw/rooms/machine/tail.go"
	fileWire = "wire/chatwire/chat.go"
	fileLog  = "test/chatsim/log.go"
)

// Mutants are the broken variants, one for each rule of a room.
func Mutants() []explore.Variant {
	return []explore.Variant{
		explore.Break("gap-ignored", "order", Order,
			mutant.Replace(fileLive, "case r.open && r.follows(m):", "case r.open:")),
		explore.Break("duplicate-delivered", "twice", Order,
			mutant.Replace(fileLive, "case r.open && m.Seq <= r.last:", "case r.open && m.Seq == 0:")),
		explore.Break("kept-ones-delivered-again", "twice", Newest,
			mutant.Replace(fileLive, "		if m.Seq > r.last {\n			if !r.follows(m) {", "		if m.Seq > 0 {\n			if !r.follows(m) {")),
		explore.Break("first-header", "order", Newest,
			mutant.Replace(fileWire, "return values[len(values)-1]", "return values[0]")),
		explore.Break("fill-is-complete", "order", Newest,
			mutant.Replace(fileFill, "	r.drain()\n", "	for _, m := range r.ahead {\n		if m.Seq > r.last {\n			r.deliver(m)\n		}\n	}\n	r.ahead = nil\n")),
		explore.Break("filled-once", "order", Live,
			mutant.Replace(fileFill, "	r.filling = false\n	before := r.last\n", "	before := r.last\n")),
		explore.Break("tail-never-compared", "order", Live,
			mutant.Replace(fileTail, "	r.goal = max(r.goal, seq)\n", "	_ = seq\n")),
		explore.Break("ack-ignored", "own", Live,
			mutant.Replace(fileTail, "	r.acked = max(r.acked, seq)\n", "")),
		explore.Break("ack-not-checked", "own", Live,
			mutant.Replace(fileTail, "	r.goal = max(r.goal, r.acked)\n", "")),
		explore.Break("gap-closed-without-proof", "removal", Order,
			mutant.Replace(fileFill, "		if base != Found {\n", "		if base == Unknown {\n")),
		explore.Break("join-in-a-gap", "order", Newest,
			mutant.Replace(fileRoom, "	if !r.Gap() {\n", "	if r.open {\n"),
			mutant.Replace(fileJoin, "	r.do(Admit{Who: w.who, Last: r.last, Messages: page, More: more})\n", "	last := r.last\n	for _, m := range r.ahead {\n		page, last = append(page, m), m.Seq\n	}\n	r.do(Admit{Who: w.who, Last: last, Messages: page, More: more})\n")),
		explore.Break("epoch-ignored", "foreign", Exact,
			mutant.Replace(fileJoin, "resume: epoch == r.epoch", "resume: epoch != \"\"")),
		explore.Break("gone-is-recovered", "evicted", Exact,
			mutant.Replace(fileJoin, "case over || base == Gone:", "case over:")),
		explore.Break("beginning-is-always-there", "evicted", Exact,
			mutant.Replace(fileLog, "case seq == 0 && !v.removed, v.has(seq):", "case seq == 0, v.has(seq):")),
		explore.Break("any-number-has-a-place", "foreign", Exact,
			mutant.Replace(fileRing, "	if !found {\n		return nil, false\n	}\n	return slices.Clone(g.messages[i+1:]), true", "	if !found {\n		i--\n	}\n	return slices.Clone(g.messages[i+1:]), true")),
		explore.Break("more-than-the-room-knows", "resume", Order,
			mutant.Replace(fileJoin, "	case w.since > r.last:\n", "	case w.since > r.last:\n		r.do(Admit{Who: w.who, Last: w.since, Recovered: true})\n		return true\n	case w.since > 1<<62:\n")),
		explore.Break("hope-without-end", "foreign", Live,
			mutant.Replace(fileJoin, "	for _, w := range r.waiting {\n		if w.resume && w.since > r.last {\n", "	for _, w := range r.waiting {\n		if w.resume && w.since < r.last {\n")),
		explore.Break("not-bridged", "resume", Exact,
			mutant.Replace(fileJoin, "	if w.end < r.last {\n", "	if w.end > r.last {\n")),
		explore.Break("bridged-twice", "resume", Exact,
			mutant.Replace(fileJoin, "return m.Seq > r.last })\n	if w.end", "return m.Seq > 1<<62 })\n	if w.end")),
		explore.Break("floor-too-low", "resume", Exact,
			mutant.Replace(fileRing, "	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes\n", "	g.floor, g.whole, g.bytes = g.messages[0].Seq, false, bytes\n")),
		explore.Break("whole-for-ever", "order", Newest,
			mutant.Replace(fileRing, "	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes\n", "	g.floor, g.bytes = g.messages[n-1].Seq, bytes\n")),
	}
}
