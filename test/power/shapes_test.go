package power

import (
	"fmt"
	"os"
	"slices"

	"parley/internal/cluster"
)

// shape is the set of processes of a harness.
type shape interface {
	// start starts them, returns when all are ready, and returns where NATS listens.
	start(s *harness) (url string)
}

// alone is everything in one process, `parley up`.
type alone struct{}

func (alone) start(s *harness) string {
	s.Helper()
	p := s.start(`^Parley is up`, "up", "--data", s.dir, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--sample", "bench")
	return p.URL()
}

// clustered is the cluster of `make run-cluster`, with one of each role that has
// no data: three brokers, and the others.
type clustered struct{}

func (clustered) start(s *harness) string {
	s.Helper()
	// An address of this process alone: ports must be the same in every life.
	host := fmt.Sprintf("127.77.%d.%d", os.Getpid()>>8&255, os.Getpid()&255)
	all := cluster.Loopback()
	o := cluster.Options{Dir: s.dir, Place: func(process, port string) string {
		at := all(process, port)
		return host + at[len("127.0.0.1"):]
	}}
	plan, err := cluster.Plan(o)
	if err != nil {
		s.Fatal(err)
	}
	plan = slices.DeleteFunc(plan, func(p cluster.Process) bool { return spare(p.Name) })
	s.program.StartCluster(s, plan, cluster.Init(o), func(p cluster.Process) func() {
		args := p.Args
		if p.Role == cluster.RoleInventory || p.Role == cluster.RoleDelivery {
			args = append(args, "--sample", "bench")
		}
		started := s.launch(args...)
		return func() { started.Await(p.Ready) }
	})
	return cluster.NATS(o)
}

// spare processes have no data and are not needed: they would only take longer to
// start.
func spare(name string) bool {
	return slices.Contains([]string{"coordinator-2", "idworker-2", "idworker-3", "gateway-2"}, name)
}
