package web

import "testing"

func TestPartialsFitTheirStructs(t *testing.T) {
	if err := CheckPartials(); err != nil {
		t.Error(err)
	}
}

func TestPagesFitTheirTypes(t *testing.T) {
	for _, p := range Pages() {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	}
}
