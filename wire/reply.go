package wire

import "strings"

// CanReply reports whether an answer may be sent to a reply subject: it may not if
// Parley or the broker would process it as something other than an answer.
func CanReply(subject string) bool {
	return subject != "" && !strings.HasPrefix(subject, "$") && !OwnSubject(subject)
}

// OwnSubject reports whether a subject begins with the first word of any of Parley's
// own subjects.
func OwnSubject(subject string) bool {
	for _, word := range []string{"tx", "id", "blog", "chat", "participant", "journal", "abandoned", "inventory", "delivery"} {
		if rest, ok := strings.CutPrefix(subject, word); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}
