package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/blog/blogclient"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/internal/cluster"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/txwire"
)

// How much is asked for: enough to see every pause, little enough to leave the
// processor to those that restart.
const (
	rollingOrders = 3 // clients, one order after another each
	rollingPace   = 40 * time.Millisecond
	rollingTalk   = 250 * time.Millisecond // gateways accept at most 5 a second from a person
	rollingIDs    = 100
	rollingRoom   = "kitchen"
)

// Kinds of traffic.
const (
	kindOrder   = "orders"
	kindID      = "IDs"
	kindPost    = "posts"
	kindMessage = "chat"
)

func kinds() []string { return []string{kindOrder, kindID, kindPost, kindMessage} }

// traffic is what goes on while processes restart, and what came of it.
type traffic struct {
	testing.TB
	cluster *rolling
	ctx     context.Context
	end     context.CancelFunc
	work    sync.WaitGroup

	mu sync.Mutex
	// now is the role that is being restarted.
	now   string
	roles []string
	// count is what each client has got done, and longest how long it took at
	// most, of each kind, while a role was restarted.
	count     map[client]int
	longest   map[string]map[string]time.Duration
	wrong     []string
	last      snowflake.ID
	ids       int
	posts     map[snowflake.ID]string
	sent      map[string]bool
	listeners []*listener
}

// client does one thing after another, of one kind.
type client struct{ kind, name string }

// listener is one client of the chat and what it was shown.
type listener struct {
	session *chatclient.Session
	seqs    []uint64
	texts   []string
}

func (c *rolling) startLoad() *traffic {
	l := &traffic{
		TB: c, cluster: c, count: map[client]int{}, longest: map[string]map[string]time.Duration{},
		posts: map[snowflake.ID]string{}, sent: map[string]bool{},
	}
	l.ctx, l.end = context.WithCancel(c.Context())
	for i := range rollingOrders {
		l.run(client{kindOrder, fmt.Sprint(i)}, rollingPace, l.order)
	}
	ids, err := idclient.New(c.nc, idclient.Config{})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(ids.Close)
	l.run(client{kind: kindID}, rollingPace, func(int) error { return l.id(ids) })
	posts, err := blogclient.New(c.nc)
	if err != nil {
		c.Fatal(err)
	}
	l.run(client{kind: kindPost}, rollingPace, func(n int) error { return l.post(posts, n) })
	for i := range cluster.Gateways {
		l.chat(fmt.Sprintf("gateway-%d", i+1))
	}
	return l
}

// run calls do again and again at the pace until the load is stopped.
func (l *traffic) run(c client, pace time.Duration, do func(n int) error) {
	l.count[c] = 0
	l.work.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
			case <-l.ctx.Done():
				return
			}
			begin := time.Now()
			if err := do(n); err != nil {
				l.fail(c.kind, err)
			}
			l.done(c, time.Since(begin))
		}
	})
}

// fail notes what nobody should see.
func (l *traffic) fail(kind string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf("%s, while %s restarts: %v", kind, l.now, err))
}

// done notes that something ended, and how long it took.
func (l *traffic) done(c client, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count[c]++
	if of := l.longest[l.now]; of != nil {
		of[c.kind] = max(of[c.kind], took)
	}
}

// step notes which role is being restarted from now on.
func (l *traffic) step(role string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now = role; l.longest[role] == nil {
		l.longest[role] = map[string]time.Duration{}
		l.roles = append(l.roles, role)
	}
}

// next waits until every client has got something done twice: the second was
// begun after now.
func (l *traffic) next(after string) {
	l.Helper()
	counts := func() map[client]int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return maps.Clone(l.count)
	}
	begin := counts()
	eventually(l, patience, "everything going on after "+after, func() error {
		for c, n := range counts() {
			if n < begin[c]+2 {
				return fmt.Errorf("%v got %d done since", c, n-begin[c])
			}
		}
		return nil
	})
}

func (l *traffic) stop() {
	l.end()
	l.work.Wait()
}

func (l *traffic) order(int) error {
	o := l.cluster.submit(l.cluster.newOrder())
	<-o.done
	if o.answer() == string(txwire.StatusCommitted) || o.reply.Code == wire.CodeNoParticipant { // see late
		return nil
	}
	return fmt.Errorf("%s: %+v, %v", o.key, o.reply, o.err)
}

// id takes IDs, and notes the last as the one that the next must be above.
func (l *traffic) id(client *idclient.Client) error {
	ctx, cancel := context.WithTimeout(l.Context(), clientPatience)
	defer cancel()
	got, err := client.NextN(ctx, rollingIDs)
	for _, id := range got {
		if id <= l.last {
			return fmt.Errorf("%d follows %d", id, l.last)
		}
		l.last = id
	}
	l.ids += len(got)
	return err
}

