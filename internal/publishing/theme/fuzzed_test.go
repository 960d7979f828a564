package theme

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"zhengshu/internal/fault"
)

// saysOn looks for words in what a fault says about its fields.
func saysOn(err error, words string) bool {
	f := fault.Of(err)
	return f != nil && slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return strings.Contains(x.Says, words) })
}

func noScript(t *testing.T, b []byte) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "src" && a.Val == ScriptPath() }) {
			continue // the house's own, from its head
		}
		if slices.Contains(badElements, n.Data) && n.Data != "template" {
			t.Errorf("<%s>", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
}
