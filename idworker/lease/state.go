package lease

import (
	"encoding/binary"

	"parley/wire/idwire"
)

// Clone returns an independent copy without pending actions, for exploration.
func (m *Machine) Clone() *Machine {
	c := *m // a table is immutable
	c.out = nil
	if m.held != nil {
		h := *m.held
		c.held = &h
	}
	if m.flight != nil {
		f := *m.flight
		c.flight = &f
	}
	return &c
}

// AppendKey appends a key to b that is equal for two machines of one process exactly
// when their future behaviour is equal, for exploration. State that only operators
// see ([Skipped], [Machine.State], times in records) is not included.
func (m *Machine) AppendKey(b []byte) []byte {
	k := key(b)
	k.num(uint64(m.phase), m.made)
	k.flag(m.refused != "")
	k.flag(m.draining)
	if m.phase == settling || m.phase == checking {
		k.time(m.clock.Broker) // in other phases it is requested again before its use
	}
	k.num(uint64(len(m.table)))
	for _, r := range m.table {
		k.num(r.Seq)
		k.record(r.Record)
	}
	k.flag(m.held != nil)
	if h := m.held; h != nil {
		k.num(uint64(h.worker), h.seq)
		k.text(h.nonce)
		k.time(h.from)
		k.time(h.until)
		k.flag(h.installed)
	}
	k.flag(m.flight != nil)
	if f := m.flight; f != nil {
		k.num(uint64(f.kind), f.expect, f.seq)
		k.text(f.base)
		k.record(f.record)
		k.time(f.from)
		k.time(f.void)
		k.flag(f.refuted)
		k.flag(f.acked)
	}
	return k
}

// key builds a state key. Every part has a length or a fixed form, so that the keys
// of different states differ.
type key []byte

func (k *key) num(ns ...uint64) {
	for _, n := range ns {
		*k = binary.AppendUvarint(*k, n)
	}
}

func (k *key) time(t int64) { *k = binary.AppendVarint(*k, t) }

func (k *key) text(s string) {
	k.num(uint64(len(s)))
	*k = append(*k, s...)
}

func (k *key) flag(f bool) {
	if f {
		*k = append(*k, 1)
	} else {
		*k = append(*k, 0)
	}
}

func (k *key) record(r idwire.Lease) {
	k.num(uint64(r.Worker))
	k.text(string(r.State))
	k.time(r.Until)
	k.text(r.Nonce)
}
