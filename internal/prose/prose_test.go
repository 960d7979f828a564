package prose

import (
	"strings"
	"testing"

	"zhengshu/internal/fault"
)

func mustText(t testing.TB, s string) Doc {
	t.Helper()
	d, err := FromText(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func kinds(d Doc) string {
	var out []string
	for _, n := range d.Content {
		out = append(out, n.Type)
	}
	return strings.Join(out, " ")
}

func TestFromText(t *testing.T) {
	for _, tt := range []struct{ name, in, kinds, text string }{
		{"a line a paragraph without blank lines", "甲。\n乙。", "paragraph paragraph", "甲。\n乙。"},
		{"a blank line ends a paragraph", "甲\n还是甲\n\n乙", "paragraph paragraph", "甲\n还是甲\n乙"},
		{"numbers of official documents", "第一条　为了规范。\n第十二条 办法。\n一、总体要求\n（一）指导思想\n1.统筹\n（1）分工", "clause clause clause clause clause clause",
			"第一条　为了规范。\n第十二条　办法。\n一、总体要求\n（一）指导思想\n1.统筹\n（1）分工"},
		{"what only looks like a number", "一百零三点五、六\n1.5万元\n第一百二十条之一 略\n（二零）略\n一、", "paragraph paragraph paragraph paragraph paragraph", ""},
		{"a list", "包括：\n- 甲\n- 乙", "paragraph bulletList", "包括：\n- 甲\n- 乙"},
		{"a list within a paragraph of lines", "包括：\n- 甲\n- 乙\n以上\n\n完", "paragraph bulletList paragraph paragraph", ""},
		{"headings and a rule", "# 总则\n\n正文\n\n---", "heading paragraph horizontalRule", ""},
		{"nothing", " \r\n\u3000\n", "paragraph", ""},
		{"control characters fall out", "甲\x00乙\u202e丙", "paragraph", "甲乙丙"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := mustText(t, tt.in)
			if got := kinds(d); got != tt.kinds {
				t.Errorf("blocks %s, want %s", got, tt.kinds)
			}
			if tt.text != "" && d.Text() != tt.text {
				t.Errorf("text %q, want %q", d.Text(), tt.text)
			}
			if _, err := Parse(d.JSON()); err != nil {
				t.Errorf("our own document is refused: %v", err)
			}
		})
	}
	if !mustText(t, "\u3000\u3000甲\n乙").Content[0].Flag("indent2") {
		t.Error("two full-width spaces are the indent")
	}
}

func TestParseRefuses(t *testing.T) {
	p := func(s string) string { return `{"type":"doc","content":[` + s + `]}` }
	for _, tt := range []struct{ name, in, says string }{
		{"no JSON", `{`, "刷新"},
		{"something after it", p(`{"type":"paragraph"}`) + `x`, "多余"},
		{"no root", `{"type":"paragraph"}`, "根节点"},
		{"empty", `{"type":"doc"}`, "没有内容"},
		{"unknown node", p(`{"type":"script"}`), "不支持“script”"},
		{"unknown mark", p(`{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"style"}]}]}`), "字符格式"},
		{"a style", p(`{"type":"paragraph","attrs":{"style":"color:red"}}`), "不能带属性“style”"},
		{"an unknown key", p(`{"type":"paragraph","onclick":"x"}`), "刷新"},
		{"script link", p(`{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"javascript:alert(1)"}}]}]}`), "链接只能是"},
		{"another host by two slashes", p(`{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"//evil.example"}}]}]}`), "链接只能是"},
		{"data picture", p(`{"type":"figure","attrs":{"kind":"image","src":"data:image/png;base64,AA","alt":"图"}}`), "先上传"},
		{"picture without words", p(`{"type":"figure","attrs":{"kind":"image","src":"/media/a.png","alt":""}}`), "替代文字"},
		{"text in a list", p(`{"type":"bulletList","content":[{"type":"text","text":"a"}]}`), "不能放在"},
		{"level", p(`{"type":"heading","attrs":{"level":1}}`), "2 到 4"},
		{"level of another kind", p(`{"type":"heading","attrs":{"level":"2"}}`), "level"},
		{"a mark twice", p(`{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"bold"},{"type":"bold"}]}]}`), "两次"},
		{"deep", strings.Repeat(`{"type":"doc","content":[`, 200) + strings.Repeat(`]}`, 200), "嵌套太深"},
		{"text on a block", p(`{"type":"paragraph","text":"x"}`), "不能直接带文字"},
		{"not UTF-8", "{\"type\":\"doc\xff\"}", "UTF-8"},
		{"too long", `"` + strings.Repeat("a", MaxBytes) + `"`, "超过"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.in))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want a refusal that says %q", err, tt.says)
			}
		})
	}
	_, err := Parse([]byte(p(`{"type":"paragraph"},{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"blink"}]}]}`)))
	if err == nil || !strings.Contains(err.Error(), "正文 › 第1个列表 › 第1个列表项 › 第1个内容") {
		t.Errorf("the path is not named: %v", err)
	}
}

