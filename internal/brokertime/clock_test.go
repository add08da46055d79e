package brokertime

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// wall is a clock that is off by some time.
type wall struct{ off atomic.Int64 }

func (w *wall) now() time.Time { return time.Now().Add(time.Duration(w.off.Load())) }

func (w *wall) set(off time.Duration) { w.off.Store(int64(off)) }

// about compares with a tolerance: a test on a busy machine may be stopped for a while.
func about(t *testing.T, what string, is, want time.Duration) {
	t.Helper()
	if d := (is - want).Abs(); d > time.Minute {
		t.Errorf("%s is %v, want %v", what, is, want)
	}
}

func observe(c *Clock, broker time.Time, trip time.Duration) {
	now := time.Now()
	c.Observe(now.Add(-trip), now, broker)
}

func TestBrokersTimeCounts(t *testing.T) {
	var w wall
	var out bytes.Buffer
	c := New(slog.New(slog.NewTextHandler(&out, nil)))
	c.SetWall(w.now)
	w.set(24 * time.Hour)
	about(t, "the time before a comparison", time.Until(c.Now()), 24*time.Hour)

	observe(c, time.Now(), 0)
	about(t, "the broker's time", time.Until(c.Now()), 0)
	about(t, "the difference", c.Ahead(), 24*time.Hour)
	err := c.Check()
	if err == nil || !strings.Contains(err.Error(), "24h0m0s ahead of the broker's, allowed is 1h0m0s") {
		t.Errorf("a clock a day ahead is checked with %v", err)
	}
	for off, refused := range map[time.Duration]bool{0: false, 50 * time.Minute: false, -50 * time.Minute: false, -48 * time.Hour: true} {
		// A step changes nothing but the difference.
		w.set(off)
		about(t, "the broker's time", time.Until(c.Now()), 0)
		about(t, "the difference", c.Ahead(), off)
		if err := c.Check(); (err != nil) != refused {
			t.Errorf("a clock %v ahead is checked with %v", off, err)
		}
	}
	if err := func() error { w.set(-48 * time.Hour); return c.Check() }(); err == nil || !strings.Contains(err.Error(), "behind the broker's") {
		t.Errorf("a clock two days behind is checked with %v", err)
	}
}

// A comparison with a long round trip is inaccurate, but better than none.
func TestLongRoundTrip(t *testing.T) {
	c := New(slog.New(slog.DiscardHandler))
	observe(c, time.Now().Add(3*time.Hour), time.Minute)
	about(t, "the first comparison", time.Until(c.Now()), 3*time.Hour)
	observe(c, time.Now(), time.Minute)
	about(t, "one that took a minute", time.Until(c.Now()), 3*time.Hour)
	observe(c, time.Now(), time.Second)
	about(t, "one that took a second", time.Until(c.Now()), 0)
	observe(c, time.Now().Add(time.Hour), time.Millisecond)
	about(t, "one that took a millisecond", time.Until(c.Now()), time.Hour)
	observe(c, time.Now(), time.Second)
	about(t, "one that took longer right after it", time.Until(c.Now()), time.Hour)
}

// A difference is logged once, and when it has passed.
func TestDifferenceIsLogged(t *testing.T) {
	var w wall
	var out bytes.Buffer
	c := New(slog.New(slog.NewTextHandler(&out, nil)))
	c.SetWall(w.now)
	for _, step := range []struct {
		off  time.Duration
		want string
	}{
		{0, ""},
		{time.Minute, "differs from the broker's"},
		{time.Minute, ""},
		{-25 * time.Hour, "no transaction is served"},
		{-25 * time.Hour, ""},
		{0, "agrees with the broker's"},
	} {
		out.Reset()
		w.set(step.off)
		observe(c, time.Now(), 0)
		if got := out.String(); (got == "") != (step.want == "") || !strings.Contains(got, step.want) {
			t.Errorf("%v ahead, logged is %q, want %q", step.off, got, step.want)
		}
	}
	out.Reset()
	observe(c, time.Now().Add(-time.Hour), 0)
	if !strings.Contains(out.String(), "the broker's clock jumped") {
		t.Errorf("an hour back of the broker's clock was logged as %q", out.String())
	}
}
