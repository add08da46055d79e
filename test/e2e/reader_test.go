package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/test/proc"
)

// reader types what the documents show, in a directory that holds the program
// and nothing else. The documents name the usual ports; a reader's are free
// ones, which programs find by the environment and, where there is none, by
// replacement.
type reader struct {
	testing.TB
	dir string
	// url is where NATS listens, page where the gateway does.
	url, page string
}

func newReader(t testing.TB) *reader {
	t.Helper()
	r := &reader{TB: t, dir: t.TempDir()}
	if err := os.Symlink(string(binary), filepath.Join(r.dir, "parley")); err != nil {
		t.Fatal(err)
	}
	return r
}

// options are the directory and the environment of a person who has the directory
// in the path and has set where the servers are.
func (r *reader) options() proc.Options {
	env := []string{"PATH=" + r.dir + string(os.PathListSeparator) + os.Getenv("PATH")}
	if r.url != "" {
		env = append(env, "PARLEY_NATS="+r.url)
	}
	if r.page != "" {
		env = append(env, "PARLEY_GATEWAY="+r.page)
	}
	return proc.Options{Dir: r.dir, Env: env}
}

// start starts a command that runs until it is stopped, in the directory.
func (r *reader) start(args ...string) *process {
	r.Helper()
	return proc.LaunchBy(r, r.options(), append([]string{filepath.Join(r.dir, "parley")}, args...)...)
}

// run types one line into a shell and returns what it prints, on both outputs.
func (r *reader) run(line string) (out string, code int) {
	r.Helper()
	if url, ok := strings.CutPrefix(line, "curl -s "); ok {
		return r.get(url), exitOK
	}
	out, _, code = proc.RunBy(r, r.options(), "sh", "-c", "exec 2>&1\n"+line)
	return out, code
}

// get is what curl prints.
func (r *reader) get(url string) string {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		r.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		r.Fatalf("%s: status %d, %v\n%s", url, answer.StatusCode, err, body)
	}
	return string(body)
}

// try runs a shown command and compares.
func (r *reader) try(c shown) error {
	r.Helper()
	line := strings.ReplaceAll(c.line, "http://127.0.0.1:8080/", r.page)
	out, code := r.run(line)
	if want := c.exit(); code != want {
		return fmt.Errorf("%s: exit %d, the document shows what has %d\n%s", line, code, want, out)
	}
	if c.output == "" {
		return nil
	}
	return c.compare(out)
}

// shown is a command in a document, with the output that stands below it.
type shown struct{ line, output string }

// exit is the code of a command with such an output.
func (c shown) exit() int {
	switch {
	case strings.HasPrefix(c.output, "Order not placed"):
		return exitAborted
	case strings.HasPrefix(c.output, "parley: "):
		return exitWrong
	default:
		return exitOK
	}
}

// compare compares with what was printed. Three dots stand for any lines.
func (c shown) compare(printed string) error {
	want, got := c.output, printed
	if !strings.Contains(c.line, " id decode ") { // always the same
		want, got = mask(want), mask(got)
	}
	pattern := regexp.QuoteMeta(strings.TrimSpace(want))
	pattern = strings.ReplaceAll("\n"+pattern, "\n"+`\.\.\.`, `(\n.*)*`)
	if regexp.MustCompile(`^` + pattern + `$`).MatchString("\n" + strings.TrimSpace(got)) {
		return nil
	}
	return fmt.Errorf("%s prints\n%s\nthe document shows\n%s\nwithout what differs every time:\n%s\nand\n%s", c.line, printed, c.output, got, want)
}

// masks replace what is different every time. Columns are as wide as what is in
// them, so any space is one.
var masks = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+Z)?`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`"at":\d+`), `"at":TIME`},
	{regexp.MustCompile(`\b[0-9a-f]{11}-[a-z2-7]{16}\b`), "KEY"},
	{regexp.MustCompile(`\b[a-z2-7]{16}\b`), "NAME"},
	{regexp.MustCompile(`\b\d{16}\b`), "ID"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`(?m)^ +\d+ +held\b`), "N held"},
	// In `parley status`: for how long, and who leads what.
	{regexp.MustCompile(`\b(\d+m)?\d+s\b`), "UP"},
	{regexp.MustCompile(`\bworker \d+,`), "worker N,"},
	{regexp.MustCompile(`sync always(, leads [A-Z]+(, [A-Z]+)*)?`), "sync always"},
	{regexp.MustCompile(`connected to broker-\d`), "connected to BROKER"},
	{regexp.MustCompile(`(?m)^TXLOG +broker-\d +broker-\d( \d+ behind)?, broker-\d( \d+ behind)? +synced +\d+ +\d+ KB`), "TXLOG BROKER BROKER, BROKER synced N N KB"},
	{regexp.MustCompile(` +`), " "},
	{regexp.MustCompile(`(?m) $`), ""},
}

func mask(text string) string {
	for _, m := range masks {
		text = m.what.ReplaceAllString(text, m.by)
	}
	return text
}

// document is one of the module's, by its path.
func document(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blocks are the fenced blocks without a language between two texts.
func blocks(t testing.TB, text, from, to string) (found []string) {
	t.Helper()
	_, text, ok := strings.Cut(text, from)
	text, _, ok2 := strings.Cut(text, to)
	if !ok || !ok2 {
		t.Fatalf("there is no %q, or no %q after it", from, to)
	}
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			found = append(found, m[2])
		}
	}
	return found
}

// section is a section of the README or of the guide.
func section(t testing.TB, heading string) []string {
	t.Helper()
	return blocks(t, document(t, "README.md")+document(t, "docs/GUIDE.md")+"\n## ", "\n## "+heading+"\n", "\n## ")
}

// prompted are the commands after a prompt, with their outputs.
func prompted(blocks []string) (all []shown) {
	for _, b := range blocks {
		if !strings.HasPrefix(b, "$ ") {
			continue
		}
		for c := range strings.SplitSeq("\n"+b, "\n$ ") {
			if line, output, _ := strings.Cut(c, "\n"); line != "" {
				all = append(all, shown{line, strings.TrimSpace(output)})
			}
		}
	}
	return all
}

// typed are the lines of the one block that starts with this command.
func typed(t testing.TB, blocks []string, first string) []string {
	t.Helper()
	i := slices.IndexFunc(blocks, func(b string) bool { return strings.HasPrefix(b, first) })
	if i < 0 {
		t.Fatalf("no block starts with %q", first)
	}
	return strings.Split(strings.TrimSpace(blocks[i]), "\n")
}
