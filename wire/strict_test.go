package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"parley/wire"
	"parley/wire/txwire"
)

// field is a field of a JSON object as it is written.
type field struct {
	name  string
	value raw
}

// fields are those of an object, in order; nil for another value.
func fields(t *testing.T, data []byte) (all []field) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var v raw
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, field{name.(string), v})
	}
	return all
}

func object(all []field) []byte {
	var parts []string
	for _, f := range all {
		parts = append(parts, fmt.Sprintf("%s:%s", f.name, f.value))
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

// misspelt are the variants of a message in which one field, at any depth, is
// written in another case, with an escape, or twice. What a payload or a detail
// holds is left alone.
func misspelt(t *testing.T, data []byte) (variants [][]byte) {
	t.Helper()
	var list []raw
	if json.Unmarshal(data, &list) == nil {
		for i, v := range list {
			for _, inner := range misspelt(t, v) {
				changed := append([]raw(nil), list...)
				changed[i] = inner
				out, err := json.Marshal(changed)
				if err != nil {
					t.Fatal(err)
				}
				variants = append(variants, out)
			}
		}
		return variants
	}
	all := fields(t, data)
	for i := range all {
		all[i].name = fmt.Sprintf("%q", all[i].name)
	}
	for i, f := range all {
		with := func(changed ...field) {
			now := append(append(append([]field(nil), all[:i]...), changed...), all[i+1:]...)
			variants = append(variants, object(now))
		}
		bare := strings.Trim(f.name, `"`)
		for _, name := range []string{strings.ToUpper(bare), strings.ToUpper(bare[:1]) + bare[1:], fmt.Sprintf(`\u%04x`, bare[0]) + bare[1:]} {
			if name != bare { // a number has no case
				with(field{`"` + name + `"`, f.value})
			}
		}
		with(f, f)
		with(f, field{`"` + strings.ToUpper(bare) + `"`, f.value})
		if bare == "payload" || bare == "detail" {
			continue
		}
		if bare == "details" {
			for _, of := range fields(t, f.value) {
				twice := field{fmt.Sprintf("%q", of.name), of.value}
				with(field{f.name, object([]field{twice, twice})})
			}
			continue
		}
		for _, inner := range misspelt(t, f.value) {
			with(field{f.name, inner})
		}
	}
	return variants
}

// A field is written as in the protocol, and once: encoding/json alone takes a
// name in any case, and of two equal ones the last, so that two readers of one
// message could act on different values.
func TestFieldNames(t *testing.T) {
	for _, s := range samples() {
		if reports[s.kind()] {
			continue
		}
		variants := misspelt(t, s.encode(s.value))
		if len(variants) < 3 {
			t.Errorf("%s: only %d variants", s.name, len(variants))
		}
		for _, data := range variants {
			if v, err := s.decode(data); err == nil {
				t.Errorf("%s: %s\nis read as %+v", s.name, data, v)
			} else if wire.CodeOf(err) != wire.CodeInvalid {
				t.Errorf("%s: %s\n%v", s.name, data, err)
			}
		}
	}
}

// Thousands of fields are not compared with each other.
func TestManyFields(t *testing.T) {
	var many []string
	for i := range 4000 {
		many = append(many, fmt.Sprintf(`"p%d":1`, i))
	}
	_, err := wire.Decode[txwire.Outcome]([]byte(`{"v":1,"status":"pending","details":{` + strings.Join(many, ",") + `}}`))
	refused(t, err, wire.CodeInvalid, "fields")
}

// Text that encoding/json would change in silence is refused, wherever it stands:
// the keys "a", U+FFFD, "b" and "a", half a pair, "b" would be one.
func TestUnicodeText(t *testing.T) {
	const mark = "MARK"
	for _, s := range samples() {
		good := s.encode(s.value)
		texts := regexp.MustCompile(`"[^"\\]*"`).FindAllIndex(good, -1)
		for _, at := range texts {
			for what, bad := range map[string]string{
				"half a pair": `a\ud800b`, "the other half": `a\udc00b`, "halves in the wrong order": `\udc00\ud800`,
				"half before another escape": `\ud83d\n`, "a byte": "a\xffb", "a half in bytes": "\xed\xa0\x80", "an overlong one": "\xc0\x80",
			} {
				data := append(append(append([]byte(nil), good[:at[0]+1]...), bad...), good[at[1]-1:]...)
				if v, err := s.decode(data); err == nil && !passedOn(t, s, good, at, mark) {
					t.Errorf("%s: %s in %s\nis read as %+v", s.name, what, data, v)
				}
			}
		}
	}
	for _, key := range []string{`a\ud83d\ude42b`, "a\ufffdb", `a\ufffdb`, `\u00e9`, `\\ud800`, "é"} {
		data := []byte(`{"v":1,"key":"` + key + `","branches":[{"participant":"inventory","payload":"` + key + `"}]}`)
		m, err := wire.Decode[txwire.Submit](data)
		if err != nil {
			t.Errorf("the key %s: %v", key, err)
		} else if want := unquoted(t, key); m.Key != want {
			t.Errorf("the key %s is read as %q", key, m.Key)
		}
	}
}

func unquoted(t *testing.T, s string) (out string) {
	t.Helper()
	if err := json.Unmarshal([]byte(`"`+s+`"`), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// passedOn reports whether the text at that place is part of a detail, or of the
// payload in a listing, which are passed on as they are: it is found again, byte
// for byte, in a field of raw JSON.
func passedOn(t *testing.T, s sample, good []byte, at []int, mark string) bool {
	t.Helper()
	data := append(append(append([]byte(nil), good[:at[0]+1]...), mark...), good[at[1]-1:]...)
	v, err := s.decode(data)
	if err != nil {
		return false
	}
	found := false
	walk(reflect.ValueOf(v), func(_ string, v reflect.Value) {
		if r, ok := v.Interface().(json.RawMessage); ok && bytes.Contains(r, []byte(mark)) {
			found = true
		}
	})
	return found && s.kind() != "submit" && s.kind() != "prepare"
}

// walk visits every field of a value, with the name it has in JSON.
func walk(v reflect.Value, visit func(name string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				visit(name, v.Field(i))
				walk(v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			visit("", v.MapIndex(k))
			walk(v.MapIndex(k), visit)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	}
}

// What the strict reader knows of the types holds for all of them: names of
// fields have small letters and '_', raw JSON is called payload or detail, and a
// map of it details.
func TestOpaqueFields(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var check func(of reflect.Type)
	check = func(of reflect.Type) {
		if seen[of] {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Map:
			check(of.Elem())
		case reflect.Interface:
			t.Errorf("%s can hold anything", of)
		case reflect.Struct:
			for i := range of.NumField() {
				f := of.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if !f.IsExported() || of == reflect.TypeFor[txwire.ID]() {
					continue
				}
				if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(name) {
					t.Errorf("%s.%s is called %q in JSON", of, f.Name, name)
				}
				if isRaw := f.Type == reflect.TypeFor[json.RawMessage](); isRaw != (name == "payload" || name == "detail") {
					t.Errorf("%s.%s is called %q and is a %s", of, f.Name, name, f.Type)
				}
				if isMap := f.Type == reflect.TypeFor[map[string]json.RawMessage](); isMap != (name == "details") {
					t.Errorf("%s.%s is called %q and is a %s", of, f.Name, name, f.Type)
				}
				check(f.Type)
			}
		}
	}
	for _, s := range samples() {
		check(reflect.TypeOf(s.value))
	}
}

// The hot path: what a coordinator and a participant decode for each transaction.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"submit", "prepare", "vote", "commit", "ack", "record"} {
		s := find(b, name)
		data := s.encode(s.value)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := s.decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
