package mount

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"parley/test/power/disk"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shell runs a script in a mounted disk, in another process.
func shell(t *testing.T, dir, script string) string {
	t.Helper()
	// Not by cmd.Dir: this process, which serves the directory, would wait for it.
	cmd := exec.Command("sh", "-euc", "cd "+dir+"\n"+script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

func at(t *testing.T, dir string, d *disk.Disk, do func()) {
	t.Helper()
	m, err := At(dir, d)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Unmount(); err != nil {
			t.Fatal(err)
		}
	}()
	do()
}

// Ordinary programs see an ordinary file system, and after a loss of power what
// they had synced.
func TestFiles(t *testing.T) {
	dir, d := t.TempDir(), disk.New()
	at(t, dir, d, func() {
		shell(t, dir, `
			mkdir -p a/b
			echo one > a/b/f; sync a/b/f
			echo two > a/b/g
			echo three >> a/b/f
			ln a/b/f a/link
			mv a/b/g a/moved
			echo gone > x; sync x; rm x; sync .
			echo back > y; sync y; rm y
			dd if=/dev/zero of=zeros bs=4096 count=300 conv=fsync status=none
			printf synced | dd of=o bs=6 oflag=sync status=none
			printf direct > p; truncate -s 3 p; sync p; chmod 600 p
			test "$(cat a/b/f)" = "$(printf 'one\nthree')"
			test "$(stat -c %h a/b/f)" = 2
			test "$(stat -c %s zeros)" = 1228800
			! mkdir a 2>/dev/null
			! rmdir a 2>/dev/null`)
		d.Cut()
		d.Fail()
	})
	next := d.After(disk.Drop())
	at(t, dir, next, func() {
		got := shell(t, dir, `find . -type f | sort | while read f; do echo "$f $(stat -c %s $f) $(head -c 20 $f | tr -d '\0')"; done`)
		want := []string{"./a/b/f 4 one", "./o 6 synced", "./p 3 dir", "./y 5 back", "./zeros 1228800 "}
		if strings.TrimSuffix(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("left is\n%swant\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// The error of a mount that fails names what it needs.
func TestMountFails(t *testing.T) {
	if _, err := At(fmt.Sprintf("/does/not/exist/%d", os.Getpid()), disk.New()); err == nil || !strings.Contains(err.Error(), "fusermount3") {
		t.Errorf("the error is %v", err)
	}
}
