package main

import (
	"os"
	"strconv"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestBench: it measures, adds up, and leaves nothing behind.
func TestBench(t *testing.T) {
	dir := t.TempDir()
	r := parleyJSON[benchReport](t, exitOK, "bench", "tx", "--data", dir, "--inflight", "4", "--count", "40", "--warm-up", "100ms", "--abort-ratio", "0.5")
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

func TestStealSince(t *testing.T) {
	if got := (cpuTimes{total: 300, steal: 30}).stealSince(cpuTimes{total: 100, steal: 10}); got != 10 {
		t.Errorf("got %v, want 10", got)
	}
	if got := (cpuTimes{}).stealSince(cpuTimes{}); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}
