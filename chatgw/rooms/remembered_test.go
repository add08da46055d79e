package rooms_test

import (
	"fmt"
	"sync"
	"testing"
)

// A page that is given from memory holds only messages that are complete: the
// race detector says so otherwise.
func TestPagesWhileTheRoomTalks(t *testing.T) {
	r, _ := one(t, nil)
	newMember().join(t, r, "lobby", "", 0)
	const n = 300
	var work sync.WaitGroup
	for i := range 4 {
		work.Go(func() {
			for k := range n / 4 {
				say(t, r, "lobby", "ada", fmt.Sprint("c", i, "-", k), "text")
			}
		})
	}
	for range 4 {
		work.Go(func() {
			for range n {
				if _, _, err := r.History(testContext(t), "lobby", 0, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
}