const full = `{"type":"doc","content":[
 {"type":"docHead","attrs":{"issuer":"某市人民政府","docNo":"某政发〔2026〕3号"}},
 {"type":"recipients","content":[{"type":"text","text":"各县（区）人民政府："}]},
 {"type":"paragraph","attrs":{"indent2":true,"align":null},"content":[{"type":"text","text":"为了","marks":[{"type":"bold"},{"type":"link","attrs":{"href":"https://www.example.gov.cn/a?b=1&c=2"}}]},{"type":"hardBreak"},{"type":"text","text":"<b>&"},{"type":"footnote","attrs":{"text":"见附录"}}]},
 {"type":"clause","attrs":{"level":1,"number":12},"content":[{"type":"text","text":"办法"}]},
 {"type":"orderedList","attrs":{"start":3},"content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"项"}]}]}]},
 {"type":"table","attrs":{"caption":"名单"},"content":[{"type":"tableRow","content":[{"type":"tableHeader","attrs":{"colspan":2},"content":[{"type":"paragraph","content":[{"type":"text","text":"单位"}]}]}]},{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"甲"}]}]},{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"乙"}]}]}]}]},
 {"type":"figure","attrs":{"kind":"image","src":"/media/a.png","alt":"示意图"}},
 {"type":"callout","attrs":{"kind":"warning"},"content":[{"type":"paragraph","content":[{"type":"text","text":"注意"}]}]},
 {"type":"policyRef","attrs":{"id":"01J","title":"某办法"}},
 {"type":"horizontalRule"},
 {"type":"signature","content":[{"type":"text","text":"某市人民政府"},{"type":"hardBreak"},{"type":"text","text":"2026年3月1日"}]}]}`

func TestHTMLIsClassesOnly(t *testing.T) {
	d, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	got := d.HTML()
	for _, want := range []string{
		`<p class="doc-no">某政发〔2026〕3号</p>`, `<p class="indent2"><strong><a href="https://www.example.gov.cn/a?b=1&amp;c=2" rel="noopener">为了</a></strong><br>&lt;b&gt;&amp;<sup class="footnote">`,
		`<span class="clause-no">第十二条`, `<ol start="3">`, `<th scope="col" colspan="2">`, `<caption>名单</caption>`, `alt="示意图"`, `callout-warning`, `data-item="01J"`, `id="fn-1"`, `<p class="doc-signature">某市人民政府<br>2026年3月1日</p>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "style=") || strings.Contains(got, "<script") {
		t.Error("styles or scripts in the HTML")
	}
	again, err := Parse(d.JSON())
	if err != nil || string(again.JSON()) != string(d.JSON()) {
		t.Errorf("the canonical form does not read back: %v", err)
	}
}

// A document built by hand past Parse is written safely all the same.
func TestHTMLDistrustsTheDocument(t *testing.T) {
	d := Doc{Content: []Node{
		{Type: "script", Text: "alert(1)"},
		{Type: Paragraph, Attrs: map[string]any{"align": `x" onclick="y`}, Content: []Node{{Type: TextNode, Text: `<img src=x onerror=1>`, Marks: []Mark{{Type: LinkMark, Attrs: map[string]any{"href": "javascript:1"}}, {Type: Colour, Attrs: map[string]any{"class": `"><script>`}}}}}},
		{Type: Figure, Attrs: map[string]any{"src": `//evil/x.png`, "alt": `"`}},
		{Type: PolicyRef, Attrs: map[string]any{"id": `"><script>`, "title": "<"}},
	}}
	want := "<p>&lt;img src=x onerror=1&gt;</p>\n" + `<p class="policy-ref">&lt;</p>` + "\n"
	if got := d.HTML(); got != want {
		t.Errorf("got %s", got)
	}
}

