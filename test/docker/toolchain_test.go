package docker

import (
	"archive/tar"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"parley/test/proc"
)

// importToolchain gives the engine the base image that the Dockerfile names,
// with what its first stage uses of it: Go, a shell, mkdir and certificates.
// Modules come from a proxy in the image, since no build here has a network.
func importToolchain(e *engine) {
	e.Helper()
	took := stopwatch(e)
	match := regexp.MustCompile(`(?m)^FROM (golang:\S+) AS build$`).FindStringSubmatch(dockerfile(e))
	if match == nil {
		e.Fatal("the Dockerfile has no stage that starts from the image golang")
	}
	read, write := io.Pipe()
	failed := make(chan error, 1)
	go func() {
		err := writeToolchain(write)
		write.CloseWithError(err)
		failed <- err
	}()
	cmd := exec.CommandContext(e.Context(), "docker", "import",
		// As in the image of this name, but GOPROXY and GOSUMDB: go.sum has every sum.
		"--change", "ENV PATH=/usr/local/go/bin:/bin GOPATH=/go GOTOOLCHAIN=local GOPROXY=file:///proxy GOSUMDB=off",
		"-", match[1])
	cmd.Env = proc.Environment()
	cmd.Stdin = read
	out, err := cmd.CombinedOutput()
	read.Close()
	if err := errors.Join(err, <-failed); err != nil {
		e.Fatalf("importing the toolchain: %v\n%s", err, out)
	}
	took("importing " + match[1])
}

// writeToolchain writes the files of the base image as a tar archive.
func writeToolchain(w io.Writer) error {
	a := archive{tar.NewWriter(w)}
	goroot, err := output("go", "env", "GOROOT")
	if err != nil {
		return err
	}
	for _, name := range []string{"VERSION", "go.env", "bin", "lib", "pkg", "src"} {
		if err := a.tree(filepath.Join(strings.TrimSpace(goroot), name), "usr/local/go/"+name); err != nil {
			return err
		}
	}
	if err := a.modules("proxy"); err != nil {
		return err
	}
	if err := a.shell("bin"); err != nil {
		return err
	}
	if err := a.text("etc/ssl/certs/ca-certificates.crt", certificates); err != nil {
		return err
	}
	if err := a.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
		return err
	}
	return a.Close()
}

type archive struct{ *tar.Writer }

// tree adds a file or a directory and what is in it.
func (a archive) tree(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		return a.file(name, path.Join(to, filepath.ToSlash(rel)))
	})
}

func (a archive) file(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := &tar.Header{Name: to, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime()}
	if err := a.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(a, f)
	return err
}

func (a archive) text(to, text string) error {
	if err := a.WriteHeader(&tar.Header{Name: to, Mode: 0o644, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := io.WriteString(a, text)
	return err
}

// modules adds a module proxy of files from this machine's module cache: the
// source of the modules that go.mod requires, and every go.mod, since choosing
// versions reads those of other versions too.
func (a archive) modules(to string) error {
	cache, err := output("go", "env", "GOMODCACHE")
	if err != nil {
		return err
	}
	download := filepath.Join(strings.TrimSpace(cache), "cache", "download")
	zips, err := zips()
	if err != nil {
		return err
	}
	return filepath.WalkDir(download, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := filepath.Ext(name); ext != ".info" && ext != ".mod" && !zips[name] || d.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(download, name)
		if err != nil {
			return err
		}
		return a.file(name, path.Join(to, filepath.ToSlash(rel)))
	})
}

// zips returns the files in the module cache with the source of what go.mod
// requires.
func zips() (files map[string]bool, err error) {
	list, err := output("go", "mod", "download", "-json")
	if err != nil {
		return nil, err
	}
	files = map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(list)); ; {
		var module struct{ Zip string }
		if err := d.Decode(&module); err == io.EOF {
			return files, nil
		} else if err != nil {
			return nil, err
		}
		files[module.Zip] = true
	}
}

// shell adds a shell and mkdir, which are busybox.
func (a archive) shell(to string) error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return errors.New("install busybox-static, on Debian by `make deps`")
	}
	f, err := elf.Open(busybox)
	if err != nil {
		return err
	}
	defer f.Close()
	if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
		return errors.New("busybox is not a static program: install busybox-static")
	}
	for _, name := range []string{"sh", "mkdir"} {
		if err := a.file(busybox, path.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// output runs a command in the root of the module.
func output(argv ...string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = root
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = errors.Join(err, errors.New(string(exit.Stderr)))
	}
	return string(out), err
}
