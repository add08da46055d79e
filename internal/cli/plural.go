package cli

import (
	"fmt"
)

// Plural formats a number of things: "1 branch", "2 branches".
func Plural(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}