func TestFromHTML(t *testing.T) {
	for _, tt := range []struct{ name, in, kinds, text string }{
		{"paragraphs and wrappers", `<div class=x><div><p>甲</p><p style="text-indent: 2em">乙</p></div>丙<br><br>丁</div>`, "paragraph paragraph paragraph", "甲\n乙\n丙\n\n丁"},
		{"scripts, styles and handlers", `<script>alert(1)</script><style>p{}</style><p onclick=x>甲<iframe src=//e></iframe></p>`, "paragraph", "甲"},
		{"clauses", "<p>　　第一条　为了规范</p><p>（一）目的</p>", "clause clause", "第一条　为了规范\n（一）目的"},
		{"a table with spans", `<table><caption>表</caption><thead><tr><th colspan=2>头</th></tr></thead><tr><td>a</td><td rowspan=2>b</td></tr></table>`, "table", "表\n头\na\tb"},
		{"a table used as a frame", `<table><tr><td><p>甲</p><p>乙</p></td></tr></table>`, "paragraph paragraph", "甲\n乙"},
		{"lists in lists", `<ul><li>甲<ul><li>乙</li></ul></li></ul>`, "bulletList", ""},
		{"a picture from elsewhere", `<p>见<img src="http://e.example/a.png" alt="示意图"></p>`, "paragraph", "见［图片：示意图］"},
		{"a picture of ours", `<p><img src="/media/a.png" alt="示意图"></p>`, "figure", "示意图"},
		{"headings", `<h1>甲</h1><h5>乙</h5>`, "heading heading", "甲\n乙"},
		{"a bad link keeps its words", `<a href="javascript:x">甲</a>`, "paragraph", "甲"},
		{"quote", `<blockquote>甲<table><tr><td>1</td><td>2</td></tr></table></blockquote>`, "blockquote", "甲\n1 2"},
		{"nothing", `<p>&nbsp;</p>`, "paragraph", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := FromHTML(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := kinds(d); got != tt.kinds {
				t.Errorf("blocks %s, want %s", got, tt.kinds)
			}
			if tt.text != "" && d.Text() != tt.text {
				t.Errorf("text %q, want %q", d.Text(), tt.text)
			}
			if _, err := Parse(d.JSON()); err != nil {
				t.Errorf("our own document is refused: %v", err)
			}
		})
	}
	deep, err := FromHTML(strings.Repeat("<ul><li>甲", 120))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(deep.JSON()); err != nil {
		t.Errorf("deep lists: %v", err)
	}
}

func TestNumeralsReadBack(t *testing.T) {
	for n := 1; n <= 9999; n++ {
		if got := numeralValue(Numeral(n)); got != n {
			t.Fatalf("%d is written %s and read %d", n, Numeral(n), got)
		}
	}
	if Numeral(12) != "十二" || Numeral(110) != "一百一十" || Numeral(1003) != "一千零三" {
		t.Error(Numeral(12), Numeral(110), Numeral(1003))
	}
}

