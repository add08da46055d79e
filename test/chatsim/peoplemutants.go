package chatsim

import (
	"parley/test/explore"
	"parley/test/mutant"
)

// Where the rules of presence stand.
const (
	fileClaim = "chatgw/rooms/presence/claim.go"
	fileCore  = "chatgw/rooms/presence/core.go"
	filePeer  = "chatgw/rooms/presence/peer.go"
	fileTick  = "chatgw/rooms/presence/tick.go"
)

// PeopleMutants are the broken variants of the presence core. The simulation
// catches each.
func PeopleMutants() []explore.Variant {
	return []explore.Variant{
		{Name: "no-grace", Edits: []mutant.Edit{
			mutant.Replace(fileCore, "due{now + c.limits.Grace, k}", "due{now, k}"),
			mutant.Replace(fileTick, "p.goneAt+c.limits.Grace > now", "p.goneAt > now"),
		}},
		{Name: "came-back-ignored", Edits: []mutant.Edit{
			mutant.Replace(fileTick, "len(p.sessions) > 0 || ", ""),
			mutant.Replace(fileCore, "	p.goneAt = 0\n", ""),
		}},
		{Name: "own-stay-names", Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "		p.since = min(p.since, since)\n", ""),
		}},
		{Name: "others-claims-ignored", Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "if p.mine || len(p.peers) > 0 {", "if p.mine {"),
		}},
		{Name: "accounts-end-nothing", Edits: []mutant.Edit{
			mutant.Replace(filePeer, "		if round < m.Round {\n", "		if round > m.Round {\n"),
		}},
		{Name: "the-dead-stay", Edits: []mutant.Edit{
			mutant.Replace(fileTick, "			c.bury(name)\n", ""),
		}},
		{Name: "bye-is-death", Edits: []mutant.Edit{
			mutant.Replace(filePeer, "p.byeAt = now + c.limits.Grace", "p.byeAt = now"),
		}},
		{Name: "changes-untold", Edits: []mutant.Edit{
			mutant.Replace(fileCore, "		c.changed[k] = true\n", ""),
		}},
		{Name: "settled-at-once", Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "settleAt: now + c.limits.Settle", "settleAt: now"),
		}},
		{Name: "dead-without-notice", Edits: []mutant.Edit{
			mutant.Replace(fileClaim, "(p.wasMine || died)", "p.wasMine"),
		}},
	}
}
