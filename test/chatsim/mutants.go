package chatsim

import (
	"parley/test/explore"
	"parley/test/mutant"
)

// Where the rules stand.
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
		{Name: "gap-ignored", Config: "order", Breaks: Order, Edits: []mutant.Edit{
			mutant.Replace(fileLive, "case r.open && r.follows(m):", "case r.open:"),
		}},
		{Name: "duplicate-delivered", Config: "twice", Breaks: Order, Edits: []mutant.Edit{
			mutant.Replace(fileLive, "case r.open && m.Seq <= r.last:", "case r.open && m.Seq == 0:"),
		}},
		{Name: "kept-ones-delivered-again", Config: "twice", Breaks: Newest, Edits: []mutant.Edit{
			mutant.Replace(fileLive, "		if m.Seq > r.last {\n			if !r.follows(m) {", "		if m.Seq > 0 {\n			if !r.follows(m) {"),
		}},
		{Name: "first-header", Config: "order", Breaks: Newest, Edits: []mutant.Edit{
			mutant.Replace(fileWire, "return values[len(values)-1]", "return values[0]"),
		}},
		{Name: "fill-is-complete", Config: "order", Breaks: Newest, Edits: []mutant.Edit{
			mutant.Replace(fileFill, "	r.drain()\n", "	for _, m := range r.ahead {\n		if m.Seq > r.last {\n			r.deliver(m)\n		}\n	}\n	r.ahead = nil\n"),
		}},
		{Name: "filled-once", Config: "order", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileFill, "	r.filling = false\n	before := r.last\n", "	before := r.last\n"),
		}},
		{Name: "tail-never-compared", Config: "order", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileTail, "	r.goal = max(r.goal, seq)\n", "	_ = seq\n"),
		}},
		{Name: "ack-ignored", Config: "own", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileTail, "	r.acked = max(r.acked, seq)\n", ""),
		}},
		{Name: "ack-not-looked-at", Config: "own", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileTail, "	r.goal = max(r.goal, r.acked)\n", ""),
		}},
		{Name: "gap-closed-without-proof", Config: "removal", Breaks: Order, Edits: []mutant.Edit{
			mutant.Replace(fileFill, "		if base != Found {\n", "		if base == Unknown {\n"),
		}},
		{Name: "join-in-a-gap", Config: "order", Breaks: Newest, Edits: []mutant.Edit{
			mutant.Replace(fileRoom, "	if !r.Gap() {\n", "	if r.open {\n"),
			mutant.Replace(fileJoin, "	r.do(Admit{Who: w.who, Last: r.last, Messages: page, More: more})\n", "	last := r.last\n	for _, m := range r.ahead {\n		page, last = append(page, m), m.Seq\n	}\n	r.do(Admit{Who: w.who, Last: last, Messages: page, More: more})\n"),
		}},
		{Name: "epoch-ignored", Config: "foreign", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileJoin, "resume: epoch == r.epoch", "resume: epoch != \"\""),
		}},
		{Name: "gone-is-recovered", Config: "evicted", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileJoin, "case over || base == Gone:", "case over:"),
		}},
		{Name: "beginning-is-always-there", Config: "evicted", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileLog, "case seq == 0 && !v.removed, v.has(seq):", "case seq == 0, v.has(seq):"),
		}},
		{Name: "any-number-has-a-place", Config: "foreign", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileRing, "	if !found {\n		return nil, false\n	}\n	return slices.Clone(g.messages[i+1:]), true", "	if !found {\n		i--\n	}\n	return slices.Clone(g.messages[i+1:]), true"),
		}},
		{Name: "more-than-the-room-knows", Config: "resume", Breaks: Order, Edits: []mutant.Edit{
			mutant.Replace(fileJoin, "	case w.since > r.last:\n", "	case w.since > r.last:\n		r.do(Admit{Who: w.who, Last: w.since, Recovered: true})\n		return true\n	case w.since > 1<<62:\n"),
		}},
		{Name: "hope-without-end", Config: "foreign", Breaks: Live, Edits: []mutant.Edit{
			mutant.Replace(fileJoin, "	for _, w := range r.waiting {\n		if w.resume && w.since > r.last {\n", "	for _, w := range r.waiting {\n		if w.resume && w.since < r.last {\n"),
		}},
		{Name: "not-bridged", Config: "resume", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileJoin, "	if w.end < r.last {\n", "	if w.end > r.last {\n"),
		}},
		{Name: "told-twice", Config: "resume", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileJoin, "return m.Seq > r.last })\n	if w.end", "return m.Seq > 1<<62 })\n	if w.end"),
		}},
		{Name: "floor-too-low", Config: "resume", Breaks: Exact, Edits: []mutant.Edit{
			mutant.Replace(fileRing, "	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes\n", "	g.floor, g.whole, g.bytes = g.messages[0].Seq, false, bytes\n"),
		}},
		{Name: "whole-for-ever", Config: "order", Breaks: Newest, Edits: []mutant.Edit{
			mutant.Replace(fileRing, "	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes\n", "	g.floor, g.bytes = g.messages[n-1].Seq, bytes\n"),
		}},
	}
}
