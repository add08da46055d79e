package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"parley/internal/cluster"
	"parley/participants/food"
	"parley/test/model"
	"parley/test/proc"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// outage is a process that is away, in a way.
type outage struct {
	how, name string
	// silent: nobody is notified that it stopped.
	silent bool
	begin  func()
	end    func()
	gap    time.Duration
}

// TestOrdersGoOn: with any one process of a role gone, orders go on. The longest
// pause is measured and shown: brokers take 4 to 9 s to elect a leader of a
// stream, and sometimes have to vote again; one that stops silently is
// noticed within 6 s by those connected to it, while the others elect. Those of whom there is one are restarted immediately, as a
// supervisor does. Without -deep it is a coordinator, and the broker that leads,
// gone without a word.
func TestOrdersGoOn(t *testing.T) {
	c := newHarness(t, harnessOptions{program: program, dir: keep(t, "goes-on")})
	r := begin(t, c, busy(c, 1))
	var all []*outage
	kill := func(name string) *outage {
		return &outage{how: "killed", name: name, begin: func() { c.Kill(name) }, end: func() { c.Start(name) }}
	}
	leader := r.leader()
	other := c.named(cluster.RoleBroker)
	other = slices.DeleteFunc(other, func(n string) bool { return n == leader })
	all = append(all, kill("coordinator-1"))
	if *deep {
		all = append(all, kill("idworker-1"), kill("gateway-1"), kill(other[0]))
		for _, only := range []string{food.Inventory, food.Delivery, "blog"} {
			o := kill(only)
			o.how, o.end = "killed and started again", func() {}
			o.begin = func() { c.Kill(only); c.Start(only) }
			all = append(all, o)
		}
	}
	for _, o := range all {
		r.without(o)
	}
	// Whoever leads now.
	if *deep {
		led := kill(r.leader())
		led.how = "killed, it led the commit logs"
		r.without(led)
		all = append(all, led)
	}
	leader = r.leader()
	cut := &outage{
		how: "gone without a word, it led the commit logs", name: leader, silent: true,
		begin: func() { c.network.Isolate(leader) }, end: c.network.HealAll,
	}
	r.without(cut)
	all = append(all, cut)
	wrong := r.check(r.settle(t.Context()))
	for _, w := range wrong {
		t.Error(w)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "process\thow\tlongest time without a commit")
	for _, o := range all {
		fmt.Fprintf(w, "%s\t%s\t%v\n", o.name, o.how, o.gap.Round(time.Millisecond))
	}
	w.Flush()
	t.Log("\n" + b.String())
}

// goingOn is how many commits in a row show that orders go on.
const goingOn = 60

// lateNotice is how long after the beginning somebody may first notice: that a
// connection is dead which seemed to live.
const lateNotice = 6 * time.Second

// without has a process away until orders go on, and measures the longest time
// without a commit.
func (r *run) without(o *outage) {
	r.Helper()
	r.healthy()
	r.more(goingOn)
	began := time.Now()
	o.begin()
	r.more(goingOn)
	if o.silent {
		<-time.After(lateNotice)
		r.more(goingOn)
	}
	o.gap = longest(r.history.Commits(), began, time.Now())
	o.end()
	r.Logf("%s %s: %v, seen for %v", o.name, o.how, o.gap.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}

// longest is the longest time without a commit between two moments.
func longest(commits []model.Commit, from, to time.Time) (gap time.Duration) {
	last := from
	for _, c := range commits {
		if c.At.After(from) && c.At.Before(to) {
			gap, last = max(gap, c.At.Sub(last)), c.At
		}
	}
	return max(gap, to.Sub(last))
}

// more waits for commits.
func (r *run) more(n int) {
	r.Helper()
	from, _ := r.history.Progress()
	proc.Eventually(r, proc.Patience, fmt.Sprintf("%d more commits", n), func() error {
		if now, _ := r.history.Progress(); now < from+n {
			return fmt.Errorf("%d", now-from)
		}
		return nil
	})
}

// stream is the stream of the commit logs.
func (r *run) stream() (*jetstream.StreamInfo, error) {
	js, err := jetstream.New(r.traffic.Conn())
	if err != nil {
		return nil, err
	}
	s, err := js.Stream(r.Context(), txwire.LogStream().Name)
	if err != nil {
		return nil, err
	}
	return s.CachedInfo(), nil
}

// leader is the broker that leads the stream of the commit logs.
func (r *run) leader() (name string) {
	r.Helper()
	proc.Eventually(r, proc.Patience, "a leader", func() error {
		info, err := r.stream()
		if err == nil && (info.Cluster == nil || info.Cluster.Leader == "") {
			err = fmt.Errorf("no leader: %+v", info.Cluster)
		}
		if err == nil {
			name = info.Cluster.Leader
		}
		return err
	})
	return name
}

// healthy waits until every replica of the commit logs is up to date.
func (r *run) healthy() {
	r.Helper()
	proc.Eventually(r, proc.Patience, "every replica is up to date", func() error {
		info, err := r.stream()
		if err != nil {
			return err
		}
		for _, p := range info.Cluster.Replicas {
			if !p.Current || p.Offline {
				return fmt.Errorf("%+v", *p)
			}
		}
		return nil
	})
}
