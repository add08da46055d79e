package ids

import (
	"testing"

	"parley/idworker/snowflake"
)

// The checkers catch what they are for.
func TestCensus(t *testing.T) {
	c := NewCensus()
	block := snowflake.Block{Worker: 3, Start: snowflake.Counter(1000, 4000), Count: 5000}
	if err := c.Block(block); err != nil {
		t.Fatal(err)
	}
	if err := c.Block(snowflake.Block{Worker: 4, Start: block.Start, Count: 5000}); err != nil {
		t.Errorf("another worker's: %v", err)
	}
	if err := c.ID(snowflake.NewID(1000, 3, 3999)); err != nil {
		t.Errorf("the one before: %v", err)
	}
	if err := c.ID(block.At(4999)); err == nil {
		t.Error("the last of a block again is not noticed")
	}
	if err := c.Block(snowflake.Block{Worker: 3, Start: block.Start + 4999, Count: 2}); err == nil {
		t.Error("an overlap of one is not noticed")
	}
	// The two IDs of the overlap's far side were not reached.
	if n := c.Count(); n != 10_001 {
		t.Errorf("counted %d, want 10001", n)
	}
}

func TestOrder(t *testing.T) {
	o := NewOrder()
	a, b := snowflake.NewID(1000, 3, 1), snowflake.NewID(1000, 3, 2)
	for _, step := range []struct {
		first, last snowflake.ID
		ok          bool
	}{
		{a, b, true},
		{snowflake.NewID(900, 4, 0), snowflake.NewID(900, 4, 0), true}, // another worker may be behind
		{b, b, false},
		{snowflake.NewID(1001, 3, 9), snowflake.NewID(1001, 3, 8), false},
		{snowflake.NewID(1001, 3, 0), snowflake.NewID(1002, 3, 0), true},
	} {
		if err := o.Next(step.first, step.last); (err == nil) != step.ok {
			t.Errorf("%d to %d: %v", step.first, step.last, err)
		}
	}
}
