package sim

// table gives every distinct part of the world a number, so that a world is a
// few numbers and what an event does to a part is computed once.
type table[T any] struct {
	ids   map[string]uint32
	items []*T
}

func newTable[T any]() *table[T] { return &table[T]{ids: map[string]uint32{}} }

// intern returns the number of the item with this key, made if it is new.
func (t *table[T]) intern(key []byte, item func() *T) uint32 {
	if id, ok := t.ids[string(key)]; ok {
		return id
	}
	id := uint32(len(t.items))
	t.ids[string(key)] = id
	t.items = append(t.items, item())
	return id
}
