package movein

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
	"zhengshu/internal/realdata"
)

func page(t testing.TB, body, address string) *check.Page {
	t.Helper()
	p, err := check.ParsePage([]byte(body), "", address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const oldPage = `<html><head><meta charset="utf-8"><title>关于公布水价的通知_雁塔区人民政府</title><meta name="ColumnName" content="通知公告"><meta name="SiteName" content="雁塔区人民政府"></head><body>
<table width="100%"><tr><td class="nav"><a href="/">首页</a> <a href="/zw/">政务</a></td></tr><tr><td>
<table><tr><td>索 引 号：</td><td>610113/2019-00012</td><td>发文机关：</td><td>雁塔区发展和改革局</td></tr><tr><td>成文日期：</td><td>2019年03月01日</td><td>发布日期：</td><td>2019年03月05日</td></tr><tr><td>标　　题：</td><td>关于公布水价的通知</td><td>发文字号：</td><td>雁发改发〔2019〕5号</td></tr></table>
<div class="article-content"><h2>关于公布水价的通知</h2><p>发布时间：2019-03-05 来源：区发改局 浏览次数：12</p>
<p>　　各有关单位：经区政府同意，现将居民生活用水价格公布如下，请遵照执行，执行中的问题请及时向我局反映。</p><table border=1><tr><th>类别</th><th>价格</th></tr><tr><td rowspan=2>居民</td><td>3.8</td></tr><tr><td>4.65</td></tr></table>
<p><img src="../img/map.png" alt="水厂分布图"></p><p>附件：<a href="/files/20190305.pdf">居民水价表.pdf</a></p><p>详见<a href="/zw/other.html">另一通知</a>，附<a href="gone.doc">旧表</a>。</p><p>【打印】【关闭】</p><script>alert(1)</script></div></td></tr></table><div>版权所有</div></body></html>`

func TestPageOfAnOldSystem(t *testing.T) {
	fetch := func(_ context.Context, address string, picture bool) (string, []byte, error) {
		switch address {
		case "http://www.yanta.gov.cn/zw/img/map.png":
			return "map.png", pixel, nil
		case "http://www.yanta.gov.cn/files/20190305.pdf":
			return "20190305.pdf", []byte("%PDF-1.4 x"), nil
		}
		return "", nil, fault.New(fault.NotFound, "服务器回答 404。")
	}
	f, err := FromPage(context.Background(), store(t), page(t, oldPage, "http://www.yanta.gov.cn/zw/201903/t1.html"), fetch)
	if err != nil {
		t.Fatal(err)
	}
	r := f.Row
	if r.Title != "关于公布水价的通知" || r.DocNo != "雁发改发〔2019〕5号" || r.IndexNo != "610113/2019-00012" || r.Issuer != "雁塔区发展和改革局" || r.Written != "2019-03-01" || r.Published != "2019-03-05" || r.Category != "通知公告" || r.Source != "区发改局" || len(r.Files) != 2 {
		t.Errorf("row %+v", r)
	}
	html := document(t, f).HTML()
	for _, want := range []string{`rowspan="2"`, "水厂分布图", "居民水价表.pdf", "现将居民生活用水价格公布如下", `href="http://www.yanta.gov.cn/zw/other.html"`, `class="attachment"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing in\n%s", want, html)
		}
	}
	for _, gone := range []string{"索引号", "索 引 号", "浏览次数", "打印", "首页", "版权所有", "alert", "关于公布水价的通知"} {
		if strings.Contains(html, gone) {
			t.Errorf("%q is still there in\n%s", gone, html)
		}
	}
	if notes := strings.Join(f.Notes, "\n"); !strings.Contains(notes, "gone.doc") || !strings.Contains(notes, "404") {
		t.Errorf("notes %s", notes)
	}
}

// The real pages of set 03 with the expected fields.
func TestRealPagesGiveTheirFields(t *testing.T) {
	dir := realdata.Path(t, "03_html_pages", "fields of 67 real pages and their variants")
	in, err := os.Open(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	type want struct {
		File, URL, Title, DocNo, Issuer, Written, Published, Topic, First60, Last40 string
		IndexNo                                                                     string `json:"index_no"`
		Doc                                                                         string `json:"doc_no"`
		Chars                                                                       int    `json:"body_chars"`
	}
	s := store(t)
	fields, right, pages, whole := 0, 0, 0, 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w want
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(filepath.Join(dir, w.File))
		if err != nil {
			t.Fatal(err)
		}
		p, err := check.ParsePage(body, "", w.URL)
		if err != nil {
			t.Fatal(err)
		}
		f, err := FromPage(context.Background(), s, p, nil)
		if err != nil {
			t.Errorf("%s: %v", w.File, err)
			continue
		}
		pages++
		for name, pair := range map[string][2]string{"title": {f.Row.Title, w.Title}, "doc_no": {f.Row.DocNo, w.Doc}, "issuer": {f.Row.Issuer, w.Issuer}, "index_no": {f.Row.IndexNo, w.IndexNo}, "topic": {f.Row.Topic, w.Topic}, "written": {f.Row.Written, w.Written}, "published": {f.Row.Published, w.Published}} {
			if pair[1] == "" {
				continue
			}
			fields++
			if bare(pair[0]) == bare(pair[1]) || strings.HasPrefix(pair[0], pair[1]) && name == "published" {
				right++
			} else {
				t.Logf("%s %s: %q, want %q", w.File, name, pair[0], pair[1])
			}
		}
		d, err := prose.Parse(f.Row.Doc)
		if err != nil {
			t.Fatalf("%s: %v", w.File, err)
		}
		// The article is there whole when its length is right, its title and
		// the words of the frame left out.
		if n := utf8.RuneCountInString(bare(d.Text())); w.Chars > 0 && (n < w.Chars*9/10-60 || n > w.Chars*11/10+60) {
			t.Logf("%s: %d characters, want about %d", w.File, n, w.Chars)
		} else {
			whole++
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pages: %d of %d fields, %d articles whole", pages, right, fields, whole)
	if float64(right) < 0.97*float64(fields) || whole < pages*97/100 {
		t.Errorf("%d of %d fields, %d of %d articles whole", right, fields, whole, pages)
	}
}
