package txwire

import (
	"fmt"
	"strings"
	"time"

	"parley/wire"
)

// Stamp is a counter of a participant's journal, which is stored in the journal and
// then in the stream [JournalStream], at each start and every minute. A journal that
// is behind its last stamp in the stream went back: it is a restored backup, or a
// copy.
type Stamp struct {
	V int `json:"v"`
	// Participant and Journal are those of the subject.
	Participant string `json:"participant"`
	Journal     string `json:"journal"`
	// N counts the stamps of this journal. Two stamps with one number are of two
	// files.
	N uint64 `json:"n"`
	// Process is the random id of the process: that of its NATS micro service.
	Process string `json:"process"`
	// Name is the name of the process's connection to NATS, for operators.
	Name string `json:"name,omitempty"`
	// At is the time of the stamp, by the broker's clock, in milliseconds since 1970.
	At int64 `json:"at"`
}

// MaxStamp bounds an encoded [Stamp].
const MaxStamp = 1024

// Form implements [wire.Message].
func (m *Stamp) Form() wire.Form { return wire.Form{Name: "stamp", Version: m.V, Limit: MaxStamp} }

// Check implements [wire.Message].
func (m *Stamp) Check() error {
	if err := wire.CheckParticipant(m.Participant); err != nil {
		return err
	}
	if err := wire.CheckToken("journal", m.Journal); err != nil {
		return err
	}
	if m.N == 0 {
		return fmt.Errorf("n is missing")
	}
	if m.Process == "" || len(m.Process) > 64 {
		return fmt.Errorf("process %.70q has %d bytes, allowed are 1 to 64", m.Process, len(m.Process))
	}
	return wire.CheckText("name", m.Name, 256)
}

// StampSubject returns the subject of a journal's stamps in the stream
// [JournalStream]: journal.<participant>.<journal>.
func StampSubject(participant, journal string) string {
	return journalPrefix + participant + "." + journal
}

// StampFilter matches the stamps of all journals of one participant:
// journal.<participant>.*.
func StampFilter(participant string) string { return journalPrefix + participant + ".*" }

const journalPrefix = "journal."

// ParseStampSubject is the inverse of [StampSubject].
func ParseStampSubject(subject string) (participant, journal string, err error) {
	rest, ok := strings.CutPrefix(subject, journalPrefix)
	participant, journal, both := strings.Cut(rest, ".")
	if !ok || !both {
		return "", "", fmt.Errorf("subject %.80q is not journal.<participant>.<journal>", subject)
	}
	if err := wire.CheckParticipant(participant); err != nil {
		return "", "", fmt.Errorf("subject %.80q: %w", subject, err)
	}
	if err := wire.CheckToken("journal", journal); err != nil {
		return "", "", fmt.Errorf("subject %.80q: %w", subject, err)
	}
	return participant, journal, nil
}

// JournalStream holds the newest stamps of every journal, and the records of
// abandoned branches ([Abandoned]): file storage, no age limit, no direct get.
func JournalStream() wire.StreamSpec {
	return wire.StreamSpec{
		Name:       "JOURNALS",
		Subjects:   []string{journalPrefix + "*.*", abandonedPrefix + "*.*.*"},
		MaxBytes:   16 << 20,
		PerSubject: 16,
		MaxMsgSize: MaxAbandoned + 4096,
		Duplicates: time.Second,

		FirstAnywhere: true,
	}
}
