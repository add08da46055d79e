package idworker

import "parley/internal/streams"

// Pretend has the worker believe that its stream survives just that.
func (w *Worker) Pretend(d streams.Durability) {
	w.adjustReport = func(r *streams.Report) { *r = streams.Report{Durability: d} }
}
