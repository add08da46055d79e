package frame

import (
	"cmp"
	"errors"
	"fmt"

	"parley/wire"
	"parley/wire/chatwire"
)

// FromClient is a frame that a client sends: a pointer to one of the types in
// client.go, or to an [Extension].
type FromClient interface {
	framed
	// check reports a value beyond its limit.
	check() error
	// refusal is an [Error] that names the frame it answers.
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
		return fmt.Errorf("since is %d without an epoch: the number alone means nothing", f.Since)
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
		return errors.New("cid is missing: without it the answer cannot name the message it answers, and no retry is safe")
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

func (f *Hello) refusal() Error     { return Error{} }
func (f *Join) refusal() Error      { return Error{Ref: f.Ref, Room: f.Room} }
func (f *Leave) refusal() Error     { return Error{Room: f.Room} }
func (f *Send) refusal() Error      { return Error{Room: f.Room, CID: f.CID} }
func (f *History) refusal() Error   { return Error{Ref: f.Ref, Room: f.Room} }
func (f *TypingIn) refusal() Error  { return Error{Room: f.Room} }
func (f *Extension) refusal() Error { return Error{Ref: f.Ref} }
