package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"parley/coordinator/txclient"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/host"
	"parley/internal/private"
	"parley/natsconn"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"

	"github.com/nats-io/nats.go"
)

// natsFlags define how to connect to NATS.
type natsFlags struct {
	NATS  string `name:"nats" default:"nats://127.0.0.1:4222" env:"PARLEY_NATS" placeholder:"URL" help:"Where NATS listens; several addresses are separated by commas (default ${default})."`
	Creds string `env:"PARLEY_CREDS" placeholder:"FILE" help:"Credentials file, if NATS requires one."`
}

// nameFlag is on every command that runs a role on NATS.
type nameFlag struct {
	Name string `placeholder:"NAME" help:"Name of this process, shown by status and by the broker's list of connections (default: that of the role)."`
}

// named returns the connection options with the name of the process.
func (f nameFlag) named(o natsconn.Options) natsconn.Options {
	if f.Name != "" {
		o.Name = f.Name
	}
	return o
}

// jsonFlag is on every command that prints data.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON; errors too."`
}

// connect opens a tool's connection; the caller closes it.
func (f natsFlags) connect(ctx context.Context, name string) (*nats.Conn, error) {
	return cli.Connect(ctx, f.NATS, f.Creds, name)
}

// client opens a connection with a transaction client on it; the returned
// function closes both.
func (f natsFlags) client(ctx context.Context, name string) (*nats.Conn, *txclient.Client, func(), error) {
	nc, err := f.connect(ctx, name)
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := txclient.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, nil, err
	}
	return nc, c, func() { c.Close(); nc.Close() }, nil
}

// logFlags define what a role logs to stderr. Tools have none: they print results and
// errors only.
type logFlags struct {
	LogLevel string `default:"info" enum:"debug,info,warn,error" env:"PARLEY_LOG_LEVEL" placeholder:"LEVEL" help:"Lowest level to log to stderr: debug, info, warn or error (default ${default})."`
	LogJSON  bool   `name:"log-json" env:"PARLEY_LOG_JSON" help:"Log JSON lines instead of text."`
}

// AfterApply is called by the parser.
func (f *logFlags) AfterApply(a *cli.App) error {
	a.Log = f.logger(a.Err)
	return nil
}

func (f *logFlags) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		panic(err) // kong has checked it against the enum
	}
	o := &slog.HandlerOptions{Level: level}
	if f.LogJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// profileFlag writes a CPU profile of a process's whole life.
type profileFlag struct {
	Pprof string `name:"pprof" hidden:"" placeholder:"FILE" help:"Write a CPU profile when the process ends."`
}

// around calls run, under the profiler if the flag is set.
func (f profileFlag) around(run func() error) error { return cli.Profiled(f.Pprof, run) }

// healthFlag is the address of a process's health check, for its supervisor. Gateways
// also serve a health check for HTTP proxies, at the address of the page.
type healthFlag struct {
	Health string `env:"PARLEY_HEALTH" placeholder:"HOST:PORT" help:"Where /healthz answers 200 while this process serves, and 503 with the reason while it does not; off by default."`
}

// sampleFlag chooses the contents of a new database: a small example, or stock that no
// benchmark exhausts.
type sampleFlag struct {
	Sample string `default:"food" enum:"food,bench" hidden:"" help:"Contents of a new database: food or bench."`
}

// items returns the initial items of inventory.
func (f sampleFlag) items() []food.Item {
	if f.Sample == "bench" {
		return inventory.Bench()
	}
	return inventory.Sample()
}

// couriers returns the initial couriers of delivery.
func (f sampleFlag) couriers() []food.Courier {
	if f.Sample == "bench" {
		return delivery.Bench()
	}
	return delivery.Sample()
}

// dataFlag is the directory of a process's durable data. Every role has a separate
// file or directory in it, so that several processes may be given the same one.
type dataFlag struct {
	Data string `default:"./parley-data" env:"PARLEY_DATA" placeholder:"DIR" help:"Directory of all durable data, created if missing (default ${default})."`
}

// probeSize is the number of bytes written to check for free space.
const probeSize = 64 << 10

func (f dataFlag) broker() string { return catalog.BrokerDir(f.Data) }

func (f dataFlag) journal(participant string) string { return catalog.Journal(f.Data, participant) }

// prepare creates the directory and checks that it can be written, so that the error
// contains the flag and not the name of some file in the directory.
func (f dataFlag) prepare(log *slog.Logger) error {
	const do = "choose another directory with --data DIR, or change its permissions, or free space"
	if err := private.Dir(f.Data, log); err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory cannot be made: %w", f.Data, err), do)
	}
	probe, err := os.CreateTemp(f.Data, ".writable-*")
	if err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory cannot be written: %w", f.Data, err), do)
	}
	// An empty file can be created on a full disk. If not even probeSize bytes are
	// free, nothing should start.
	_, err = probe.Write(make([]byte, probeSize))
	if err = errors.Join(err, probe.Close(), os.Remove(probe.Name())); err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory cannot be written: %w", f.Data, err), do)
	}
	return nil
}

// crashFlag is for crash tests: the first time the process reaches the named
// step of the protocol it kills itself, as `kill -9` would, or stops, as
// `kill -STOP` would, until SIGCONT. The steps are the Step
// constants of packages coordinator and participants.
type crashFlag struct {
	CrashAt string `name:"crash-at" hidden:"" placeholder:"STEP" help:"Kill this process at the named step of the protocol (for tests)."`
	HoldAt  string `name:"hold-at" hidden:"" placeholder:"STEP" help:"Stop this process at the named step of the protocol until SIGCONT (for tests)."`
}

// step is the hook for a role's configuration, nil in normal use.
func (f crashFlag) step() func(point string) { return host.StopAt(f.CrashAt, f.HoldAt) }

// clockFlag is on the commands whose clock tests put off.
type clockFlag struct {
	Clock string `hidden:"" placeholder:"FILE" help:"Put the clock off by the duration in FILE, read again and again (for tests)."`
}

// now is this machine's clock until ctx ends, nil without the flag.
func (f clockFlag) now(ctx context.Context) func() time.Time { return host.ClockOff(ctx, f.Clock) }
