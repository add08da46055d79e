package rooms

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
)

// An answer that lost its middle or its end is no answer.
func TestAnswersWithAHole(t *testing.T) {
	message := func(seq, previous string) *nats.Msg {
		return &nats.Msg{Data: []byte("x"), Header: nats.Header{
			"Nats-Stream": {"CHAT"}, "Nats-Subject": {"chat.room.a"}, "Nats-Sequence": {seq}, "Nats-Last-Sequence": {previous},
		}}
	}
	end := func(previous string) *nats.Msg {
		return &nats.Msg{Header: nats.Header{"Status": {"204"}, "Description": {"EOB"}, "Nats-Last-Sequence": {previous}}}
	}
	for name, c := range map[string]struct {
		answer []*nats.Msg
		hole   bool
	}{
		"whole":       {[]*nats.Msg{message("4", "0"), message("7", "4"), end("7")}, false},
		"empty":       {[]*nats.Msg{end("0")}, false},
		"no middle":   {[]*nats.Msg{message("4", "0"), message("9", "7"), end("9")}, true},
		"no end":      {[]*nats.Msg{message("4", "0"), end("7")}, true},
		"no begin":    {[]*nats.Msg{message("7", "4"), end("7")}, true},
		"no sense":    {[]*nats.Msg{message("4", "0"), message("7", "x"), end("7")}, true},
		"only an end": {[]*nats.Msg{end("7")}, true},
	} {
		var found []stored
		var done bool
		var err error
		for _, m := range c.answer {
			if done, err = addAnswer(&found, m, true); done {
				break
			}
		}
		if !done || errors.Is(err, errHole) != c.hole || err != nil != c.hole {
			t.Errorf("%s: done %v, %v", name, done, err)
		}
	}
}