// The plain form must not destroy what it cannot show.
func TestEditKeepsWhatWasNotTouched(t *testing.T) {
	d, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	src := d.Source()
	same, err := d.Edit(strings.ReplaceAll(src, "\n", "\r\n"))
	if err != nil || string(same.JSON()) != string(d.JSON()) {
		t.Fatalf("an untouched form changed the document (%v):\n%s", err, src)
	}
	edited, err := d.Edit(strings.Replace(src, "第十二条　办法", "第十二条　新办法", 1) + "\n\n新段")
	if err != nil {
		t.Fatal(err)
	}
	if edited.Content[5].Type != Table || edited.Content[6].Type != Figure || !edited.Content[2].Content[0].marked(Bold) {
		t.Errorf("table, picture or bold lost: %s", edited.JSON())
	}
	if got := edited.Content[3].plain(); got != "第十二条　新办法" {
		t.Errorf("the changed clause reads %q", got)
	}
	if last := edited.Content[len(edited.Content)-1]; last.plain() != "新段" {
		t.Errorf("the new paragraph reads %q", last.plain())
	}
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		want       []string
	}{
		{"nothing", "甲\n乙", "甲\n乙", []string{"same:甲", "same:乙"}},
		{"a word", "各单位要在三日内报送材料。\n乙", "各单位要在五日内报送材料。\n乙", []string{"changed:各单位要在[-三][+五]日内报送材料。", "same:乙"}},
		{"a block in between", "甲\n乙", "甲\n新的一段\n乙", []string{"same:甲", "added:[+新的一段]", "same:乙"}},
		{"a block gone", "甲\n旧的一段\n乙", "甲\n乙", []string{"same:甲", "removed:[-旧的一段]", "same:乙"}},
		{"another block", "风马牛", "不相及也", []string{"removed:[-风马牛]", "added:[+不相及也]"}},
		{"Latin words whole", "use version one here now", "use version two here now", []string{"changed:use version [-one][+two] here now"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range Diff(mustText(t, tt.a), mustText(t, tt.b)) {
				s := c.Kind + ":"
				for _, p := range c.Parts {
					switch p.Kind {
					case Added:
						s += "[+" + p.Text + "]"
					case Removed:
						s += "[-" + p.Text + "]"
					default:
						s += p.Text
					}
				}
				got = append(got, s)
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	a := mustText(t, "甲乙丙")
	b := Doc{Content: []Node{{Type: Paragraph, Content: []Node{{Type: TextNode, Text: "甲乙丙", Marks: []Mark{{Type: Bold}}}}}}}
	if got := Diff(a, b); len(got) != 1 || got[0].Kind != Changed || !got[0].Form {
		t.Errorf("a change of form alone: %+v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"type":"doc","content":[{"type":"paragraph"}]}`))
	f.Add([]byte(`[[[[{"type":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(d.JSON())
		if err != nil {
			t.Fatalf("the canonical form is refused: %v\n%s", err, d.JSON())
		}
		if string(again.JSON()) != string(d.JSON()) || again.HTML() != d.HTML() {
			t.Fatalf("reading back changes it: %s", d.JSON())
		}
		if strings.Contains(strings.ToLower(d.HTML()), "<script") {
			t.Fatal(d.HTML())
		}
		if same, err := d.Edit(d.Source()); err != nil || string(same.JSON()) != string(d.JSON()) {
			t.Fatalf("an untouched form changed it: %v", err)
		}
	})
}

func FuzzFromText(f *testing.F) {
	for _, s := range []string{"甲\n\n乙", "第一条 a\n- b\n- c", "# x\n---\n（一）y", "\x00\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := FromText(s)
		if err != nil {
			return
		}
		if _, err := Parse(d.JSON()); err != nil {
			t.Fatalf("our own document is refused: %v\n%s", err, d.JSON())
		}
	})
}

func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"<p>甲<b>乙</b>", "<table><tr><td>1<td colspan=3>2", "<ul><li><ul><li>x", "<img src=/a alt=b><a href='//e'>", "<h1>a<table>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := FromHTML(s)
		if err != nil {
			return
		}
		if _, err := Parse(d.JSON()); err != nil {
			t.Fatalf("our own document is refused: %v\n%s", err, d.JSON())
		}
	})
}

func FuzzDiff(f *testing.F) {
	f.Add("甲\n乙", "甲\n丙")
	f.Add("", "a b c\n\nd")
	f.Fuzz(func(t *testing.T, a, b string) {
		da, err := FromText(a)
		if err != nil {
			return
		}
		db, err := FromText(b)
		if err != nil {
			return
		}
		var before, after []string
		for _, c := range Diff(da, db) {
			if c.Kind != Added {
				before = append(before, c.Before())
			}
			if c.Kind != Removed {
				after = append(after, c.After())
			}
		}
		shown := func(d Doc) string {
			var out []string
			for _, n := range d.Content {
				out = append(out, n.shown())
			}
			return strings.Join(out, "\n")
		}
		if strings.Join(before, "\n") != shown(da) || strings.Join(after, "\n") != shown(db) {
			t.Fatalf("the comparison does not tell both texts")
		}
	})
}
