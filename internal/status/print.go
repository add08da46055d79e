package status

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/txview"
	"parley/wire"
	"parley/wire/idwire"
)

// maxShown bounds the transactions in the table; `parley tx list` has more.
const maxShown = 10

// print writes the report for people: one page of tables.
func (s *Report) print(a *cli.App) {
	where := "connected to no broker, reconnecting"
	if s.Broker != "" {
		where = "connected to " + cli.Printable(s.Broker)
	}
	durability := s.Durability
	if s.Why != "" {
		durability += " (" + s.Why + ")"
	}
	a.Printf("%s  %s, %s\n", s.Time.Format("15:04:05"), s.NATS, where)
	a.Facts("durability", durability, "rates", s.Rates.String(), "in doubt", s.InDoubt.String(), "no answer", s.unanswered())
	for _, alarm := range s.Alarms {
		if a.Colour {
			alarm = "\x1b[31m" + alarm + cli.ColourOff
		}
		a.Printf("ALARM         %s\n", alarm)
	}
	a.Printf("\n")
	s.printProcesses(a)
	a.Printf("\n")
	s.printStreams(a)
	s.printLeases(a)
	s.printTransactions(a)
	s.printViolations(a)
}

func (r *rates) String() string {
	if r == nil {
		return "..."
	}
	return fmt.Sprintf("%s commits/s, %s aborts/s, %s IDs/s, %s messages/s", rate(r.Commits), rate(r.Aborts), rate(r.IDs), rate(r.Messages))
}

