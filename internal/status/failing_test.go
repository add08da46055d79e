package status

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"parley/internal/cli"
	"parley/internal/txview"
	"parley/wire/txwire"
)

// A branch whose outcome fails is shown with its error, tries and next attempt.
func TestFailingBranchesAreShown(t *testing.T) {
	id, retry := txwire.ID{Log: "4k2xq7n5w3rtyabc", N: 17}, time.Now().Add(time.Minute).UnixMilli()
	all := txview.Views{}
	all.AddAnswers([]txwire.Branches{{Participant: "inventory", Journal: "j", Branches: []txwire.BranchInfo{
		{ID: id, Key: "breakfast-1", State: txwire.BranchPrepared, At: 1, Error: "no row\x1b[2J", Tries: 7, RetryAt: retry},
	}}})
	v := all.Sorted()[0]
	list := txview.Page{Transactions: []txview.Line{v.Line()}}
	if f := list.Transactions[0].Failing; len(f) != 1 || f[0].Participant != "inventory" || f[0].Tries != 7 || f[0].RetryAt != retry {
		t.Errorf("the failing branches are %+v", f)
	}
	status := Report{InDoubt: inDoubt{Transactions: list.Transactions}}
	for name, print := range map[string]func(*cli.App){"show": v.Print, "list": list.Print, "status": status.printTransactions} {
		var out bytes.Buffer
		print(&cli.App{Out: &out, Err: &out})
		want := "at inventory: no row?[2J (7 tries, next at " + cli.Clock(retry) + ")\n"
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "FAILING") {
			t.Errorf("%s prints\n%s\nwant a line with %q", name, &out, want)
		}
	}
}
