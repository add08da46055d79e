package participants

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/wire/txwire"
)

// The detail of a yes vote is refused here if the readers of the vote
// would refuse it: the vote would be lost, and the order time out.
func TestDetail(t *testing.T) {
	for detail, ok := range map[string]bool{
		"": true, `{"seat":"A1"}`: true, `"\ud83d\ude00"`: true, `"\ud83d"`: false, "\"\xff\"": false, `{"seat"`: false,
		`"` + strings.Repeat("x", txwire.MaxDetail) + `"`: false,
	} {
		if err := checkDetail(json.RawMessage(detail)); (err == nil) != ok {
			t.Errorf("%.20q is checked with %v", detail, err)
		}
	}
}
