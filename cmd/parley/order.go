package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

type orderCmd struct {
	natsFlags
	jsonFlag
	Item     string        `arg:"" help:"What to order, as in the first column of the menu."`
	Quantity int64         `arg:"" name:"qty" help:"How many, from 1 to ${max_quantity}."`
	Zone     string        `default:"centre" placeholder:"ZONE" help:"Where to deliver; couriers belong to zones (default ${default})."`
	Key      *string       `placeholder:"KEY" help:"Idempotency key, at most ${max_key} bytes: of all orders with one key at most one is placed."`
	Wait     txwire.Wait   `default:"decided" enum:"decided,applied" help:"Answer when the order is decided, or when every participant has applied it: decided or applied."`
	Timeout  time.Duration `default:"${timeout}" placeholder:"DURATION" help:"Time for all participants to vote, at most ${max_timeout}; after it the order is aborted (default ${default})."`
}

func (*orderCmd) Help() string {
	return `One order is one transaction: stock from inventory and a courier from delivery, both or neither. If an answer is lost, repeat the order with the same --key: it is placed once, and the answer is the same.

With --wait applied it answers when inventory and delivery have both applied the order. If one of them is unavailable for longer than --timeout, the answer is that the order is placed and not yet applied ("applied": false with --json): it is final, and is applied when the participant is available again.

Exit codes: 0 placed (with --wait applied also when it is not yet applied), 3 definitely not placed, 4 not known yet (repeat with the same key), 2 not acceptable (nothing was started), 1 no coordinator could be reached.

Examples:

    parley order margherita 2
    parley order margherita 2 --zone north --key breakfast-1
    parley order tiramisu 1 --wait applied --json`
}

// check refuses an order that no coordinator would accept.
func (c *orderCmd) check() error {
	if c.Timeout <= 0 || c.Timeout > txwire.MaxTimeout {
		return fmt.Errorf("--timeout is %v, allowed is more than 0 and at most %s", c.Timeout, plain(txwire.MaxTimeout))
	}
	if _, err := wire.Check(c.stock()); err != nil {
		return err
	}
	if _, err := wire.Check(c.courier()); err != nil {
		return fmt.Errorf("--zone: %w", err)
	}
	return checkKeyFlag(c.Key)
}

// checkKeyFlag refuses an invalid --key. An empty one is not the same as none: repeating
// the command would place a second order.
func checkKeyFlag(key *string) error {
	if key == nil {
		return nil
	}
	if err := wire.CheckNewKey(*key); err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	return nil
}

// given returns the value of a flag, empty if the flag was not given.
func given(flag *string) string {
	if flag == nil {
		return ""
	}
	return *flag
}

func (c *orderCmd) stock() food.StockOrder {
	return food.StockOrder{V: wire.Version, Item: c.Item, Quantity: c.Quantity}
}

func (c *orderCmd) courier() food.CourierOrder {
	return food.CourierOrder{V: wire.Version, Zone: c.Zone}
}

func (c *orderCmd) Run(ctx context.Context, a *cli.App) error {
	if err := c.check(); err != nil {
		return cli.Wrong(err, advice(wire.CodeInvalid))
	}
	nc, client, closeAll, err := c.client(ctx, "order")
	if err != nil {
		return err
	}
	defer closeAll()
	o, err := c.submit(ctx, a, client)
	r := receipt{Outcome: o, Item: c.Item, Quantity: c.Quantity, Zone: c.Zone, Wait: c.Wait}
	switch {
	case err == nil && o.Status == txwire.StatusCommitted:
		r.read(ctx, nc, client)
		return r.committed(a)
	case err == nil:
		return r.aborted(a)
	case errors.Is(err, txclient.ErrUnknown):
		return r.unknown(a, c.again(o.Key))
	}
	if errors.Is(err, nats.ErrPermissionViolation) {
		return cli.Failed(err, "nothing was ordered; "+cli.Permit)
	}
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok || !refused.Code.Definite() {
		return cli.Failed(err, "nothing was ordered; `parley status` shows which processes are missing")
	}
	return cli.Wrong(err, advice(refused.Code))
}

const (
	// firstPatience is how long an order may take before a message is printed that it
	// is still being retried.
	firstPatience = 4 * time.Second
	// morePatience is how long beyond its time-out an order is retried.
	morePatience = 10 * time.Second
)

// submit submits the order, and retries until there is an answer or the patience ends.
// If no coordinator could be reached at first it returns that error immediately: nothing
// was started then.
func (c *orderCmd) submit(ctx context.Context, a *cli.App, client submitter) (txwire.Outcome, error) {
	r := txclient.Request{
		Key: given(c.Key), Timeout: c.Timeout, Wait: c.Wait,
		Branches: []txwire.Branch{
			{Participant: food.Inventory, Payload: wire.Encode(c.stock())},
			{Participant: food.Delivery, Payload: wire.Encode(c.courier())},
		},
	}
	o, err := submitFor(ctx, client, r, firstPatience)
	unapplied := err == nil && o.Status == txwire.StatusCommitted && r.Wait == txwire.WaitApplied && !o.Applied
	if !unapplied && !errors.Is(err, txclient.ErrUnknown) || ctx.Err() != nil {
		return o, err
	}
	r.Key = o.Key
	if unapplied {
		fmt.Fprintf(a.Err, "%s; still waiting for that (key %s)\n", o.Reason, o.Key)
		if again, err := submitFor(ctx, client, r, c.Timeout+morePatience); err == nil && again.Status == txwire.StatusCommitted {
			return again, nil
		}
		return o, nil // a commit is final, whatever the second request returned
	}
	fmt.Fprintf(a.Err, "no answer yet, retrying (key %s)\n", o.Key)
	again, err := submitFor(ctx, client, r, c.Timeout+morePatience)
	if refused, ok := errors.AsType[*wire.Error](err); ok && !refused.Code.Definite() {
		// This request started nothing, but the one before may have.
		o.Reason = refused.Text
		return o, txclient.ErrUnknown
	}
	return again, err
}

// submitter is the part of [txclient.Client] that an order needs.
type submitter interface {
	Submit(context.Context, txclient.Request) (txwire.Outcome, error)
}

func submitFor(ctx context.Context, client submitter, r txclient.Request, d time.Duration) (txwire.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return client.Submit(ctx, r)
}

// again returns the command line that repeats this order.
func (c *orderCmd) again(key string) string {
	return "parley order " + cli.Quoted(c.Item) + " " + strconv.FormatInt(c.Quantity, 10) + " --zone " + cli.Quoted(c.Zone) + " --key " + cli.Quoted(key)
}

// advice returns what to do about an order that was not accepted.
func advice(code wire.Code) string {
	switch code {
	case wire.CodeConflict:
		return "the first order with this key is valid; show it with `parley tx show KEY`, or order with a new key"
	default:
		return "run `parley order --help` for the arguments of an order"
	}
}
