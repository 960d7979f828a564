package prose

import (
	"strings"
	"testing"
)

func TestAnchorsFindReplaceAndShow(t *testing.T) {
	d, err := Parse([]byte(`{"type":"doc","content":[
		{"type":"paragraph","content":[{"type":"text","text":"各单位要"},{"type":"text","text":"加强值守","marks":[{"type":"bold"}]},{"type":"hardBreak"},{"type":"text","text":"落实责任。"},{"type":"footnote","attrs":{"text":"注"}}]},
		{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"各单位报送名单"}]}]}]},
		{"type":"clause","attrs":{"level":1,"number":1},"content":[{"type":"text","text":"本办法由办公室解释"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Blocks(), "|"); got != "各单位要加强值守\n落实责任。|各单位报送名单|本办法由办公室解释" {
		t.Fatalf("blocks %q", got)
	}
	if _, ok := d.Find(-1, "各单位"); ok {
		t.Error("words in two places were found as one")
	}
	if a, ok := d.Find(1, "各单位"); !ok || a.Block != 1 || a.Start != 0 || a.End != 3 {
		t.Errorf("in its block: %+v %v", a, ok)
	}
	a, ok := d.Find(-1, "要加强值守\n落实")
	if !ok || a != (Anchor{Block: 0, Start: 3, End: 11}) || d.Quote(a) != "要加强值守\n落实" {
		t.Fatalf("anchor %+v %v", a, ok)
	}
	out := d.Reword(a, "须值班并承担")
	if got := out.Blocks()[0]; got != "各单位须值班并承担责任。" {
		t.Errorf("replaced: %q", got)
	}
	if d.Blocks()[0] != "各单位要加强值守\n落实责任。" {
		t.Error("the document itself was changed")
	}
	again, err := Parse(out.JSON())
	if err != nil || !strings.Contains(again.HTML(), "脚注") && !strings.Contains(again.HTML(), "footnote") {
		t.Errorf("the footnote went with the words: %v", err)
	}
	bold := d.Reword(Anchor{Block: 0, Start: 4, End: 6}, "做好")
	if !strings.Contains(bold.HTML(), "<strong>做好</strong><strong>值守</strong>") {
		t.Errorf("the form of what was replaced is lost: %s", bold.HTML())
	}
	if gone := d.Reword(Anchor{Block: 1, Start: 3, End: 5}, ""); gone.Blocks()[1] != "各单位名单" {
		t.Errorf("cut: %q", gone.Blocks()[1])
	}
	html := d.DeskHTML([]Anchor{{ID: "1", Block: 0, Start: 3, End: 6}, {ID: "2", Block: 2, Start: 0, End: 3}})
	for _, want := range []string{`<p data-block="0">各单位<mark class="comment" id="at-1" data-n="1">要</mark><strong><mark class="comment">加强</mark></strong>`, `data-block="1">各单位报送名单`,
		`<p class="clause clause-1" data-block="2"><span class="clause-no">第一条　</span>`, `<mark class="comment" id="at-2" data-n="2">本办法</mark>由`} {
		if !strings.Contains(html, want) {
			t.Errorf("the desk lacks %s in\n%s", want, html)
		}
	}
	if strings.Contains(d.HTML(), "data-block") || strings.Contains(d.HTML(), "mark") {
		t.Error("readers see the desk's marks")
	}
	// Out of range is nowhere and changes nothing.
	for _, a := range []Anchor{{Block: 9, Start: 0, End: 1}, {Block: 0, Start: 5, End: 99}, {Block: 0, Start: 3, End: 3}, {Block: -1, Start: 0, End: 1}} {
		if d.Quote(a) != "" {
			t.Errorf("%+v quotes %q", a, d.Quote(a))
		}
	}
}
