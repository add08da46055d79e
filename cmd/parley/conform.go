package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/internal/conform"
	"parley/wire"
	"parley/wire/txwire"
)

type conformCmd struct {
	natsFlags
	jsonFlag
	Participant string        `arg:"" help:"Name of the participant."`
	Yes         string        `required:"" placeholder:"JSON" help:"A payload that the participant accepts, at least a hundred times; read from a file with @FILE."`
	No          string        `required:"" placeholder:"JSON" help:"A payload that it always refuses."`
	Only        string        `placeholder:"TEXT" help:"Check only the rules whose name contains TEXT."`
	Patience    time.Duration `default:"20s" placeholder:"DURATION" help:"How long to wait for a message that must come (default ${default})."`
}

func (*conformCmd) Help() string {
	return `Checks a running participant, written in any language, against the protocol: it acts as its coordinator and compares every answer. What the participant breaks is printed with the rule.

It really prepares, commits and aborts, about a hundred branches with the payload of --yes. So use a broker for it alone, "parley broker" and "parley init", without a coordinator, and data that may be changed. Restarts and crashes are not checked: kill the participant yourself, or use package participanttest from Go.

Exit codes: 0 every rule holds, 1 a rule is broken, or the participant cannot be checked, 2 wrong arguments.

Examples:

    parley conform payment --yes '{"account":"ada","cents":1}' --no '{"account":"bob","cents":501}'
    parley conform payment --yes @yes.json --no @no.json --only Key --json`
}

func (c *conformCmd) Run(ctx context.Context, a *cli.App) error {
	p, cases, err := c.check()
	if err != nil {
		return cli.Wrong(err, "run `parley conform --help` for examples")
	}
	nc, client, closeAll, err := c.client(ctx, "conform")
	if err != nil {
		return err
	}
	defer closeAll()
	if err := alone(ctx, client, c.Participant); err != nil {
		return err
	}
	p.NATS = nc
	return c.conform(ctx, a, p, cases)
}

// check reads the arguments.
func (c *conformCmd) check() (p conform.Participant, cases []conform.Case, err error) {
	if err := wire.CheckParticipant(c.Participant); err != nil {
		return p, nil, err
	}
	if c.Patience <= 0 {
		return p, nil, fmt.Errorf("--patience is %v, it must be positive", c.Patience)
	}
	if p.Accepted, err = readPayload(c.Yes, os.Stdin); err != nil {
		return p, nil, fmt.Errorf("--yes: %w", err)
	}
	if p.Refused, err = readPayload(c.No, os.Stdin); err != nil {
		return p, nil, fmt.Errorf("--no: %w", err)
	}
	for _, rule := range conform.Cases() {
		if strings.Contains(rule.Name, c.Only) {
			cases = append(cases, rule)
		}
	}
	if len(cases) == 0 {
		return p, nil, fmt.Errorf("--only %q: no rule has that in its name", c.Only)
	}
	p.Name, p.Patience = c.Participant, c.Patience
	return p, cases, nil
}

// alone returns an error unless the participant answers and no coordinator does, which
// would take part in the transactions of the check.
func alone(ctx context.Context, client *txclient.Client, participant string) error {
	ctx, cancel := context.WithTimeout(ctx, cli.AskTimeout)
	defer cancel()
	if _, err := client.Branches(ctx, participant, txwire.BranchQuery{}); err != nil {
		return cli.Failed(fmt.Errorf("participant %s: %w", participant, err), "start it on this broker, which needs the streams of `parley init`")
	}
	switch found, err := client.Coordinators(ctx); {
	case len(found) > 0:
		return cli.Failed(errors.New("a coordinator answers on this broker"), "use a broker for the check alone, or stop the coordinators")
	case err != nil && !errors.Is(err, nats.ErrNoResponders) && wire.CodeOf(err) != wire.CodeUnavailable:
		return cli.Failed(fmt.Errorf("asking whether there is a coordinator: %w", err), cli.Permit)
	}
	return nil
}

// verdict is whether a rule holds.
type verdict struct {
	Name string `json:"name"`
	Rule string `json:"rule"`
	OK   bool   `json:"ok"`
	// Broken are the differences that were found.
	Broken []string `json:"broken,omitempty"`
}

func (v *verdict) Helper() {}

func (v *verdict) Errorf(format string, args ...any) {
	v.Broken = append(v.Broken, cli.Printable(fmt.Sprintf(format, args...)))
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

func (c *conformCmd) conform(ctx context.Context, a *cli.App, p conform.Participant, cases []conform.Case) error {
	var all []verdict
	broken := 0
	for _, rule := range cases {
		if ctx.Err() != nil {
			return cli.Failed(ctx.Err(), "nothing more is checked")
		}
		v := judge(ctx, p, rule)
		if all = append(all, v); !v.OK {
			broken++
		}
		switch {
		case a.JSON:
		case v.OK:
			a.Printf("holds   %s\n", v.Name)
		default:
			a.Printf("BROKEN  %s: %s\n        %s\n", v.Name, v.Rule, strings.Join(v.Broken, "\n        "))
		}
	}
	if a.JSON {
		a.PrintJSON(struct {
			Participant string    `json:"participant"`
			Broken      int       `json:"broken"`
			Rules       []verdict `json:"rules"`
		}{p.Name, broken, all})
	} else {
		a.Printf("%d of %d rules hold\n", len(all)-broken, len(all))
	}
	if broken > 0 {
		return cli.Ended(cli.ExitFailed)
	}
	return nil
}

// judge runs one case. It ends early when ctx does.
func judge(ctx context.Context, p conform.Participant, rule conform.Case) verdict {
	v := verdict{Name: rule.Name, Rule: rule.Rule}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h := conform.New(&v, p)
		defer context.AfterFunc(ctx, h.Close)()
		defer h.Close()
		rule.Run(h)
	}()
	<-done
	v.OK = len(v.Broken) == 0
	return v
}
