package shards

import (
	"unicode/utf8"

	"parley/idworker/snowflake"
	"parley/wire/blogwire"
)

// page cuts posts, highest id first, to at most limit and to what fits one
// answer. next is the id to go on from, 0 when nothing was cut.
func page(posts []blogwire.Post, limit int) (kept []blogwire.Post, next snowflake.ID) {
	size := 0
	for i, p := range posts {
		size += jsonSize(p.Text)
		if i == limit || i > 0 && size > blogwire.MaxPageBytes {
			// Two posts with one id, which should not be, stay together.
			for i > 1 && posts[i-1].ID == posts[i].ID {
				i--
			}
			return posts[:i], posts[i-1].ID
		}
	}
	return posts, 0
}

// jsonOverhead is what a post takes in JSON beside its text, at most: the names
// of the fields, two numbers and a user of [wire.MaxUser] bytes.
const jsonOverhead = 160

// jsonSize is how many bytes a post with this text takes in JSON, or a little
// more.
func jsonSize(text string) int {
	n := jsonOverhead
	for _, r := range text {
		switch {
		case r == '"' || r == '\\' || r == '\n' || r == '\r' || r == '\t':
			n += 2
		case r < ' ' || r == '\u2028' || r == '\u2029':
			n += 6
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}
