package frame_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/chatgw/frame"
	"parley/wire"
)

// Whatever a client sends, nothing panics; a refusal is short and names who is at
// fault; and what is accepted is within its limits when it is encoded again.
func FuzzDecodeClient(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.data())
	}
	for _, seed := range []string{
		``, `null`, `{}`, `{"t":"join"}`, `{"T":"join","room":"a"}`, `{"t":"send","t":"join","room":"a"}`,
		`{"t":"send","room":"a","cid":"c","text":"\ud800"}`, `{"t":"extension","name":"a","body":{"b":[1e3,{"b":null}]}}`, `{"t":"extension","name":"a","body":{"b":1,"b":2}}`, `{"t":"hello","name":"` + "\xff" + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := frame.DecodeClient(data)
		if err != nil {
			malformed, isMalformed := errors.AsType[*frame.Malformed](err)
			refused, isRefused := errors.AsType[*wire.Error](err)
			switch {
			case isMalformed && v == nil && len(malformed.Text) <= wire.MaxReason:
			case isRefused && v != nil && refused.Code == wire.CodeInvalid:
				if answer := frame.Encode(frame.Refuse(v, err, 0)); len(answer) > 4*wire.MaxReason {
					t.Fatalf("the answer has %d bytes: %s", len(answer), answer)
				}
			default:
				t.Fatalf("refused with %#v and %T %.500v", v, err, err)
			}
			return
		}
		data = frame.EncodeFrame(v) // which leaves out the space in a body
		again, err := frame.DecodeClient(data)
		if err != nil || !bytes.Equal(data, frame.EncodeFrame(again)) {
			t.Fatalf("accepted\n%#v\nwhich is written as %s and read as\n%#v, %v", v, data, again, err)
		}
	})
}

// Whatever a gateway sends: no panic; and what is read is stable.
func FuzzDecodeGateway(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.data())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := frame.DecodeGateway(data)
		if err != nil {
			if e, ok := errors.AsType[*frame.Malformed](err); !ok || len(e.Text) > wire.MaxReason {
				t.Fatalf("refused with %T %.500v", err, err)
			}
			return
		}
		if m, ok := v.(*frame.Message); ok && m.ID.Valid() {
			first := frame.Encode(*m)
			again, err := frame.DecodeGateway(first)
			if err != nil {
				t.Fatalf("%s is read with %v", first, err)
			}
			if second := frame.Encode(*again.(*frame.Message)); !bytes.Equal(first, second) {
				t.Fatalf("encoding is not stable:\n%s\n%s", first, second)
			}
		}
	})
}
