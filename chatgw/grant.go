package chatgw

import (
	"encoding/json"
	"strings"
	"time"
)

// grant is who somebody is and what they may do.
type grant struct {
	user  string
	guest bool
	may   *permissions
	// claims are those of its token; nil for a guest.
	claims json.RawMessage
	// until is when it ends; zero: with the connection.
	until time.Time
}

// permissions are patterns of rooms: a name, a beginning with '*', or '*'. Who
// may write may read.
type permissions struct{ read, write []string }

func (p *permissions) mayRead(room string) bool { return match(p.read, room) || match(p.write, room) }

func (p *permissions) mayWrite(room string) bool { return match(p.write, room) }

func match(patterns []string, room string) bool {
	for _, p := range patterns {
		if begin, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(room, begin) || p == room {
			return true
		}
	}
	return false
}
