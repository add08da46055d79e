package main

import (
	"os"
	"strconv"
	"testing"

	"parley/internal/bench"
	"parley/internal/cli"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestBench: it measures, adds up, and leaves nothing behind.
func TestBench(t *testing.T) {
	dir := t.TempDir()
	r := parleyJSON[bench.TxReport](t, cli.ExitOK, "bench", "tx", "--data", dir, "--inflight", "4", "--count", "40", "--warm-up", "100ms", "--abort-ratio", "0.5")
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
	for _, part := range []string{"idle", "joins", "fanout", "history"} {
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
