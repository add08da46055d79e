package snowflake_test

import (
	"fmt"

	"parley/idworker/snowflake"
)

// A range gives the IDs of one worker number; each is larger than the one before. A
// clock that stands still, or goes back, makes no difference. When the range is used
// up there are no more.
func Example() {
	r := snowflake.NewRange(7, 1000, 1002) // timestamps 1000 and 1001
	for _, now := range []int64{1000, 1000, 900, 1001, 1002} {
		id, ok := r.Next(now)
		if !ok {
			fmt.Println("nothing is left")
			continue
		}
		fmt.Println("timestamp", id.Timestamp(), "worker", id.Worker(), "sequence", id.Sequence())
	}
	// Output:
	// timestamp 1000 worker 7 sequence 0
	// timestamp 1000 worker 7 sequence 1
	// timestamp 1000 worker 7 sequence 2
	// timestamp 1001 worker 7 sequence 0
	// nothing is left
}
