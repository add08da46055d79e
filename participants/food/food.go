// Package food defines the messages of the food-delivery system's participants: the
// payloads of branches, and requests for the stock and the couriers.
package food

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	"parley/wire"
	"parley/wire/txwire"
)

// The names of the food-delivery system's participants, and the subjects of their endpoints.
const (
	Inventory = "inventory"
	Delivery  = "delivery"

	// SubjectItems answers [ItemsRequest] with [Items].
	SubjectItems = "inventory.items"
	// SubjectRestock answers [Restock] with [Items] (that one item).
	SubjectRestock = "inventory.restock"
	// SubjectCouriers answers [CouriersRequest] with [Couriers].
	SubjectCouriers = "delivery.couriers"
	// SubjectComplete answers [Complete] with [Couriers] (that one courier).
	SubjectComplete = "delivery.complete"
)

// MaxQuantity bounds one order's quantity and MaxStock an item's stock: far
// above real values, and low enough that sums do not overflow.
const (
	MaxQuantity = 1_000_000
	MaxStock    = 1_000_000_000_000
)

// MaxWord bounds an item or zone name in bytes.
const MaxWord = 64

// StockOrder is inventory's branch payload: a quantity of one item.
type StockOrder struct {
	V        int    `json:"v"`
	Item     string `json:"item"`
	Quantity int64  `json:"quantity"`
}

// Form implements [wire.Message].
func (m *StockOrder) Form() wire.Form {
	return wire.Form{Name: "stock order", Version: m.V, Limit: txwire.MaxPayload}
}

// Check implements [wire.Message].
func (m *StockOrder) Check() error {
	if err := checkWord("item", m.Item); err != nil {
		return err
	}
	if m.Quantity < 1 || m.Quantity > MaxQuantity {
		return fmt.Errorf("quantity is %d, allowed is 1 to %d", m.Quantity, MaxQuantity)
	}
	return nil
}

// CourierOrder is delivery's branch payload: one courier of a zone.
type CourierOrder struct {
	V    int    `json:"v"`
	Zone string `json:"zone"`
}

// Form implements [wire.Message].
func (m *CourierOrder) Form() wire.Form {
	return wire.Form{Name: "courier order", Version: m.V, Limit: txwire.MaxPayload}
}

// Check implements [wire.Message].
func (m *CourierOrder) Check() error { return checkWord("zone", m.Zone) }

// Item is an item of the menu. Stock - Reserved of it can be ordered.
type Item struct {
	Item string `json:"item"`
	Name string `json:"name"`
	// PriceCents is the price of one item, in cents.
	PriceCents int64 `json:"price_cents"`
	// Stock is the number of items that exist, Reserved the part of them in prepared orders.
	Stock    int64 `json:"stock"`
	Reserved int64 `json:"reserved"`
}

// Courier delivers orders in one zone, and can take Capacity - Reserved - Assigned more.
type Courier struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Zone string `json:"zone"`
	// Capacity is how many orders the courier carries at a time, Reserved counts the
	// prepared ones, Assigned the committed ones.
	Capacity int64 `json:"capacity"`
	Reserved int64 `json:"reserved"`
	Assigned int64 `json:"assigned"`
}

// ItemsRequest requests all items of the menu, or only Item.
type ItemsRequest struct {
	V    int    `json:"v"`
	Item string `json:"item,omitempty"`
}

// Form implements [wire.Message].
func (m *ItemsRequest) Form() wire.Form {
	return wire.Form{Name: "items request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *ItemsRequest) Check() error {
	if m.Item == "" {
		return nil
	}
	return checkWord("item", m.Item)
}

// Items answers [ItemsRequest] and [Restock].
type Items struct {
	V      int       `json:"v"`
	Items  []Item    `json:"items"`
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Items) Form() wire.Form {
	return wire.Form{Name: "items", Version: m.V, Limit: 1 << 20, Report: true}
}

// Check implements [wire.Message].
func (m *Items) Check() error { return wire.CheckCode(m.Code, m.Reason) }

// Restock adds to an item's stock.
type Restock struct {
	V        int    `json:"v"`
	Item     string `json:"item"`
	Quantity int64  `json:"quantity"`
}

// Form implements [wire.Message].
func (m *Restock) Form() wire.Form {
	return wire.Form{Name: "restock", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Restock) Check() error {
	if err := checkWord("item", m.Item); err != nil {
		return err
	}
	if m.Quantity < 1 || m.Quantity > MaxStock {
		return fmt.Errorf("quantity is %d, allowed is 1 to %d", m.Quantity, int64(MaxStock))
	}
	return nil
}

// CouriersRequest requests all couriers, or only those of Zone.
type CouriersRequest struct {
	V    int    `json:"v"`
	Zone string `json:"zone,omitempty"`
}

// Form implements [wire.Message].
func (m *CouriersRequest) Form() wire.Form {
	return wire.Form{Name: "couriers request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *CouriersRequest) Check() error {
	if m.Zone == "" {
		return nil
	}
	return checkWord("zone", m.Zone)
}

// Couriers answers [CouriersRequest] and [Complete].
type Couriers struct {
	V        int       `json:"v"`
	Couriers []Courier `json:"couriers"`
	Code     wire.Code `json:"code,omitempty"`
	Reason   string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Couriers) Form() wire.Form {
	return wire.Form{Name: "couriers", Version: m.V, Limit: 1 << 20, Report: true}
}

// Check implements [wire.Message].
func (m *Couriers) Check() error { return wire.CheckCode(m.Code, m.Reason) }

// Complete reports that a courier has delivered one order and can take another one.
type Complete struct {
	V       int   `json:"v"`
	Courier int64 `json:"courier"`
}

// Form implements [wire.Message].
func (m *Complete) Form() wire.Form {
	return wire.Form{Name: "complete", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Complete) Check() error {
	if m.Courier < 1 {
		return fmt.Errorf("courier is %s, not the number of a courier", strconv.FormatInt(m.Courier, 10))
	}
	return nil
}

func checkWord(what, s string) error {
	if s == "" {
		return fmt.Errorf("%s is missing", what)
	}
	if err := wire.CheckText(what, s, MaxWord); err != nil {
		return err
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s %q is not valid UTF-8", what, s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s %q has the unprintable character %U", what, s, r)
		}
	}
	return nil
}
