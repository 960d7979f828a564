package inspectionweb

import (
	"net/url"
	"testing"

	"zhengshu/internal/inspection"
)

// The way to the words in an item leads from piece to piece where an end of line cuts them.
func TestTheWayToWordsThatAreCut(t *testing.T) {
	for _, c := range []struct{ where, wrong, want string }{
		{"请布署落实", "布署", "#:~:text=布署"},
		{"请布 署落实", "布署", "#:~:text=布,署"},
		{"贯\n彻落 是要求", "贯彻落是", "#:~:text=贯,是"},
		{"第 1 页", "布署", "#:~:text=布署"}, // its place says nothing of the words
		{"a.b c", "a.bc", "#:~:text=a.b,c"},
		{"证号 6101**", "6101**", ""},
		{"", "", ""},
	} {
		got, err := url.PathUnescape(passageOf(inspection.Finding{Where: c.where, Wrong: c.wrong}))
		if err != nil || got != c.want {
			t.Errorf("%q in %q: %q, want %q (%v)", c.wrong, c.where, got, c.want, err)
		}
	}
}
