package docker

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var deep = flag.Bool("deep", false, "build the Dockerfile as it is, by both builders, and run the cluster from it")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The cluster of docker-compose.yml starts, serves, survives the death of
// processes, and keeps its data.
func TestCompose(t *testing.T) {
	took := stopwatch(t)
	context := prebuilt(t)
	took("building the program")
	e := startEngine(t)
	took("starting the engine")
	e.docker("build", "--tag", image, context)
	took("building the image")
	e.compose("up", "--detach", "--no-build")
	took("docker-compose up")
	checkCluster(e, filepath.Join(context, "parley"))
}

// The commands of the README build the image from these sources, by each
// builder, and the cluster runs from it as in TestCompose.
func TestBuilders(t *testing.T) {
	if !*deep {
		t.Skip("-deep compiles the program in containers, which takes minutes")
	}
	e := startEngine(t)
	importToolchain(e)
	for _, b := range builders {
		t.Run(b.name, func(t *testing.T) {
			e := e.with(t)
			took := stopwatch(t)
			b.choose(e)
			tag := image + ":" + b.name
			b.check(e, e.build("docker", "build", "--tag", tag, root))
			took("docker build")
			if help := e.docker("run", "--rm", tag); !strings.Contains(help, "Usage: parley") {
				t.Errorf("the image without a command prints no help:\n%s", help)
			}
			// docker-compose builds its image too, from the cache of the same builder.
			e.build(append(slices.Clone(e.project), "up", "--detach")...)
			took("docker-compose up, which builds")
			checkCluster(e, extract(e, tag))
			e.docker("image", "rm", image, tag)
		})
	}
}

// stopwatch logs how long each part took.
func stopwatch(t testing.TB) func(what string) {
	last := time.Now()
	return func(what string) {
		t.Logf("%5.1f s  %s", time.Since(last).Seconds(), what)
		last = time.Now()
	}
}
