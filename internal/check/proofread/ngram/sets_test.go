package ngram

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What is put into a set is found there with its level and nothing else is,
// where keys lie thin, where they crowd until blocks spill, and at both ends.
func TestSetFindsWhatItHolds(t *testing.T) {
	const width = 28
	rng := rand.New(rand.NewPCG(1, 2))
	want := map[uint32]uint8{0: 3, 1<<width - 1: 63}
	for range 200_000 {
		want[rng.Uint32N(1<<width)] = uint8(rng.IntN(1 << levelBits))
	}
	for k := range uint32(500) { // more than a block holds, and than a part
		want[1<<27+k] = uint8(k % (1 << levelBits))
	}
	var keys []uint32
	for k := range want {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	levels := make([]uint8, len(keys))
	for i, k := range keys {
		levels[i] = want[k]
	}
	s := newSet(width, keys, levels)
	if len(s.spilt) < 400 || len(s.spilt) > len(keys)/4 {
		t.Errorf("%d of %d keys spilt", len(s.spilt), len(keys))
	}
	for range 200_000 {
		k := rng.Uint32N(1 << width)
		if level, ok := want[k]; ok != (s.count(k) > 0) || ok && s.count(k) != levelCount[level] {
			t.Fatalf("count(%d) = %v", k, s.count(k))
		}
	}
	for k, level := range want {
		if s.count(k) != levelCount[level] {
			t.Fatalf("count(%d) = %v, want %v", k, s.count(k), levelCount[level])
		}
	}
	gotKeys, gotLevels := s.unpacked()
	if !slices.Equal(gotKeys, keys) || !slices.Equal(gotLevels, levels) {
		t.Error("what comes out is not what went in")
	}
	if empty := newSet(width, nil, nil); empty.count(0) != 0 || empty.count(1<<width-1) != 0 {
		t.Error("an empty set holds something")
	}
}

func TestPairsFindWhatTheyHold(t *testing.T) {
	const vocabulary = 200
	rng := rand.New(rand.NewPCG(3, 4))
	want := map[uint32]uint8{}
	for range 8000 {
		want[key2(ID(rng.IntN(vocabulary)), ID(rng.IntN(vocabulary)))] = uint8(rng.IntN(1 << levelBits))
	}
	var keys []uint32
	for k := range want {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var levels []uint8
	for _, k := range keys {
		levels = append(levels, want[k])
	}
	p := newPairs(vocabulary, keys, levels)
	for a := range ID(vocabulary) {
		for b := range ID(vocabulary) {
			level, ok := want[key2(a, b)]
			if got := p.count(a, b); ok != (got > 0) || ok && got != levelCount[level] {
				t.Fatalf("count(%d, %d) = %v", a, b, got)
			}
		}
	}
	gotKeys, gotLevels := p.unpacked()
	if !slices.Equal(gotKeys, keys) || !slices.Equal(gotLevels, levels) {
		t.Error("what comes out is not what went in")
	}
}
