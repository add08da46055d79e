package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"parley/bench/internal/machine"
)

// scene is a situation in which all kinds of keys are compared.
type scene struct {
	name, about string
	rows, batch int
	cacheMB     int
	// singles is how many rows are added to the full tables in commits of their
	// own, which is a scene as well.
	singles int
}

// rounds is the number of parts in which each table is filled. The tables take turns,
// so that temporary load on the machine affects all of them.
const rounds = 50

// run measures the scene in dir, and adds its results to the report as they
// arrive. It ends early, without an error, when ctx ends.
func (s scene) run(ctx context.Context, r *report, p *plan, dir string, progress func(format string, args ...any)) (err error) {
	if dir, err = os.MkdirTemp(dir, s.name+"-"); err != nil {
		return fmt.Errorf("making a directory for the tables: %w", err)
	}
	var tables []*process
	defer func() {
		for _, t := range tables {
			err = errors.Join(err, t.stop())
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	for _, k := range p.kinds {
		t, err := startProcess(ctx, k, dir, s.cacheMB, p.seed)
		if err != nil {
			return err
		}
		tables = append(tables, t)
	}
	out := s.report(r, s.name, s.about, s.batch)
	if err := s.fill(ctx, out, tables, progress); err != nil {
		return err
	}
	if s.singles > 0 {
		progress("%s: %d rows one by one\n", s.name, s.singles)
		if err := s.single(ctx, s.report(r, "single", "the same tables, every further row committed alone", 1), tables); err != nil {
			return err
		}
	}
	progress("%s: reading\n", s.name)
	for i, t := range tables {
		a, err := t.do(ctx, order{Do: "read"})
		if err != nil {
			return err
		}
		out.Keys[i].Reads = a.Reads
	}
	return nil
}

func (s scene) report(r *report, name, about string, batch int) *sceneReport {
	out := &sceneReport{Name: name, About: about, Batch: batch, CacheBytes: int64(s.cacheMB) << 20}
	r.Scenes = append(r.Scenes, out)
	return out
}

// fill inserts the rows in rounds, and measures the tables.
func (s scene) fill(ctx context.Context, out *sceneReport, tables []*process, progress func(format string, args ...any)) error {
	points := make([][]point, len(tables))
	cpu := machine.ReadCPU()
	defer func() {
		out.StealPercent = machine.ReadCPU().StealSince(cpu)
		for i, t := range tables {
			if len(out.Keys) <= i { // interrupted
				out.Keys = append(out.Keys, newKeyReport(t.kind, t.rows, t.spent))
			}
			out.Keys[i].Points = points[i]
		}
	}()
	for round := range rounds {
		n := s.rows*(round+1)/rounds - s.rows*round/rounds
		err := inTurn(tables, round, func(i int, t *process) error {
			cost, err := t.grow(ctx, n, s.batch)
			if err == nil && n > 0 {
				points[i] = append(points[i], point{Rows: t.rows, RowsPerS: perSecond(n, cost)})
			}
			return err
		})
		if err != nil {
			return err
		}
		progress("%s: %d of %d rows%s\n", s.name, tables[0].rows, s.rows, rates(tables, points))
	}
	for _, t := range tables {
		a, err := t.do(ctx, order{Do: "weigh"})
		if err != nil {
			return err
		}
		k := newKeyReport(t.kind, t.rows, t.spent)
		k.Table = a.Shape
		out.Keys = append(out.Keys, k)
	}
	return nil
}

// single adds rows to full tables, each in a separate commit.
func (s scene) single(ctx context.Context, out *sceneReport, tables []*process) error {
	cpu := machine.ReadCPU()
	cost := make([]spent, len(tables))
	rows := make([]int, len(tables))
	defer func() {
		out.StealPercent = machine.ReadCPU().StealSince(cpu)
		for i, t := range tables {
			out.Keys = append(out.Keys, newKeyReport(t.kind, rows[i], cost[i]))
		}
	}()
	for round := range rounds {
		n := s.singles*(round+1)/rounds - s.singles*round/rounds
		err := inTurn(tables, round, func(i int, t *process) error {
			had := t.rows
			more, err := t.grow(ctx, n, 1)
			cost[i] = cost[i].plus(more)
			rows[i] += t.rows - had
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inTurn does something with every table, another one first in each round.
func inTurn(tables []*process, round int, do func(i int, t *process) error) error {
	for j := range tables {
		i := (round + j) % len(tables)
		if err := do(i, tables[i]); err != nil {
			return err
		}
	}
	return nil
}

// rates is the newest rate of every table, for the progress.
func rates(tables []*process, points [][]point) (s string) {
	for i, t := range tables {
		if n := len(points[i]); n > 0 {
			s += fmt.Sprintf("  %s %.0f/s", t.kind.name, points[i][n-1].RowsPerS)
		}
	}
	return s
}
