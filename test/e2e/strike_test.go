package e2e

import (
	"fmt"
	"slices"
	"time"

	"parley/coordinator"
	"parley/participants/food"
)

// crashParticipant: a participant kills itself at the point.
func crashParticipant(tr *trial) {
	victim := tr.restartWith("--crash-at")
	tr.submitUnder()
	victim.AwaitKilled()
	tr.died()
	tr.healed = time.Now()
	tr.startParticipant(tr.row.victim)
}

// restartWith restarts the victim with a flag that names the point. So the
// first order after it is the one that reaches the point.
func (tr *trial) restartWith(flag string) *process {
	tr.Helper()
	if p := tr.participants[tr.row.victim]; p != nil {
		p.Stop()
		p = tr.startParticipant(tr.row.victim, flag, tr.row.point)
		p.Await(tr.row.victim + " is ready")
		return p
	}
	tr.stopCoordinators()
	return tr.startCoordinator("--trim-at", "4", flag, tr.row.point)
}

// crashCoordinator: the only coordinator kills itself, and another one starts
// afterwards.
func crashCoordinator(tr *trial) {
	victim := tr.restartWith("--crash-at")
	tr.submitUnder()
	victim.AwaitKilled()
	tr.died()
	tr.healed = time.Now()
	tr.startCoordinator()
}

// crashBeside: of two coordinators one kills itself. Which one gets an order is
// up to the broker, so there are orders until the right one does.
func crashBeside(tr *trial) {
	victim := tr.restartWith("--crash-at")
	tr.startCoordinator()
	tr.submitUnder()
	for !tr.reached(victim) {
		tr.submitUnder()
	}
	victim.AwaitKilled()
	tr.healed = time.Now()
	tr.died()
}

// crashPurging: the coordinator dies while it trims its log.
func crashPurging(tr *trial) {
	victim := tr.restartWith("--crash-at")
	tr.submitUnder()
	for !tr.reached(victim) {
		tr.submitUnder()
	}
	victim.AwaitKilled()
	tr.healed = time.Now()
	tr.startCoordinator()
}

// crashCarried: delivery stands still while it commits, so that its commit is
// carried forward in the log while other orders come and go; then the
// coordinator dies between the checkpoint and the purge.
func crashCarried(tr *trial) {
	victim := tr.restartWith("--crash-at")
	tr.participants[food.Delivery].Stop()
	slow := tr.startParticipant(food.Delivery, "--hold-at", "outcome-before-commit")
	slow.Await("delivery is ready")
	carried := tr.submit(tr.newOrder())
	slow.AwaitHeld("outcome-before-commit")
	for !victim.Ended() {
		small := tr.newOrder()
		small.zone = "" // delivery stands still
		tr.under = []*order{tr.submit(small)}
		tr.reached(victim)
	}
	victim.AwaitKilled()
	tr.under = append(tr.under, carried)
	tr.died()
	// What it was held in is lost as well: only the log knows of the commit.
	slow.Kill()
	tr.healed = time.Now()
	tr.startParticipant(food.Delivery)
	tr.startCoordinator()
}

// crashDraining: the coordinator is asked to stop and dies before it has purged
// its log, in which everything is finished.
func crashDraining(tr *trial) {
	tr.stopCoordinators()
	victim := tr.startCoordinator("--crash-at", tr.row.point)
	tr.submitUnder()
	<-tr.under[0].done
	victim.Interrupt()
	victim.AwaitKilled()
	tr.healed = time.Now()
	tr.startCoordinator()
}

// crashSealer: the second coordinator dies right after it sealed the log of the
// first, which died at the given point.
func crashSealer(first string) func(*trial) {
	return func(tr *trial) {
		tr.stopCoordinators()
		owner := tr.startCoordinator("--crash-at", first)
		tr.submitUnder()
		owner.AwaitKilled()
		tr.died()
		tr.startCoordinator("--crash-at", tr.row.point).AwaitKilled()
		tr.healed = time.Now()
		tr.startCoordinator()
	}
}

// crashAsked: the second coordinator dies with the questions of both
// participants in its hands. The log of the first holds no commit, which another
// coordinator would drive by itself: the participant in doubt has to ask again.
func crashAsked(tr *trial) {
	tr.stopCoordinators()
	owner := tr.startCoordinator("--crash-at", coordinator.StepAppendBefore)
	tr.submitUnder()
	owner.AwaitKilled()
	tr.died()
	silent := tr.startCoordinator("--hold-at", tr.row.point)
	silent.AwaitHeld(tr.row.point)
	eventually(tr, patience, "asking the coordinator that stands still", func() error {
		for _, name := range both {
			if n, err := tr.asked(name); err != nil || n == 0 {
				return fmt.Errorf("%s has asked %d times (%w)", name, n, err)
			}
		}
		return nil
	})
	silent.Kill()
	tr.healed = time.Now()
	tr.startCoordinator()
}

// brokerWhileSealing: the broker dies when a log was just sealed and the sealer
// does not know yet what that means.
func brokerWhileSealing(tr *trial) {
	tr.stopCoordinators()
	owner := tr.startCoordinator("--crash-at", coordinator.StepAppendAfter)
	tr.submitUnder()
	owner.AwaitKilled()
	sealer := tr.startCoordinator("--hold-at", tr.row.point)
	sealer.AwaitHeld(tr.row.point)
	tr.broker.Kill()
	tr.broker.Restart()
	tr.healed = time.Now()
	sealer.Release()
}

// killHeld: the victim stands still at the point while the broker, or
// everything, is killed and started again.
func killHeld(tr *trial) {
	victim := tr.restartWith("--hold-at")
	tr.submitUnder()
	for tr.row.point == coordinator.StepPurgeBefore && !tr.holds(victim) {
		tr.submitUnder() // until there is something to purge
	}
	victim.AwaitHeld(tr.row.point)
	if tr.row.died == "broker" {
		tr.broker.Kill()
		tr.broker.Restart()
		tr.healed = time.Now()
		victim.Release()
		return
	}
	tr.killAll()
	tr.died()
	tr.broker.Restart()
	tr.startParticipants()
	tr.healed = time.Now()
	tr.startCoordinator()
}

// holds waits until the last order is answered or the process stands still, and
// reports the latter.
func (tr *trial) holds(p *process) bool {
	last := tr.under[len(tr.under)-1]
	for {
		if held := slices.Contains(p.Lines(), "held at "+tr.row.point); held {
			return true
		}
		select {
		case <-last.done:
			return slices.Contains(p.Lines(), "held at "+tr.row.point)
		default:
			p.OneMore()
		}
	}
}
