package theme

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func about(id string) BundleManifest {
	return BundleManifest{ID: id, Name: "秦岭绿", Version: "1.0", Author: "省政务公开办", Licence: "政务内部使用"}
}

func pack(t testing.TB, files map[string]string, key ed25519.PrivateKey) []byte {
	t.Helper()
	in := map[string][]byte{}
	for name, s := range files {
		in[name] = []byte(s)
	}
	b, err := PackBundle(about("qinling"), in, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func picture(t testing.TB) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const goodArticle = `{{define "content"}}<article class="sheet"><h1>{{.Page.Title}}</h1><p class="a{{if .Page.News}} news{{end}}">{{minute .Page.Published}} 来源：{{.Page.Source}}</p>
{{range $i, $l := .Page.Related}}<p{{if $i}} class="more"{{end}}><a href="{{.Href}}">{{.Text}}</a></p>{{end}}<div>{{.Page.Body}}</div><img src="{{.Frame.Asset "img/a.png"}}" alt=""></article>{{end}}`

// opened is what a bundle comes to: its theme examined, or the refusal.
func opened(file []byte, bounds Bounds) (*Theme, error) {
	b, err := ReadBundle(file)
	if err != nil {
		return nil, err
	}
	t, err := b.Theme(bounds)
	if err != nil {
		return nil, err
	}
	return t, t.Examine(sampleSite())
}

func TestBundleIsDrawnWithItsOwnFiles(t *testing.T) {
	file := pack(t, map[string]string{"views/article.html": goodArticle, "theme.css": ".sheet { background: url(img/a.png) } /* http://x */", "img/a.png": picture(t)}, testKey)
	b, err := ReadBundle(file)
	if err != nil || !b.Signed() || !b.Key.Equal(testKey.Public()) {
		t.Fatalf("signed %v by %s: %v", b.Signed(), b.KeyText(), err)
	}
	th, err := opened(file, PageBounds)
	if err != nil {
		t.Fatal(err)
	}
	s := sampleSite()
	s.Look.Tokens = Tokens{Brand: "#0b6b3a"}
	s = s.Dressed(th, func(x Trouble) { t.Errorf("trouble: %+v", x) })
	a := sampleArticle(s, false)
	out, err := ArticlePage.Draw(ArticleFrame(s, a, "/content/202603/1.html", ""), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<p class="a news">`, `class="theme-qinling is-demo page-article"`, th.Asset("img/a.png"), th.StylePath(s.Look.Tokens), `name="SiteIDCode"`, "foot-in"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("lacks %s", want)
		}
	}
	paths := map[string]bool{}
	for _, f := range s.Files() {
		paths[f.Path] = true
		if f.Path == th.StylePath(s.Look.Tokens) && !bytes.Contains(f.Body, []byte("--brand: #0b6b3a")) {
			t.Error("tokens are not in the sheet")
		}
	}
	if !paths[th.Asset("img/a.png")] || !paths[House("").StylePath(s.Look.Tokens)] {
		t.Errorf("files of the site: %v", paths)
	}
	if th.Fingerprint() == House(Blue).Fingerprint() {
		t.Error("two themes with one fingerprint")
	}
}

// TestBundleThatMayNotBeDrawn gives every forbidden thing once: it is refused
// with file, line, cause and cure.
func TestBundleThatMayNotBeDrawn(t *testing.T) {
	body := func(s string) string { return "{{define \"content\"}}\n" + s + "{{end}}" }
	for name, tt := range map[string]struct {
		files map[string]string
		says  string // in the refusal
		line  int
	}{
		"script":              {map[string]string{"views/map.html": body("<p>a</p>\n<ScRiPt>alert(1)</sCript>")}, "<script>", 3},
		"script in halves":    {map[string]string{"views/map.html": body("<scr{{if .Page.Blocks}}ipt{{end}}>x")}, "拆开", 2},
		"script by an action": {map[string]string{"views/map.html": body(`<scr{{"ipt"}}>x`)}, "标签名", 2},
		"script by branches":  {map[string]string{"views/map.html": body(`<s{{if .Page.Blocks}}x{{else}}cript{{end}}>`)}, "拆开", 2},
		"event":               {map[string]string{"views/map.html": body("<p OnClick=\"x\">a</p>")}, "onclick", 2},
		"event by a template": {map[string]string{"views/map.html": "{{define \"content\"}}\n<p title=\"{{template \"a\" .}}\">a</p>{{end}}{{define \"a\"}}x\" onclick=\"y{{end}}"}, "onclick", 2},
		"event by branches":   {map[string]string{"views/map.html": body("<p {{if .Page.Blocks}}on{{end}}click=\"x\">a</p>")}, "事件属性", 2},
		"style":               {map[string]string{"views/map.html": body("<p style='color:red'>a</p>")}, "style=", 2},
		"style element":       {map[string]string{"views/map.html": body("<style>p{}</style>")}, "<style>", 2},
		"javascript":          {map[string]string{"views/map.html": body("<a href=\" java\tscript&#58;alert(1)\">a</a>")}, "javascript:", 2},
		"javascript in parts": {map[string]string{"views/map.html": body("<a href=\"java{{if .Page.Blocks}}script:x{{end}}\">a</a>")}, "javascript:", 2},
		"outside picture":     {map[string]string{"views/map.html": body("<img src=\"https://a.example/b.png\" alt=\"\">")}, "外部地址", 2},
		"outside, no scheme":  {map[string]string{"views/map.html": body("<img src=//a.example/b.png alt=\"\">")}, "外部地址", 2},
		"form to elsewhere":   {map[string]string{"views/map.html": body("<form action='http://a.example/'></form>")}, "外部地址", 2},
		"refresh":             {map[string]string{"views/map.html": body("<meta http-equiv=refresh content=1>")}, "http-equiv", 2},
		"frame":               {map[string]string{"views/map.html": body("<iframe src=\"/\"></iframe>")}, "<iframe>", 2},
		"unquoted action":     {map[string]string{"views/map.html": body("<p class={{.Frame.Path}}>a</p>")}, "引号", 2},
		"branches differ":     {map[string]string{"views/map.html": body("{{if .Page.Blocks}}<p{{end}} class=x>a</p>")}, "没有同样闭合", 2},
		"recursion":           {map[string]string{"views/map.html": "{{define \"content\"}}{{template \"a\" .}}{{end}}{{define \"a\"}}{{template \"b\" .}}{{end}}\n{{define \"b\"}}{{template \"a\" .}}{{end}}"}, "调用了自己", 2},
		"its own layout":      {map[string]string{"views/map.html": body("{{template \"portal\" .}}")}, "调用了自己", 1},
		"missing template":    {map[string]string{"views/map.html": body("{{template \"nowhere\" .}}")}, "没有定义的模板 nowhere", 2},
		"no content":          {map[string]string{"views/map.html": "{{define \"contents\"}}<h1>a</h1>{{end}}"}, "没有定义 content", 1},
		"outside define":      {map[string]string{"views/map.html": "<h1>a</h1>{{define \"content\"}}{{end}}"}, "define 之外", 1},
		"unknown view":        {map[string]string{"views/other.html": body("a")}, "不在可以替换", 1},
		"printf":              {map[string]string{"views/map.html": body("{{printf \"%1000000000d\" 1}}")}, "不允许的函数 printf", 2},
		"call":                {map[string]string{"views/map.html": body("{{call .Frame.Canonical}}")}, "不允许的函数 call", 2},
		"tick":                {map[string]string{"views/map.html": body("{{tick}}")}, "不允许的函数 tick", 2},
		"range over number":   {map[string]string{"views/map.html": body("{{range 1000000000}}{{end}}")}, "不是字段", 2},
		"range over function": {map[string]string{"views/map.html": body("{{range len .Page.Blocks}}{{end}}")}, "不是字段", 2},
		"range over int":      {map[string]string{"views/message.html": body("{{range .Page.Status}}{{end}}")}, "不是列表", 2},
		"range over seconds":  {map[string]string{"views/article.html": body("{{range .Page.Published.Unix}}{{end}}")}, "不是列表", 2},
		"range over text":     {map[string]string{"views/article.html": body("{{range .Page.Title}}{{end}}")}, "range", 2},
		"no such field":       {map[string]string{"views/article.html": body("\n{{.Page.Nothing}}")}, "页面数据不符", 3},
		"closed method":       {map[string]string{"views/map.html": body("{{.Frame.Site.Files}}")}, "Files", 2},
		"broken":              {map[string]string{"views/map.html": body("{{if}}")}, "写法有误", 2},
		"left open":           {map[string]string{"views/map.html": body("<p class=\"a")}, "没有闭合", 1},
		"deep":                {map[string]string{"views/map.html": body(strings.Repeat("{{if .Page.Blocks}}", 60) + "x" + strings.Repeat("{{end}}", 60))}, "嵌套", 2},
		"parentheses":         {map[string]string{"views/map.html": body("{{" + strings.Repeat("(", 900) + ".Page" + strings.Repeat(")", 900) + "}}")}, "过深", 1},
		"css import":          {map[string]string{"theme.css": "a {}\n@import 'x.css';"}, "@import", 2},
		"css outside":         {map[string]string{"theme.css": "\na { background: url(https://a.example/x.png) }"}, "不是主题包里的文件", 2},
		"css escaped":         {map[string]string{"theme.css": `a { background: \75rl(//a.example/x) }`}, "url", 1},
		"css missing file":    {map[string]string{"theme.css": "a { background: url(img/no.png) }"}, "不是主题包里的文件", 1},
		"css over two lines":  {map[string]string{"theme.css": "a { background: url(\nhttps://a.example/x) }"}, "url(", 1},
		"css image-set":       {map[string]string{"theme.css": "a { background: image-set('x.png' 1x) }"}, "image-set(", 1},
		"css braces":          {map[string]string{"elder.css": "a { "}, "花括号", 0},
		"not a picture":       {map[string]string{"img/a.png": "<svg onload=alert(1)>"}, "扩展名不符", 0},
		"not a font":          {map[string]string{"font/a.woff2": "MZ"}, "扩展名不符", 0},
		"not text":            {map[string]string{"views/map.html": body("\xff\xfe")}, "UTF-8", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := opened(pack(t, tt.files, testKey), PageBounds)
			var r *Refusal
			if !errors.As(err, &r) {
				t.Fatalf("taken, or another error: %v", err)
			}
			w := r.Wrongs[0]
			if !strings.Contains(w.String(), tt.says) || w.Line != tt.line || w.File == "" || w.Cure == "" {
				t.Errorf("%s (line %d), want %q in line %d", w, w.Line, tt.says, tt.line)
			}
		})
	}
}

// TestBundleHasBounds: an endless loop, huge output and slowness end in a
// refusal at the examination, and at draw time in a whole page of the house.
// TestBundleMustShowWhatEveryPageShows: a theme that leaves out a mark, or hides
// it, is refused with the mark and the file.
func TestBundleMustShowWhatEveryPageShows(t *testing.T) {
	without := func(view string, cuts ...string) string {
		text := baseView(view)
		for _, c := range cuts {
			if !strings.Contains(text, c) {
				t.Fatalf("%s has no %s", view, c)
			}
			text = strings.ReplaceAll(text, c, "")
		}
		return text
	}
	refused := func(t *testing.T, files map[string]string, wants ...[2]string) {
		t.Helper()
		var r *Refusal
		if _, err := opened(pack(t, files, testKey), PageBounds); !errors.As(err, &r) {
			t.Fatalf("taken: %v", err)
		}
		for _, want := range wants {
			if !slices.ContainsFunc(r.Wrongs, func(w Wrong) bool { return w.File == want[0] && strings.Contains(w.Cause, want[1]) }) {
				t.Errorf("%s without %s: refused for %v", want[0], want[1], r.Wrongs)
			}
		}
	}
	refused(t, map[string]string{
		"views/_portal.html":     without("_portal.html", `{{template "emergency_bar" .Frame}}`),
		"views/_elder.html":      without("_elder.html", `{{template "emergency_bar" .Frame}}`),
		"views/_head.html":       without("_head.html", `<span>我为政府网站找错</span>`, `网站标识码：{{$s.SiteCode}}`, `<span>党政机关`, `<meta name="{{.Name}}" content="{{.Content}}">`),
		"views/_block_news.html": without("_block_news.html", `{{range .Notices}}<li><a href="{{.Href}}">{{.Text}}</a></li>{{end}}`),
		"views/article.html":     `{{define "content"}}<article><h1>{{.Page.Title}}</h1><p>{{minute .Page.Published}}</p>{{.Page.Body}}</article>{{end}}`,
		"views/map.html":         `{{define "content"}}<p>地图</p>{{end}}`,
	}, [2]string{"views/_portal.html", "紧急公告横条"}, [2]string{"views/_elder.html", "紧急公告横条"}, [2]string{"views/_head.html", "找错"}, [2]string{"views/_head.html", "网站标识码"},
		[2]string{"views/_head.html", "党政机关网站标识"}, [2]string{"views/_head.html", "网页标签 SiteName"}, [2]string{"views/_block_news.html", "置顶悬挂的公告"}, [2]string{"views/article.html", "来源"}, [2]string{"views/map.html", "一级标题"})
	refused(t, map[string]string{"views/_emergency.html": strings.Replace(baseView("_emergency.html"), `<aside class="emergency-bar"`, `<aside hidden class="emergency-bar"`, 1)}, [2]string{"views/_emergency.html", "紧急公告横条"})
	refused(t, map[string]string{"theme.css": "a {}\n.theme-qinling .emergency-bar a { color: #fff; display : none }"}, [2]string{"theme.css", ".emergency-bar"})
	refused(t, map[string]string{"theme.css": "a {}\n.foot { opacity: 0 }"}, [2]string{"theme.css", ".foot"})
	if _, err := opened(pack(t, map[string]string{"theme.css": "@media print { .foot { display: none } }\n.foot a { opacity: .9 }"}, testKey), PageBounds); err != nil {
		t.Errorf("print may leave out the foot: %v", err)
	}
}

// TestContrastHoldsInTwoWays: what a sheet says of high contrast holds for the
// target of the page's link and for the class that the script keeps.
func TestContrastHoldsInTwoWays(t *testing.T) {
	got := string(lasting(compact([]byte("body:target, a { --ground: #000; } @media print { body, body:target { color: red } } body:target a:focus, p { color: #ff0 }"))))
	for _, want := range []string{"body:target,.high body,a{", "body,body:target,.high body{", "body:target a:focus,.high body a:focus,p{"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	for _, th := range Ours() {
		if n, m := bytes.Count(th.style, []byte("body:target")), bytes.Count(th.style, []byte(".high body")); n == 0 || n != m {
			t.Errorf("%s: %d rules for the target, %d for the class", th.Name, n, m)
		}
	}
}

func TestBundleHasBounds(t *testing.T) {
	nest := func(n int, of, inner string) string {
		return `{{define "content"}}<h1>x</h1>` + strings.Repeat("{{range "+of+"}}", n) + inner + strings.Repeat("{{end}}", n) + `{{end}}`
	}
	patient := PageBounds
	patient.Time = time.Hour // the bound that is looked at comes first, however busy the machine
	for name, tt := range map[string]struct {
		view   string
		bounds Bounds
		says   string
	}{
		"endless, silent":    {nest(12, "$.Page.Entries", ""), patient, "步"},
		"endless, by breaks": {nest(12, "$.Page.Entries", "{{continue}}"), patient, "步"},
		"huge":               {nest(2, "$.Page.Entries", strings.Repeat("西安", 8000)), patient, "MB"},
		"slow":               {nest(12, "$.Page.Entries", ""), Bounds{Steps: 1 << 40, Bytes: 1 << 20, Time: 30 * time.Millisecond}, "秒"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := ReadBundle(pack(t, map[string]string{"views/column.html": tt.view}, testKey))
			if err != nil {
				t.Fatal(err)
			}
			th, err := b.Theme(tt.bounds)
			if err != nil {
				t.Fatal(err)
			}
			var r *Refusal
			if err := th.Examine(sampleSite()); !errors.As(err, &r) || !slices.ContainsFunc(r.Wrongs, func(w Wrong) bool { return w.File == "views/column.html" && strings.Contains(w.String(), tt.says) }) {
				t.Errorf("examined: %v", err)
			}
			var told []Trouble
			s := sampleSite().Dressed(th, func(x Trouble) { told = append(told, x) })
			p := ColumnPage{Column: s.Columns[0], Siblings: s.Top(), Entries: lines(20)}
			out, err := ColumnListPage.Draw(ColumnFrame(s, p), p)
			if err != nil || len(told) != 1 || !strings.Contains(told[0].Says, tt.says) || told[0].Path != "/news/" {
				t.Fatalf("told %+v: %v", told, err)
			}
			lookOver(t, out)
			if !bytes.Contains(out, []byte(House("").ReadingPath(Tokens{}))) || bytes.Contains(out, []byte("theme-qinling")) {
				t.Error("the page that stands in is not the house's own")
			}
		})
	}
}

func TestBundleFileIsHeldToItsForm(t *testing.T) {
	good := pack(t, map[string]string{"views/article.html": goodArticle, "img/a.png": picture(t)}, testKey)
	zipped := func(change func(name string, body []byte) (string, []byte), more ...string) []byte {
		r, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		put := func(name string, body []byte) {
			f, err := w.Create(name)
			if err == nil {
				_, err = f.Write(body)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range r.File {
			rc, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(rc)
			if err != nil {
				t.Fatal(err)
			}
			if name, body := change(f.Name, body); name != "" {
				put(name, body)
			}
		}
		for _, name := range more {
			put(name, []byte("x"))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	same := func(n string, b []byte) (string, []byte) { return n, b }
	manifest := func(change func(map[string]any)) []byte {
		return zipped(func(n string, b []byte) (string, []byte) {
			if n == manifestFile {
				m := map[string]any{}
				if err := json.Unmarshal(b, &m); err != nil {
					t.Fatal(err)
				}
				change(m)
				b, _ = json.Marshal(m)
			}
			if n == sealFile {
				return "", nil
			}
			return n, b
		})
	}
	for name, tt := range map[string]struct {
		file []byte
		says string
	}{
		"not a zip":        {[]byte("PK\x03\x04nonsense"), "不是 zip"},
		"too large":        {make([]byte, MaxBundle+1), "超过"},
		"slip":             {zipped(same, "../../etc/x.html"), "位置不允许"},
		"slip in a folder": {zipped(same, "img/../../a.png"), "位置不允许"},
		"absolute":         {zipped(same, "/img/a.png"), "位置不允许"},
		"backslash":        {zipped(same, `img\a.png`), "位置不允许"},
		"svg":              {zipped(same, "img/a.svg"), "位置不允许"},
		"twice":            {zipped(same, "img/a.png"), "两次"},
		"not in the list":  {zipped(same, "img/b.png"), "校验值不一致"},
		"missing file":     {zipped(func(n string, b []byte) (string, []byte) { return strings.Replace(n, "img/a.png", "", 1), b }), "包里没有"},
		"no manifest":      {zipped(func(n string, b []byte) (string, []byte) { return strings.Replace(n, manifestFile, "", 1), b }), "没有 theme.json"},
		"changed": {zipped(func(n string, b []byte) (string, []byte) {
			return n, bytes.Replace(b, []byte("<h1>"), []byte("<h2>"), 1)
		}), "校验值不一致"},
		"forged": {zipped(func(n string, b []byte) (string, []byte) {
			if n == manifestFile {
				b = bytes.Replace(b, []byte("秦岭绿"), []byte("秦岭红"), 1)
			}
			return n, b
		}), "签名无效"},
		"unknown field":     {manifest(func(m map[string]any) { m["run"] = "x" }), "不符合格式"},
		"name of the house": {manifest(func(m map[string]any) { m["id"] = "gov-blue" }), "gov-"},
		"bad version":       {manifest(func(m map[string]any) { m["version"] = "../1" }), "version"},
		"later format":      {manifest(func(m map[string]any) { m["format"] = 2 }), "格式版本"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadBundle(tt.file)
			var r *Refusal
			if !errors.As(err, &r) || !strings.Contains(r.Wrongs[0].String(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
	bomb := pack(t, map[string]string{"views/map.html": strings.Repeat(" ", maxView+1)}, testKey)
	if _, err := ReadBundle(bomb); err == nil {
		t.Error("a file that grows past its limit was taken")
	}
	if b, err := ReadBundle(pack(t, map[string]string{"theme.css": "a {}"}, nil)); err != nil || b.Signed() {
		t.Errorf("unsigned: %v", err)
	}
}

func TestSamplesAreDrawnInBothThemes(t *testing.T) {
	drawn := map[string]bool{}
	for _, th := range Ours() {
		for _, sample := range Samples() {
			for _, s := range []Site{sample.Site(Site{}), sample.Site(sampleSite())} {
				s.Look.ID = th.ID
				b, err := sample.Draw(s)
				if err != nil {
					t.Fatalf("%s in %s: %v", sample.Key, th.Name, err)
				}
				lookOver(t, b)
				if !bytes.Contains(b, []byte(th.StylePath(Tokens{}))) && !bytes.Contains(b, []byte(th.ReadingPath(Tokens{}))) {
					t.Errorf("%s is not in %s", sample.Key, th.Name)
				}
			}
			drawn[sample.View] = true
		}
	}
	for _, p := range Pages() {
		if !drawn[p.Name()] {
			t.Errorf("%s has no sample, so no bundle's is ever examined", p.Name())
		}
	}
}

func TestEmergencyStandsOnHomeAndAsABar(t *testing.T) {
	s := sampleSite()
	s.Emergency = &Emergency{Title: "防汛紧急公告", Paras: []string{"请立即转移。"}, Hotline: "12345", Updated: at}
	b, err := EmergencyPage.Draw(EmergencyFrame(s), *s.Emergency)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h1>防汛紧急公告</h1>", `href="tel:12345"`, `href="/home.html"`, "2026-11-20 09:30"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("front page lacks %s", want)
		}
	}
	if len(b) > 20<<10 {
		t.Errorf("front page has %d bytes", len(b))
	}
	p := ColumnPage{Column: s.Columns[0]}
	for name, draw := range map[string]func() ([]byte, error){
		"column": func() ([]byte, error) { return ColumnListPage.Draw(ColumnFrame(s, p), p) },
		"elder":  func() ([]byte, error) { return ElderColumnPage.Draw(ColumnFrame(s, p).Elderly("/elder/news/"), p) },
	} {
		if b, err = draw(); err != nil || !bytes.Contains(b, []byte(`class="emergency-bar"`)) {
			t.Errorf("%s without bar: %v", name, err)
		}
	}
}

func TestTokensKeepTheContrast(t *testing.T) {
	for _, tt := range []struct {
		in   Tokens
		says string // "" for taken
	}{
		{Tokens{}, ""},
		{Tokens{Brand: "0B6B3A", Mark: "#b5121b", Radius: "round"}, ""},
		{Tokens{Brand: "#0b6b3a", Deep: "#04381e", Density: "tight"}, ""},
		{Tokens{Brand: "#ff9900"}, "1.99:1"},
		{Tokens{Brand: "#777777"}, "4."},
		{Tokens{Mark: "#ffff00"}, "对比度"},
		{Tokens{Brand: "red"}, "十六进制"},
		{Tokens{Brand: "#12345;}body{}"}, "十六进制"},
		{Tokens{Deep: "#04381e"}, "同时选主色"},
		{Tokens{Brand: "#04381e", Deep: "#0b6b3a"}, "更深"},
		{Tokens{Radius: "50px"}, "圆角"},
		{Tokens{Density: "x"}, "疏密"},
	} {
		k, err := tt.in.Clean()
		if tt.says == "" {
			if err != nil {
				t.Errorf("%+v: %v", tt.in, err)
			}
			if strings.Count(k.css(), "{") != strings.Count(k.css(), "}") {
				t.Errorf("sheet %q", k.css())
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) && !saysOn(err, tt.says) {
			t.Errorf("%+v: %v, want %q", tt.in, err, tt.says)
		}
	}
	if got := Contrast("#ffffff", "#000000"); got < 20.99 || got > 21.01 {
		t.Errorf("white on black is %f", got)
	}
}

func FuzzBundle(f *testing.F) {
	f.Add(pack(f, map[string]string{"views/article.html": goodArticle, "theme.css": "a {}", "img/a.png": picture(f)}, testKey))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := ReadBundle(file)
		if err != nil {
			return
		}
		_, _ = b.Theme(PageBounds)
	})
}

// FuzzViews: whatever restrict lets through, html/template can draw no script
// from it.
func FuzzViews(f *testing.F) {
	f.Add(`<p class="a{{if .Page.Blocks}} b{{end}}">{{.Frame.Path}}</p>`)
	f.Add(`<scr{{"ipt"}}>`)
	f.Add(`<a href='{{range .Page.Blocks}}java{{end}}script:x'>`)
	f.Fuzz(func(t *testing.T, body string) {
		given := map[string]string{"map.html": "{{define \"content\"}}" + body + "{{end}}"}
		if len(restrict(given)) > 0 {
			return
		}
		th := &Theme{ID: "fuzz", Hash: "x", class: "theme-fuzz", bounds: Bounds{Steps: 10000, Bytes: 1 << 20, Time: time.Second}}
		th.take(map[string][]byte{"map.html": []byte(given["map.html"])})
		s := sampleSite().Dressed(th, nil)
		out, err := th.draw("map.html", "portal", view[Map]{PlainFrame(s, "x", "/map.html", "", ""), MapOf(s)})
		if err != nil {
			return
		}
		noScript(t, out)
	})
}
