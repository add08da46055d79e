package arch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A program in another module that imports these packages links only the listed packages
// of this module, and nothing of the barred modules.
var links = []struct {
	imports, own, barred []string
}{
	{
		imports: []string{"participants", "coordinator/txclient"},
		own: []string{
			"coordinator/txclient", "internal/brokertime", "internal/hooks", "internal/pause", "internal/respond", "internal/streams", "natsconn",
			"participants", "participants/driver", "participants/machine", "wire", "wire/txwire",
		},
		barred: []string{"github.com/nats-io/nats-server", "github.com/gorilla/websocket", "github.com/chromedp", "github.com/jackc/pgx", "modernc.org/sqlite", "github.com/anishathalye/porcupine"},
	},
	{
		imports: []string{"participants/sqlite"},
		own:     []string{"internal/private", "internal/sqlitefile", "participants/driver", "participants/sqlite"},
		barred:  []string{"github.com/nats-io", "github.com/jackc/pgx"},
	},
	{
		imports: []string{"coordinator/txclient"},
		own:     []string{"coordinator/txclient", "internal/pause", "natsconn", "wire", "wire/txwire"},
		barred:  []string{"modernc.org/sqlite"},
	},
	{
		imports: []string{"idworker/idclient"},
		own:     []string{"idworker/idclient", "idworker/snowflake", "internal/pause", "natsconn", "wire", "wire/idwire"},
		barred:  []string{"modernc.org/sqlite"},
	},
	{
		imports: []string{"idworker/snowflake"},
		own:     []string{"idworker/snowflake"},
		barred:  []string{"github.com", "modernc.org"},
	},
	{
		imports: []string{"chatgw"},
		own: []string{
			"chatgw", "chatgw/frame", "chatgw/rooms", "chatgw/rooms/machine", "chatgw/rooms/presence", "chatgw/socket", "idworker/snowflake",
			"internal/loopback", "internal/pause", "internal/respond", "internal/settings", "internal/streams", "natsconn", "wire", "wire/chatwire",
		},
		barred: []string{"github.com/nats-io/nats-server", "modernc.org/sqlite", "github.com/chromedp", "github.com/jackc/pgx", "github.com/anishathalye/porcupine"},
	},
	{
		imports: []string{"chatgw/chatclient"},
		own:     []string{"chatgw/chatclient", "chatgw/frame", "idworker/snowflake", "wire", "wire/chatwire"},
		barred:  []string{"modernc.org/sqlite", "github.com/prometheus", "github.com/golang-jwt"},
	},
	{
		imports: []string{"blog/blogclient"},
		own:     []string{"blog/blogclient", "idworker/snowflake", "internal/pause", "natsconn", "wire", "wire/blogwire"},
		barred:  []string{"modernc.org/sqlite", "github.com/jackc/pgx"},
	},
}

func TestLinks(t *testing.T) {
	for _, l := range links {
		t.Run(strings.Join(l.imports, " and "), func(t *testing.T) {
			t.Parallel()
			dir := userModule(t, l.imports)
			run(t, dir, "build", "-o", filepath.Join(dir, "user"), ".")
			var own []string
			for dep := range strings.FieldsSeq(run(t, dir, "list", "-deps", ".")) {
				if d, ok := strings.CutPrefix(dep, Module+"/"); ok {
					own = append(own, d)
				}
				if slices.ContainsFunc(l.barred, func(b string) bool { return within(dep, b) }) {
					t.Errorf("it brings %s", dep)
				}
			}
			slices.Sort(own)
			if !slices.Equal(own, l.own) {
				t.Errorf("it brings %q\nlisted are %q", own, l.own)
			}
		})
	}
}

// userModule is a module that imports packages of this one, with the versions that
// this one has chosen.
func userModule(t *testing.T, imports []string) (dir string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(mod), "module "+Module+"\n", "module user.example/program\n", 1)
	own += "\nrequire " + Module + " v0.0.0\n\nreplace " + Module + " => " + root + "\n"
	source := "package main\n\nimport (\n"
	for _, i := range imports {
		source += "\t_ \"" + Module + "/" + i + "\"\n"
	}
	source += ")\n\nfunc main() {}\n"
	dir = t.TempDir()
	for name, data := range map[string]string{"go.mod": own, "go.sum": string(sum), "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := c.Output()
	if err != nil {
		var stderr []byte
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			stderr = e.Stderr
		}
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	return string(out)
}
