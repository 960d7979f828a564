package movein

import (
	"bytes"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
)

// What goes out as an official document comes in again with the same metadata
// and words.
func TestPaperGoesOutAndComesBack(t *testing.T) {
	first := readPaper(t, "a.docx", wordFile(t, para(`<w:jc w:val="center"/>`, "雁塔区水务局文件")+para(`<w:jc w:val="center"/>`, "雁水发〔2026〕7号")+para(`<w:pStyle w:val="T"/>`, "关于水源地巡查的通知")+para("", "各科室：")+
		para("", "一、巡查范围")+para("", "（一）河道。每日一次。")+para("", "（二）水库。每周一次。")+para("", "二、要求")+para("", "请认真落实。")+
		`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>地点</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>时间</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>黑河</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>上午</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`+
		para(`<w:jc w:val="right"/>`, "雁塔区水务局")+para(`<w:jc w:val="right"/>`, "2026年6月1日"), nil))
	day, err := calendar.ParseDate(first.Row.Written)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Paper(library.Version{Meta: library.Meta{Title: first.Row.Title, DocNo: first.Row.DocNo, Issuer: first.Row.Issuer, Written: day}, Doc: string(first.Row.Doc)})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := d.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	p, err := official.ReadPaper(bytes.NewReader(out.Bytes()), int64(out.Len()), "b.docx", official.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := FromPaper(t.Context(), store(t), p)
	if err != nil {
		t.Fatal(err)
	}
	a, b := first.Row, again.Row
	if a.Title != b.Title || a.DocNo != b.DocNo || a.Issuer != b.Issuer || a.Written != b.Written {
		t.Errorf("went out as %+v\ncame back as %+v", a, b)
	}
	words := document(t, again).Text()
	for _, want := range []string{"一、巡查范围", "（一）河道。每日一次。", "（二）水库。每周一次。", "二、要求", "请认真落实。", "黑河\t上午", "各科室："} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in\n%s", want, words)
		}
	}
}

func TestOldNumbersDoNotStopAnExport(t *testing.T) {
	d, err := Paper(library.Version{Meta: library.Meta{Title: "旧通知", DocNo: "政办第3号"}, Doc: `{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"文"}]}]}`})
	if err != nil || d.Number != "" || !strings.Contains(d.Note, "政办第3号") {
		t.Errorf("%v %+v", err, d)
	}
}
