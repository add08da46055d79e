package chatwire

import (
	"cmp"
	"fmt"

	"parley/wire"
)

// MaxClaims bounds the people in one [Presence], so that it stays below
// [wire.MaxMessage] with the longest names.
const MaxClaims = 256

// Presence is a gateway's report of who is connected to it: a full account every
// few seconds, in several parts, and the changes in between. It is never stored;
// a gateway that has been silent for a while is taken for dead.
type Presence struct {
	V       int    `json:"v"`
	Gateway string `json:"gateway"`
	// Round counts the full accounts of a gateway. A message with Parts is
	// part Part, from 1, of the account Round; a person whom the account does
	// not name is no longer present. A message without Parts reports the changes
	// since.
	Round uint64 `json:"round"`
	Part  int    `json:"part,omitempty"`
	Parts int    `json:"parts,omitempty"`
	// Claims are people in rooms.
	Claims []Claim `json:"claims,omitempty"`
	// Ask: the gateway has just started and wants everybody's account.
	Ask bool `json:"ask,omitempty"`
	// Bye: the gateway stops; its people are about to come elsewhere.
	Bye bool `json:"bye,omitempty"`
}

// Claim states that a person is in a room through a gateway.
type Claim struct {
	Room string `json:"room"`
	User string `json:"user"`
	// Since is when the person came to the room, through whatever gateway, in
	// milliseconds since 1970: it names the stay. 0 if Gone: not any more.
	Since int64 `json:"since,omitempty"`
	Gone  bool  `json:"gone,omitempty"`
}

// Form implements [wire.Message].
func (m *Presence) Form() wire.Form {
	return wire.Form{Name: "chat presence", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Presence) Check() error {
	if err := wire.CheckToken("gateway", m.Gateway); err != nil {
		return err
	}
	if m.Part < 0 || m.Part > m.Parts || (m.Part == 0) != (m.Parts == 0) {
		return fmt.Errorf("part is %d of %d", m.Part, m.Parts)
	}
	if len(m.Claims) > MaxClaims {
		return fmt.Errorf("claims has %d entries, the limit is %d", len(m.Claims), MaxClaims)
	}
	for i, c := range m.Claims {
		if err := cmp.Or(CheckRoom(c.Room), wire.CheckUser(c.User)); err != nil {
			return fmt.Errorf("claims[%d]: %w", i, err)
		}
		if c.Since < 0 || (c.Since == 0) != c.Gone {
			return fmt.Errorf("claims[%d]: since is %d and gone is %v, it must be above 0 or gone", i, c.Since, c.Gone)
		}
	}
	return nil
}

// Typing announces that somebody is typing, on [TypingSubject].
type Typing struct {
	V    int    `json:"v"`
	User string `json:"user"`
}

// Form implements [wire.Message].
func (m *Typing) Form() wire.Form {
	return wire.Form{Name: "chat typing", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Typing) Check() error { return wire.CheckUser(m.User) }
