// Package settings gives the fields of a configuration their defaults and checks them.
package settings

import (
	"fmt"
	"time"
)

// Field is a number in a configuration, see [Above].
type Field func() error

// Above is a field with the default def, that must be above 0.
func Above[T int | float64 | time.Duration](name string, v *T, def T) Field {
	return func() error {
		if *v == 0 {
			*v = def
		}
		if *v < 0 {
			return fmt.Errorf("%s is %v, it must be above 0", name, *v)
		}
		return nil
	}
}

// Fill sets the defaults, and returns an error about the first field that is out of
// bounds. The prefix names the package.
func Fill(prefix string, fields ...Field) error {
	for _, f := range fields {
		if err := f(); err != nil {
			return fmt.Errorf("%s: %w", prefix, err)
		}
	}
	return nil
}
