package sx2021

import (
	"slices"
	"testing"

	"zhengshu/internal/rules"
)

func TestArticle04_OneRootAndOneSupervisor(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  []rules.Breach
		want []string
	}{
		{"one root", CheckRoot(1), nil},
		{"no root", CheckRoot(0), []string{"S4.1.root"}},
		{"two roots", CheckRoot(2), []string{"S4.1.root"}},
		{"an area with its office", CheckSupervisor("雁塔区", 1), nil},
		{"an area without", CheckSupervisor("雁塔区", 0), []string{"S4.2.supervisor"}},
		{"an area with two", CheckSupervisor("雁塔区", 2), []string{"S4.2.supervisor"}},
	} {
		if got := rules.IDs(tt.got); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		for _, b := range tt.got {
			if b.Detail == "" {
				t.Errorf("%s: no words", tt.name)
			}
		}
	}
}
