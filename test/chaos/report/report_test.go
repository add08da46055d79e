package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"parley/test/model"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// facts are ten seconds with a commit every 100 ms, but for a gap of two seconds
// while a broker is dead.
func facts() *Facts {
	h := model.New()
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f := &Facts{Seed: 7, Planned: 10 * time.Second, Began: began, Healed: began.Add(10 * time.Second), Cleared: time.Second, History: h}
	for at := time.Duration(0); at < 10*time.Second; at += 100 * time.Millisecond {
		if at >= 4*time.Second && at < 6*time.Second {
			continue
		}
		o := &model.Order{Key: at.String()}
		h.Order(o)
		h.Answer(o, model.Answer{Verdict: model.Committed, At: began.Add(at), Took: at / 100})
	}
	f.Events = []model.Event{
		{Kind: "kill", Target: "broker-1", From: began.Add(4 * time.Second), To: began.Add(6 * time.Second)},
		{Kind: "outage", Target: "broker-1 + broker-2", From: began.Add(8 * time.Second), To: began.Add(9 * time.Second)},
		{Kind: "hold at", Target: "coordinator-1", Step: "append-after", From: began.Add(time.Second), To: began.Add(2 * time.Second)},
		{Kind: "crash at", Target: "inventory", Step: "vote-sent", Missed: "it <never> came", From: began, To: began.Add(time.Second)},
		{Kind: "cut", Target: "blog + broker-3", From: began, To: began.Add(time.Second)},
	}
	f.Samples = []model.Sample{{At: began.Add(time.Second), Doubt: 3, Oldest: 700 * time.Millisecond}, {At: began.Add(2 * time.Second)}}
	return f
}

func TestFigures(t *testing.T) {
	g := facts().Compute()
	if g.Kills != 3 || g.Pauses != 1 || g.Cuts != 1 || g.Steps != 1 || g.Missed != 1 {
		t.Errorf("faults are counted as %+v", g)
	}
	if g.Gap != 2100*time.Millisecond || g.GapAt != 3900*time.Millisecond || len(g.During) != 1 || g.During[0] != "kill broker-1" {
		t.Errorf("the longest gap is %v at %v, during %q", g.Gap, g.GapAt, g.During)
	}
	if g.Committed != 80 || g.Doubt != 700*time.Millisecond || g.Max != 99*time.Millisecond {
		t.Errorf("%+v", g)
	}
}

// The picture is well-formed, whatever texts are in it.
func TestPicture(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(Picture(facts())))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestMarkdown(t *testing.T) {
	f := facts()
	if text := Markdown(f); !strings.Contains(text, "Nothing broke") || !strings.Contains(text, "make chaos SEED=7 DURATION=10s") {
		t.Error(text)
	}
	f.Violations = []string{"a rule: a text"}
	if text := Markdown(f); !strings.Contains(text, "1 violations") || !strings.Contains(text, "- a rule: a text") {
		t.Error(text)
	}
}
