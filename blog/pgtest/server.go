package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// Server is a running PostgreSQL.
type Server struct {
	dir string
	cmd *exec.Cmd
	// hold keeps it alive: the server is stopped when the other end of this
	// pipe reads the end, also when this process is killed.
	hold io.Closer
	// schemas counts the calls of Schemas, for their names.
	schemas atomic.Int64
}

// script starts the server, reports that, waits for its input to end, and stops it.
const script = `set -e
"$1/initdb" -D "$2/data" -U parley -A trust -E UTF8 --locale=C -N >"$2/log" 2>&1
"$1/pg_ctl" -D "$2/data" -l "$2/log" -w -t 60 -o "-k '$2' -c listen_addresses='' -c max_connections=300" start >>"$2/log" 2>&1
echo ready
cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate -w stop >>"$2/log" 2>&1
`

// start makes a cluster and starts it.
func start() (s *Server, err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	// Directly below the system's directory: a socket's path is at most 107
	// bytes long, and other users must be able to get there.
	dir, err := os.MkdirTemp("", "parley-pg-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	cmd := exec.Command("/bin/sh", "-c", script, "sh", bin, dir)
	cmd.Dir = dir
	if err := unprivileged(cmd, dir); err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		_ = in.Close()
		output, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, fmt.Errorf("PostgreSQL did not start: %w\n%s", errors.Join(err, cmd.Wait()), output)
	}
	return &Server{dir: dir, cmd: cmd, hold: in}, nil
}

// stop ends the server and removes its data.
func (s *Server) stop() error {
	return errors.Join(s.hold.Close(), s.cmd.Wait(), os.RemoveAll(s.dir))
}

// DSN connects to a database of the server.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("host=%s user=parley dbname=%s", s.dir, database)
}

// programs finds the directory of initdb and its like.
func programs() (dir string, err error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is good
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed: run `make deps`, or install the package postgresql")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged runs cmd as another user if this is root, as which PostgreSQL
// refuses to run.
func unprivileged(cmd *exec.Cmd, dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return fmt.Errorf("looking for a user to run PostgreSQL as: %w", err)
		}
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr, os.Chown(dir, uid, gid)); err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return nil
}

// Run starts a server, which the test's end stops.
func Run(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("pgtest: stopping PostgreSQL: %v", err)
		}
	})
	return s
}

// Schemas makes n unused schemas and returns a DSN for each.
func (s *Server) Schemas(t testing.TB, n int) []string {
	t.Helper()
	prefix := fmt.Sprintf("t%d_", s.schemas.Add(1))
	var dsns, create []string
	for i := range n {
		name := prefix + strconv.Itoa(i)
		create = append(create, "CREATE SCHEMA "+name)
		dsns = append(dsns, s.DSN("postgres")+" search_path="+name)
	}
	s.Exec(t, create...)
	return dsns
}

// Exec runs statements, one by one.
func (s *Server) Exec(t testing.TB, statements ...string) {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(bin, "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", s.DSN("postgres"))
	cmd.Stdin = strings.NewReader(strings.Join(statements, ";\n") + ";\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}
