package lease_test

import (
	"testing"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// TestRecordsAreValid: whatever the machine writes can be read.
func TestRecordsAreValid(t *testing.T) {
	m := holding(t)
	m.Drain()
	m.Actions()
	m.Closed(100_000)
	w, ok := m.Actions()[0].(lease.Write)
	if !ok {
		t.Fatal("it does not write a release")
	}
	back, err := wire.Decode[idwire.Lease](wire.Encode(w.Record))
	if err != nil || back != w.Record {
		t.Errorf("%+v is read as %+v (%v)", w.Record, back, err)
	}
	if back.At != 100_000+snowflake.EpochMS {
		t.Errorf("at is %d, want the broker's time in milliseconds since 1970", back.At)
	}
}

// TestCloneIsApart: what happens to the copy does not happen to the original.
func TestCloneIsApart(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *lease.Machine{"holding": holding, "extending": extending} {
		t.Run(name, func(t *testing.T) {
			m := make(t)
			before := string(m.AppendKey(nil))
			c := m.Clone()
			if string(c.AppendKey(nil)) != before {
				t.Fatal("a copy has another key")
			}
			c.Woke()
			c.Written(second, lease.Stored, 2)
			c.Learned(lease.Clock{Broker: 103_000})
			c.Drain()
			c.Closed(101_000)
			if string(c.AppendKey(nil)) == before {
				t.Fatal("the copy has not moved")
			}
			if string(m.AppendKey(nil)) != before {
				t.Error("the original has moved with its copy")
			}
		})
	}
}
