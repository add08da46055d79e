package wire

import "strings"

// CanReply reports whether an answer may be sent to a reply subject: not where
// it would be taken for something else than an answer, by Parley or by the
// broker.
func CanReply(subject string) bool {
	for _, prefix := range []string{"$", "tx.", "id.", "blog.", "chat.", "participant.", "journal.", "abandoned.", "inventory.", "delivery."} {
		if strings.HasPrefix(subject, prefix) {
			return false
		}
	}
	return subject != ""
}
