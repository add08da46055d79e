package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/socket"
)

// Every bound of a gateway is listed with its default, and is counted by a
// metric that exists.
func TestChatBounds(t *testing.T) {
	want := map[string]string{}
	bounds(reflect.ValueOf(chatgw.Defaults()), want)
	bounds(reflect.ValueOf(socket.Defaults()), want)
	source, err := os.ReadFile(filepath.Join(root, "chatgw/measured.go"))
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(parley_chat_[a-z_]+)"`).FindAllSubmatch(source, -1) {
		counted[string(m[1])] = true
	}
	for _, r := range rows(section(t, read(t, operations), "Bounds of a gateway")) {
		name := quoted(r[0])
		if want[name] != r[1] {
			t.Errorf("%s is %q, listed is %q", name, want[name], r[1])
		}
		if metric := quoted(r[3]); !counted[metric] {
			t.Errorf("%s is counted by %q, which does not exist", name, metric)
		}
		if strings.TrimSpace(r[4]) == "" {
			t.Errorf("%s has no reason", name)
		}
		delete(want, name)
	}
	for name, value := range want {
		t.Errorf("%s (%s) is not listed", name, value)
	}
}

// bounds are the fields of a Config that are numbers or times.
func bounds(v reflect.Value, into map[string]string) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i).Interface().(type) {
		case time.Duration:
			into[name] = f.String()
		case int:
			into[name] = thousands(int64(f))
		case float64:
			into[name] = fmt.Sprint(f)
		}
	}
}
