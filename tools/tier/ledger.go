package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ledger remembers which steps of a resumable tier have passed with these very
// sources. Other sources have another ledger.
type ledger struct {
	path  string // empty: nothing is remembered
	steps map[string]entry
}

type entry struct {
	Wall, CPU time.Duration
	Passed    int
	Counts    map[string]int64
}

// openLedger reads what has passed. Only proof resumes: the other tiers are
// short, and run again because somebody wants to see them pass.
func openLedger(ctx context.Context, root string, t tier) (*ledger, error) {
	l := &ledger{steps: map[string]entry{}}
	if t.name != "proof" {
		return l, nil
	}
	sources, err := sources(ctx, root)
	if err != nil {
		return nil, err
	}
	l.path = filepath.Join(root, logs, "proof-"+sources+".json")
	raw, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &l.steps); err != nil {
		return nil, fmt.Errorf("%s is damaged, remove it: %w", l.path, err)
	}
	return l, nil
}

// sources is the hash of the tree that a commit of everything would have.
func sources(ctx context.Context, root string) (string, error) {
	dir, err := os.MkdirTemp("", "tier-index-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	return output(ctx, root, "env", "GIT_INDEX_FILE="+filepath.Join(dir, "index"), "sh", "-c", "git add -A && git write-tree")
}

func (l *ledger) result(s step) *result {
	e, ok := l.steps[s.name]
	if !ok {
		return nil
	}
	return &result{step: s, earlier: true, wall: e.Wall, cpu: e.CPU, passed: e.Passed, counts: e.Counts}
}

func (l *ledger) add(r *result) error {
	if l.path == "" {
		return nil
	}
	l.steps[r.step.name] = entry{r.wall, r.cpu, r.passed, r.counts}
	raw, err := json.MarshalIndent(l.steps, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(l.path, raw, 0o644)
}
