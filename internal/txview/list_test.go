package txview

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

// holders are a coordinator and a participant that hold transactions. Those of
// an earlier release do not know From.
type holders struct {
	held, prepared []txwire.ID
	old            bool
	refused        int // outcomes
}

func (h *holders) CoordinatorsFrom(_ context.Context, from txwire.ID) ([]txwire.CoordinatorState, error) {
	if h.old && !from.IsZero() {
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: `unknown field "from"`}
	}
	s := txwire.CoordinatorState{V: wire.Version, Unfinished: len(h.held)}
	page, more := pageOf(h.held, from)
	for _, id := range page {
		s.Txs = append(s.Txs, txwire.Info{ID: id, Key: "k", State: "committed"})
	}
	if !from.IsZero() {
		s.More = more
	}
	return []txwire.CoordinatorState{s}, nil
}

func (h *holders) AllBranches(_ context.Context, q txwire.BranchQuery) ([]txwire.Branches, error) {
	b := txwire.Branches{V: wire.Version, Participant: "delivery", Journal: "j", Prepared: len(h.prepared)}
	for n := range min(h.refused, wire.MaxList) {
		b.Violations = append(b.Violations, txwire.Violation{ID: txwire.ID{Log: "vvvvvvvvvvvvvvvv", N: uint64(n + 1)}, Of: "commit"})
	}
	if h.refused > wire.MaxList {
		b.AllViolations = h.refused
	}
	order := h.prepared
	if q.From.IsZero() {
		order = slices.Clone(order) // the oldest are not those with the smallest ids
		slices.Reverse(order)
	} else if h.old {
		b.Code, b.Reason = wire.CodeInvalid, `unknown field "from"`
		return []txwire.Branches{b}, nil
	}
	page, more := pageOf(order, q.From)
	for _, id := range page {
		b.Branches = append(b.Branches, txwire.BranchInfo{ID: id, Key: "k", State: txwire.BranchPrepared, At: 1})
	}
	if !q.From.IsZero() {
		b.More = more
	}
	return []txwire.Branches{b}, nil
}

func pageOf(all []txwire.ID, from txwire.ID) (page []txwire.ID, more int) {
	for _, id := range all {
		switch {
		case !from.IsZero() && id.Compare(from) < 0:
		case len(page) < wire.MaxList:
			page = append(page, id)
		default:
			more++
		}
	}
	return page, more
}

func ids(log string, n int) (all []txwire.ID) {
	for i := range n {
		all = append(all, txwire.ID{Log: strings.Repeat(log, 16), N: uint64(i + 1)})
	}
	return all
}

// A list that was cut names how many there are and how to go on, and its pages
// have every transaction once.
func TestTxListPages(t *testing.T) {
	for _, c := range []struct {
		what           string
		held, prepared []txwire.ID
		refused, pages int
	}{
		{"nothing", nil, nil, 0, 1},
		{"as many as fit", ids("b", 100), ids("b", 100), 0, 1},
		{"303 at a coordinator", ids("b", 303), nil, 0, 4},
		{"303 at both", ids("b", 303), ids("b", 303), 0, 4},
		{"303 at a participant", nil, ids("b", 303), 0, 4},
		{"different ones", append(ids("a", 120), ids("c", 90)...), append(ids("b", 150), ids("c", 10)...), 0, 4},
		{"violations, too", ids("b", 150), ids("w", 150), 130, 4},
	} {
		t.Run(c.what, func(t *testing.T) {
			h := &holders{held: c.held, prepared: c.prepared, refused: c.refused}
			want := slices.Concat(c.held, c.prepared, ids("v", min(c.refused, wire.MaxList)))
			slices.SortFunc(want, txwire.ID.Compare)
			want = slices.Compact(want)
			var got []txwire.ID
			var from txwire.ID
			for page := 1; ; page++ {
				l, err := List(t.Context(), h, from)
				if err != nil {
					t.Fatal(err)
				}
				if l.Unfinished != len(c.held) || l.InDoubt != len(c.prepared) || l.Violations != c.refused || len(l.Transactions) > wire.MaxList {
					t.Errorf("page %d has %d transactions, and reports %d, %d and %d", page, len(l.Transactions), l.Unfinished, l.InDoubt, l.Violations)
				}
				for _, x := range l.Transactions {
					got = append(got, x.ID)
				}
				var out, errs bytes.Buffer
				l.Print(&cli.App{Out: &out, Err: &errs})
				if hint := strings.Contains(out.String(), fmt.Sprintf("`parley tx list --from %s`", l.Next)); hint != l.More || l.More == l.Next.IsZero() {
					t.Errorf("page %d: more is %v, next %s, and it prints\n%s", page, l.More, l.Next, &out)
				}
				if l.More && !strings.Contains(out.String(), fmt.Sprint(len(c.held))) {
					t.Errorf("page %d does not name the total:\n%s", page, &out)
				}
				if !l.More {
					if page != c.pages {
						t.Errorf("%d pages, want %d", page, c.pages)
					}
					break
				}
				from = l.Next
			}
			if !slices.Equal(got, want) {
				t.Errorf("listed %d transactions, want %d", len(got), len(want))
			}
		})
	}
}

// Processes of an earlier release are listed as far as they can be, and it shows
// that it is not all.
func TestTxListOfAnEarlierRelease(t *testing.T) {
	h := &holders{held: ids("b", 20), prepared: ids("b", 303), old: true}
	l, err := List(t.Context(), h, txwire.ID{})
	if err != nil || !l.More || !l.Next.IsZero() || l.InDoubt != 303 || len(l.Transactions) != wire.MaxList {
		t.Errorf("got %d transactions of %d, more %v, next %s, %v", len(l.Transactions), l.InDoubt, l.More, l.Next, err)
	}
	var out, errs bytes.Buffer
	l.Print(&cli.App{Out: &out, Err: &errs})
	if !strings.Contains(out.String(), "303") || !strings.Contains(out.String(), "upgrade") {
		t.Errorf("it prints\n%s", &out)
	}
	for _, h := range []*holders{h, {prepared: ids("b", 3), old: true}} {
		if _, err := List(t.Context(), h, ids("b", 2)[1]); err == nil {
			t.Error("a page is listed as if nothing was missing")
		} else if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != wire.CodeInvalid {
			t.Errorf("got %v", err)
		}
	}
	h = &holders{held: ids("b", 20), prepared: ids("b", 20), old: true}
	if l, err := List(t.Context(), h, txwire.ID{}); err != nil || l.More || len(l.Transactions) != 20 {
		t.Errorf("a short list: %+v, %v", l, err)
	}
}
