package movein

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/official"
	"zhengshu/internal/prose"
)

func store(t testing.TB) blob.Store {
	t.Helper()
	b, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pixel is a picture of one pixel.
var pixel, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

const wNS = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="wp" xmlns:a="a" xmlns:pic="pic" xmlns:mc="mc" xmlns:m="m"`

// wordFile packs a DOCX as Word names its parts; parts override or add.
func wordFile(t testing.TB, body string, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   `<?xml version="1.0"?><w:document ` + wNS + `><w:body>` + body + `</w:body></w:document>`,
		"word/_rels/document.xml.rels": `<Relationships><Relationship Id="s" Type="http://x/styles" Target="styles.xml"/><Relationship Id="n" Type="http://x/numbering" Target="numbering.xml"/>
			<Relationship Id="f" Type="http://x/footnotes" Target="footnotes.xml"/><Relationship Id="p" Type="http://x/image" Target="media/image1.png"/>
			<Relationship Id="h" Type="http://x/hyperlink" Target="https://www.gov.cn/zhengce/" TargetMode="External"/></Relationships>`,
		"word/styles.xml": `<w:styles ` + wNS + `><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
			<w:style w:type="paragraph" w:styleId="my1"><w:name w:val="我的标题"/><w:basedOn w:val="1"/></w:style><w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/><w:pPr><w:jc w:val="center"/></w:pPr></w:style></w:styles>`,
		"word/numbering.xml": `<w:numbering ` + wNS + `><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>
			<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl></w:abstractNum>
			<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="6"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
		"word/footnotes.xml":    `<w:footnotes ` + wNS + `><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote><w:footnote w:id="2"><w:p><w:r><w:t>见省统计公报。</w:t></w:r></w:p></w:footnote></w:footnotes>`,
		"word/media/image1.png": string(pixel),
	}
	for k, v := range parts {
		all[k] = v
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, s := range all {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func para(props, text string) string {
	return `<w:p><w:pPr>` + props + `</w:pPr><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func readPaper(t testing.TB, name string, file []byte) Found {
	t.Helper()
	p, err := official.ReadPaper(bytes.NewReader(file), int64(len(file)), name, official.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := FromPaper(context.Background(), store(t), p)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func document(t testing.TB, f Found) prose.Doc {
	t.Helper()
	d, err := prose.Parse(f.Row.Doc)
	if err != nil {
		t.Fatalf("the document is refused: %v\n%s", err, f.Row.Doc)
	}
	return d
}

func TestWordDocument(t *testing.T) {
	body := para(`<w:jc w:val="center"/>`, "雁塔区人民政府办公室文件") + para(`<w:jc w:val="center"/>`, "雁政办发[2026]012号") +
		para(`<w:pStyle w:val="T"/>`, "关于做好防汛工作的通知") + para(``, "各街道办事处，区级各部门：") +
		`<w:p><w:pPr><w:ind w:firstLineChars="200"/></w:pPr><w:r><w:t>现将</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>防汛</w:t></w:r><w:ins w:id="1"><w:r><w:t>重点</w:t></w:r></w:ins><w:del w:id="2"><w:r><w:delText>旧话</w:delText></w:r></w:del><w:r><w:t>工作通知如下</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:commentReference w:id="0"/></w:r><w:hyperlink r:id="h"><w:r><w:t>（见政策）</w:t></w:r></w:hyperlink><w:r><w:rPr><w:vanish/></w:rPr><w:t>暗语</w:t></w:r></w:p>` +
		para(`<w:pStyle w:val="my1"/>`, "一、总体要求") + para(`<w:pStyle w:val="1"/>`, "背景") +
		para(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="5"/></w:numPr>`, "本通知适用于全区。") + para(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="5"/></w:numPr>`, "各单位照此执行。") +
		para(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="6"/></w:numPr>`, "甲") + para(`<w:numPr><w:ilvl w:val="1"/><w:numId w:val="6"/></w:numPr>`, "甲之一") + para(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="6"/></w:numPr>`, "乙") +
		`<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:p><w:r><w:t>单位</w:t></w:r></w:p></w:tc><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>电话</w:t></w:r></w:p></w:tc></w:tr>
		<w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>水务局</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>白天</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>8530</w:t></w:r></w:p></w:tc></w:tr>
		<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>夜间</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>8531</w:t></w:r></w:p></w:tc></w:tr></w:tbl>` +
		`<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:inline><wp:docPr id="1" name="图片 1" descr="水位站位置示意"/><a:blip r:embed="p"/></wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict><v:imagedata r:id="p"/></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>` +
		para(``, "附件：防汛值班表") + para(`<w:jc w:val="right"/>`, "雁塔区人民政府办公室") + para(`<w:jc w:val="right"/>`, "2026年5月8日") + para(``, "抄送：区委办公室。")
	f := readPaper(t, "通知.docx", wordFile(t, body, nil))
	r := f.Row
	if r.Title != "关于做好防汛工作的通知" || r.DocNo != "雁政办发〔2026〕12号" || r.Issuer != "雁塔区人民政府办公室" || r.Written != "2026-05-08" {
		t.Errorf("metadata %+v", r)
	}
	html := document(t, f).HTML()
	for _, want := range []string{"<strong>防汛</strong>重点", "见省统计公报。", `href="https://www.gov.cn/zhengce/"`, "第二条", `colspan="2"`, `rowspan="2"`, "水位站位置示意", "甲之一", "indent2", "雁政办发〔2026〕12号", "抄送"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing in\n%s", want, html)
		}
	}
	for _, gone := range []string{"旧话", "暗语", "关于做好防汛工作的通知"} {
		if strings.Contains(html, gone) {
			t.Errorf("%q is still there", gone)
		}
	}
	kinds := map[string]int{}
	for _, n := range document(t, f).Content {
		kinds[n.Type]++
	}
	for kind, n := range map[string]int{prose.Clause: 3, prose.Heading: 1, prose.BulletList: 1, prose.Table: 1, prose.Figure: 1, prose.Signature: 2, prose.Recipients: 1, prose.AttachmentNote: 1, prose.Copies: 1, prose.DocHead: 1} {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
	notes := strings.Join(f.Notes, "\n")
	for _, want := range []string{"修订中的增加", "修订中的删除", "1 条批注", "隐藏文字", "按规范写作"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note of %s in\n%s", want, notes)
		}
	}
	if len(r.Files) != 1 || r.Files[0].Type != "image/png" {
		t.Errorf("files %+v", r.Files)
	}
}

func TestPapersThatAreRefused(t *testing.T) {
	huge := "<w:p><w:r><w:t>" + strings.Repeat("一", 4<<20) + "</w:t></w:r></w:p>"
	for name, c := range map[string]struct {
		file string
		name string
		says string
	}{
		"old":      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 ............", "a.doc", "旧版Word"},
		"locked":   {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", "a.docx", "打开密码"},
		"macros":   {string(wordFile(t, "<w:p/>", map[string]string{"word/vbaProject.bin": "x"})), "a.docx", "宏"},
		"entities": {string(wordFile(t, "", map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>`})), "a.docx", "DTD"},
		"deep":     {string(wordFile(t, strings.Repeat("<w:x>", 400)+strings.Repeat("</w:x>", 400), nil)), "a.docx", "损坏"},
		"cut":      {string(wordFile(t, "<w:p>", nil)), "a.docx", "损坏"},
		"bomb":     {string(wordFile(t, huge, nil)), "a.docx", "压缩比异常"},
		"rtf":      {"{\\rtf1 x}", "a.docx", "RTF"},
		"empty":    {"", "a.docx", "空的"},
		"sheet":    {string(wordFile(t, "", map[string]string{"_rels/.rels": `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`})), "a.docx", "不是Word文档"},
	} {
		_, err := official.ReadPaper(strings.NewReader(c.file), int64(len(c.file)), c.name, official.Limits{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", name, err, c.says)
		}
	}
}

