package txview

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

// View is one transaction as everybody sees it, and what --json prints.
type View struct {
	ID     txwire.ID     `json:"id"`
	Key    string        `json:"key,omitempty"`
	Status txwire.Status `json:"status"`
	// Applied: every participant has acknowledged the outcome.
	Applied bool   `json:"applied,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// State and Waiting are the coordinator's, while it is unfinished.
	State   string   `json:"state,omitempty"`
	Waiting []string `json:"waiting,omitempty"`
	// Unpublished are the indexes of its events that are not published, Problem is
	// why one of them is not.
	Unpublished []int    `json:"unpublished,omitempty"`
	Problem     string   `json:"problem,omitempty"`
	Branches    []Branch `json:"branches"`
	// Violations are refused outcomes, by participant.
	Violations map[string]string `json:"violations,omitempty"`
	// Abandoned are branches that an operator gave up.
	Abandoned []txwire.Abandoned `json:"abandoned,omitempty"`
}

// Branch is what one participant's journal holds of a transaction.
type Branch struct {
	Participant string             `json:"participant"`
	Journal     string             `json:"journal"`
	State       txwire.BranchState `json:"state"`
	Closed      bool               `json:"closed,omitempty"`
	At          int64              `json:"at"`
	Reason      string             `json:"reason,omitempty"`
	Payload     json.RawMessage    `json:"payload,omitempty"`
	Detail      json.RawMessage    `json:"detail,omitempty"`
	// Error is why the outcome could not be applied at the last attempt, Tries
	// how many attempts there were, RetryAt when the next one is due.
	Error   string `json:"error,omitempty"`
	Tries   int    `json:"tries,omitempty"`
	RetryAt int64  `json:"retry_at,omitempty"`
}

// failure is why the branch could not be finished, for people.
func (b *Branch) failure() string {
	text := fmt.Sprintf("%s (%s", cli.Printable(b.Error), cli.Plural(b.Tries, "try", "tries"))
	if b.RetryAt > 0 {
		text += ", next at " + cli.Clock(b.RetryAt)
	}
	return text + ")"
}

// Find gathers by id if the word reads like one, and otherwise by key.
func Find(ctx context.Context, client *txclient.Client, which string) ([]*View, error) {
	found, cut, err := everywhere(ctx, client)
	if err != nil {
		return nil, err
	}
	id, notID := txwire.ParseID(which)
	query := txwire.BranchQuery{ID: id}
	if notID != nil {
		if err := wire.CheckKey(which); err != nil {
			return nil, cli.Wrong(err, "give the id or the key of a transaction")
		}
		query = txwire.BranchQuery{Key: which}
	}
	if err := found.AddBranches(ctx, client, query); err != nil {
		return nil, err
	}
	if notID == nil {
		found.At(id)
	}
	var views []*View
	for _, v := range found.Sorted() {
		if v.ID != id && (notID == nil || v.Key != which) {
			continue
		}
		if cut && v.State == "" {
			findBeyond(ctx, client, found, v.ID)
		}
		o, err := client.Status(ctx, v.ID)
		if err != nil {
			v.Status, v.Reason = txwire.StatusUnknown, err.Error()
		} else {
			v.Status, v.Applied, v.Abandoned = o.Status, o.Applied, o.Abandoned
		}
		if v.Status == txwire.StatusUnknown && len(v.Branches) == 0 && v.State == "" {
			continue
		}
		views = append(views, v)
	}
	return views, nil
}

// findBeyond asks the coordinators for one transaction that their first answer may
// not have named, since they hold many. What they do not answer stays empty.
func findBeyond(ctx context.Context, client *txclient.Client, found Views, id txwire.ID) {
	states, _ := client.CoordinatorsFrom(ctx, id)
	for _, s := range states {
		if len(s.Txs) > 0 && s.Txs[0].ID == id {
			found.AddStates([]txwire.CoordinatorState{{Txs: s.Txs[:1]}})
		}
	}
}

// Print shows the transaction to people.
func (v *View) Print(a *cli.App) {
	status := string(v.Status)
	if v.Applied {
		status += ", acknowledged by all"
	}
	a.Printf("transaction %s\n", v.ID)
	a.Facts("status", status, "key", cli.Printable(v.Key), "why", cli.Printable(v.Reason), "coordinator", v.State, "waiting for", strings.Join(v.Waiting, ", "), "unpublished", unpublished(v.Unpublished, v.Problem))
	if len(v.Branches) > 0 {
		a.Printf("\n")
	}
	rows := [][]string{{"PARTICIPANT", "STATE", "SINCE", "JOURNAL", "WHAT"}}
	for _, b := range v.Branches {
		what := string(b.Payload)
		if len(b.Detail) > 0 {
			what = string(b.Detail)
		}
		if b.Reason != "" {
			what = b.Reason
		}
		rows = append(rows, []string{b.Participant, string(b.State), cli.Clock(b.At), b.Journal, cli.Printable(what)})
	}
	if len(rows) > 1 {
		a.Table(rows)
	}
	for _, b := range v.Branches {
		if b.Error != "" {
			a.Printf("\nFAILING at %s: %s\n", b.Participant, b.failure())
		}
	}
	for _, p := range slices.Sorted(maps.Keys(v.Violations)) {
		a.Printf("\nVIOLATION at %s: %s\n", p, cli.Printable(v.Violations[p]))
	}
	for _, b := range v.Abandoned {
		if b.Event != nil {
			a.Printf("\nABANDONED event %d by %s at %s: %s\n", *b.Event, cli.Printable(b.By), cli.Clock(b.At), cli.Printable(b.Reason))
			continue
		}
		a.Printf("\nABANDONED at %s (journal %s) by %s at %s: %s\n", b.Participant, b.Journal, cli.Printable(b.By), cli.Clock(b.At), cli.Printable(b.Reason))
	}
}
