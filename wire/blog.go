package wire

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subjects of the blog, each answered by one process of it.
const (
	// SubjectBlogPost answers [NewPost] with [Posts] (that one post) once it is
	// durable. With the code [CodeUndecided] it may be stored or may not;
	// repeating the request with the same key is safe and tells. With any other
	// code this request stored nothing.
	SubjectBlogPost = "blog.post"
	// SubjectBlogRead answers [ReadPost] with [Posts] (that one post).
	SubjectBlogRead = "blog.read"
	// SubjectBlogTimeline answers [PageRequest] with [Posts], newest first: of
	// one user, or without a user over all shards.
	SubjectBlogTimeline = "blog.timeline"
	// SubjectBlogShards answers [ShardsRequest] with [Shards].
	SubjectBlogShards = "blog.shards"

	QueueBlog = "blog"
)

const (
	// MaxUser bounds a user id in bytes.
	MaxUser = 64
	// MaxText bounds a post's text in bytes: an article, not a book.
	MaxText = 16 << 10
	// MaxPage bounds the posts of one page; it also ends early where its posts,
	// as JSON, would pass MaxPageBytes: NATS carries 1 MB.
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
	ID   ID     `json:"id"`
	User string `json:"user"`
	Text string `json:"text"`
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

// Form implements [Message].
func (m *NewPost) Form() Form { return Form{Name: "new post", Version: m.V, Limit: MaxMessage} }

// Check implements [Message].
func (m *NewPost) Check() error {
	if m.Key != "" {
		if err := CheckNewKey(m.Key); err != nil {
			return err
		}
	}
	return cmp.Or(CheckUser(m.User), checkPostText(m.Text))
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
	// PostgreSQL cannot store U+0000, and a terminal obeys the others.
	if i := strings.IndexFunc(s, notInPost); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return fmt.Errorf("text has the control character %U at byte %d: allowed are tabs and line ends", r, i)
	}
	return nil
}

func notInPost(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) }

// ReadPost asks for one post. With User only that user's shard is asked.
type ReadPost struct {
	V    int    `json:"v"`
	ID   ID     `json:"id"`
	User string `json:"user,omitempty"`
}

// Form implements [Message].
func (m *ReadPost) Form() Form { return Form{Name: "read post", Version: m.V, Limit: MaxMessage} }

// Check implements [Message].
func (m *ReadPost) Check() error {
	if !m.ID.Valid() {
		return fmt.Errorf("id is %d, allowed is 1 to %d", m.ID, MaxID)
	}
	if m.User != "" {
		return CheckUser(m.User)
	}
	return nil
}

// PageRequest asks for posts with ids below Before, highest first: those of
// User, or of everybody. Ids are in the order of time within the bound that the
// ID service states, so a post that is stored while somebody pages can come to
// stand below a page already read. No page repeats a post, and none that was
// there when the first page was read is left out.
type PageRequest struct {
	V    int    `json:"v"`
	User string `json:"user,omitempty"`
	// Before is the id to go on from: [Posts.Next] of the page before.
	Before ID `json:"before,omitempty"`
	// Limit is the size of the page; 0 means [DefaultPage].
	Limit int `json:"limit,omitempty"`
}

// Form implements [Message].
func (m *PageRequest) Form() Form { return Form{Name: "page request", Version: m.V, Limit: MaxMessage} }

// Check implements [Message].
func (m *PageRequest) Check() error {
	if m.User != "" {
		if err := CheckUser(m.User); err != nil {
			return err
		}
	}
	if m.Before != 0 && !m.Before.Valid() {
		return fmt.Errorf("before is %d, allowed is 1 to %d", m.Before, MaxID)
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
	Next ID `json:"next,omitempty"`
	// Code and Reason are set when the request was refused.
	Code   Code   `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Form implements [Message].
func (m *Posts) Form() Form { return Form{Name: "posts", Version: m.V, Limit: 1 << 20} }

// Check implements [Message].
func (m *Posts) Check() error {
	if len(m.Posts) > MaxPage {
		return fmt.Errorf("posts has %d rows, the limit is %d", len(m.Posts), MaxPage)
	}
	for i, p := range m.Posts {
		if !p.ID.Valid() {
			return fmt.Errorf("posts[%d]: id is %d, allowed is 1 to %d", i, p.ID, MaxID)
		}
		if err := cmp.Or(CheckUser(p.User), checkPostText(p.Text)); err != nil {
			return fmt.Errorf("posts[%d]: %w", i, err)
		}
	}
	return CheckCode(m.Code, m.Reason)
}

// ShardsRequest asks how the blog's posts are spread.
type ShardsRequest struct {
	V int `json:"v"`
}

// Form implements [Message].
func (m *ShardsRequest) Form() Form {
	return Form{Name: "shards request", Version: m.V, Limit: MaxMessage}
}

// Check implements [Message].
func (*ShardsRequest) Check() error { return nil }

// Shards says how many posts each shard holds, in the order of their numbers.
type Shards struct {
	V      int     `json:"v"`
	Counts []int64 `json:"counts"`
	Code   Code    `json:"code,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// Form implements [Message].
func (m *Shards) Form() Form {
	return Form{Name: "shards", Version: m.V, Limit: MaxMessage, Report: true}
}

// Check implements [Message].
func (m *Shards) Check() error {
	if len(m.Counts) > MaxShards {
		return fmt.Errorf("counts has %d rows, the limit is %d", len(m.Counts), MaxShards)
	}
	return CheckCode(m.Code, m.Reason)
}

// CheckUser reports whether s can be a user id: 1 to [MaxUser] bytes of
// letters, digits and "_-.@", of any alphabet, not starting with '.' or '-'.
func CheckUser(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("user is empty")
	case len(s) > MaxUser:
		return fmt.Errorf("user %.80q has %d bytes, the limit is %d", s, len(s), MaxUser)
	case !utf8.ValidString(s):
		return fmt.Errorf("user %.80q is not valid UTF-8", s)
	case s[0] == '.' || s[0] == '-':
		return fmt.Errorf("user %.80q must not start with %q", s, s[0])
	}
	if i := strings.IndexFunc(s, notInUser); i >= 0 {
		return fmt.Errorf("user %.80q has a character that is not allowed at byte %d: use letters, digits and _-.@", s, i)
	}
	return nil
}

func notInUser(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.@", r)
}
