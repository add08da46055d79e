package docker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/test/proc"
)

// container is the part of the output of `docker inspect` that the tests use.
type container struct {
	ID           string `json:"Id"`
	Args         []string
	RestartCount int
	State        struct {
		Status   string
		Pid      int
		ExitCode int
		Health   *struct{ Status string }
	}
	Config struct {
		User   string
		Labels map[string]string
	}
	HostConfig struct {
		ReadonlyRootfs bool
		CapDrop        []string
		SecurityOpt    []string
		RestartPolicy  struct{ Name string }
		PortBindings   map[string][]struct{ HostIP, HostPort string }
	}
}

// service is its name in docker-compose.yml.
func (c container) service() string { return c.Config.Labels["com.docker.compose.service"] }

func (c container) healthy() bool {
	return c.State.Status == "running" && c.State.Health != nil && c.State.Health.Status == "healthy"
}

// containers returns all of them, by service.
func (e *engine) containers() map[string]container {
	e.Helper()
	all := map[string]container{}
	ids := strings.Fields(e.docker("ps", "--all", "--quiet"))
	if len(ids) == 0 {
		return all
	}
	var found []container
	if err := json.Unmarshal([]byte(e.docker(append([]string{"inspect"}, ids...)...)), &found); err != nil {
		e.Fatalf("docker inspect: %v", err)
	}
	for _, c := range found {
		all[c.service()] = c
	}
	return all
}

// awaitHealthy waits until every container is healthy, but init, which ends.
func (e *engine) awaitHealthy() (all map[string]container) {
	e.Helper()
	return e.await("becoming healthy", nil, container.healthy)
}

// awaitRestarted waits until the engine has started these containers again, once.
func (e *engine) awaitRestarted(names ...string) {
	e.Helper()
	e.await("being started again", names, func(c container) bool { return c.RestartCount == 1 && c.healthy() })
}

// await waits until a condition holds for these containers; without names, for
// all but init.
func (e *engine) await(what string, names []string, holds func(container) bool) (all map[string]container) {
	e.Helper()
	proc.Eventually(e, patience, "containers "+what, func() error {
		all = e.containers()
		for name, c := range all {
			if awaited := slices.Contains(names, name) || len(names) == 0 && name != "init"; awaited && !holds(c) {
				return fmt.Errorf("%s is %+v after %d restarts", name, c.State, c.RestartCount)
			}
		}
		return nil
	})
	return all
}

// crash kills the process in a container as a fault would. (`docker kill` is an
// operator's request, after which the engine does not start it again.)
func (e *engine) crash(c container) {
	e.Helper()
	e.run(e.onHost("sh", "-c", "kill -9 "+strconv.Itoa(c.State.Pid))...)
}

// cleanUp shows what the containers of a failed test printed last, and removes
// them.
func (e *engine) cleanUp() {
	if e.Failed() {
		e.Logf("the containers printed last:\n%s", e.compose("logs", "--tail", "20"))
		e.compose("down", "--volumes", "--timeout", "0")
	}
}
