package docker

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"parley/test/proc"
)

// container is what `docker inspect` says of one, as far as it is looked at.
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

// containers are all there are, by service.
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

// awaitHealthy waits until every container serves, but init, which ends.
func (e *engine) awaitHealthy() map[string]container {
	e.Helper()
	var all map[string]container
	proc.Eventually(e, proc.Patience, "containers becoming healthy", func() error {
		all = e.containers()
		var ill []string
		for name, c := range all {
			if name != "init" && !c.healthy() {
				ill = append(ill, name)
			}
		}
		if len(ill) > 0 {
			return fmt.Errorf("%v are not healthy", ill)
		}
		return nil
	})
	return all
}

// crash kills the process in a container as a fault would. (`docker kill` is an
// operator's wish, after which the engine does not start it again.)
func (e *engine) crash(c container) {
	e.Helper()
	e.run(e.beside("sh", "-c", "kill -9 "+strconv.Itoa(c.State.Pid))...)
}

// logs is what the containers printed last, for a test that failed.
func (e *engine) logs() {
	if e.Failed() {
		out, errs, _ := proc.Run(e, append(append([]string{}, e.project...), "logs", "--tail", "20")...)
		e.Logf("the containers printed last:\n%s%s", out, errs)
	}
}
