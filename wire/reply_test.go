package wire_test

import (
	"testing"

	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

func TestCanReply(t *testing.T) {
	for reply, want := range map[string]bool{
		"_INBOX.abc.1": true, "my.inbox": true, "txt.1": true, "identity": true, "chatter.x": true,
		"":                                false,
		txwire.LogSubject(logA):           false,
		idwire.LeaseSubject(7):            false,
		txwire.StampSubject("a", logA):    false,
		txwire.AbandonedSubject("a", txA): false,
		idwire.SubjectRetire:              false,
		blogwire.SubjectPost:              false,
		chatwire.RoomSubject("lobby"):     false,
		"$JS.API.STREAM.PURGE.TXLOG":      false,
		"$SRV.PING":                       false,
		txwire.Subject("vote", "a", txA):  false,
	} {
		if got := wire.CanReply(reply); got != want {
			t.Errorf("CanReply(%q) is %v, want %v", reply, got, want)
		}
	}
}
