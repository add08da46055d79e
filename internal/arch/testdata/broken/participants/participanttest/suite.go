// Package participanttest is for tests, which may start brokers.
package participanttest

import "parley/broker/brokertest"

var _ = brokertest.X
