package dom

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// The walk meets what the iterator of the tree meets, in its order, whatever the root.
func TestFollowing(t *testing.T) {
	doc, err := html.Parse(strings.NewReader(`<title>t</title><p>a<b>b<i></i></b>c</p><ul><li>d<li>e</ul><!--x--><p>`))
	if err != nil {
		t.Fatal(err)
	}
	roots := []*html.Node{doc}
	for n := range doc.Descendants() {
		roots = append(roots, n)
	}
	if len(roots) < 15 {
		t.Fatalf("%d nodes", len(roots))
	}
	for _, root := range roots {
		next := Following(root, root)
		for want := range root.Descendants() {
			if next != want {
				t.Fatalf("below %q: %v, want %q", root.Data, next, want.Data)
			}
			next = Following(next, root)
		}
		if next != nil {
			t.Fatalf("below %q: left it for %q", root.Data, next.Data)
		}
	}
}
