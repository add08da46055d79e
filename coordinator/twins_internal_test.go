package coordinator

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"github.com/nats-io/nats.go"

	"parley/wire/txwire"
)

func TestTwinsAreAlarms(t *testing.T) {
	start := time.Now()
	for name, c := range map[string]struct {
		// stamps are "journal/process@minute".
		stamps []struct {
			journal, process string
			at               time.Duration
		}
		want string
	}{
		"one process after another": {stamps: stamps("a", "p1", "a", "p1", "a", "p2", "a", "p2", "a", "p3")},
		"a copy":                    {stamps: stamps("a", "p1", "a", "p2", "a", "p1"), want: "copies of its file"},
		"a copy that stays":         {stamps: stamps("a", "p1", "a", "p2", "a", "p2", "a", "p1", "a", "p2"), want: "copies of its file"},
		"two journals":              {stamps: stamps("a", "p1", "b", "p2"), want: "two journals"},
		"a new journal later": {stamps: append(stamps("a", "p1"), struct {
			journal, process string
			at               time.Duration
		}{"b", "p2", time.Hour})},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			co, err := New(Config{Log: slog.New(slog.NewTextHandler(&out, nil))}, Deps{NATS: &nats.Conn{Opts: nats.Options{ReconnectBufSize: -1, AllowReconnect: true, MaxReconnect: -1}}})
			roletest.Must(t, err)
			w := &twins{c: co, journals: map[string]map[string]*stampedBy{}}
			for _, s := range c.stamps {
				w.stamped(&txwire.Stamp{Participant: "inventory", Journal: s.journal, Process: s.process, Name: "of " + s.process}, start.Add(s.at))
			}
			if got := out.String(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Count(got, "\n") > 1 {
				t.Errorf("logged is %q, want one line with %q", got, c.want)
			}
		})
	}
}

// stamps are of journals and processes, half a minute apart.
func stamps(all ...string) (s []struct {
	journal, process string
	at               time.Duration
},
) {
	for i := 0; i < len(all); i += 2 {
		s = append(s, struct {
			journal, process string
			at               time.Duration
		}{all[i], all[i+1], time.Duration(i) * 15 * time.Second})
	}
	return s
}
