package prose

import (
	"encoding/json"
	"slices"
)

// The schema as the editor in the browser reads it. The editor builds its own
// from these rows (assets/src/editor/schema.json is this, word for word, held
// by a test), so the two cannot drift apart.
type publishedNode struct {
	Name    string          `json:"name"`
	Says    string          `json:"says"` // 段落
	Content []string        `json:"content,omitempty"`
	Least   int             `json:"least,omitempty"` // children
	Inline  bool            `json:"inline,omitempty"`
	Attrs   []publishedAttr `json:"attrs,omitempty"`
}

type publishedAttr struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"` // word, flag or number
	Among    []string `json:"among,omitempty"`
	Least    int      `json:"least,omitempty"`
	Most     int      `json:"most,omitempty"`
	Required bool     `json:"required,omitempty"`
}

// Schema is the table of nodes and marks as JSON, the same bytes every time.
func Schema() []byte {
	out := struct {
		Nodes []publishedNode `json:"nodes"`
		Marks []publishedNode `json:"marks"`
	}{}
	order := append([]string{"doc"}, blocks...)
	order = append(order, ListItem, TableRow, TableHeader, TableCell)
	order = append(order, inline...)
	for _, name := range order {
		n := nodes[name]
		out.Nodes = append(out.Nodes, publishedNode{Name: name, Says: n.name, Content: n.content, Least: n.least,
			Inline: slices.Contains(inline, name), Attrs: publishedAttrs(n.attrs)})
	}
	for _, name := range []string{LinkMark, Bold, Italic, Underline, Superscript, Subscript, Colour, Comment, Insertion, Deletion} {
		out.Marks = append(out.Marks, publishedNode{Name: name, Attrs: publishedAttrs(marks[name])})
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err != nil { // words, flags and numbers only
		return nil
	}
	return append(b, '\n')
}

func publishedAttrs(attrs map[string]attr) []publishedAttr {
	var out []publishedAttr
	for name, a := range attrs {
		kind := [...]string{word: "word", flag: "flag", number: "number"}[a.kind]
		out = append(out, publishedAttr{Name: name, Kind: kind, Among: a.among, Least: a.least, Most: a.most, Required: a.required})
	}
	slices.SortFunc(out, func(a, b publishedAttr) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
