package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parley/internal/cli"
	"parley/internal/cluster"
	"parley/internal/supervisor"
)

// welcome says where everything is and what to try next.
func (c *clusterCmd) welcome(a *cli.App, o cluster.Options, plan []cluster.Process) {
	url := cluster.NATS(o)
	if a.JSON {
		supervisor.Teller(a, plan)(supervisor.Event{Event: supervisor.EventUp, NATS: url, Cluster: true})
		return
	}
	rows := [][]string{{"PROCESS", "ADDRESS", "LOG"}}
	page := ""
	for _, p := range plan {
		address := supervisor.AddressOf(o, p)
		if p.Role == cluster.RoleGateway && page == "" {
			page = address
		}
		rows = append(rows, []string{p.Name, address, supervisor.Logs(filepath.Join(c.Data, "logs")).Path(p.Name)})
	}
	a.Printf("\nThe cluster is up: %d processes, data in %s.\n\n", len(plan), c.Data)
	a.Table(rows)
	a.Printf("\nOpen %s in a browser to chat, to order, and to watch it happen.\n\nIn another terminal:\n", page)
	self := command()
	a.Facts(
		"export PARLEY_NATS="+url, "once, so that any broker may die",
		fmt.Sprintf("%s order %s 2", self, sampleOrder), "take stock and a courier, or neither",
		self+" status --watch", "see every process, and kill some of them",
	)
	a.Printf("\nCtrl-C drains everything in order.\n\n")
}

// command is how this program was called.
func command() string {
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		return os.Args[0]
	}
	return "parley"
}
