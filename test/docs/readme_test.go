package docs_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/idworker"
	"parley/internal/catalog"
	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// The Go code in the README and the guide is that of the files readme_*_test.go, which
// compile and run here.
func TestReadmeCode(t *testing.T) {
	var blocks []string
	for _, f := range fences(read(t, "README.md") + read(t, "docs/GUIDE.md")) {
		if f.info == "go" {
			blocks = append(blocks, f.body)
		}
	}
	files, err := filepath.Glob("readme_*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) != len(files) || len(files) == 0 {
		t.Errorf("they have %d blocks of Go, and there are %d files of it", len(blocks), len(files))
	}
	pkg := regexp.MustCompile(`(?s)\A.*?\npackage docs_test\n+`)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code := pkg.ReplaceAllString("\n"+string(data), "")
		found := false
		for _, b := range blocks {
			found = found || strings.TrimSpace(b) == strings.TrimSpace(code)
		}
		if !found {
			t.Errorf("neither has the code of %s:\n%s", f, code)
		}
	}
}

// The README's participant takes part in a transaction that the README's client
// submits.
func TestReadmeRuns(t *testing.T) {
	s := brokertest.Run(t)
	nc := s.Connect(t)
	ctx := t.Context()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range catalog.Streams() {
		if _, _, err := streams.Ensure(ctx, js, spec, 1); err != nil {
			t.Fatal(err)
		}
	}
	coordinating, err := coordinator.New(coordinator.Config{}, coordinator.Deps{NATS: nc})
	if err != nil {
		t.Fatal(err)
	}
	// The coordinator stops first: it waits for the participant.
	defer running(t, func(ctx context.Context) error { return run(ctx, nc, filepath.Join(t.TempDir(), "seats.db")) })()
	defer serving(t, coordinating)()
	client, err := txclient.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// The participant is up when it answers.
	up, cancelUp := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelUp()
	for {
		if _, err := client.Branches(up, "seats", txwire.BranchQuery{}); err == nil {
			break
		} else if wire.CodeOf(err) != wire.CodeUnavailable {
			t.Fatal(err)
		}
	}
	patient, cancelPatient := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelPatient()
	if got, err := book(patient, nc, "A1", "booking-1"); err != nil || got != "seat A1 is yours" {
		t.Errorf("booking: %q, %v", got, err)
	}
	if got, err := book(patient, nc, "A1", "booking-1"); err != nil || got != "seat A1 is yours" {
		t.Errorf("the same booking again: %q, %v", got, err)
	}
	if got, err := book(patient, nc, "A1", "booking-2"); err != nil || got != "not booked: seat A1 is taken" {
		t.Errorf("another booking: %q, %v", got, err)
	}
	if _, err := book(patient, nc, "A2", "booking-1"); wire.CodeOf(err) != wire.CodeConflict {
		t.Errorf("another seat with the same key: %v", err)
	}
}

// The README's IDs come from a real idworker, and ascend.
func TestReadmeNumbers(t *testing.T) {
	nc := brokertest.Run(t).Connect(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), js, idwire.LeaseStream(), 1); err != nil {
		t.Fatal(err)
	}
	worker, err := idworker.New(idworker.Config{}, idworker.Deps{NATS: nc})
	if err != nil {
		t.Fatal(err)
	}
	defer serving(t, worker)()
	ids, err := number(nc, 3)
	if err != nil || len(ids) != 3 || ids[0] >= ids[1] || ids[1] >= ids[2] {
		t.Errorf("the IDs are %v, %v", ids, err)
	}
}

// running runs f until the returned function is called.
func running(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// serving runs a role, and returns when it serves.
func serving(t *testing.T, role lifecycle.Role) (stop func()) {
	t.Helper()
	ended := make(chan error, 1)
	stop = running(t, func(ctx context.Context) error {
		err := role.Run(ctx)
		ended <- err
		return err
	})
	select {
	case <-role.Ready():
	case err := <-ended:
		t.Fatalf("it ended with %v", err)
	case <-time.After(2 * time.Minute):
		t.Fatal("it is not ready")
	}
	return stop
}
