package packs

import (
	"fmt"
	"testing"
)

// shipped are the digests of the packs as they went out, by name and version. A
// province adopts a version and is judged by it: a pack that says something else
// gets a new version and a new line here, in a file of its own beside the old one.
var shipped = map[string]string{
	"gwb-2019-19 1":        "01efdccb415a723990ac31799035796b1a9ef7e607bbe6f924d8f6f223a196af",
	"gwb-2019-19-office 1": "10b04810ab04cf88cccacfd0bba9bae7552c3f868e0d377a4e8b2461da3c0a59",
}

func TestAShippedVersionStaysAsItWas(t *testing.T) {
	all, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range all {
		b, err := Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s %d", p.ID, p.Version)
		if seen[name] = true; shipped[name] != Digest(b) {
			t.Errorf("%s is another than was shipped (%s): give it a new version", name, Digest(b))
		}
	}
	for name := range shipped {
		if !seen[name] {
			t.Errorf("%s is shipped no more: assessments made by it cannot be made again", name)
		}
	}
}
