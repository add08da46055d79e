package docs_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/coordinator/machine"
	"parley/wire"
)

const operations = "docs/OPERATIONS.md"

// The limits on the wire, with their values as the page writes them.
func wireLimits() map[string]string {
	limits := map[string]string{
		"MaxMessage":       thousands(wire.MaxMessage) + " bytes",
		"MaxPayload":       thousands(wire.MaxPayload) + " bytes",
		"MaxBranches":      thousands(wire.MaxBranches),
		"MaxKey":           thousands(wire.MaxKey) + " bytes",
		"MaxName":          thousands(wire.MaxName) + " bytes",
		"MaxReason":        thousands(wire.MaxReason) + " bytes",
		"MaxDetail":        thousands(wire.MaxDetail) + " bytes",
		"MaxRecord":        thousands(wire.MaxRecord) + " bytes",
		"MaxRecordCommits": thousands(wire.MaxRecordCommits),
		"MaxList":          thousands(wire.MaxList),
	}
	for name, d := range map[string]time.Duration{
		"DefaultTimeout": wire.DefaultTimeout, "MaxTimeout": wire.MaxTimeout, "MaxDeadline": wire.MaxDeadline, "IdempotencyWindow": wire.IdempotencyWindow,
	} {
		limits[name] = d.String()
	}
	return limits
}

func TestLimits(t *testing.T) {
	want := wireLimits()
	src := parsePackage(t, "wire")
	for _, name := range []string{"MaxMessage", "MaxList", "MaxTimeout"} {
		if src.consts[name] == "" {
			t.Errorf("%s is gone from package wire", name)
		}
	}
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

// Every exported limit of wire/limit.go is in the table above.
func TestEveryWireLimitIsKnown(t *testing.T) {
	known := wireLimits()
	for name := range parseFile(t, "wire/limit.go").consts {
		if known[name] == "" {
			t.Errorf("%s is not listed", name)
		}
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