func (l *traffic) post(client *blogclient.Client, n int) error {
	ctx, cancel := context.WithTimeout(l.Context(), clientPatience)
	defer cancel()
	text := fmt.Sprintf("post %d", n)
	got, ok := insist(ctx, client, blogwire.NewPost{User: "ada", Text: text, Key: fmt.Sprintf("post-%d", n)})
	if !ok {
		return errors.New("it is not acknowledged")
	}
	l.posts[got.ID] = text
	return nil
}

// chat sends messages through one gateway and listens there.
func (l *traffic) chat(gateway string) {
	me := &listener{}
	l.listeners = append(l.listeners, me)
	sent := make(chan struct{}, 1)
	see := func(m frame.Message) {
		if m.Text == "" {
			return // somebody came or went
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		me.seqs, me.texts = append(me.seqs, m.Seq), append(me.texts, m.Text)
	}
	me.session = chatclient.NewSession(
		chatclient.Config{URL: "http://" + l.cluster.o.Place(gateway, cluster.PortHTTP), Name: gateway},
		chatclient.Events{
			Reset: func(j frame.Joined) {
				if j.More {
					l.fail(kindMessage, fmt.Errorf("%s was shown the newest page only", gateway))
				}
				l.mu.Lock()
				me.seqs, me.texts = nil, nil
				l.mu.Unlock()
				for _, m := range j.Messages {
					see(m)
				}
			},
			Received: func(_ string, m frame.Message) { see(m) },
			Sent:     func(frame.Ack) { sent <- struct{}{} },
			Unsent:   func(_, _, text, why string, _ bool) { l.fail(kindMessage, fmt.Errorf("%q: %s", text, why)) },
		},
	)
	ctx, cancel := context.WithCancel(l.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := me.session.Run(ctx); err != nil && ctx.Err() == nil {
			l.fail(kindMessage, err)
		}
	})
	l.Cleanup(func() { cancel(); running.Wait() })
	if err := me.session.Join(l.Context(), rollingRoom); err != nil {
		l.Fatal(err)
	}
	l.run(client{kindMessage, gateway}, rollingTalk, func(n int) error {
		text := fmt.Sprintf("message of %s, number %d", gateway, n)
		if _, err := me.session.Send(l.Context(), rollingRoom, text); err != nil {
			return err
		}
		select {
		case <-sent:
		case <-time.After(patience):
			return fmt.Errorf("%q is not acknowledged", text)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.sent[text] = true
		return nil
	})
}

// check compares what is stored with what was acknowledged.
func (l *traffic) check() {
	l.Helper()
	for _, w := range l.wrong {
		l.Error(w)
	}
	posts, err := blogclient.New(l.cluster.nc)
	if err != nil {
		l.Fatal(err)
	}
	there := timeline(l.TB, posts, "ada")
	for id, text := range l.posts {
		if there[id].Text != text {
			l.Errorf("the post %d was acknowledged as %q and is %q", id, text, there[id].Text)
		}
	}
	if len(there) != len(l.posts) {
		l.Errorf("there are %d posts, %d were acknowledged", len(there), len(l.posts))
	}
	for i, who := range l.listeners {
		eventually(l, patience, "receiving everything", func() error {
			l.mu.Lock()
			defer l.mu.Unlock()
			if len(who.texts) < len(l.sent) {
				return fmt.Errorf("listener %d has %d messages, %d were acknowledged", i, len(who.texts), len(l.sent))
			}
			return nil
		})
		l.exactly(i, who)
	}
}

// exactly: a listener was shown each message once, in order, and no other.
func (l *traffic) exactly(i int, who *listener) {
	l.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]uint64{}
	for n, text := range who.texts {
		seq := who.seqs[n]
		if n > 0 && seq <= who.seqs[n-1] {
			l.Errorf("listener %d was shown %d after %d", i, seq, who.seqs[n-1])
		}
		if before := seen[text]; before != 0 {
			l.Errorf("listener %d has %q twice, as %d and as %d", i, text, before, seq)
		}
		if !l.sent[text] {
			l.Errorf("listener %d has %q, which was not acknowledged", i, text)
		}
		seen[text] = seq
	}
}

// report shows the longest pauses.
func (l *traffic) report() {
	l.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "the longest that something took, in ms, while a role was restarted:\n%-12s", "ROLE")
	for _, kind := range kinds() {
		fmt.Fprintf(&b, "%8s", kind)
	}
	for _, role := range l.roles {
		fmt.Fprintf(&b, "\n%-12s", role)
		for _, kind := range kinds() {
			fmt.Fprintf(&b, "%8d", l.longest[role][kind].Milliseconds())
		}
	}
	l.Logf("%s\ndone: %d orders, %d IDs, %d posts, %d messages", &b, len(l.cluster.orders), l.ids, len(l.posts), len(l.sent))
}
