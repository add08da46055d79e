package chatsim

import (
	"parley/test/explore"
	"parley/test/mutant"
)

// Where the rules of presence are.
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
		explore.Break("no-grace", "", "",
			mutant.Replace(fileCore, "due{now + c.limits.Grace, k}", "due{now, k}"),
			mutant.Replace(fileTick, "p.goneAt+c.limits.Grace > now", "p.goneAt > now")),
		explore.Break("came-back-ignored", "", "",
			mutant.Replace(fileTick, "len(p.sessions) > 0 || ", ""),
			mutant.Replace(fileCore, "	p.goneAt = 0\n", "")),
		explore.Break("own-stay-names", "", "",
			mutant.Replace(fileClaim, "		p.since = min(p.since, since)\n", "")),
		explore.Break("others-claims-ignored", "", "",
			mutant.Replace(fileClaim, "if p.mine || len(p.peers) > 0 {", "if p.mine {")),
		explore.Break("accounts-end-nothing", "", "",
			mutant.Replace(filePeer, "		if round < m.Round {\n", "		if round > m.Round {\n")),
		explore.Break("the-dead-stay", "", "",
			mutant.Replace(fileTick, "			c.bury(name)\n", "")),
		explore.Break("bye-is-death", "", "",
			mutant.Replace(filePeer, "p.byeAt = now + c.limits.Grace", "p.byeAt = now")),
		explore.Break("changes-unpublished", "", "",
			mutant.Replace(fileCore, "		c.changed[k] = true\n", "")),
		explore.Break("settled-at-once", "", "",
			mutant.Replace(fileClaim, "settleAt: now + c.limits.Settle", "settleAt: now")),
		explore.Break("dead-without-notice", "", "",
			mutant.Replace(fileClaim, "(p.wasMine || died)", "p.wasMine")),
	}
}
