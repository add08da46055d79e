package main

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/idworker/snowflake"
)

// errUsedUp cannot happen before 2095.
var errUsedUp = errors.New("the range of timestamps is used up")

// now is the time as Parley's IDs count it.
func now() int64 { return snowflake.Timestamp(time.Now()) }

// openParleyLease is the hot path: the time is read once in a while and there
// is room to borrow.
func openParleyLease() (maker, error) {
	at := now()
	r := snowflake.NewRange(1, at, snowflake.MaxTimestamp)
	return maker{
		spend: func(n int) error {
			for range n {
				if _, ok := r.Next(at); !ok {
					return errUsedUp
				}
			}
			return nil
		},
		one: func() (uuid.UUID, error) { id, _ := r.Next(at); return fromInt(int64(id)), nil },
	}, nil
}

// openParleyRealTime never gives an ID from a millisecond that is still to come:
// the end of the range moves with the clock.
func openParleyRealTime() (maker, error) {
	at := now()
	r := snowflake.NewRange(1, at, at+1)
	next := func() snowflake.ID {
		for {
			at := now()
			r.Extend(at + 1)
			if id, ok := r.Next(at); ok {
				return id
			}
		}
	}
	return maker{
		spend: func(n int) error {
			for range n {
				next()
			}
			return nil
		},
		one: func() (uuid.UUID, error) { return fromInt(int64(next())), nil },
	}, nil
}
