package explore

// Table gives every distinct part of a world a number, so that a state is a few
// numbers and what an event does to a part can be computed once.
type Table[T any] struct {
	// Items has the part of each number. They must not change.
	Items []*T
	ids   map[string]uint32
}

// NewTable makes an empty one.
func NewTable[T any]() *Table[T] { return &Table[T]{ids: map[string]uint32{}} }

// Intern returns the number of the item with this key, made if it is new.
func (t *Table[T]) Intern(key []byte, item func() *T) uint32 {
	if id, ok := t.ids[string(key)]; ok {
		return id
	}
	id := uint32(len(t.Items))
	t.ids[string(key)] = id
	t.Items = append(t.Items, item())
	return id
}
