package docker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	// root is the directory of Dockerfile and docker-compose.yml.
	root = "../.."
	// image is its name in docker-compose.yml.
	image = "parley"
	// maxImage bounds the image, in bytes: a program and nothing else.
	maxImage = 50 << 20
)

// prebuiltStage replaces the stage of the Dockerfile that compiles.
const prebuiltStage = `FROM scratch AS build
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY parley /out/parley
COPY data /out/data
`

// prebuilt returns a build context of the same image around a program that this
// machine's Go has built: the last stage of the Dockerfile as it is.
func prebuilt(t testing.TB) (context string) {
	t.Helper()
	context = t.TempDir()
	dockerfile := dockerfile(t)
	last := strings.LastIndex(dockerfile, "\nFROM ")
	write(t, filepath.Join(context, "Dockerfile"), prebuiltStage+dockerfile[last:])
	write(t, filepath.Join(context, "ca-certificates.crt"), certificates)
	if err := os.Mkdir(filepath.Join(context, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(context, "parley"), "parley/cmd/parley")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building parley: %v\n%s", err, out)
	}
	return context
}

// certificates stand for those of a certificate authority, which no test needs.
const certificates = "# the certificates of the base image\n"

// dockerfile returns the text of the Dockerfile.
func dockerfile(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkSize holds the image to its bound.
func checkSize(e *engine) {
	e.Helper()
	size, err := strconv.Atoi(strings.TrimSpace(e.docker("image", "inspect", "--format", "{{.Size}}", image)))
	if err != nil || size > maxImage {
		e.Errorf("the image has %d bytes (%v), want at most %d", size, err, maxImage)
	}
	e.Logf("the image has %.1f MB", float64(size)/1e6)
}

// extract copies the program out of an image, and checks the files around it.
func extract(e *engine, tag string) (program string) {
	e.Helper()
	dir := e.TempDir()
	id := strings.TrimSpace(e.docker("create", tag))
	e.docker("cp", id+":/parley", dir)
	e.docker("cp", id+":/etc/ssl/certs/ca-certificates.crt", dir)
	e.docker("rm", id)
	if text, err := os.ReadFile(filepath.Join(dir, "ca-certificates.crt")); err != nil || string(text) != certificates {
		e.Errorf("the image does not have the certificates of the base image: %v, %q", err, text)
	}
	return filepath.Join(dir, "parley")
}
