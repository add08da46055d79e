// Package machine reads what Linux counts about the machine and this process,
// so that the load on the machine is reported with a figure. Where there is no /proc,
// everything is 0.
package machine

import (
	"os"
	"strconv"
	"strings"
)

// CPU is the time of all processors, in ticks since the machine started.
type CPU struct{ total, steal float64 }

// ReadCPU reads /proc/stat.
func ReadCPU() (c CPU) {
	data, _ := os.ReadFile("/proc/stat") // where there is none, nothing was stolen
	line, _, _ := strings.Cut(string(data), "\n")
	f := strings.Fields(line)
	// cpu user nice system idle iowait irq softirq steal guest guest_nice; the
	// guests are in user already.
	for i := 1; i < len(f) && i <= 8; i++ {
		c.total += number(f[i])
	}
	if len(f) > 8 {
		c.steal = number(f[8])
	}
	return c
}

// StealSince is the percentage of the time that other machines on the same
// hardware took.
func (c CPU) StealSince(before CPU) float64 {
	if c.total <= before.total {
		return 0
	}
	return 100 * (c.steal - before.steal) / (c.total - before.total)
}

func number(s string) float64 {
	n, _ := strconv.ParseFloat(s, 64) // the kernel writes numbers
	return n
}
