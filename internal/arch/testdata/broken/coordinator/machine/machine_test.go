package machine

import "time"

var _ = time.Now
