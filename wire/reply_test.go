package wire_test

import (
	"testing"

	"parley/wire"
)

func TestCanReply(t *testing.T) {
	for reply, want := range map[string]bool{
		"_INBOX.abc.1": true, "my.inbox": true, "txt.1": true, "identity": true, "chatter.x": true,
		"":                               false,
		wire.LogSubject(logA):            false,
		wire.LeaseSubject(7):             false,
		wire.StampSubject("a", logA):     false,
		wire.AbandonedSubject("a", txA):  false,
		wire.SubjectIDRetire:             false,
		wire.SubjectBlogPost:             false,
		wire.RoomSubject("lobby"):        false,
		"$JS.API.STREAM.PURGE.TXLOG":     false,
		"$SRV.PING":                      false,
		wire.TxSubject("vote", "a", txA): false,
	} {
		if got := wire.CanReply(reply); got != want {
			t.Errorf("CanReply(%q) is %v, want %v", reply, got, want)
		}
	}
}
