package blogwire

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/idworker/snowflake"
	"parley/wire"
)

// Subjects of the blog, each answered by one process of it.
const (
	// SubjectPost answers [NewPost] with [Posts] (that one post) once it is
	// durable. With the code [wire.CodeUndecided] it may be stored or may not;
	// repeating the request with the same key is safe and answers that. With any other
	// code this request stored nothing.
	SubjectPost = "blog.post"
	// SubjectRead answers [ReadPost] with [Posts] (that one post).
	SubjectRead = "blog.read"
	// SubjectTimeline answers [PageRequest] with [Posts], newest first: of
	// one user, or without a user over all shards.
	SubjectTimeline = "blog.timeline"
	// SubjectShards answers [ShardsRequest] with [Shards].
	SubjectShards = "blog.shards"

	Queue = "blog"
)

const (
	// MaxText bounds a post's text in bytes: an article, not a book.
	MaxText = 16 << 10
	// MaxPage bounds the posts of one page; it also ends early where its posts,
	// as JSON, would exceed MaxPageBytes: NATS carries 1 MB.
	MaxPage = 100
	// MaxPageBytes bounds the posts of one page in bytes of JSON.
	MaxPageBytes = 512 << 10
	// DefaultPage is the size of a page when the request names none.
	DefaultPage = 20
	// MaxShards bounds the shards of a blog.
	MaxShards = 1024
)

// Post is a piece of text by a user.
type Post struct {
	ID   snowflake.ID `json:"id"`
	User string       `json:"user"`
	Text string       `json:"text"`
	// At is the ID's own time, in milliseconds since 1970.
	At int64 `json:"at"`
}

// NewPost asks the blog to store a post.
type NewPost struct {
	V    int    `json:"v"`
	User string `json:"user"`
	Text string `json:"text"`
	// Key makes repeating safe: of all requests of one user with one key at
	// most one makes a post, and the others are answered with it.
	Key string `json:"key,omitempty"`
}

// Form implements [wire.Message].
func (m *NewPost) Form() wire.Form {
	return wire.Form{Name: "new post", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *NewPost) Check() error {
	if m.Key != "" {
		if err := wire.CheckNewKey(m.Key); err != nil {
			return err
		}
	}
	return cmp.Or(wire.CheckNewUser(m.User), checkPostText(m.Text))
}

func checkPostText(s string) error {
	switch {
	case len(s) > MaxText:
		return fmt.Errorf("text has %d bytes, the limit is %d", len(s), MaxText)
	case !utf8.ValidString(s):
		return fmt.Errorf("text is not valid UTF-8")
	case strings.TrimSpace(s) == "":
		return fmt.Errorf("text is empty")
	}
	// PostgreSQL cannot store U+0000, and terminals interpret the others.
	if i := strings.IndexFunc(s, notInPost); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return fmt.Errorf("text has the control character %U at byte %d: allowed are tabs and line ends", r, i)
	}
	return nil
}

func notInPost(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) }

// ReadPost asks for one post. With User only that user's shard is read.
type ReadPost struct {
	V    int          `json:"v"`
	ID   snowflake.ID `json:"id"`
	User string       `json:"user,omitempty"`
}

// Form implements [wire.Message].
func (m *ReadPost) Form() wire.Form {
	return wire.Form{Name: "read post", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *ReadPost) Check() error {
	if !m.ID.Valid() {
		return fmt.Errorf("id is %d, allowed is 1 to %d", m.ID, snowflake.MaxID)
	}
	if m.User != "" {
		return wire.CheckUser(m.User)
	}
	return nil
}

// PageRequest asks for posts with ids below Before, highest first: those of
// User, or of everybody. Ids are in the order of time within the bound that the
// ID service states, so a post that is stored meanwhile can be below a page already
// read. No page repeats a post, and none that was stored when the first page was
// read is left out.
type PageRequest struct {
	V    int    `json:"v"`
	User string `json:"user,omitempty"`
	// Before is the id to go on from: [Posts.Next] of the page before.
	Before snowflake.ID `json:"before,omitempty"`
	// Limit is the size of the page; 0 means [DefaultPage].
	Limit int `json:"limit,omitempty"`
}

// Form implements [wire.Message].
func (m *PageRequest) Form() wire.Form {
	return wire.Form{Name: "page request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *PageRequest) Check() error {
	if m.User != "" {
		if err := wire.CheckUser(m.User); err != nil {
			return err
		}
	}
	if m.Before != 0 && !m.Before.Valid() {
		return fmt.Errorf("before is %d, allowed is 1 to %d", m.Before, snowflake.MaxID)
	}
	if m.Limit < 0 || m.Limit > MaxPage {
		return fmt.Errorf("limit is %d, allowed is 0 to %d", m.Limit, MaxPage)
	}
	return nil
}

// Posts answers the blog's requests.
type Posts struct {
	V     int    `json:"v"`
	Posts []Post `json:"posts"`
	// Next is the Before of the following page; 0 after the last one.
	Next snowflake.ID `json:"next,omitempty"`
	// Code and Reason are set when the request was refused.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Posts) Form() wire.Form { return wire.Form{Name: "posts", Version: m.V, Limit: 1 << 20} }

// Check implements [wire.Message].
func (m *Posts) Check() error {
	if len(m.Posts) > MaxPage {
		return fmt.Errorf("posts has %d rows, the limit is %d", len(m.Posts), MaxPage)
	}
	for i, p := range m.Posts {
		if !p.ID.Valid() {
			return fmt.Errorf("posts[%d]: id is %d, allowed is 1 to %d", i, p.ID, snowflake.MaxID)
		}
		if err := cmp.Or(wire.CheckUser(p.User), checkPostText(p.Text)); err != nil {
			return fmt.Errorf("posts[%d]: %w", i, err)
		}
	}
	return wire.CheckCode(m.Code, m.Reason)
}

// ShardsRequest asks how the blog's posts are spread.
type ShardsRequest struct {
	V int `json:"v"`
}

// Form implements [wire.Message].
func (m *ShardsRequest) Form() wire.Form {
	return wire.Form{Name: "shards request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (*ShardsRequest) Check() error { return nil }

// Shards has the number of posts of each shard, in the order of their numbers.
type Shards struct {
	V      int       `json:"v"`
	Counts []int64   `json:"counts"`
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Shards) Form() wire.Form {
	return wire.Form{Name: "shards", Version: m.V, Limit: wire.MaxMessage, Report: true}
}

// Check implements [wire.Message].
func (m *Shards) Check() error {
	if len(m.Counts) > MaxShards {
		return fmt.Errorf("counts has %d rows, the limit is %d", len(m.Counts), MaxShards)
	}
	return wire.CheckCode(m.Code, m.Reason)
}
