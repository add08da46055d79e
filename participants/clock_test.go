package participants_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/hooks"
	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// The broker's time counts: a clock that is off by seconds or minutes changes
// nothing, one that is off by hours is refused by name.
func TestClock(t *testing.T) {
	server := newServer(t)
	for off, refused := range map[time.Duration]string{
		11 * time.Second: "", -11 * time.Second: "", 40 * time.Minute: "", -40 * time.Minute: "",
		25 * time.Hour: "this machine's clock is 25h0m0s ahead of the broker's", -25 * time.Hour: "this machine's clock is 25h0m0s behind the broker's",
	} {
		t.Run(off.String(), func(t *testing.T) { testClock(t, server, off, refused) })
	}
}

func testClock(t *testing.T, server *brokertest.Server, off time.Duration, refused string) {
	name := "clock" + strconv.FormatInt(int64(off.Seconds()), 10)
	name = strings.ReplaceAll(name, "-", "minus")
	cfg := config{participants.Config{Name: name}, filepath.Join(t.TempDir(), "journal.db")}
	h := hooks.Hooks{Now: func() time.Time { return time.Now().Add(off) }}
	p, _, _ := run(t, server.Connect(t), cfg, nothing{}, h)
	v := newVoter(t, server.Connect(t), name)
	if got := time.Duration(p.Counts().ClockMS) * time.Millisecond; (got - off).Abs() > time.Minute {
		t.Errorf("its clock is reported as %v ahead, it is %v", got, off)
	}
	if refused != "" {
		v.no(refused)
		if err := p.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("its health is %v", err)
		}
		return
	}
	v.yes()
	if err := p.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
	// By its own clock it has 10 s, or none.
	id := txwire.ID{Log: "testlogtestloga2", N: 99}
	for by, yes := range map[time.Duration]bool{10 * time.Second: true, txwire.MaxDeadline + time.Hour: false} {
		id.N++
		m := nats.NewMsg(txwire.Subject(txwire.KindPrepare, name, id))
		m.Data = wire.Encode(txwire.Prepare{
			V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
			DecideBy: time.Now().Add(by).UnixMilli(), OpenSeq: 1, Payload: []byte("{}"),
		})
		if err := v.nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
		if vote := v.next(); vote.Yes != yes || !yes && vote.Code != wire.CodeLate {
			t.Errorf("to a deadline in %v the vote is %+v", by, vote)
		}
	}
}
