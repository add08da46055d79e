package frame

import (
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// AskStage asks what [Stage] has done so far; answered with [StageState].
const AskStage = "stage"

// TxSeen answers [AskTx]: what is known of a transaction, and what crossed
// while this gateway watched. Events is empty for one from before that, and in
// [TxsSeen].
type TxSeen struct {
	ID     string        `json:"id"`
	Key    string        `json:"key,omitempty"`
	Status txwire.Status `json:"status"`
	Code   wire.Code     `json:"code,omitempty"`
	Reason string        `json:"reason,omitempty"`
	// At is when the first of its messages was seen, in microseconds since
	// 1970; 0 if none was.
	At     int64     `json:"at_us,omitempty"`
	Events []TxEvent `json:"events,omitempty"`
}

// TxsSeen answers [AskTxs], newest first.
type TxsSeen struct {
	Txs []TxSeen `json:"txs"`
}

// WorkersSeen answers [AskWorkers].
type WorkersSeen struct {
	Leases  idwire.Leases          `json:"leases"`
	Workers []idwire.IDWorkerState `json:"workers"`
}

// StageState answers [AskStage] and [Stage].
type StageState struct {
	Roles []StageRole `json:"roles"`
}

// StageRole is what one role on the stage is doing.
type StageRole struct {
	Role string `json:"role"`
	// State is "running", "armed" (running, and dies at Point) or "stopped".
	State string `json:"state"`
	Point string `json:"point,omitempty"`
}
