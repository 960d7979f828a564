package prose

import (
	"encoding/json"
	goflag "flag"
	"os"
	"testing"
)

var update = goflag.Bool("update", false, "write the golden files anew")

// The editor in the browser is built from this file: one schema, two readers.
func TestTheEditorReadsThisSchema(t *testing.T) {
	const file = "../../assets/src/editor/schema.json"
	if *update {
		if err := os.WriteFile(file, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != string(Schema()) {
		t.Error("the editor's schema is not this one: run go test ./internal/prose -run TestTheEditorReadsThisSchema -update")
	}
	var read struct{ Nodes, Marks []publishedNode }
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Nodes) != len(nodes) || len(read.Marks) != len(marks) {
		t.Errorf("%d nodes and %d marks are published of %d and %d", len(read.Nodes), len(read.Marks), len(nodes), len(marks))
	}
}
