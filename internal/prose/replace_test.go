package prose

import "testing"

// A place of the text is found again in the document, across formats and ends of line.
func TestReplaceAt(t *testing.T) {
	d, err := Parse([]byte(`{"type":"doc","content":[
		{"type":"paragraph","content":[{"type":"text","text":"贯彻落"},{"type":"text","text":"是","marks":[{"type":"bold"}]},{"type":"text","text":"要求，证号6101"},{"type":"hardBreak"},{"type":"text","text":"9903。"}]},
		{"type":"clause","attrs":{"level":1,"number":1},"content":[{"type":"text","text":"本办法由办公室解析"}]},
		{"type":"orderedList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"第一项"}]}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	text := "贯彻落是要求，证号6101\n9903。\n第一条　本办法由办公室解析\n1. 第一项"
	if got := d.Text(); got != text {
		t.Fatalf("text %q", got)
	}
	if got, want := d.Lines(), "贯彻落是要求，证号6101"+LineBreak+"9903。\n第一条　本办法由办公室解析\n1. 第一项"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	for _, c := range []struct {
		start, end int
		with, want string
	}{
		{2, 4, "落实", "贯彻落实要求，证号6101\n9903。\n第一条　本办法由办公室解析\n1. 第一项"},
		{2, 4, "", "贯彻要求，证号6101\n9903。\n第一条　本办法由办公室解析\n1. 第一项"},
		{9, 18, "61**9903", "贯彻落是要求，证号61**9903。\n第一条　本办法由办公室解析\n1. 第一项"},
		{31, 33, "解释", "贯彻落是要求，证号6101\n9903。\n第一条　本办法由办公室解释\n1. 第一项"},
		{20, 22, "第二", ""}, // the label of a clause is no running text
		{33, 35, "x", ""},  // nor is the end of a block
		{34, 36, "2.", ""},
		{-1, 2, "x", ""}, {5, 5, "x", ""}, {40, 90, "x", ""},
	} {
		got, ok := d.ReplaceAt(c.start, c.end, c.with)
		if ok != (c.want != "") || ok && got.Text() != c.want {
			t.Errorf("%d to %d: %v %q, want %q", c.start, c.end, ok, got.Text(), c.want)
		}
		if d.Text() != text {
			t.Fatalf("the document given was changed: %q", d.Text())
		}
	}
	if bold, _ := d.ReplaceAt(2, 4, "落实"); bold.Content[0].Content[1].Text != "实" || !bold.Content[0].Content[1].marked("bold") {
		t.Errorf("the format went: %+v", bold.Content[0].Content)
	}
}
