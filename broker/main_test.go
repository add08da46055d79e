package broker_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or a lone broker when a test starts this program
// again as another process; see TestSecondProcessIsRefused.
func TestMain(m *testing.M) {
	if dir := os.Getenv(envHoldStore); dir != "" {
		os.Exit(holdStore(dir))
	}
	goleak.VerifyTestMain(m)
}
