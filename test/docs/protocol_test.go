package docs_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/streams"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

const protocol = "docs/PROTOCOL.md"

// decoders read an example of each message.
var decoders = map[string]func([]byte) error{
	"Submit":              decode[txwire.Submit],
	"Outcome":             decode[txwire.Outcome],
	"StatusRequest":       decode[txwire.StatusRequest],
	"Prepare":             decode[txwire.Prepare],
	"Vote":                decode[txwire.Vote],
	"Commit":              decode[txwire.Commit],
	"Abort":               decode[txwire.Abort],
	"Ack":                 decode[txwire.Ack],
	"Resolve":             decode[txwire.Resolve],
	"Resolved":            decode[txwire.Resolved],
	"Record":              decode[txwire.Record],
	"BranchQuery":         decode[txwire.BranchQuery],
	"Branches":            decode[txwire.Branches],
	"CoordinatorsRequest": decode[txwire.CoordinatorsRequest],
	"CoordinatorState":    decode[txwire.CoordinatorState],
	"StockOrder":          decode[food.StockOrder],
	"CourierOrder":        decode[food.CourierOrder],
	"ItemsRequest":        decode[food.ItemsRequest],
	"Items":               decode[food.Items],
	"Restock":             decode[food.Restock],
	"CouriersRequest":     decode[food.CouriersRequest],
	"Couriers":            decode[food.Couriers],
	"Complete":            decode[food.Complete],
	"IDRequest":           decode[idwire.Request],
	"IDs":                 decode[idwire.IDs],
	"GrantRequest":        decode[idwire.GrantRequest],
	"Grant":               decode[idwire.Grant],
	"LeasesRequest":       decode[idwire.LeasesRequest],
	"Leases":              decode[idwire.Leases],
	"Lease":               decode[idwire.Lease],
	"Stamp":               decode[txwire.Stamp],
	"Abandon":             decode[txwire.Abandon],
	"Abandoned":           decode[txwire.Abandoned],
	"AbandonReply":        decode[txwire.AbandonReply],
	"Retry":               decode[txwire.Retry],
	"Retried":             decode[txwire.Retried],
	"RetireRequest":       decode[idwire.RetireRequest],
	"IDWorkersRequest":    decode[idwire.WorkersRequest],
	"IDWorkerState":       decode[idwire.IDWorkerState],
	"NewPost":             decode[blogwire.NewPost],
	"ReadPost":            decode[blogwire.ReadPost],
	"PageRequest":         decode[blogwire.PageRequest],
	"Posts":               decode[blogwire.Posts],
	"ShardsRequest":       decode[blogwire.ShardsRequest],
	"Shards":              decode[blogwire.Shards],
	"ChatMessage":         decode[chatwire.Message],
	"ChatPresence":        decode[chatwire.Presence],
	"ChatTyping":          decode[chatwire.Typing],
	"ChatPost":            decode[chatwire.Post],
	"ChatPosted":          decode[chatwire.Posted],
	"GatewaysRequest":     decode[chatwire.GatewaysRequest],
	"GatewayState":        decode[chatwire.GatewayState],
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
	text := read(t, protocol)
	for dir := range domains {
		for _, name := range parsePackage(t, dir).messages {
			if examples[title(text, dir, name)] == 0 {
				t.Errorf("%s in %s has no example", name, dir)
			}
		}
	}
}

// Every field of every message, and of what stands in messages, has its row.
func TestFields(t *testing.T) {
	text := read(t, protocol)
	for dir := range domains {
		for name, fields := range parsePackage(t, dir).structs {
			var listed []string
			for _, r := range rows(section(t, text, title(text, dir, name))) {
				if len(r) == 4 {
					listed = append(listed, quoted(r[0]))
				}
			}
			if !slices.Equal(listed, fields) {
				t.Errorf("the fields of %s in %s are %q, listed are %q", name, dir, fields, listed)
			}
		}
	}
}

// A decoder refuses a message that is one byte longer than documented, for
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
				t.Errorf("%s of %d bytes: too large is %v, documented is %v (%v)", name, size, got, want, err)
			}
		}
	}
}

func TestSubjects(t *testing.T) {
	text := read(t, protocol)
	sources := map[string]*source{}
	for dir := range domains {
		sources[path.Base(dir)] = parsePackage(t, dir)
	}
	listed := map[string]bool{}
	for _, r := range append(rows(section(t, text, "Requests")), rows(section(t, text, "Between gateways"))...) {
		listed[quoted(r[0])] = true
		pkg, name, _ := strings.Cut(quoted(r[1]), ".")
		if src := sources[pkg]; src == nil || src.consts[name] == "" && !slices.Contains(src.funcs, name) {
			t.Errorf("there is no %q", quoted(r[1]))
		}
	}
	for pkg, src := range sources {
		for name, subject := range src.strings {
			if strings.HasPrefix(name, "Subject") && !listed[subject] {
				t.Errorf("the subject %s (%s.%s) is not listed", subject, pkg, name)
			}
			if pkg == "txwire" && strings.HasPrefix(name, "Kind") && !strings.Contains(text, "`tx."+subject+".<participant>.<log>.<n>`") {
				t.Errorf("the kind %s is not listed", subject)
			}
		}
	}
	id := txwire.ID{Log: "<log>", N: 1}
	for _, subject := range []string{
		strings.TrimSuffix(txwire.Filter(id), "1") + "<n>",
		txwire.OwnerSubject("<log>"),
		txwire.LogSubject("<log>"),
		strings.TrimSuffix(idwire.LeaseSubject(0), "0") + "<n>",
		txwire.BranchSubject("<name>"),
		txwire.PingSubject("<name>"),
		txwire.ParticipantFilter(txwire.KindPrepare, "<participant>"),
		txwire.LogFilter(txwire.KindVote, "<log>"),
		chatwire.RoomSubject("<room>"),
		chatwire.LiveSubject("<room>"),
		chatwire.PostSubject("<room>"),
		chatwire.TypingSubject("<room>"),
		chatwire.SubjectLive,
		chatwire.SubjectPost,
		chatwire.SubjectTyping,
	} {
		if !strings.Contains(text, "`"+subject+"`") {
			t.Errorf("the subject %s is not mentioned", subject)
		}
	}
	for _, queue := range []string{txwire.QueueCoordinators, idwire.Queue, blogwire.Queue} {
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
	for heading, spec := range map[string]wire.StreamSpec{"The stream": txwire.LogStream(), "The lease stream": idwire.LeaseStream(), "The chat stream": chatwire.Stream()} {
		cfg := streams.Config(spec, 3)
		want := map[string]string{
			"name":             "`" + spec.Name + "`",
			"subjects":         "`" + strings.Join(spec.Subjects, ",") + "`",
			"max_bytes":        thousands(spec.MaxBytes),
			"max_msg_size":     thousands(int64(spec.MaxMsgSize)),
			"duplicate window": map[time.Duration]string{time.Second: "1 s", chatwire.Retry: "10 min"}[spec.Duplicates],
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
