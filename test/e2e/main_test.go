package e2e

import (
	"flag"
	"testing"

	"parley/test/proc"
)

var (
	long   = flag.Bool("long", false, "play every row of the crash table several times")
	rounds = flag.Int("rounds", 3, "how often with -long")
	only   = flag.String("row", "", "play only the rows of the crash table whose name matches this regular expression")
)

// binary is the program under test, built once.
var binary proc.Program

func TestMain(m *testing.M) { proc.TestMain(m, &binary, 8) }
