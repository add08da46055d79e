package wire

import "strings"

// CanReply reports whether an answer may be sent to a reply subject: it may not if
// Parley or the broker would process it as something other than an answer.
func CanReply(subject string) bool {
	for _, prefix := range []string{"$", "tx.", "id.", "blog.", "chat.", "participant.", "journal.", "abandoned.", "inventory.", "delivery."} {
		if strings.HasPrefix(subject, prefix) {
			return false
		}
	}
	return subject != ""
}
