package visits

import (
	"bytes"
	"testing"
)

// FuzzSketch reads the counts that portals send: what is taken is written the same
// and counts no less than nothing.
func FuzzSketch(f *testing.F) {
	for _, b := range [][]byte{nil, {0}, {0, 0, 1, 5}, {0, 255, 255, 1}, {1}, bytes.Repeat([]byte{1}, registers+1)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSketch(b)
		if err != nil {
			return
		}
		if s.Count() < 0 {
			t.Errorf("counts %d", s.Count())
		}
		again, err := ParseSketch(s.Bytes())
		if err != nil || again.Count() != s.Count() {
			t.Errorf("%d, read again %d (%v)", s.Count(), again.Count(), err)
		}
	})
}
