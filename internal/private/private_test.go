package private

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestPrivate(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	dir := filepath.Join(t.TempDir(), "a", "b")
	file := filepath.Join(dir, "journal.db")
	for range 2 { // the second finds both
		if err := Dir(dir, log); err != nil {
			t.Fatal(err)
		}
		if err := File(file, log); err != nil {
			t.Fatal(err)
		}
		if mode(t, dir) != 0o700 || mode(t, file) != 0o600 || out.Len() > 0 {
			t.Errorf("created with %v and %v: %s", mode(t, dir), mode(t, file), &out)
		}
	}

	// They were there, open to others, with something in the file.
	if err := os.WriteFile(file, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, m := range map[string]fs.FileMode{dir: 0o755, file: 0o664} {
		if err := os.Chmod(path, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := Dir(dir, log); err != nil {
		t.Fatal(err)
	}
	if err := File(file, log); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); mode(t, dir) != 0o700 || mode(t, file) != 0o600 || string(data) != "kept" {
		t.Errorf("%v and %v, the file has %q (%v)", mode(t, dir), mode(t, file), data, err)
	}
	for _, want := range []string{"directory=" + dir, "file=" + file, "-rwxr-xr-x", "-rw-rw-r--"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not logged:\n%s", want, &out)
		}
	}
}

// A directory with other purposes than data keeps its permissions, which is logged.
func TestDirsThatAreNotOurs(t *testing.T) {
	sticky, current := t.TempDir(), t.TempDir()
	t.Chdir(current)
	home := t.TempDir()
	t.Setenv("HOME", home)
	for dir, m := range map[string]fs.FileMode{sticky: 0o777 | fs.ModeSticky, current: 0o755, home: 0o755} {
		if err := os.Chmod(dir, m); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Dir(dir, slog.New(slog.NewTextHandler(&out, nil))); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode()&^fs.ModeDir != m || !strings.Contains(out.String(), "were not changed") {
			t.Errorf("%v became %v, %v: %s", m, info.Mode(), err, &out)
		}
	}
	// The group of files created in it is kept.
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o775|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	if err := Dir(shared, slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(shared); err != nil || info.Mode()&^fs.ModeDir != 0o700|fs.ModeSetgid {
		t.Errorf("it became %v, %v", info.Mode(), err)
	}
}

func TestLinksAreRefused(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	for name, put := range map[string]func(path string) error{
		"link":     func(path string) error { return os.Symlink(target, path) },
		"dangling": func(path string) error { return os.Symlink(filepath.Join(dir, "nothing"), path) },
		"folder":   func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(target, []byte("another's"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{"File": File(path, log), "Restrict": Restrict(path, log)} {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s of a %s: %v", what, name, err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a file was made through a link")
	}
	if err := Restrict(filepath.Join(dir, "absent"), log); err != nil {
		t.Errorf("a missing file: %v", err)
	}
}
