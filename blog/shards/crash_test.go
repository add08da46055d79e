package shards

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"parley/idworker/snowflake"
	"parley/internal/hooks"
)

// Crash tests run this test binary again, as a process that kills itself at the n-th time
// it reaches a step. The environment has what it is to do.
const (
	envPlace = "PARLEY_TEST_PLACE" // JSON of where
	envPoint = "PARLEY_TEST_POINT"
	envTimes = "PARLEY_TEST_TIMES"
)

type where struct {
	Dir    string
	DSNs   []string
	Shards int
}

// TestChild runs in such a process. It prints which posts were acknowledged.
func TestChild(t *testing.T) {
	place := os.Getenv(envPlace)
	if place == "" {
		return // this is not one
	}
	var p where
	if err := json.Unmarshal([]byte(place), &p); err != nil {
		t.Fatal(err)
	}
	c := Config{Dir: p.Dir, DSNs: p.DSNs, Shards: p.Shards}
	times, err := strconv.ParseInt(os.Getenv(envTimes), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var passed atomic.Int64
	h := hooks.Hooks{Step: func(point string) {
		if point == os.Getenv(envPoint) && passed.Add(1) >= times {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}
	set, err := tryOpen(t, withIDs(c, int64(os.Getpid())), h)
	if err != nil {
		t.Fatal(err)
	}
	var out sync.Mutex
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				p := newPost(fmt.Sprintf("user-%d", i%5), fmt.Sprintf("text %d-%d", w, i), fmt.Sprintf("key-%d-%d-%d", os.Getpid(), w, i))
				if r := set.Add(t.Context(), p); r.Err == nil {
					out.Lock()
					fmt.Printf("stored %d %s %s\n", r.Post.ID, r.Post.User, p.Key)
					out.Unlock()
				}
			}
		}()
	}
	select {}
}

// withIDs gives ids that no other process of the test gives.
func withIDs(c Config, process int64) Config {
	var n atomic.Int64
	c.NextID = func(context.Context) (snowflake.ID, error) {
		i := n.Add(1)
		return snowflake.NewID(process<<16+i>>12, 1, int(i&snowflake.MaxSequence)), nil
	}
	return c
}

// crash runs a child until it kills itself and returns what it printed as stored.
func crash(t *testing.T, c Config, point string, times int) (stored [][]string) {
	t.Helper()
	place, err := json.Marshal(where{c.Dir, c.DSNs, c.Shards})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), envPlace+"="+string(place), envPoint+"="+point, fmt.Sprintf("%s=%d", envTimes, times))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGKILL {
		t.Fatalf("the child did not reach %s %d times: %v\n%s", point, times, cmd.ProcessState, all)
	}
	for lines := bufio.NewScanner(strings.NewReader(string(all))); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 4 && f[0] == "stored" {
			stored = append(stored, f[1:])
		}
	}
	return stored
}

// A blog whose making was killed anywhere is made in the end, once.
func killedWhileMaking(t *testing.T, k kind) {
	for _, at := range []struct {
		point string
		times int
	}{
		{StepShardMade, 1},
		{StepShardMade, 2},
		{StepShardMade, 3},
		{StepShardsMade, 1},
		{StepShardComplete, 1},
		{StepShardComplete, 2},
		{StepShardComplete, 3},
	} {
		t.Run(fmt.Sprintf("%s %d", at.point, at.times), func(t *testing.T) {
			c := k.place(t, 3)
			crash(t, c, at.point, at.times)
			other := c
			if other.Shards = 4; k.name == "sqlite" {
				refused(t, other, "3 shards", "4 were asked for")
			}
			// Where all are marked, a lost one is not made again.
			if at.point == StepShardComplete && at.times == 3 && k.name == "sqlite" {
				if err := os.Rename(shardFile(c.Dir, 2), shardFile(c.Dir, 2)+".away"); err != nil {
					t.Fatal(err)
				}
				refused(t, c, "shard 2 of 3 is missing")
				if err := os.Rename(shardFile(c.Dir, 2)+".away", shardFile(c.Dir, 2)); err != nil {
					t.Fatal(err)
				}
			}
			whole(t, made(t, c), 3)
		})
	}
}

// Every post that a process acknowledged before it was killed is stored.
func killedWhilePosting(t *testing.T, k kind) {
	c := k.place(t, 3)
	var stored [][]string
	for round, at := range []struct {
		point string
		times int
	}{{StepPostBeforeCommit, 1}, {StepPostAfterCommit, 1}, {StepPostBeforeCommit, 40}, {StepPostAfterCommit, 80}} {
		stored = append(stored, crash(t, c, at.point, at.times)...)
		set := openUnclosed(t, c)
		for _, s := range stored {
			id, err := snowflake.ParseID(s[0])
			if err != nil {
				t.Fatal(err)
			}
			p, found, err := set.Read(t.Context(), id, s[1])
			if err != nil || !found || p.User != s[1] {
				t.Errorf("after round %d: post %d of %s, which was acknowledged, is %+v, %v, %v", round, id, s[1], p, found, err)
			}
			if byKey, found, err := set.of(s[1]).byKey(t.Context(), set.of(s[1]).r, newOp(newPost(s[1], "", s[2]))); err != nil || !found || byKey != p {
				t.Errorf("its key %s finds %+v, %v, %v", s[2], byKey, found, err)
			}
		}
		shut(t, set)
	}
	if len(stored) < 50 {
		t.Errorf("only %d posts were acknowledged", len(stored))
	}
	t.Logf("%d posts were acknowledged before 4 kills, all are stored", len(stored))
}

// A backup that is restored over the newer -wal of a killed process is refused.
func TestRestoredBackup(t *testing.T) {
	c := made(t, Config{Dir: t.TempDir(), Shards: 1})
	path := shardFile(c.Dir, 0)
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	crash(t, c, StepPostAfterCommit, 1)
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, c, path, "is not the file that", "-wal")
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil {
			t.Fatal(err)
		}
	}
	whole(t, c, 1)
}
