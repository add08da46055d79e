package main

import (
	"testing"

	"gonum.org/v1/plot/vg"
)

func TestEvenTicks(t *testing.T) {
	for most, want := range map[float64]int{1: 5, 7: 7, 182: 3, 1000: 5, 8: 4} {
		ticks := evenTicks(0, most)
		if len(ticks)-1 != want || ticks[0].Value != 0 {
			t.Errorf("up to %v: %v", most, ticks)
		}
	}
}

func TestSpread(t *testing.T) {
	at := []vg.Length{10, 10, 12, 100}
	spread(at)
	for i := range at[1:] {
		if at[i+1]-at[i] < labelApart-0.1 {
			t.Errorf("too near: %v", at)
		}
	}
	if at[3] != 100 {
		t.Errorf("moved without need: %v", at)
	}
}

func TestLastTenth(t *testing.T) {
	k := keyReport{Rows: 100, Points: []point{{Rows: 90, RowsPerS: 1}, {Rows: 95, RowsPerS: 10}, {Rows: 100, RowsPerS: 5}}}
	if got := k.lastTenth(); got < 6.66 || got > 6.67 {
		t.Errorf("got %v", got)
	}
	if got := (&keyReport{}).lastTenth(); got != 0 {
		t.Errorf("got %v", got)
	}
}
