package docker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// builder is one of the two that an engine has.
type builder struct {
	name string
	// buildKit is the value of DOCKER_BUILDKIT.
	buildKit string
	// mark is in what this builder prints, and not in what the other one prints.
	mark string
}

var builders = []builder{
	{name: "classic", buildKit: "0", mark: "Step 1/"},
	{name: "buildkit", buildKit: "1", mark: "#1 "},
}

// choose makes docker and docker-compose build by this builder. Both run the
// first docker on the PATH, which need not be able to: since version 23 it takes
// a plugin, docker-buildx, to build by BuildKit. Another one on the PATH may be.
func (b builder) choose(e *engine) {
	e.Helper()
	e.setenv("DOCKER_BUILDKIT", b.buildKit)
	context := e.TempDir()
	write(e, filepath.Join(context, "Dockerfile"), "FROM scratch\nLABEL builder="+b.name+"\n")
	var tried strings.Builder
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		docker, err := exec.LookPath(filepath.Join(dir, "docker"))
		if err != nil {
			continue
		}
		out, code := e.try(docker, "build", context)
		if code == 0 && strings.Contains(out, b.mark) {
			first := e.TempDir()
			if err := os.Symlink(docker, filepath.Join(first, "docker")); err != nil {
				e.Fatal(err)
			}
			e.setenv("PATH", first+string(filepath.ListSeparator)+os.Getenv("PATH"))
			return
		}
		tried.WriteString(docker + ":\n" + out + "\n")
	}
	e.Fatalf("no docker on the PATH builds by the builder %s; BuildKit takes docker-buildx or the client of Docker 20.10:\n%s", b.name, &tried)
}

// check fails the test if another builder has printed this.
func (b builder) check(e *engine, output string) {
	e.Helper()
	if !strings.Contains(output, b.mark) {
		e.Fatalf("the image was not built by the builder %s:\n%s", b.name, output)
	}
}
