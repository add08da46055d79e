package docs_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/coordinator/machine"
	"parley/wire"
	"parley/wire/txwire"
)

const operations = "docs/OPERATIONS.md"

// The limits on the wire, with their values as the page writes them.
func wireLimits() map[string]string {
	limits := map[string]string{
		"MaxMessage":       thousands(wire.MaxMessage) + " bytes",
		"MaxPayload":       thousands(txwire.MaxPayload) + " bytes",
		"MaxBranches":      thousands(txwire.MaxBranches),
		"MaxKey":           thousands(wire.MaxKey) + " bytes",
		"MaxName":          thousands(wire.MaxName) + " bytes",
		"MaxReason":        thousands(wire.MaxReason) + " bytes",
		"MaxDetail":        thousands(txwire.MaxDetail) + " bytes",
		"MaxRecord":        thousands(txwire.MaxRecord) + " bytes",
		"MaxRecordCommits": thousands(txwire.MaxRecordCommits),
		"MaxList":          thousands(wire.MaxList),
		"MaxSubmit":        thousands(txwire.MaxSubmit) + " bytes",
		"MaxEvents":        thousands(txwire.MaxEvents),
		"MaxEventBytes":    thousands(txwire.MaxEventBytes) + " bytes",
		"MaxEventSubject":  thousands(txwire.MaxEventSubject) + " bytes",
		"MaxEventHeaders":  thousands(txwire.MaxEventHeaders),
		"MaxStreamName":    thousands(txwire.MaxStreamName) + " bytes",
		"MaxRecordEvents":  thousands(txwire.MaxRecordEvents) + " bytes",
		"MaxSettled":       thousands(txwire.MaxSettled),
	}
	for name, d := range map[string]time.Duration{
		"DefaultTimeout": txwire.DefaultTimeout, "MaxTimeout": txwire.MaxTimeout, "MaxDeadline": txwire.MaxDeadline, "IdempotencyWindow": txwire.IdempotencyWindow,
	} {
		limits[name] = d.String()
	}
	return limits
}

func TestLimits(t *testing.T) {
	want := wireLimits()
	defaults := reflect.ValueOf(machine.DefaultLimits())
	for i := range defaults.NumField() {
		want[defaults.Type().Field(i).Name] = thousands(defaults.Field(i).Int())
	}
	packages := map[string]*source{}
	for _, r := range rows(section(t, read(t, operations), "Limits")) {
		if name := quoted(r[0]); name != "" {
			if want[name] != r[1] {
				t.Errorf("%s is %q, listed is %q", name, want[name], r[1])
			}
			delete(want, name)
			continue
		}
		if packages[r[0]] == nil {
			packages[r[0]] = parsePackage(t, r[0])
		}
		if is, listed := packages[r[0]].consts[quoted(r[1])], quoted(r[2]); is != listed {
			t.Errorf("%s in %s is %q, listed is %q", quoted(r[1]), r[0], is, listed)
		}
	}
	for name, value := range want {
		t.Errorf("%s (%s) is not listed", name, value)
	}
}

// Every exported limit of messages and transactions is in the table above.
func TestEveryWireLimitIsKnown(t *testing.T) {
	known := wireLimits()
	for _, file := range []string{"wire/limit.go", "wire/txwire/limit.go"} {
		limits := parseFile(t, file).consts
		if len(limits) == 0 {
			t.Errorf("%s has no limits", file)
		}
		for name := range limits {
			if known[name] == "" {
				t.Errorf("%s in %s is not listed", name, file)
			}
			delete(known, name)
		}
	}
	for name := range known {
		t.Errorf("%s is gone", name)
	}
}

// The counts of a participant are those that its statistics hold.
func TestCounts(t *testing.T) {
	listed := map[string]bool{}
	for _, r := range rows(section(t, read(t, operations), "Looking")) {
		for _, name := range strings.Split(r[0], ",") {
			listed[quoted(name)] = true
		}
	}
	for _, name := range parsePackage(t, "participants").structs["Counts"] {
		if !listed[name] {
			t.Errorf("the count %s is not listed", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("the count %s is listed and does not exist", name)
	}
}
