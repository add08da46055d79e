package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestStealSince(t *testing.T) {
	if got := (CPU{total: 300, steal: 30}).StealSince(CPU{total: 100, steal: 10}); got != 10 {
		t.Errorf("got %v, want 10", got)
	}
	if got := (CPU{}).StealSince(CPU{}); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}

func TestReadIO(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc/self/io")
	}
	before := ReadIO()
	if err := os.WriteFile(filepath.Join(t.TempDir(), "file"), make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := ReadIO().Since(before); d.Written < 100_000 || d.Written > 200_000 {
		t.Errorf("100,000 bytes were written, counted are %.0f", d.Written)
	}
}

func TestUsed(t *testing.T) {
	before := Used()
	for before == Used() { // it counts what this loop uses
	}
	if before < 0 || Used() < before {
		t.Errorf("used %v, then %v", before, Used())
	}
}
