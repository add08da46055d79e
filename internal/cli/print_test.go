package cli

import (
	"bytes"
	"testing"
)

func TestPrice(t *testing.T) {
	for cents, want := range map[int64]string{0: "0.00", 5: "0.05", 950: "9.50", 123456: "1234.56", -950: "-9.50"} {
		if got := Price(cents); got != want {
			t.Errorf("price(%d) = %q, want %q", cents, got, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	for s, want := range map[string]string{"k-1": "k-1", "two words": "'two words'", "": "''", "it's": `"it's"`, "$x": "'$x'"} {
		if got := Quoted(s); got != want {
			t.Errorf("quoted(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	a := App{Out: &out}
	a.Table([][]string{{"ITEM", ">LEFT"}, {"margherita", "7"}, {"crème", "1234567"}})
	want := "ITEM           LEFT\nmargherita        7\ncrème       1234567\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestPrintable(t *testing.T) {
	if got := Printable("a\x1b[2Jb\nc"); got != "a?[2Jb?c" {
		t.Errorf("got %q", got)
	}
}
