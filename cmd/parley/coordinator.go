package main

import (
	"context"
	"log/slog"
	"strings"

	"parley/coordinator"
	"parley/coordinator/machine"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/hooks"
	"parley/internal/host"
	"parley/internal/lifecycle"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

type coordinatorCmd struct {
	natsFlags
	nameFlag
	processFlags
	crashFlag
	clockFlag
	eventsFlag
	TrimAt   int    `hidden:"" placeholder:"N" help:"Purge the commit log whenever N records became free (for tests)."`
	TraceLog string `hidden:"" placeholder:"FILE" help:"Append every operation on commit logs to FILE, as JSON (for tests)."`
}

func (*coordinatorCmd) Help() string {
	return `A coordinator stores nothing on disk: its log is in NATS. Run as many as you like; each of them finishes the transactions of one that died.

Examples:

    parley coordinator
    parley coordinator --event-subjects "orders.>,mail.send"
    parley coordinator --nats nats://user:password@a:4222,b:4222,c:4222`
}

func (c *coordinatorCmd) Run(ctx context.Context, a *cli.App) error {
	cfg := coordinator.Config{Limits: c.limits(), EventSubjects: c.EventSubjects}
	h := hooks.Hooks{Step: c.step(), Now: c.now(ctx)}
	if c.TraceLog != "" {
		file, err := host.OpenTrace(c.TraceLog)
		if err != nil {
			return cli.Wrong(err, "")
		}
		defer file.Close()
		h.Trace = host.TraceTo(file)
	}
	role := coordinatorRole(c.named(c.options(catalog.Coordinator, a.Log)), cfg)
	return c.serve(hooks.With(ctx, h), role, func() { a.Printf("the coordinator is ready\n") })
}

// eventsFlag is the flag of coordinators that publish events.
type eventsFlag struct {
	EventSubjects []string `env:"PARLEY_EVENT_SUBJECTS" placeholder:"SUBJECT,..." help:"Subjects, also with wildcards, that transactions may have events for (default: none). Give all coordinators the same ones."`
}

// eventFlags returns the flag as a process that is started with it takes it.
func (f eventsFlag) eventFlags() []string {
	if len(f.EventSubjects) == 0 {
		return nil
	}
	return []string{"--event-subjects=" + strings.Join(f.EventSubjects, ",")}
}

// limits returns the default limits, except in crash tests, which need a log to be
// trimmed without thousands of transactions.
func (c *coordinatorCmd) limits() machine.Limits {
	l := machine.DefaultLimits()
	if c.TrimAt > 0 {
		l.TrimAt, l.CarryAt = c.TrimAt, 2*c.TrimAt
	}
	return l
}

// coordinatorRole returns a coordinator with its own connection.
func coordinatorRole(conn natsconn.Options, cfg coordinator.Config) *host.Role {
	return host.NewRole(conn, func(nc *nats.Conn) (lifecycle.Role, error) {
		cfg.Log = conn.Log
		return coordinator.New(cfg, coordinator.Deps{NATS: nc})
	})
}

// options returns the connection options of a role.
func (f natsFlags) options(role string, log *slog.Logger) natsconn.Options {
	return natsconn.Options{URL: f.NATS, Creds: f.Creds, Name: "parley " + role, Log: log.With("role", role)}
}
