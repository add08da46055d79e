package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

// receipt is an order and its outcome.
type receipt struct {
	txwire.Outcome
	Item     string
	Quantity int64
	Zone     string
	Wait     txwire.Wait

	item    food.Item
	courier courier
}

// courier is the detail of delivery's yes vote.
type courier struct {
	Courier int64  `json:"courier"`
	Name    string `json:"name"`
}

// receiptJSON is what --json prints. Prices are in cents.
type receiptJSON struct {
	Status txwire.Status `json:"status"`
	// Applied reports whether every participant has acknowledged the outcome. It is
	// set for an order with --wait applied only.
	Applied     *bool     `json:"applied,omitempty"`
	ID          txwire.ID `json:"id,omitzero"`
	Key         string    `json:"key"`
	Item        string    `json:"item"`
	Quantity    int64     `json:"quantity"`
	Zone        string    `json:"zone"`
	Name        string    `json:"name,omitempty"`
	PriceCents  int64     `json:"price_cents,omitempty"`
	TotalCents  int64     `json:"total_cents,omitempty"`
	Courier     int64     `json:"courier,omitempty"`
	CourierName string    `json:"courier_name,omitempty"`
	Code        wire.Code `json:"code,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Participant string    `json:"participant,omitempty"`
}

// read adds the item and the courier. The answer to a repeated key may be without the
// courier, which delivery still knows. Details that cannot be read are left out: the
// order itself is valid.
func (r *receipt) read(ctx context.Context, nc *nats.Conn, client *txclient.Client) {
	if items, err := askItems(ctx, nc, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version, Item: r.Item})); err == nil && len(items) == 1 {
		r.item = items[0]
	}
	detail := r.Details[food.Delivery]
	if len(detail) == 0 {
		detail = voteDetail(ctx, client, food.Delivery, r.ID, r.Key)
	}
	_ = json.Unmarshal(detail, &r.courier)
}

// voteDetail requests the detail of a participant's yes vote.
func voteDetail(ctx context.Context, client *txclient.Client, participant string, id txwire.ID, key string) json.RawMessage {
	ctx, cancel := context.WithTimeout(ctx, cli.AskTimeout)
	defer cancel()
	answer, err := client.Branches(ctx, participant, txwire.BranchQuery{Key: key})
	if err != nil {
		return nil
	}
	for _, b := range answer.Branches {
		if b.ID == id {
			return b.Detail
		}
	}
	return nil
}

func (r *receipt) json() receiptJSON {
	var applied *bool
	if r.Wait == txwire.WaitApplied && (r.Status == txwire.StatusCommitted || r.Status == txwire.StatusAborted) {
		applied = &r.Applied
	}
	return receiptJSON{
		Status: r.Status, Applied: applied, ID: r.ID, Key: r.Key, Item: r.Item, Quantity: r.Quantity, Zone: r.Zone,
		Name: r.item.Name, PriceCents: r.item.PriceCents, TotalCents: r.item.PriceCents * r.Quantity,
		Courier: r.courier.Courier, CourierName: r.courier.Name,
		Code: r.Code, Reason: r.Reason, Participant: r.Participant,
	}
}

func (r *receipt) committed(a *cli.App) error {
	if a.JSON {
		a.PrintJSON(r.json())
		return nil
	}
	pending := ""
	if r.Wait == txwire.WaitApplied && !r.Applied {
		a.Printf("Order placed, not yet applied everywhere.\n")
		pending = why(r.Outcome)
	} else {
		a.Printf("Order placed.\n")
	}
	took, total, courier := fmt.Sprintf("%d x %s", r.Quantity, r.Item), "", ""
	if r.item.Name != "" {
		took = fmt.Sprintf("%d x %s at %s", r.Quantity, r.item.Name, cli.Price(r.item.PriceCents))
		total = cli.Price(r.item.PriceCents * r.Quantity)
	}
	if r.courier.Name != "" {
		courier = fmt.Sprintf("%s (number %d), zone %s", r.courier.Name, r.courier.Courier, r.Zone)
	}
	a.Facts("took", took, "total", total, "courier", courier, "not yet applied", pending, "id", r.ID.String(), "key", r.Key)
	if pending != "" {
		fmt.Fprintf(a.Err, "next: the order is valid, do not repeat it; it is applied when the participant is available again, see `parley tx show %s`\n", r.ID)
	}
	return nil
}

func (r *receipt) aborted(a *cli.App) error {
	if a.JSON {
		a.PrintJSON(r.json())
		return cli.Ended(cli.ExitAborted)
	}
	a.Printf("Order not placed, nothing was taken.\n")
	a.Facts("why", why(r.Outcome), "id", r.ID.String(), "key", r.Key)
	fmt.Fprintf(a.Err, "next: %s\n", r.next())
	return cli.Ended(cli.ExitAborted)
}

// next returns what to do about an abort.
func (r *receipt) next() string {
	switch {
	case r.Code == wire.CodeNoParticipant:
		return fmt.Sprintf("start it with `parley %s`, then order again", r.Participant)
	case r.Code == wire.CodeRefused && r.Participant == food.Inventory:
		return "`parley menu` shows what is available; order something else or less, with a new key"
	case r.Code == wire.CodeRefused && r.Participant == food.Delivery:
		return "`parley couriers` shows which are free; order for another --zone, or free one with `parley couriers --complete NUMBER`"
	case r.Code == wire.CodeClosed:
		return "this key is used up by an order that was not placed; order again with a new key"
	default:
		return "order again; `parley status` shows whether everything runs"
	}
}

func (r *receipt) unknown(a *cli.App, again string) error {
	if a.JSON {
		a.PrintJSON(r.json())
		return cli.Ended(cli.ExitUnknown)
	}
	a.Printf("It is not known yet whether the order is placed.\n")
	a.Facts("why", why(r.Outcome), "id", r.ID.String(), "key", r.Key)
	fmt.Fprintf(a.Err, "next: repeat the order with the same key, which never orders twice: %s\n", again)
	return cli.Ended(cli.ExitUnknown)
}
