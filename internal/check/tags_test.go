package check

import "testing"

// A table of documents is a list, whether it holds one of them or many: the first is
// not what the page is about. The head of one document's own table is.
func TestATableOfDocumentsIsAList(t *testing.T) {
	const tags = `<meta name="ColumnName" content="政策文件"><meta name="ColumnType" content="政务公开">`
	head := `<tr><th>标题</th><th>发文字号</th><th>成文日期</th><th>发布日期</th></tr>`
	row := func(title, no string) string {
		return `<tr><td>` + title + `</td><td>` + no + `</td><td>2026年3月1日</td><td>2026-03-02</td></tr>`
	}
	linked := row(`<a href="/zc/1.html">关于做好春季植树工作的通知</a>`, "陕政办发〔2026〕3号")
	plain := row("关于做好春季植树工作的通知", "陕政办发〔2026〕3号")
	for what, c := range map[string]struct {
		rows    string
		written string
		want    Class
	}{
		"one that leads to its page": {head + linked, "", ClassColumn},
		"several without links":      {head + plain + row("关于防汛工作的通知", "陕政办发〔2026〕4号"), "", ClassColumn},
		"in a thead":                 {"<thead>" + head + "</thead><tbody>" + linked + "</tbody>", "", ClassColumn},
		"a document's own":           {head + plain, "2026-03-01", ClassColumn},
		"a document's own in two":    {head + plain + `<tr><th>索引号</th><th>发文机关</th><th>主题分类</th><th>有效性</th></tr><tr><td>1161/2026-1</td><td>省政府办公厅</td><td>林业</td><td>有效</td></tr>`, "2026-03-01", ClassColumn},
	} {
		p, err := ParsePage([]byte(`<html><head><title>政策文件</title>`+tags+`</head><body><h1>政策文件</h1><table>`+c.rows+`</table></body></html>`), "text/html; charset=utf-8", "http://www.x.gov.cn/zc/")
		if err != nil {
			t.Fatal(err)
		}
		if got := Classify(p); p.Written != c.written || got != c.want {
			t.Errorf("%s: %s written %q, want %s written %q", what, got, p.Written, c.want, c.written)
		}
	}
}
