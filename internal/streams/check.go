package streams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"parley/wire"

	"github.com/nats-io/nats.go/jetstream"
)

// Info describes a stream as [Check] found it.
type Info struct {
	// Incarnation is the random name that the stream was given when it was created.
	Incarnation string
	Replicas    int
	// Bytes and Messages are the stream's contents; LastSeq is the highest sequence
	// that it ever assigned.
	Bytes    uint64
	Messages uint64
	LastSeq  uint64
	// MaxBytes bounds the stream, -1 if nothing does.
	MaxBytes int64
	// Leader is the server that leads the stream.
	Leader string
	// ServerTime is the leader's clock when it responded, which was between Asked and
	// Answered on the local clock.
	ServerTime      time.Time
	Asked, Answered time.Time
}

// Same returns an [*Error] unless the stream has the incarnation that the caller
// remembers. A stream that was lost and recreated has another one.
func (i Info) Same(stream, remembered string) error {
	if i.Incarnation == remembered {
		return nil
	}
	return &Error{
		Stream: stream, Setting: "metadata " + wire.MetaIncarnation, Is: fmt.Sprintf("%q", i.Incarnation), Must: fmt.Sprintf("%q", remembered),
		Do: doRestore,
	}
}

// WentBack returns the error for a stream in which a number that only grows, such as
// the last sequence, is below one that the stream acknowledged or reported earlier: its
// store was replaced by an older one, or it lost acknowledged messages.
func WentBack(stream, what string, is, known uint64) *Error {
	return &Error{
		Stream: stream, Setting: what, Is: fmt.Sprint(is), Must: fmt.Sprintf("at least %d, which it had stored before", known),
		Do: doBack,
	}
}

// Overwritten returns the error for a stream that holds another record at a sequence
// than the one that it acknowledged there.
func Overwritten(stream string, seq uint64, is, must string) *Error {
	return &Error{
		Stream: stream, Setting: fmt.Sprintf("at sequence %d", seq), Is: is, Must: must + ", which it had stored there before",
		Do: doBack,
	}
}

// Error is why a stream cannot be used. A missing stream and another incarnation can
// mean that a store was lost, so nothing repairs them automatically.
type Error struct {
	Stream string
	// Missing reports that the stream does not exist; Setting, Is and Must are empty then.
	Missing bool
	// Setting is the name in the stream's configuration, as `nats stream info
	// --json` shows it, Is its value and Must the required value.
	Setting, Is, Must string
	// Do is what to do about it.
	Do string
}

func (e *Error) Error() string {
	if e.Missing {
		return fmt.Sprintf("stream %s does not exist: %s", e.Stream, e.Do)
	}
	return fmt.Sprintf("stream %s has %s %s, it must be %s: %s", e.Stream, e.Setting, e.Is, e.Must, e.Do)
}

const (
	doCreate  = "run `parley init` once to create it; if it existed before, its data was lost: restore it before anything starts"
	doRestore = "the stream was lost and recreated, or this process is connected to another broker: connect it to the right one, or restore the stream's data; `parley init` cannot help"
	doBack    = "the stream went back: its store was replaced by an older one, or lost what it had acknowledged, and commits may be missing; stop every coordinator, then restore the newest store, or treat the stream as lost (docs/OPERATIONS.md, Lost and restored stores)"
	doRepair  = "on an empty broker `parley init` creates it correctly; a stream with data is repaired with `nats stream edit`, if the server allows it"
)

// Check reads the stream's configuration and compares the settings that Parley's
// guarantees depend on. The error is an [*Error] if the stream is missing or differs,
// and another one if JetStream did not respond for half a minute or ctx ended.
func Check(ctx context.Context, js jetstream.JetStream, spec wire.StreamSpec) (Info, error) {
	var info Info
	err := retry(ctx, "reading stream "+spec.Name, func(attempt context.Context) (err error) {
		info, err = CheckOnce(attempt, js, spec)
		return err
	})
	return info, err
}

// Await is [Check] for a role that starts: while JetStream is unavailable it waits and
// logs that, since brokers may be starting too. An error that is not an [*Error] means
// that ctx ended, or that JetStream refuses to answer.
func Await(ctx context.Context, js jetstream.JetStream, spec wire.StreamSpec, log *slog.Logger) (Info, error) {
	for {
		info, err := Check(ctx, js, spec)
		if err == nil || ctx.Err() != nil || !Unavailable(err) {
			return info, err
		}
		log.Warn("waiting for the brokers", "error", err)
	}
}

// Open returns a handle of a stream that [Await] has found. While JetStream is
// unavailable it retries.
func Open(ctx context.Context, js jetstream.JetStream, spec wire.StreamSpec, log *slog.Logger) (jetstream.Stream, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, askTimeout)
		s, err := js.Stream(attempt, spec.Name)
		cancel()
		if err == nil {
			return s, nil
		}
		err = fmt.Errorf("opening stream %s: %w", spec.Name, err)
		if !Unavailable(err) || ctx.Err() != nil {
			return nil, err
		}
		log.Warn("waiting for the brokers", "error", err)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(retryEvery):
		}
	}
}

