package docs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/streams"
	"parley/wire"
)

const protocol = "docs/PROTOCOL.md"

// decoders read an example of each message.
var decoders = map[string]func([]byte) error{
	"Submit":              decode[wire.Submit],
	"Outcome":             decode[wire.Outcome],
	"StatusRequest":       decode[wire.StatusRequest],
	"Prepare":             decode[wire.Prepare],
	"Vote":                decode[wire.Vote],
	"Commit":              decode[wire.Commit],
	"Abort":               decode[wire.Abort],
	"Ack":                 decode[wire.Ack],
	"Resolve":             decode[wire.Resolve],
	"Resolved":            decode[wire.Resolved],
	"Record":              decode[wire.Record],
	"BranchQuery":         decode[wire.BranchQuery],
	"Branches":            decode[wire.Branches],
	"CoordinatorsRequest": decode[wire.CoordinatorsRequest],
	"CoordinatorState":    decode[wire.CoordinatorState],
	"StockOrder":          decode[wire.StockOrder],
	"CourierOrder":        decode[wire.CourierOrder],
	"ItemsRequest":        decode[wire.ItemsRequest],
	"Items":               decode[wire.Items],
	"Restock":             decode[wire.Restock],
	"CouriersRequest":     decode[wire.CouriersRequest],
	"Couriers":            decode[wire.Couriers],
	"Complete":            decode[wire.Complete],
	"IDRequest":           decode[wire.IDRequest],
	"IDs":                 decode[wire.IDs],
	"GrantRequest":        decode[wire.GrantRequest],
	"Grant":               decode[wire.Grant],
	"LeasesRequest":       decode[wire.LeasesRequest],
	"Leases":              decode[wire.Leases],
	"Lease":               decode[wire.Lease],
	"Stamp":               decode[wire.Stamp],
	"Abandon":             decode[wire.Abandon],
	"Abandoned":           decode[wire.Abandoned],
	"AbandonReply":        decode[wire.AbandonReply],
	"Retry":               decode[wire.Retry],
	"Retried":             decode[wire.Retried],
	"RetireRequest":       decode[wire.RetireRequest],
	"IDWorkersRequest":    decode[wire.IDWorkersRequest],
	"IDWorkerState":       decode[wire.IDWorkerState],
	"NewPost":             decode[wire.NewPost],
	"ReadPost":            decode[wire.ReadPost],
	"PageRequest":         decode[wire.PageRequest],
	"Posts":               decode[wire.Posts],
	"ShardsRequest":       decode[wire.ShardsRequest],
	"Shards":              decode[wire.Shards],
	"ChatMessage":         decode[wire.ChatMessage],
	"ChatPresence":        decode[wire.ChatPresence],
	"ChatTyping":          decode[wire.ChatTyping],
	"ChatPost":            decode[wire.ChatPost],
	"ChatPosted":          decode[wire.ChatPosted],
	"GatewaysRequest":     decode[wire.GatewaysRequest],
	"GatewayState":        decode[wire.GatewayState],
}

func decode[T any, M wire.Message[T]](data []byte) error {
	_, err := wire.Decode[T, M](data)
	return err
}

func TestEveryMessageHasAnExampleThatDecodes(t *testing.T) {
	examples := map[string]int{}
	for _, f := range fences(read(t, protocol)) {
		name, ok := strings.CutPrefix(f.info, "json ")
		if !ok || strings.HasPrefix(name, "frame.") {
			continue // those of frames are in frame_test.go
		}
		decode := decoders[name]
		if decode == nil {
			t.Errorf("an example is of the unknown message %q", name)
			continue
		}
		for line := range strings.SplitSeq(strings.TrimSpace(f.body), "\n") {
			examples[name]++
			if err := decode([]byte(line)); err != nil {
				t.Errorf("example of %s: %v\n%s", name, err, line)
			}
		}
	}
	for _, name := range parsePackage(t, "wire").messages {
		if examples[name] == 0 {
			t.Errorf("%s has no example", name)
		}
	}
}

// Every field of every message, and of what stands in messages, has its row.
func TestFields(t *testing.T) {
	text := read(t, protocol)
	for name, fields := range parsePackage(t, "wire").structs {
		var listed []string
		for _, r := range rows(section(t, text, name)) {
			if len(r) == 4 {
				listed = append(listed, quoted(r[0]))
			}
		}
		if !slices.Equal(listed, fields) {
			t.Errorf("the fields of %s are %q, listed are %q", name, fields, listed)
		}
	}
}

// A decoder refuses a message that is one byte longer than the page says, for
// its size, and not one that is not.
func TestSizes(t *testing.T) {
	text := read(t, protocol)
	for name, decode := range decoders {
		m := regexp.MustCompile(`At most ([0-9,]+) bytes`).FindStringSubmatch(section(t, text, name))
		if m == nil {
			t.Errorf("%s: its size is not listed", name)
			continue
		}
		limit, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		for size, want := range map[int]bool{limit: false, limit + 1: true} {
			err := decode([]byte(strings.Repeat(" ", size)))
			if got := wire.CodeOf(err) == wire.CodeTooLarge; got != want {
				t.Errorf("%s of %d bytes: too large is %v, the page says %v (%v)", name, size, got, want, err)
			}
		}
	}
}

