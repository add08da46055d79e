package chatwire

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/idworker/snowflake"
	"parley/wire"
)

// Subjects of the chat. A room's messages are stored on [RoomSubject] in the
// stream [Stream], which re-sends each of them on [LiveSubject].
const (
	roomPrefix   = "chat.room."
	livePrefix   = "chat.live."
	postPrefix   = "chat.post."
	typingPrefix = "chat.typing."

	chatStream = "CHAT"

	// SubjectLive matches the messages of every room, re-sent as they are stored.
	SubjectLive = livePrefix + "*"
	// SubjectPost matches the requests of backends: [PostSubject].
	SubjectPost = postPrefix + "*"
	// SubjectTyping matches [TypingSubject].
	SubjectTyping = typingPrefix + "*"
	// SubjectPresence is where gateways announce to each other who is connected.
	SubjectPresence = "chat.presence"
	// SubjectGateways asks every gateway, [GatewaysRequest] with
	// [GatewayState].
	SubjectGateways = "chat.gateways"

	QueueGateways = "gateways"
)

// RoomSubject is where a room's messages are stored: chat.room.<room>. Only
// gateways write there.
func RoomSubject(room string) string { return roomPrefix + room }

// LiveSubject is where the broker re-sends what was stored: chat.live.<room>.
func LiveSubject(room string) string { return livePrefix + room }

// PostSubject is where a backend posts a message to a room, by request or by
// plain publish, with [Post]: chat.post.<room>. One gateway answers with
// [Posted].
func PostSubject(room string) string { return postPrefix + room }

// TypingSubject is where gateways announce to each other that somebody is
// typing: chat.typing.<room>.
func TypingSubject(room string) string { return typingPrefix + room }

// ParseRoom reads the room from any of the chat's subjects with one.
func ParseRoom(subject string) (string, error) {
	for _, prefix := range []string{roomPrefix, livePrefix, postPrefix, typingPrefix} {
		if room, ok := strings.CutPrefix(subject, prefix); ok {
			return room, CheckRoom(room)
		}
	}
	return "", fmt.Errorf("subject %.80q has no room", subject)
}

// Headers that the broker sets where it re-sends or gives out what it stored.
const (
	headerStream   = "Nats-Stream"
	headerSubject  = "Nats-Subject"
	headerSequence = "Nats-Sequence"
	headerPrevious = "Nats-Last-Sequence"
)

// Place is where a message is stored.
type Place struct {
	Room string
	Seq  uint64
	// Prev is the number of the message before it in its room when it was
	// stored, 0 if there was none. Only re-sent messages carry it.
	Prev uint64
}

// ParseStored reads the place of a message of the stream [Stream] from the
// headers it is given out with. A header of the same name that a publisher set
// precedes the broker's: the last one counts.
func ParseStored(header map[string][]string) (p Place, err error) {
	stream, subject := last(header[headerStream]), last(header[headerSubject])
	if stream != chatStream {
		return p, fmt.Errorf("header %s is %.80q, not %s", headerStream, stream, chatStream)
	}
	room, ok := strings.CutPrefix(subject, roomPrefix)
	if !ok {
		return p, fmt.Errorf("header %s is %.80q, not %s<room>", headerSubject, subject, roomPrefix)
	}
	if p.Seq, err = strconv.ParseUint(last(header[headerSequence]), 10, 64); err != nil || p.Seq == 0 {
		return p, fmt.Errorf("header %s is %.40q, not a number above 0", headerSequence, last(header[headerSequence]))
	}
	p.Room = room
	return p, CheckRoom(room)
}