// LibreOffice writes the fixture of our own words; other programs are imitated
// above.
func TestLibreOfficeDocument(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("no soffice here: LibreOffice's own DOCX is not read")
	}
	dir := t.TempDir()
	src := filepath.Join(dir, "notice.html")
	if err := os.WriteFile(src, []byte(`<html><head><meta charset="utf-8"><title>x</title></head><body><p align="center">西安市雁塔区水务局文件</p><p align="center">雁水发〔2026〕7号</p><h1 align="center">关于开展水源地巡查的通知</h1><p>各科室：</p><h2>一、巡查范围</h2><p style="text-indent:2em">全区<b>水源地</b>及<i>周边</i>。</p>
<ul><li>河道</li><li>水库<ul><li>库区</li></ul></li></ul><ol><li>先登记</li><li>后上报</li></ol><table border="1"><thead><tr><th>地点</th><th colspan="2">时间</th></tr></thead><tr><td rowspan="2">黑河</td><td>上午</td><td>9时</td></tr><tr><td>下午</td><td>15时</td></tr></table>
<p><img src="data:image/png;base64,`+base64.StdEncoding.EncodeToString(pixel)+`" alt="巡查路线"></p><p>详见<a href="https://www.gov.cn/">中国政府网</a>。</p><p align="right">西安市雁塔区水务局</p><p align="right">2026年6月1日</p></body></html>`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--infilter=HTML (StarWriter)", "--convert-to", "docx:MS Word 2007 XML", "--outdir", dir, src)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	file, err := os.ReadFile(filepath.Join(dir, "notice.docx"))
	if err != nil {
		t.Fatal(err)
	}
	f := readPaper(t, "notice.docx", file)
	if r := f.Row; r.Title != "关于开展水源地巡查的通知" || r.DocNo != "雁水发〔2026〕7号" || r.Issuer != "西安市雁塔区水务局" || r.Written != "2026-06-01" {
		t.Errorf("metadata %+v", r)
	}
	html := document(t, f).HTML()
	for _, want := range []string{"<strong>水源地</strong>", "<ul>", "<ol", "库区", `colspan="2"`, `rowspan="2"`, "image1.png", `href="https://www.gov.cn/"`, "clause"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing in\n%s\n%v", want, html, f.Notes)
		}
	}
	if len(f.Row.Files) != 1 {
		t.Errorf("files %+v, notes %v", f.Row.Files, f.Notes)
	}
}