// CheckOnce is [Check] with a single request, for callers that compare clocks or have
// their own retries.
func CheckOnce(ctx context.Context, js jetstream.JetStream, spec wire.StreamSpec) (Info, error) {
	asked := time.Now()
	s, err := js.Stream(ctx, spec.Name)
	answered := time.Now()
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return Info{}, &Error{Stream: spec.Name, Missing: true, Do: doCreate}
	}
	if err != nil {
		return Info{}, err
	}
	info := s.CachedInfo()
	if err := compare(&info.Config, spec); err != nil {
		return Info{}, err
	}
	out := Info{
		Incarnation: info.Config.Metadata[wire.MetaIncarnation],
		Replicas:    info.Config.Replicas,
		Bytes:       info.State.Bytes,
		Messages:    info.State.Msgs,
		LastSeq:     info.State.LastSeq,
		MaxBytes:    info.Config.MaxBytes,
		ServerTime:  info.TimeStamp,
		Asked:       asked,
		Answered:    answered,
	}
	if info.Cluster != nil {
		out.Leader = info.Cluster.Leader
	}
	return out, nil
}

// setting is one compared setting of a stream.
type setting struct {
	ok       bool
	name     string
	is, must any
}

// compare returns an [*Error] for the first setting that differs.
func compare(c *jetstream.StreamConfig, spec wire.StreamSpec) error {
	incarnation := c.Metadata[wire.MetaIncarnation]
	for _, s := range []setting{
		{c.Storage == jetstream.FileStorage, "storage", c.Storage, "File"},
		{c.PersistMode == jetstream.DefaultPersistMode, "persist_mode", c.PersistMode, "default (async acknowledges what can still be lost)"},
		{c.Retention == jetstream.LimitsPolicy, "retention", c.Retention, "Limits"},
		{c.Discard == discard(spec), "discard", c.Discard, full(spec)},
		{c.MaxAge == 0, "max_age", c.MaxAge, "0 (records must not expire)"},
		{c.MaxMsgs <= 0, "max_msgs", c.MaxMsgs, "-1"},
		{max(c.MaxMsgsPerSubject, 0) == spec.PerSubject, "max_msgs_per_subject", c.MaxMsgsPerSubject, perSubject(spec)},
		{!c.DiscardNewPerSubject, "discard_new_per_subject", c.DiscardNewPerSubject, false},
		{c.MaxBytes < 0 || c.MaxBytes >= least(spec), "max_bytes", c.MaxBytes, fmt.Sprintf("at least %d", least(spec))},
		{c.MaxMsgSize < 0 || c.MaxMsgSize >= spec.MaxMsgSize, "max_msg_size", c.MaxMsgSize, fmt.Sprintf("at least %d", spec.MaxMsgSize)},
		{c.Duplicates >= spec.Duplicates, "duplicate_window", c.Duplicates, fmt.Sprintf("at least %v", spec.Duplicates)},
		{!c.AllowRollup, "allow_rollup_hdrs", c.AllowRollup, false},
		{c.AllowDirect == spec.Direct, "allow_direct", c.AllowDirect, direct(spec)},
		{sameRepublish(c.RePublish, republish(spec)), "republish", resent(c.RePublish), resent(republish(spec))},
		{c.FirstSeq > 1 == spec.FirstAnywhere, "first_seq", c.FirstSeq, firstSeq(spec)},
		{!c.AllowMsgTTL, "allow_msg_ttl", c.AllowMsgTTL, false},
		{!c.AllowMsgSchedules, "allow_msg_schedules", c.AllowMsgSchedules, false},
		{!c.AllowMsgCounter, "allow_msg_counter", c.AllowMsgCounter, false},
		{c.DenyDelete, "deny_delete", c.DenyDelete, true},
		{c.DenyPurge == denyPurge(spec), "deny_purge", c.DenyPurge, purge(spec)},
		{!c.NoAck, "no_ack", c.NoAck, false},
		{!c.Sealed, "sealed", c.Sealed, false},
		{c.Mirror == nil && len(c.Sources) == 0, "mirror or sources", "set", "unset"},
		{c.SubjectTransform == nil, "subject_transform", "set", "unset"},
		{sameSubjects(c.Subjects, spec.Subjects), "subjects", strings.Join(c.Subjects, ","), strings.Join(spec.Subjects, ",")},
		{wire.CheckToken("incarnation", incarnation) == nil, "metadata " + wire.MetaIncarnation, fmt.Sprintf("%.40q", incarnation), "a random name of 16 characters (the stream was not created by Parley)"},
	} {
		if !s.ok {
			return &Error{Stream: spec.Name, Setting: s.name, Is: fmt.Sprint(s.is), Must: fmt.Sprint(s.must), Do: doRepair}
		}
	}
	return nil
}

// least is the smallest MaxBytes of the stream that is accepted.
func least(spec wire.StreamSpec) int64 { return cmp.Or(spec.MinBytes, spec.MaxBytes) }

func firstSeq(spec wire.StreamSpec) string {
	if spec.FirstAnywhere {
		return "a random one above 1 (only creating the stream sets it)"
	}
	return "0"
}

func purge(spec wire.StreamSpec) string {
	if denyPurge(spec) {
		return "true (records must not disappear)"
	}
	return "false (finished logs are purged)"
}

func full(spec wire.StreamSpec) string {
	if spec.DropOldest {
		return "DiscardOld (otherwise nothing can be written once it is full)"
	}
	return "DiscardNew (otherwise old records disappear when it is full)"
}

func direct(spec wire.StreamSpec) string {
	if spec.Direct {
		return "true (reads are spread over the replicas)"
	}
	return "false (replicas may answer with old data)"
}

func sameRepublish(is, must *jetstream.RePublish) bool {
	return is == nil && must == nil || is != nil && must != nil && *is == *must
}

// resent formats a republish setting for people.
func resent(r *jetstream.RePublish) string {
	switch {
	case r == nil:
		return "unset"
	case r.HeadersOnly:
		return fmt.Sprintf("%s to %s, headers only", r.Source, r.Destination)
	}
	return fmt.Sprintf("%s to %s", r.Source, r.Destination)
}

func sameSubjects(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
