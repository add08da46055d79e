package txwire

import (
	"time"

	"parley/wire"
)

// LogStream holds the commit logs, one subject each: file storage, discard new,
// no age limit, no rollup, no direct get.
func LogStream() wire.StreamSpec {
	return wire.StreamSpec{
		Name:       "TXLOG",
		Subjects:   []string{logPrefix + "*"},
		MaxBytes:   256 << 20,
		MinBytes:   4 * MaxRecord,
		MaxMsgSize: MaxRecord + 4096,
		Duplicates: time.Second,

		SoftPercent: 75,
	}
}
