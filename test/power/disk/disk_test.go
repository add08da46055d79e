package disk

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a disk on which a test acts by paths.
type world struct {
	t testing.TB
	*Disk
}

func (w world) find(path string) (dir *Inode, name string) {
	w.t.Helper()
	dir = w.Root()
	parts := strings.Split(path, "/")
	for _, p := range parts[:len(parts)-1] {
		d, errno := dir.Lookup(p)
		if errno != 0 {
			w.t.Fatalf("%s: %v", path, errno)
		}
		dir = d
	}
	return dir, parts[len(parts)-1]
}

func (w world) at(path string) *Inode {
	w.t.Helper()
	if path == "" {
		return w.Root()
	}
	dir, name := w.find(path)
	n, errno := dir.Lookup(name)
	if errno != 0 {
		w.t.Fatalf("%s: %v", path, errno)
	}
	return n
}

func (w world) must(errno syscall.Errno) {
	w.t.Helper()
	if errno != 0 {
		w.t.Fatal(errno)
	}
}

func (w world) mkdir(path string) {
	w.t.Helper()
	dir, name := w.find(path)
	_, errno := dir.Create(name, syscall.S_IFDIR|0o755)
	w.must(errno)
}

func (w world) write(path, text string) {
	w.t.Helper()
	dir, name := w.find(path)
	n, errno := dir.Lookup(name)
	if errno == syscall.ENOENT {
		n, errno = dir.Create(name, syscall.S_IFREG|0o644)
	}
	w.must(errno)
	w.must(n.Write([]byte(text), 0, false))
}

func (w world) sync(path string) { w.t.Helper(); w.must(w.at(path).Sync()) }

func (w world) rename(from, to string) {
	w.t.Helper()
	a, name := w.find(from)
	b, newName := w.find(to)
	w.must(a.Rename(name, b, newName, true))
}

func (w world) remove(path string) {
	w.t.Helper()
	dir, name := w.find(path)
	w.must(dir.Remove(name, w.at(path).isDir()))
}

// tree is every path and, of files, the text.
func tree(d *Disk) map[string]string {
	all := map[string]string{}
	var walk func(string, *Inode)
	walk = func(prefix string, n *Inode) {
		for _, e := range n.List() {
			if e.Inode.isDir() {
				all[prefix+e.Name] = "/"
				walk(prefix+e.Name+"/", e.Inode)
			} else {
				text := make([]byte, e.Inode.Stat().Size)
				e.Inode.Read(text, 0)
				all[prefix+e.Name] = string(text)
			}
		}
	}
	walk("", d.Root())
	return all
}

func (w world) after(l Loss) *Disk {
	w.Cut()
	w.Fail()
	return w.After(l)
}

// What is left is what was synced, and nothing else.
func TestDrop(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w world)
		left map[string]string
	}{
		"nothing synced": {func(w world) { w.mkdir("d"); w.write("d/f", "x") }, nil},
		"a file brings its name and directories": {
			func(w world) {
				w.mkdir("d")
				w.mkdir("d/e")
				w.write("d/e/f", "x")
				w.write("d/g", "y")
				w.sync("d/e/f")
			},
			map[string]string{"d": "/", "d/e": "/", "d/e/f": "x"},
		},
		"a directory brings names, not data": {
			func(w world) { w.mkdir("d"); w.write("d/f", "x"); w.mkdir("d/e"); w.write("d/e/g", "y"); w.sync("d") },
			map[string]string{"d": "/", "d/f": "", "d/e": "/"},
		},
		"written after the sync": {
			func(w world) { w.write("f", "old and long"); w.sync("f"); w.write("f", "new") },
			map[string]string{"f": "old and long"},
		},
		"synced twice": {
			func(w world) { w.write("f", "old and long"); w.sync("f"); w.write("f", "new"); w.sync("f") },
			map[string]string{"f": "new and long"},
		},
		"cut and extended": {
			func(w world) {
				w.write("f", "abcdef")
				w.must(w.at("f").Truncate(2))
				w.must(w.at("f").Truncate(4))
				w.sync("f")
				w.must(w.at("f").Truncate(0))
			},
			map[string]string{"f": "ab\x00\x00"},
		},
		"a write with O_SYNC": {
			func(w world) { w.write("f", "abc"); w.must(w.at("f").Write([]byte("X"), 1, true)) },
			map[string]string{"f": "aXc"},
		},
		"removed, not synced": {
			func(w world) { w.write("f", "x"); w.sync("f"); w.remove("f") },
			map[string]string{"f": "x"},
		},
		"removed and synced": {
			func(w world) { w.write("f", "x"); w.sync("f"); w.remove("f"); w.sync("") }, nil,
		},
		"removed, another file synced": {
			func(w world) { w.write("f", "x"); w.write("g", "y"); w.sync("f"); w.remove("f"); w.sync("g") },
			map[string]string{"f": "x", "g": "y"},
		},
		"replaced by an atomic rename, not synced": {
			func(w world) { w.write("f", "old"); w.sync("f"); w.write("t", "new"); w.sync("t"); w.rename("t", "f") },
			map[string]string{"f": "old", "t": "new"},
		},
		"replaced, the directory synced": {
			func(w world) {
				w.write("f", "old")
				w.sync("f")
				w.write("t", "new")
				w.sync("t")
				w.rename("t", "f")
				w.sync("")
			},
			map[string]string{"f": "new"},
		},
		"replaced, the file synced": {
			func(w world) { w.write("f", "old"); w.sync("f"); w.write("t", "new"); w.rename("t", "f"); w.sync("f") },
			map[string]string{"f": "new"},
		},
		"replaced without syncing the data": {
			func(w world) { w.write("f", "old"); w.sync("f"); w.write("t", "new"); w.rename("t", "f"); w.sync("") },
			map[string]string{"f": ""},
		},
		"moved to another directory, one of them synced": {
			func(w world) {
				w.mkdir("a")
				w.mkdir("b")
				w.write("a/f", "x")
				w.sync("a/f")
				w.rename("a/f", "b/f")
				w.sync("a")
			},
			map[string]string{"a": "/", "b": "/", "b/f": "x"},
		},
		"moved to another directory, the other one synced": {
			func(w world) {
				w.mkdir("a")
				w.mkdir("b")
				w.write("a/f", "x")
				w.sync("a/f")
				w.rename("a/f", "b/f")
				w.sync("b")
			},
			map[string]string{"a": "/", "b": "/", "b/f": "x"},
		},
		"a directory moved": {
			func(w world) { w.mkdir("a"); w.write("a/f", "x"); w.sync("a/f"); w.rename("a", "b"); w.sync("b/f") },
			map[string]string{"b": "/", "b/f": "x"},
		},
		"two names": {
			func(w world) { w.write("f", "x"); w.must(w.Root().Link("g", w.at("f"))); w.sync("g") },
			map[string]string{"f": "x", "g": "x"},
		},
		"made again under the same name": {
			func(w world) { w.write("f", "old"); w.sync("f"); w.remove("f"); w.write("f", "new") },
			map[string]string{"f": "old"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world{t, New()}
			c.do(w)
			if got := tree(w.after(Drop())); !maps.Equal(got, c.left) {
				t.Errorf("left is %q, want %q", got, c.left)
			}
		})
	}
}

