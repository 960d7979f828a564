package proofread

import (
	"runtime"
	"testing"
)

// TestMemory holds what the decoded packs keep.
func TestMemory(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l, err := newLikely(countsBin, confusableBin)
	if err != nil {
		t.Fatal(err)
	}
	words, err := newWords(wordsBin)
	if err != nil {
		t.Fatal(err)
	}
	kept := int64(heap()) - int64(before)
	t.Logf("decoded packs keep %.1f MB", float64(kept)/(1<<20))
	if kept > 60<<20 {
		t.Errorf("decoded packs keep %d bytes, more than 60 MB", kept)
	}
	runtime.KeepAlive(l)
	runtime.KeepAlive(words)
}
