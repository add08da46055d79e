package txclient_test

import (
	"fmt"
	"testing"

	"parley/broker/brokertest"
	"parley/wire"
)

// Many submissions at once over one client: each is given its own answer, also
// when the answers come in another order and some are refused first.
func TestManyAtOnce(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	client := newClient(t, s.Connect(t))
	const many = 200
	answers := map[string]<-chan result{}
	for i := range many {
		key := fmt.Sprintf("k%d", i)
		answers[key] = submit(t.Context(), client, order(key))
	}
	// Every third is refused first; the last try of each is answered in the end.
	refused, held := map[string]bool{}, map[string]try{}
	for n := 0; len(held) < many; n++ {
		got := f.next()
		if n%3 == 0 && !refused[got.Key] && held[got.Key].reply == "" {
			refused[got.Key] = true
			f.answer(got, rejected(wire.CodeBusy))
			continue
		}
		held[got.Key] = got
	}
	numbers := map[string]uint64{}
	for key, t := range held {
		numbers[key] = uint64(len(numbers) + 1)
		f.answer(t, committed(numbers[key]))
	}
	for key, a := range answers {
		if r := <-a; r.err != nil || r.o.Key != key || r.o.ID != id(numbers[key]) {
			t.Errorf("%s: got %+v, %v, want %s", key, r.o, r.err, id(numbers[key]))
		}
	}
}