// ParseLive reads the place of a message that the stream re-sent on a
// [LiveSubject].
func ParseLive(subject string, header map[string][]string) (Place, error) {
	p, err := ParseStored(header)
	if err != nil {
		return p, err
	}
	if subject != LiveSubject(p.Room) {
		return p, fmt.Errorf("a message of room %s came on %.80q", p.Room, subject)
	}
	if p.Prev, err = strconv.ParseUint(last(header[headerPrevious]), 10, 64); err != nil || p.Prev >= p.Seq {
		return p, fmt.Errorf("header %s is %.40q, not a number below %d", headerPrevious, last(header[headerPrevious]), p.Seq)
	}
	return p, nil
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

const (
	// MaxRoom bounds a room's name in bytes: it is a subject token.
	MaxRoom = 64
	// MaxText bounds a message's text in bytes.
	MaxText = 4 << 10
	// MaxCID bounds a client's name for its message in bytes.
	MaxCID = 64
	// Retry is how long the broker knows a message again that was sent
	// twice.
	Retry = 10 * time.Minute
)

// Kind is the kind of a message.
type Kind string

const (
	// KindText is a text that a person or a service wrote.
	KindText Kind = "text"
	// KindJoin and KindLeave record that a person came or left; they have no text.
	KindJoin  Kind = "join"
	KindLeave Kind = "leave"
	// KindService is a text that a backend posted.
	KindService Kind = "service"
)

// Message is one message as it is stored on [RoomSubject].
type Message struct {
	V    int          `json:"v"`
	ID   snowflake.ID `json:"id"`
	User string       `json:"user"`
	Kind Kind         `json:"kind"`
	Text string       `json:"text,omitempty"`
	CID  string       `json:"cid,omitempty"`
}

// Form implements [wire.Message].
func (m *Message) Form() wire.Form {
	return wire.Form{Name: "chat message", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Message) Check() error {
	if !m.ID.Valid() {
		return fmt.Errorf("id is %d, allowed is 1 to %d", m.ID, snowflake.MaxID)
	}
	if err := wire.CheckUser(m.User); err != nil {
		return err
	}
	switch m.Kind {
	case KindText, KindService:
		return cmp.Or(CheckText(m.Text), CheckCID(m.CID))
	case KindJoin, KindLeave:
		if m.Text != "" {
			return fmt.Errorf("kind is %s, which has no text", m.Kind)
		}
		return CheckCID(m.CID)
	default:
		return fmt.Errorf("kind is %.40q, allowed are text, join, leave and service", m.Kind)
	}
}

// Post is the message that a backend posts to a room.
type Post struct {
	V    int    `json:"v"`
	User string `json:"user"`
	Text string `json:"text"`
	// CID makes repeating safe, within [Retry].
	CID string `json:"cid,omitempty"`
}

// Form implements [wire.Message].
func (m *Post) Form() wire.Form {
	return wire.Form{Name: "chat post", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Post) Check() error {
	return cmp.Or(wire.CheckNewUser(m.User), CheckNewText(m.Text), CheckCID(m.CID))
}

// Posted answers [Post] once the message is durable, or with the error.
type Posted struct {
	V   int          `json:"v"`
	ID  snowflake.ID `json:"id,omitempty"`
	Seq uint64       `json:"seq,omitempty"`
	// Code and Reason are set when it was refused.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Posted) Form() wire.Form {
	return wire.Form{Name: "chat posted", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Posted) Check() error { return wire.CheckCode(m.Code, m.Reason) }

// CheckRoom reports whether s can name a room: 1 to [MaxRoom] bytes of a-z, 0-9
// and '-', not starting with '-'.
func CheckRoom(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("room is empty")
	case len(s) > MaxRoom:
		return fmt.Errorf("room %.80q has %d bytes, the limit is %d", s, len(s), MaxRoom)
	case s[0] == '-' || strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }):
		return fmt.Errorf("room %.80q may have a-z, 0-9 and '-', and not begin with '-'", s)
	}
	return nil
}

// CheckText reports whether s can be a message's text: 1 to [MaxText]
// bytes of UTF-8, not only space, and without control characters other than
// line ends and tabs.
func CheckText(s string) error {
	switch {
	case len(s) > MaxText:
		return fmt.Errorf("text has %d bytes, the limit is %d", len(s), MaxText)
	case !utf8.ValidString(s):
		return fmt.Errorf("text is not valid UTF-8")
	case strings.TrimSpace(s) == "":
		return fmt.Errorf("text is empty")
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		return fmt.Errorf("text has a control character at byte %d", i)
	}
	return nil
}

// CheckNewText reports why s cannot be the text of a new message: it must pass
// [CheckText] and contain something visible, see [wire.Invisible].
func CheckNewText(s string) error {
	if err := CheckText(s); err != nil {
		return err
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return !wire.Invisible(r) }) {
		return fmt.Errorf("text has no character that can be seen")
	}
	return nil
}

// CheckCID reports whether s can name a message: up to [MaxCID] bytes of
// printable ASCII without space. Empty means that it has no name.
func CheckCID(s string) error {
	if len(s) > MaxCID {
		return fmt.Errorf("cid has %d bytes, the limit is %d", len(s), MaxCID)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("cid %.80q may have printable ASCII only, without space", s)
	}
	return nil
}

// Stream holds the messages of all rooms, one subject per room, and re-sends each
// as it is stored. When it is full the oldest messages are removed.
func Stream() wire.StreamSpec {
	return wire.StreamSpec{
		Name:       chatStream,
		Subjects:   []string{roomPrefix + "*"},
		MaxBytes:   2 << 30,
		MaxMsgSize: wire.MaxMessage + 4096,
		Duplicates: Retry,
		DropOldest: true,
		Direct:     true,
		Republish:  [2]string{roomPrefix + "*", livePrefix + "{{wildcard(1)}}"},
	}
}