func FuzzPaper(f *testing.F) {
	f.Add(wordFile(f, para(`<w:jc w:val="center"/>`, "标题")+`<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr></w:tc></w:tr></w:tbl>`, nil))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xd0\xcf\x11\xe0"))
	s := store(f)
	f.Fuzz(func(t *testing.T, b []byte) { paperHolds(t, s, b) })
}

// FuzzPaperText fuzzes the text within a sound file, where a fuzzer of whole
// files hardly gets to.
func FuzzPaperText(f *testing.F) {
	for _, s := range []string{`<w:p><w:r><w:t>一、甲</w:t></w:r></w:p>`, `<w:p><w:pPr><w:numPr><w:numId w:val="6"/><w:ilvl w:val="9"/></w:numPr></w:pPr><w:r><w:t>x</w:t><w:br/><w:drawing><wp:docPr descr="图 1"/><a:blip r:embed="p"/></w:drawing></w:r></w:p>`,
		`<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="99999"/><w:vMerge w:val="restart"/></w:tcPr><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl></w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr></w:tc></w:tr></w:tbl>`,
		`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK "javascript:x"</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>x` + "\u202e" + `</w:t></w:r></w:p>`} {
		f.Add(s)
	}
	st := store(f)
	f.Fuzz(func(t *testing.T, s string) { paperHolds(t, st, wordFile(t, s, nil)) })
}

// paperHolds: a file is refused with words, or gives a document that the
// schema takes.
func paperHolds(t *testing.T, s blob.Store, b []byte) {
	p, err := official.ReadPaper(bytes.NewReader(b), int64(len(b)), "a.docx", official.Limits{Unpacked: 8 << 20})
	if err != nil {
		if !strings.Contains(err.Error(), "“a.docx”") {
			t.Fatalf("refused without naming the file: %v", err)
		}
		return
	}
	found, err := FromPaper(context.Background(), s, p)
	if err != nil {
		return
	}
	if _, err := prose.Parse(found.Row.Doc); err != nil || found.Row.Title == "" {
		t.Fatalf("unfit: %v %+v", err, found.Row)
	}
}
