package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// check makes IDs in several goroutines, and reports one that is there twice or
// out of order: the rate of a generator that does not keep its word is no rate.
func (g generator) check(goroutines, each int) error {
	m, err := g.open()
	if err != nil {
		return fmt.Errorf("starting %s: %w", g.name, err)
	}
	made := make([][]uuid.UUID, goroutines)
	failed := make([]error, goroutines)
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() {
			for range each {
				id, err := m.one()
				if err != nil {
					failed[i] = err
					return
				}
				made[i] = append(made[i], id)
			}
		})
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("checking %s: %w", g.name, err)
	}
	if g.ascending {
		for _, ids := range made {
			if !slices.IsSortedFunc(ids, compare) {
				return fmt.Errorf("the IDs of %s do not increase", g.name)
			}
		}
	}
	ids := slices.Concat(made...)
	slices.SortFunc(ids, compare)
	if different := len(slices.Compact(ids)); different != goroutines*each {
		return fmt.Errorf("%s made %d IDs of which %d are different", g.name, goroutines*each, different)
	}
	return nil
}

func compare(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
