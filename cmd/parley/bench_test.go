package main

import (
	"os"
	"strconv"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/internal/cli"
	"parley/wire/chatwire"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestBench: it measures, adds up, and leaves nothing behind.
func TestBench(t *testing.T) {
	dir := t.TempDir()
	r := parleyJSON[benchReport](t, cli.ExitOK, "bench", "tx", "--data", dir, "--inflight", "4", "--count", "40", "--warm-up", "100ms", "--abort-ratio", "0.5")
	if r.Committed != 40 || r.CommittedPerS <= 0 || r.P50MS <= 0 || r.P99MS < r.P50MS || r.MaxMS < r.P999MS {
		t.Errorf("%+v", r)
	}
	if r.Aborted < 30 || r.Aborted > 50 || r.Failed > 0 || r.Unknown > 0 {
		t.Errorf("half of the orders should abort and none fail: %+v", r)
	}
	names := ""
	for _, p := range r.Processes {
		names += p.Name + " "
		if p.RSSEndBytes <= 0 {
			t.Errorf("%s has no memory: %+v", p.Name, p)
		}
	}
	if names != "broker inventory delivery coordinator-1 load " {
		t.Errorf("processes: %s", names)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestBenchChat: every part but slow, which takes a minute, measures something,
// with everything checked.
func TestBenchChat(t *testing.T) {
	dir := t.TempDir()
	args := []string{
		"bench", "chat", "--data", dir, "--connections", "20", "--from", "4", "--settle", "0s", "--rooms", "2", "--subscribers", "10",
		"--rate", "8", "--text", "2000", "--duration", "2s", "--warm-up", "100ms", "--stalled", "10", "--messages", "2000", "--pages", "30",
	}
	for _, part := range []string{partIdle, partJoins, partFanout, partHistory} {
		args = append(args, "--only", part)
	}
	fields := parleyJSON[map[string]any](t, cli.ExitOK, args...)
	for _, name := range []string{
		"kb_per_idle_connection", "joins_per_s", "cpu_s_per_million_deliveries", "server_cpu_s_per_million_deliveries",
		"p50_ms", "p99_ms", "deliveries_per_s", "ack_p99_ms", "history_messages", "history_p50_ms", "history_p95_ms", "steal_percent", "cpus",
		"slow_ratio", "lost", "duplicates", "unacknowledged",
	} {
		if _, ok := fields[name].(float64); !ok {
			t.Errorf("%s is %v, want a number", name, fields[name])
		}
	}
	for _, name := range []string{"joins_per_s", "p50_ms", "p99_ms", "deliveries_per_s", "ack_p99_ms", "history_messages", "history_p95_ms"} {
		if n, _ := fields[name].(float64); n <= 0 {
			t.Errorf("%s is %v, want more than 0", name, fields[name])
		}
	}
	for _, name := range []string{"lost", "duplicates", "unacknowledged"} {
		if n, _ := fields[name].(float64); n != 0 {
			t.Errorf("%s is %v, want 0", name, fields[name])
		}
	}
	if fields["durability"] != "synced" {
		t.Errorf("durability %v, want synced", fields["durability"])
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestSlope(t *testing.T) {
	if got := slope([]weight{{1000, 11_000}, {2000, 21_000}, {3000, 31_000}}); got < 9.999 || got > 10.001 {
		t.Errorf("got %v, want 10", got)
	}
}

// TestChatReader: lost, repeated and late messages are seen.
func TestChatReader(t *testing.T) {
	a := &audience{born: time.Now()}
	e := &ear{chatSocket: &chatSocket{at: a.born.Add(30 * time.Millisecond)}, audience: a}
	for _, m := range []frame.Message{{Seq: 5}, {Seq: 7, Prev: 5}, {Seq: 7, Prev: 5}, {Seq: 12, Prev: 9}} {
		m.Kind, m.Text, m.Room, m.CID = chatwire.KindText, "hello", "r", a.cid(3, 10*time.Millisecond)
		m.ID, m.User = 1, "ada"
		if err := e.hear(frame.Encode(m)); err != nil {
			t.Fatal(err)
		}
	}
	if e.got != 3 || e.repeats != 1 || e.gaps != 1 || a.delivered.Load() != 3 {
		t.Errorf("%d heard, %d repeats, %d gaps, want 3, 1 and 1", e.got, e.repeats, e.gaps)
	}
	if h := e.histogram[phaseWarmUp].arrived; h.TotalCount() != 3 || h.Max() < 19_900 || h.Max() > 20_300 {
		t.Errorf("latency %d µs, want 20 ms", h.Max())
	}
	if err := e.hear(frame.Encode(frame.Ack{CID: a.cid(3, 0), Seq: 12})); err != nil || a.highest.Load() != 12 || a.acked.Load() != 1 {
		t.Errorf("%v: highest acknowledged %d of %d", err, a.highest.Load(), a.acked.Load())
	}
}

func TestStealSince(t *testing.T) {
	if got := (cpuTimes{total: 300, steal: 30}).stealSince(cpuTimes{total: 100, steal: 10}); got != 10 {
		t.Errorf("got %v, want 10", got)
	}
	if got := (cpuTimes{}).stealSince(cpuTimes{}); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}