// A torn loss keeps what was synced and nothing that was never written.
func TestTorn(t *testing.T) {
	const synced, files = 1500, 5
	outcomes := map[string]bool{}
	for seed := range uint64(200) {
		w := world{t, New()}
		for i := range files {
			path := fmt.Sprint("f", i)
			w.write(path, strings.Repeat("a", synced))
			w.sync(path)
			w.must(w.at(path).Write([]byte(strings.Repeat("b", 2000)), synced, false))
		}
		w.write("new", "x")
		left := tree(w.after(Torn(rand.New(rand.NewPCG(seed, 0)))))
		for i := range files {
			text := left[fmt.Sprint("f", i)]
			if !strings.HasPrefix(text, strings.Repeat("a", synced)) || strings.Trim(text[synced:], "b\x00") != "" {
				t.Fatalf("seed %d: left is %q", seed, text)
			}
			outcomes[fmt.Sprint(len(text)-synced, strings.Count(text, "\x00"))] = true
		}
		_, there := left["new"]
		outcomes[fmt.Sprint("name ", there)] = true
	}
	for _, want := range []string{"0 0", "2000 0", "name true", "name false"} {
		if !outcomes[want] {
			t.Errorf("never happened: %s", want)
		}
	}
	if len(outcomes) < 8 {
		t.Errorf("only %v", slices.Sorted(maps.Keys(outcomes)))
	}
}

// Whatever is done, what is left is a tree: every file that was synced last and
// not touched since has exactly one name and its data.
func TestRandomWalk(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := world{t, New()}
		dirs := []string{"a", "b", "c"}
		for _, d := range dirs {
			w.mkdir(d)
		}
		for i := range 60 {
			from := dirs[rng.IntN(3)] + "/" + string(rune('u'+rng.IntN(4)))
			to := dirs[rng.IntN(3)] + "/" + string(rune('u'+rng.IntN(4)))
			dir, name := w.find(from)
			_, errno := dir.Lookup(name)
			switch op := rng.IntN(6); {
			case op == 0 || errno != 0:
				w.write(from, fmt.Sprint("text ", i))
			case op == 1:
				w.remove(from)
			case op == 2:
				w.rename(from, to)
			case op == 3:
				w.sync(dirs[rng.IntN(3)])
			default:
				w.sync(from)
			}
		}
		w.write("a/last", "synced")
		w.sync("a/last")
		w.rename("a/last", "b/last")
		w.sync([]string{"a", "b", "b/last"}[rng.IntN(3)])
		loss := Drop()
		if rng.IntN(2) == 0 {
			loss = Torn(rng)
		}
		left := tree(w.after(loss))
		if _, old := left["a/last"]; left["b/last"] != "synced" || old {
			t.Fatalf("seed %d: left is %v", seed, left)
		}
	}
}

// After the cut nothing changes any more and nobody is answered that it did.
func TestCut(t *testing.T) {
	w := world{t, New()}
	w.write("f", "x")
	f := w.at("f")
	w.Cut()
	results := make(chan syscall.Errno, 3)
	go func() { results <- f.Sync() }()
	go func() { results <- f.Write([]byte("y"), 0, true) }()
	go func() {
		_, errno := w.Root().Create("g", syscall.S_IFREG)
		results <- errno
	}()
	select {
	case errno := <-results:
		t.Fatalf("a call ended with %v while the power was going", errno)
	default:
	}
	w.Fail()
	for range 3 {
		if errno := <-results; !errors.Is(errno, syscall.EIO) {
			t.Errorf("a call ended with %v, want EIO", errno)
		}
	}
	next := w.After(Drop())
	if got := tree(next); len(got) > 0 {
		t.Errorf("left is %q", got)
	}
	if s := next.Stats(); s.LostFiles != 1 || s.LostBytes != 1 || s.LostNames != 1 {
		t.Errorf("the loss is counted as %+v", s)
	}
	// The next life works.
	w.Disk = next
	w.write("f", "again")
	w.sync("f")
	if got := tree(w.after(Drop())); got["f"] != "again" {
		t.Errorf("left is %q", got)
	}
}
