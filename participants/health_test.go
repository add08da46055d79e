package participants

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/participants/driver"

	"parley/internal/streams"
)

func TestHealthCheck(t *testing.T) {
	now := time.Now()
	var h health
	check := func(at time.Time, want string) {
		t.Helper()
		err := h.check(at)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("it reports %v, want %q", err, want)
		}
	}
	h.succeeded(now)
	check(now.Add(maxSilence), "")
	check(now.Add(maxSilence+time.Second), "nothing was written to the journal for 16s")
	h.call.Store(&call{id: benchID(7), stage: "commit", since: now})
	check(now.Add(maxSilence+time.Second), "the resource's commit of "+benchID(7).String())
	h.call.Store(nil)
	h.broke(errors.New("disk\nfull"))
	check(now, "cannot be written: disk full")
	h.succeeded(now)
	check(now, "")
}

// A failed group makes the participant unhealthy immediately, and a successful trial
// makes it healthy again.
func TestHealthFollowsTheJournal(t *testing.T) {
	var log bytes.Buffer
	b := newBenchOf(t, true, &tally{}, slog.New(slog.NewTextHandler(&log, nil)))
	b.s.health.succeeded(time.Now())
	trial := func() error {
		o := newUpkeep(func(j *journal, c driver.Conn) error { return j.trial(c) })
		b.do(o)
		return b.s.tried(t.Context(), <-o.done)
	}
	healthy := func() bool { return b.s.health.check(time.Now()) == nil }
	b.f.plans["COMMIT"] = []fault{{err: errFault}}
	if b.do(b.prepare()); healthy() {
		t.Error("it is healthy after a group that was refused")
	}
	if err := trial(); err != nil || !healthy() {
		t.Errorf("it is not healthy after a trial that ended with %v", err)
	}
	b.f.plans["COMMIT"] = []fault{{err: errFault}}
	if err := trial(); err == nil || healthy() {
		t.Errorf("it is healthy after a trial that ended with %v", err)
	}
	if again, no := strings.Count(log.String(), "can be written again"), strings.Count(log.String(), "no transaction is served"); again != 1 || no != 1 {
		t.Errorf("the log does not have each change once:\n%s", &log)
	}
}

// A journal that cannot be written is not opened, though nothing needs a write.
func TestStartTriesAWrite(t *testing.T) {
	cfg := JournalConfig{Config{Name: "bench"}, filepath.Join(t.TempDir(), "journal.db")}
	for _, refuses := range []bool{false, true} {
		p, err := cfg.role(&tally{})
		if err != nil {
			t.Fatal(err)
		}
		f := &faulty{Journal: p.db, plans: make(map[string][]fault)}
		if refuses {
			f.plans[f.SQL().PutMeta] = []fault{{err: errFault}}
		}
		p.db = f
		s, err := p.open(t.Context(), streams.Info{Incarnation: "test"})
		if !refuses {
			if err != nil {
				t.Fatal(err)
			}
			_ = s.journal.close()
		} else if err == nil || !strings.Contains(err.Error(), "cannot be written") || !strings.Contains(err.Error(), cfg.Path) {
			t.Errorf("it was opened with %v", err)
		}
	}
}

// A call that does not return is reported once, with its transaction and stage.
func TestSlowCallIsReported(t *testing.T) {
	var log bytes.Buffer
	b := newBenchOf(t, false, &tally{}, slog.New(slog.NewTextHandler(&log, nil)))
	now := time.Now()
	c := &call{id: benchID(7), stage: "prepare", since: now}
	b.s.health.call.Store(c)
	last := b.s.watchCall(nil, now.Add(slowCall))
	if last != nil || log.Len() > 0 {
		t.Errorf("it is reported too early: %s", &log)
	}
	for range 3 {
		last = b.s.watchCall(last, now.Add(slowCall+time.Second))
	}
	if n := b.s.Counts().SlowCalls; n != 1 || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), c.id.String()) || !strings.Contains(log.String(), "stage=prepare") {
		t.Errorf("%d slow calls are counted, the log is\n%s", n, &log)
	}
	b.s.health.call.Store(nil)
	if last = b.s.watchCall(last, now.Add(time.Minute)); last != nil || strings.Count(log.String(), "\n") != 2 {
		t.Errorf("its return is not logged:\n%s", &log)
	}
}
