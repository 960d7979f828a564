package ngram

import (
	"slices"
	"testing"
)

func build() *Model {
	var b Builder
	b.Header = Header{ID: "t", Version: "1", Source: "s", Effective: "2026-11-01"}
	b.Add("各级人民政府应当加强领导。\n各级人民政府应当依法行政。", 3)
	b.Add("人民政府２０２６年abc 印发", 1)
	return b.Model(1, 1, 2)
}

func TestCounts(t *testing.T) {
	m := build()
	id := func(s string) (out []ID) {
		for _, r := range s {
			out = append(out, m.IDOf(r))
		}
		return out
	}
	for _, c := range []struct {
		seq  string
		want float64
	}{{"人", 7}, {"人民", 6}, {"人民政", 6}, {"人民政府", 6}, {"府应当", 6}, {"当依法行", 3}, {"年abc", 0}, {"龙", 0}, {"abc印发", 0}} {
		if got := m.Count(id(c.seq)...); got != c.want {
			t.Errorf("Count(%s) = %v, want %v", c.seq, got, c.want)
		}
	}
	good, bad := id("人民政府"), id("人民正府")
	if m.Log(good[0], good[1], good[2], good[3]) <= m.Log(bad[0], bad[1], bad[2], bad[3]) {
		t.Error("a wrong character does not lower the probability of what follows")
	}
	if got := slices.Collect(m.Joins(m.IDOf('民'), m.IDOf('府'))); !slices.Equal(got, id("政")) {
		t.Errorf("Joins(民, 府) = %v", got)
	}
	if !m.Fits(good[0], good[1], good[2]) || m.Fits(good[0], good[2], good[1]) {
		t.Error("Fits mistakes the order")
	}
	if !m.Follows(good[0], good[1]) || m.Follows(good[1], good[0]) {
		t.Error("Follows mistakes the order")
	}
}

// A walk taken up again after a change finds what one from the beginning finds.
func TestAgainIsAsFromTheBeginning(t *testing.T) {
	m := build()
	var ids []ID
	for _, r := range "各级人民正府应当加强领导" {
		ids = append(ids, m.IDOf(r))
	}
	w := m.At(Break, Break, Break)
	seen := make([]Sight, len(ids))
	for i, d := range ids {
		seen[i] = m.Step(&w, d)
	}
	const at = 4 // 政 in place of 正
	right := m.IDOf('政')
	again, anew := Resume(ids[at-3], ids[at-2], ids[at-1], seen[at-1]), m.At(ids[at-3], ids[at-2], ids[at-1])
	if again != anew {
		t.Fatalf("%+v, want %+v", again, anew)
	}
	m.Step(&again, right)
	m.Step(&anew, right)
	for i := at + 1; i < len(ids); i++ {
		got, want := m.Again(&again, ids[i], i-at-1, seen[i]), m.Step(&anew, ids[i])
		if got != want || again != anew {
			t.Errorf("sign %d: %+v, want %+v", i, got, want)
		}
	}
}

func TestEncodeDecode(t *testing.T) {
	m := build()
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	before, after := m.sequences(), d.sequences()
	for n := 2; n <= Order; n++ {
		if !slices.Equal(before[n].keys, after[n].keys) || !slices.Equal(before[n].levels, after[n].levels) || len(before[n].keys) == 0 {
			t.Errorf("sequences of %d changed on the way", n)
		}
	}
	if !slices.Equal(m.uni, d.uni) || !slices.Equal(m.runes, d.runes) {
		t.Error("vocabulary changed on the way")
	}
	for i := range b {
		if _, err := Decode(b[:i]); err == nil && i < len(b)-1 {
			t.Fatalf("a file cut at %d of %d was taken", i, len(b))
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, err := build().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Add([]byte(magic + "{}\n\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		m.Log(Break, Digit, Letter, m.IDOf('人'))
	})
}