// rate formats a number a second: small ones with a digit after the point.
func rate(n float64) string {
	if n > 0 && n < 10 {
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return thousands(int64(n + 0.5))
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (d *inDoubt) String() string {
	if len(d.Transactions) == 0 && d.Branches == 0 {
		return "nothing"
	}
	text := cli.Plural(d.Branches, "branch", "branches") + ", " + cli.Plural(d.Unfinished, "unfinished transaction", "unfinished transactions")
	if d.OldestMS > 0 {
		text += ", the oldest for " + (time.Duration(d.OldestMS) * time.Millisecond).String()
	}
	return text
}

func (s *Report) unanswered() string {
	var all []string
	for _, q := range s.Silent {
		all = append(all, q.What+" ("+q.Why+")")
	}
	return strings.Join(all, ", ")
}

// printProcesses has a line for each process, brokers first.
func (s *Report) printProcesses(a *cli.App) {
	rows := [][]string{{"PROCESS", "ROLE", "STATE", ">UP", "DOING", "ADDRESS"}}
	bad := map[int]bool{}
	for _, b := range s.Brokers {
		doing := b.Why
		if b.State == stateUp {
			doing = "sync " + cmp.Or(b.Sync, "unknown")
			if len(b.Leads) > 0 {
				doing += ", leads " + strings.Join(b.Leads, ", ")
			}
		}
		bad[len(rows)] = b.State != stateUp
		rows = append(rows, []string{cmp.Or(b.Name, "?"), "broker", b.State, "", doing, b.Address})
	}
	for _, p := range s.Processes {
		up := ""
		if !p.Started.IsZero() {
			up = short(s.Time.Sub(p.Started))
		}
		bad[len(rows)] = p.State == stateSilent || p.State == stateDown
		rows = append(rows, []string{p.Name, p.Role, p.State, up, p.Doing, p.Address})
	}
	a.Marked(rows, bad)
	for _, missing := range []struct {
		role, hint string
	}{
		{catalog.Coordinator, "No coordinator answers: start one with `parley coordinator`."},
		{participantRole, "No participant answers: start `parley inventory` and `parley delivery`."},
	} {
		if !s.runs(missing.role) && s.Broker != "" {
			a.Printf("%s\n", missing.hint)
		}
	}
}

func (s *Report) runs(role string) bool {
	for _, p := range s.Processes {
		if p.Role == role && p.State == stateUp {
			return true
		}
	}
	return false
}

// short is a duration in its two largest units.
func short(d time.Duration) string {
	switch d = max(0, d); {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

func (s *Report) printStreams(a *cli.App) {
	if len(s.Streams) == 0 {
		return
	}
	rows := [][]string{{"STREAM", "LEADER", "FOLLOWERS", "DURABILITY", ">MESSAGES", ">SIZE", ">OF"}}
	bad := map[int]bool{}
	for _, st := range s.Streams {
		var followers []string
		for _, r := range st.Followers {
			switch {
			case r.Offline:
				followers = append(followers, r.Name+" offline")
			case r.Lag > 0:
				followers = append(followers, fmt.Sprintf("%s %d behind", r.Name, r.Lag))
			case !r.Current:
				followers = append(followers, r.Name+" behind")
			default:
				followers = append(followers, r.Name)
			}
		}
		if st.State != stateUp {
			bad[len(rows)] = true
			rows = append(rows, []string{st.Name, "no answer", "", "", "", "", ""})
			continue
		}
		bad[len(rows)] = st.Leader == "" && st.Replicas > 1
		rows = append(rows, []string{
			st.Name, cmp.Or(st.Leader, "none"), cmp.Or(strings.Join(followers, ", "), "-"), st.Durability,
			thousands(int64(st.Messages)), room(int64(st.Bytes)), room(st.Limit),
		})
	}
	a.Marked(rows, bad)
}

// room formats bytes in units of 1,024.
func room(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", (n+1023)>>10)
}

func (s *Report) printLeases(a *cli.App) {
	if len(s.Leases) == 0 {
		return
	}
	names := map[string]string{}
	for _, p := range s.Processes {
		if p.Role == catalog.IDWorker {
			names[p.Instance] = p.Name
		}
	}
	a.Printf("\n")
	rows := [][]string{{">WORKER", "LEASE", "UNTIL", "HOLDER", "PROCESS"}}
	bad := map[int]bool{}
	for _, l := range s.Leases {
		if l.State == idwire.LeaseReleased || l.State == idwire.LeaseHeld && !l.Taken {
			continue // free
		}
		name := cmp.Or(names[l.Holder], "gone")
		bad[len(rows)] = name == "gone"
		rows = append(rows, []string{strconv.Itoa(l.Worker), l.StateText(), l.UntilAt.Local().Format("15:04:05.000"), l.Holder, name})
	}
	a.Marked(rows, bad)
}

func (s *Report) printTransactions(a *cli.App) {
	t := s.InDoubt.Transactions
	if len(t) == 0 {
		return
	}
	a.Printf("\n")
	rows := [][]string{{"UNFINISHED", "KEY", "COORDINATOR", "WAITING FOR", "IN DOUBT AT", ">FOR"}}
	for _, l := range t[:min(maxShown, len(t))] {
		since := ""
		if l.Since > 0 {
			since = max(0, s.Time.Sub(time.UnixMilli(l.Since))).Round(time.Millisecond).String()
		}
		rows = append(rows, []string{l.ID.String(), cli.Printable(l.Key), cmp.Or(l.State, "-"), strings.Join(l.Waiting, ","), strings.Join(l.InDoubt, ","), since})
	}
	a.Table(rows)
	txview.PrintFailing(a, t[:min(maxShown, len(t))])
	more := s.InDoubt.Unfinished - min(maxShown, len(t))
	switch {
	case s.InDoubt.More && more > 0:
		a.Printf("and at least %d more: `parley tx list`\n", more)
	case more > 0:
		a.Printf("and %d more: `parley tx list`\n", more)
	case s.InDoubt.More:
		a.Printf("and more: `parley tx list`\n")
	}
}

func (s *Report) printViolations(a *cli.App) {
	for _, v := range s.Violations {
		a.Printf("\nVIOLATION at %s: %s of %s refused: %s (see `parley tx show %s`)\n", v.Participant, cli.Printable(v.Of), v.ID, cli.Printable(v.Reason), v.ID)
	}
	for _, p := range s.Participants {
		if more := p.AllViolations - len(p.Violations); more > 0 {
			a.Printf("\nVIOLATIONS at %s: %d in all, the newest %d are above\n", p.Name, p.AllViolations, len(p.Violations))
		} else if len(p.Violations) == wire.MaxList {
			a.Printf("\nVIOLATIONS at %s: the newest %d are above, there may be more\n", p.Name, len(p.Violations))
		}
	}
}
