package faults

import (
	"math/rand/v2"
	"slices"
)

// deck deals cards in a random order, all of them before one comes again. A card
// that does not fit now is dealt as soon as it does.
type deck[T any] struct {
	rng   *rand.Rand
	cards []T
	// left are those to be dealt, in this order.
	left []T
}

func newDeck[T any](rng *rand.Rand, cards ...T) *deck[T] {
	return &deck[T]{rng: rng, cards: cards}
}

// most bounds how many decks wait for a moment at which they fit.
const most = 3

// deal is the next card that fits; ok is false if none does.
func (d *deck[T]) deal(fits func(T) bool) (card T, ok bool) {
	for range 2 {
		if i := slices.IndexFunc(d.left, fits); i >= 0 {
			card = d.left[i]
			d.left = slices.Delete(d.left, i, i+1)
			return card, true
		}
		if len(d.left) >= most*len(d.cards) {
			break
		}
		fresh := slices.Clone(d.cards)
		d.rng.Shuffle(len(fresh), func(i, j int) { fresh[i], fresh[j] = fresh[j], fresh[i] })
		d.left = append(d.left, fresh...)
	}
	return card, false
}
