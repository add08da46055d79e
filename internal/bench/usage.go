package bench

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what a process has used so far. Without /proc its figures are 0.
type usage struct {
	name string
	pid  int
	// cpu is in seconds, rss and disk in bytes.
	cpu       float64
	rss, disk int64
}

// clockTicks is the number of ticks a second in /proc, on every Linux that Go
// runs on.
const clockTicks = 100

// usageOf returns the usage of a process and the size of its files.
func usageOf(name string, pid int, paths []string) usage {
	u := usage{name: name, pid: pid}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if stat, err := os.ReadFile(filepath.Join(proc, "stat")); err == nil {
		// The name in parentheses may hold blanks: fields count from its end.
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 21 {
			u.cpu = (number(f[11]) + number(f[12])) / clockTicks
			u.rss = int64(number(f[21])) * int64(os.Getpagesize())
		}
	}
	for _, p := range paths {
		u.disk += diskUse(p)
	}
	return u
}

// diskUse returns the size of a file, or of all files below a directory. Files are
// created and removed meanwhile; those that cannot be read are not counted.
func diskUse(path string) (bytes int64) {
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return bytes
}

func usageBetween(before, after []usage) []processUse {
	out := []processUse{}
	for i, u := range after {
		out = append(out, processUse{
			Name: u.name, PID: u.pid, CPUS: u.cpu - before[i].cpu,
			RSSStartBytes: before[i].rss, RSSEndBytes: u.rss, DiskStartBytes: before[i].disk, DiskEndBytes: u.disk,
		})
	}
	return out
}

// cpuTimes are the times of all processors, in ticks since the machine started.
type cpuTimes struct{ total, steal float64 }

// readCPU reads /proc/stat; without it the steal is 0.
func readCPU() (c cpuTimes) {
	data, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(data), "\n")
	f := strings.Fields(line)
	// cpu user nice system idle iowait irq softirq steal guest guest_nice; the
	// guests are in user already.
	for i, v := range f {
		if i >= 1 && i <= 8 {
			c.total += number(v)
		}
	}
	if len(f) > 8 {
		c.steal = number(f[8])
	}
	return c
}

// stealSince returns the percentage of the time that other virtual machines took.
func (c cpuTimes) stealSince(before cpuTimes) float64 {
	if c.total <= before.total {
		return 0
	}
	return 100 * (c.steal - before.steal) / (c.total - before.total)
}

func number(s string) float64 {
	n, _ := strconv.ParseFloat(s, 64) // the kernel writes numbers
	return n
}
