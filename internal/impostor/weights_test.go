package impostor

import (
	"strings"
	"testing"

	"zhengshu/internal/check"
)

// The weights are data with a version, and say that no source gives them; a score names
// the pack it was made with.
func TestTheWeightsAreAPackThatIsMarked(t *testing.T) {
	var p likenessPack
	if err := check.ReadPack(likenessJSON, &p); err != nil {
		t.Fatal(err)
	}
	if p.Version == "" || p.Source == "" || p.Mark == "" {
		t.Errorf("%+v", p)
	}
	for name, n := range map[string]int{"code": p.Weights.Code, "text": p.Weights.Text, "logo": p.Weights.Logo, "title": p.Weights.Title, "menu": p.Weights.Menu, "icon": p.Weights.Icon, "links": p.Weights.Links,
		"text_percent": p.Alike.Text, "title_percent": p.Alike.Title, "menu_percent": p.Alike.Menu, "menu_words": p.Alike.Words, "links at least": p.Alike.Links, "look_bits": p.Alike.Bits} {
		if n <= 0 || n > 100 {
			t.Errorf("%s is %d", name, n)
		}
	}
	if says := LikenessEdition(p.Version); !strings.Contains(says, p.Version) || !strings.Contains(says, "未核实") {
		t.Errorf("%q", says)
	}
	if says := LikenessEdition(""); !strings.Contains(says, "未核实") {
		t.Errorf("%q", says)
	}
}
