package ids

import (
	"fmt"
	"testing"

	"parley/idworker/snowflake"
	"parley/test/proc"
	"parley/wire/idwire"
)

// workers is what `parley id workers --json` prints, as far as it matters here.
type workers struct {
	Leases []struct {
		idwire.Lease
		Taken bool `json:"taken"`
	} `json:"leases"`
	Processes []idwire.IDWorkerState `json:"processes"`
}

// Started side by side every idworker has another number; the 33rd waits, reports
// that, and takes over when one stops.
func TestSideBySide(t *testing.T) {
	const all = snowflake.MaxWorker + 1
	data := t.TempDir()
	url := program.StartBroker(t, data).URL()
	var holders []*proc.Process
	for range all {
		holders = append(holders, program.Start(t, "idworker", "--nats", url))
	}
	for _, p := range holders {
		p.Await("claimed")
	}
	late := program.Start(t, "idworker", "--nats", url)
	late.Await("standing by: all worker numbers are taken")

	look := func() (standby int, err error) {
		t.Helper()
		holding := make(map[int]int)
		w := proc.JSON[workers](t, program, proc.ExitOK, "id", "workers", "--nats", url)
		for _, p := range w.Processes {
			switch {
			case p.State == idwire.WorkerHolding:
				holding[*p.Worker]++
			case p.State == idwire.WorkerStandby:
				standby++
			}
		}
		taken := 0
		for _, l := range w.Leases {
			if l.Taken {
				taken++
			}
		}
		for n, by := range holding {
			if by != 1 {
				t.Errorf("number %d is held by %d processes", n, by)
			}
		}
		if taken != all || len(holding) != all {
			err = fmt.Errorf("%d leases are taken and %d numbers held, by %v; want %d", taken, len(holding), holding, all)
		}
		return standby, err
	}
	// Of many processes on a busy machine some may answer too late for a look.
	proc.Eventually(t, proc.Patience, "everybody has a number and one stands by", func() error {
		standby, err := look()
		if err == nil && standby != 1 {
			err = fmt.Errorf("%d stand by", standby)
		}
		return err
	})

	holders[7].Stop()
	late.Await("took over a worker number")
	proc.Eventually(t, proc.Patience, "everybody has a number again", func() error {
		standby, err := look()
		if err == nil && standby != 0 {
			err = fmt.Errorf("%d stand by", standby)
		}
		return err
	})
	if out, errs, code := program.Run(t, "id", "next", "-n", "3", "--nats", url); code != proc.ExitOK {
		t.Errorf("id next: exit %d\n%s%s", code, out, errs)
	}
}
