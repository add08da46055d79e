package frame

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/participants/food"
	"parley/wire"
	"parley/wire/chatwire"
)

// FromClient is a frame that a client sends: a pointer to one of the types in
// client.go.
type FromClient interface {
	framed
	// check reports a value beyond its limit.
	check() error
	// refusal is an [Error] that says which frame it answers.
	refusal() Error
}

func (f *Hello) check() error {
	switch {
	case f.Name == "" && f.Token == "":
		return errors.New("name and token are missing, one of them is needed")
	case f.Name != "" && f.Token != "":
		return errors.New("name and token are both set, only one of them can be")
	case f.Name != "":
		return wire.CheckNewUser(f.Name)
	case len(f.Token) > MaxToken:
		return fmt.Errorf("token has %d bytes, the limit is %d", len(f.Token), MaxToken)
	}
	return nil
}

func (f *Join) check() error {
	if f.Epoch == "" && f.Since != 0 {
		return fmt.Errorf("since is %d without an epoch: the number alone says nothing", f.Since)
	}
	if f.Epoch != "" {
		if err := wire.CheckToken("epoch", f.Epoch); err != nil {
			return err
		}
	}
	return cmp.Or(checkRef(f.Ref, 0), chatwire.CheckRoom(f.Room), checkSeq("since", f.Since))
}

func (f *Leave) check() error { return chatwire.CheckRoom(f.Room) }

func (f *Send) check() error {
	if f.CID == "" {
		return errors.New("cid is missing: without it the answer cannot say what it answers, and no retry is safe")
	}
	return cmp.Or(chatwire.CheckRoom(f.Room), chatwire.CheckCID(f.CID), chatwire.CheckNewText(f.Text))
}

func (f *History) check() error {
	if f.Limit < 0 || f.Limit > MaxPage {
		return fmt.Errorf("limit is %d, allowed is 0 to %d", f.Limit, MaxPage)
	}
	return cmp.Or(checkRef(f.Ref, 1), chatwire.CheckRoom(f.Room), checkSeq("before", f.Before))
}

func (f *TypingIn) check() error { return chatwire.CheckRoom(f.Room) }

func (f *Ask) check() error {
	if len(f.ID) > MaxAskID {
		return fmt.Errorf("id has %d bytes, the limit is %d", len(f.ID), MaxAskID)
	}
	return cmp.Or(checkRef(f.Ref, 1), checkWord("what", f.What, AskMenu, AskCouriers, AskTx, AskTxs, AskID, AskWorkers, AskStage))
}

func (f *Order) check() error {
	if f.Quantity < 1 || f.Quantity > food.MaxQuantity {
		return fmt.Errorf("quantity is %d, allowed is 1 to %d", f.Quantity, food.MaxQuantity)
	}
	for _, w := range []struct{ name, value string }{{"item", f.Item}, {"zone", f.Zone}} {
		if w.value == "" || len(w.value) > food.MaxWord {
			return fmt.Errorf("%s has %d bytes, allowed are 1 to %d", w.name, len(w.value), food.MaxWord)
		}
	}
	return cmp.Or(checkRef(f.Ref, 1), wire.CheckKey(f.Key))
}

func (f *Watch) check() error { return nil }

func (f *Stage) check() error {
	err := cmp.Or(
		checkRef(f.Ref, 1),
		checkWord("role", f.Role, StageInventory, StageDelivery, StageCoordinator),
		checkWord("do", f.Do, StageArm, StageKill, StageStart),
	)
	switch {
	case err != nil:
		return err
	case f.Do == StageArm:
		return checkWord("point", f.Point, StageVoted, StagePrepared, StageDecided)
	case f.Point != "":
		return fmt.Errorf("point is %.40q, which only %q has", f.Point, StageArm)
	}
	return nil
}

func checkRef(ref, least int64) error {
	if ref < least || ref > MaxNumber {
		return fmt.Errorf("ref is %d, allowed is %d to %d", ref, least, int64(MaxNumber))
	}
	return nil
}

func checkSeq(field string, n uint64) error {
	if n > MaxNumber {
		return fmt.Errorf("%s is %d, allowed is 0 to %d", field, n, int64(MaxNumber))
	}
	return nil
}

func checkWord(field, value string, allowed ...string) error {
	if !slices.Contains(allowed, value) {
		return fmt.Errorf("%s is %.40q, allowed are %s", field, value, strings.Join(allowed, ", "))
	}
	return nil
}

func (f *Hello) refusal() Error    { return Error{} }
func (f *Join) refusal() Error     { return Error{Ref: f.Ref, Room: f.Room} }
func (f *Leave) refusal() Error    { return Error{Room: f.Room} }
func (f *Send) refusal() Error     { return Error{Room: f.Room, CID: f.CID} }
func (f *History) refusal() Error  { return Error{Ref: f.Ref, Room: f.Room} }
func (f *TypingIn) refusal() Error { return Error{Room: f.Room} }
func (f *Ask) refusal() Error      { return Error{Ref: f.Ref} }
func (f *Order) refusal() Error    { return Error{Ref: f.Ref} }
func (f *Watch) refusal() Error    { return Error{} }
func (f *Stage) refusal() Error    { return Error{Ref: f.Ref} }
