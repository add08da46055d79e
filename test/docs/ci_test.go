package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What runs for every change runs the tests: an empty script passes, too.
func TestCIRunsTheTests(t *testing.T) {
	path := filepath.Join(root, ".ci", "run")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&0o111 == 0 {
		t.Errorf("%s cannot be executed", path)
	}
	if text := read(t, ".ci/run"); !strings.HasPrefix(text, "#!/") || !strings.Contains(text, "\nset -euo pipefail\n") || !strings.Contains(text, "make test") {
		t.Errorf("%s does not run make test:\n%s", path, text)
	}
}