func TestSubjects(t *testing.T) {
	text := read(t, protocol)
	src := parsePackage(t, "wire")
	listed := map[string]bool{}
	for _, r := range append(rows(section(t, text, "Requests")), rows(section(t, text, "Between gateways"))...) {
		listed[quoted(r[0])] = true
		if fn := quoted(r[1]); src.consts[fn] == "" && !slices.Contains(src.funcs, fn) {
			t.Errorf("%q is not in package wire", fn)
		}
	}
	for name, subject := range src.strings {
		if strings.HasPrefix(name, "Subject") && !listed[subject] {
			t.Errorf("the subject %s (%s) is not listed", subject, name)
		}
		if strings.HasPrefix(name, "Kind") && !strings.Contains(text, "`tx."+subject+".<participant>.<log>.<n>`") {
			t.Errorf("the kind %s is not listed", subject)
		}
	}
	id := wire.TxID{Log: "<log>", N: 1}
	for _, subject := range []string{
		strings.TrimSuffix(wire.TxFilter(id), "1") + "<n>",
		wire.OwnerSubject("<log>"),
		wire.LogSubject("<log>"),
		strings.TrimSuffix(wire.LeaseSubject(0), "0") + "<n>",
		wire.BranchSubject("<name>"),
		wire.PingSubject("<name>"),
		wire.ParticipantFilter(wire.KindPrepare, "<participant>"),
		wire.LogFilter(wire.KindVote, "<log>"),
		wire.RoomSubject("<room>"),
		wire.LiveSubject("<room>"),
		wire.PostSubject("<room>"),
		wire.TypingSubject("<room>"),
		wire.SubjectChatLive,
		wire.SubjectChatPost,
		wire.SubjectChatTyping,
	} {
		if !strings.Contains(text, "`"+subject+"`") {
			t.Errorf("the subject %s is not mentioned", subject)
		}
	}
	for _, queue := range []string{wire.QueueCoordinators, wire.QueueIDWorkers, wire.QueueBlog} {
		if !strings.Contains(text, "queue group `"+queue+"`") {
			t.Errorf("the queue group %s is not mentioned", queue)
		}
	}
}

func TestCodes(t *testing.T) {
	listed := map[string]string{}
	for _, r := range rows(section(t, read(t, protocol), "Codes")) {
		listed[quoted(r[0])] = r[1]
	}
	for name, code := range parsePackage(t, "wire").strings {
		if !strings.HasPrefix(name, "Code") {
			continue
		}
		want := "no"
		if wire.Code(code).Definite() {
			want = "yes"
		}
		if listed[code] != want {
			t.Errorf("code %s: definite is %q, listed is %q", code, want, listed[code])
		}
		delete(listed, code)
	}
	for code := range listed {
		t.Errorf("code %q is listed and does not exist", code)
	}
}

// The names that no participant has are those that the SDK and a submission refuse.
func TestReservedNames(t *testing.T) {
	_, after, ok := strings.Cut(read(t, protocol), "No participant is called ")
	if !ok {
		t.Fatal("the page does not list them")
	}
	line, _, _ := strings.Cut(after, ":")
	var listed []string
	for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(line, -1) {
		listed = append(listed, m[1])
	}
	err := wire.CheckParticipant("tx")
	if err == nil || !strings.HasSuffix(err.Error(), "these are: "+strings.Join(listed, " ")) {
		t.Errorf("listed are %q, and the error is %v", listed, err)
	}
	for _, name := range listed {
		if wire.CheckParticipant(name) == nil {
			t.Errorf("a participant may be called %q", name)
		}
	}
}

func TestStreamSettings(t *testing.T) {
	for heading, spec := range map[string]wire.StreamSpec{"The stream": wire.TxLog(), "The lease stream": wire.IDLeases(), "The chat stream": wire.Chat()} {
		cfg := streams.Config(spec, 3)
		want := map[string]string{
			"name":             "`" + spec.Name + "`",
			"subjects":         "`" + strings.Join(spec.Subjects, ",") + "`",
			"max_bytes":        thousands(spec.MaxBytes),
			"max_msg_size":     thousands(int64(spec.MaxMsgSize)),
			"duplicate window": map[time.Duration]string{time.Second: "1 s", wire.ChatRetry: "10 min"}[spec.Duplicates],
			"deny_delete":      yesNo(cfg.DenyDelete),
			"deny_purge":       yesNo(cfg.DenyPurge),
			"metadata `" + wire.MetaIncarnation + "`": "a token",
		}
		if spec.PerSubject > 0 {
			want["max_msgs_per_subject"] = thousands(cfg.MaxMsgsPerSubject)
		}
		if spec.DropOldest {
			want["discard"] = "old"
		}
		if spec.Direct {
			want["allow_direct"] = yesNo(cfg.AllowDirect)
		}
		if cfg.RePublish != nil {
			want["republish"] = fmt.Sprintf("`%s` to `%s`", cfg.RePublish.Source, cfg.RePublish.Destination)
		}
		text := section(t, read(t, protocol), heading)
		for _, r := range rows(text) {
			if w, ok := want[r[0]]; ok && w != r[1] {
				t.Errorf("%s: %s is %s, listed is %s", spec.Name, r[0], w, r[1])
			}
			delete(want, r[0])
		}
		for name := range want {
			t.Errorf("%s: %s is not listed", spec.Name, name)
		}
		for what, bytes := range map[string]int64{"soft limit": spec.SoftBytes(spec.MaxBytes), "smallest size": spec.MinBytes} {
			if bytes > 0 && !strings.Contains(text, thousands(bytes)) {
				t.Errorf("%s: the %s %s is not listed", spec.Name, what, thousands(bytes))
			}
		}
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
