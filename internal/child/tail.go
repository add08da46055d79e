package child

import (
	"io"
	"os"
	"strings"
	"sync"

	"parley/internal/cli"
)

// tail keeps the end of what is written to it, for error messages.
type tail struct {
	mu   sync.Mutex
	last []byte
}

// tailSize is the size kept in bytes: a few lines.
const tailSize = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if over := len(t.last) - tailSize; over > 0 {
		t.last = append([]byte(nil), t.last[over:]...)
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.last))
}

// endOf is the path of a log whose last line explains why its process ended.
type endOf string

// text returns the last line that is not empty.
func (e endOf) text() string {
	f, err := os.Open(string(e))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > tailSize {
		_, _ = f.Seek(-tailSize, io.SeekEnd) // from the start is right too
	}
	data, err := io.ReadAll(io.LimitReader(f, tailSize))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return cli.Printable(lines[len(lines)-1])
}
