package sx2021

import (
	"testing"
)

func TestSettingsAreBounded(t *testing.T) {
	if w := Defaults().Wrong(); len(w) != 0 {
		t.Errorf("the defaults are refused: %v", w)
	}
	if w := (Settings{WaiverWorkdays: 4}).Wrong(); len(w) != 70 {
		t.Errorf("empty settings: %d complaints: %v", len(w), w)
	}
}
