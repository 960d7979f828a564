package quality

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/fault"
)

// made writes a data set of a few cases. Numbers are nobody's: the identity
// number has an unused area code, hosts are reserved.
func made(t testing.TB, without ...string) string {
	t.Helper()
	dir := t.TempDir()
	page := func(title, body string) string {
		return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>` + title + `</title></head><body><h1>` + title + `</h1><p>` + body + `</p></body></html>`
	}
	notice := "各市、县人民政府，省人民政府各工作部门、各直属机构：现将有关事项通知如下，请认真贯彻执行。各单位应当加强组织领导，明确责任分工，确保各项任务按期完成。"
	files := map[string]string{
		"03_html_pages/pages.jsonl": `{"file":"pages/a.html","encoding":"utf-8","url":"http://www.x.gov.cn/a.html","title":"关于做好防汛工作的通知"}
{"file":"pages/a.unclosed.html","encoding":"gb18030","url":"","title":"另一个标题"}
`,
		"03_html_pages/pages/a.html":          page("关于做好防汛工作的通知", notice),
		"03_html_pages/pages/a.unclosed.html": page("关于做好防汛工作的通知", notice),
		"06_sensitive_hidden/hidden_pages.jsonl": `{"file":"hidden_pages/h.html","label":"injected","pattern":"css_display_none"}
{"file":"hidden_pages/m.html","label":"injected","pattern":"beyond_us"}
{"file":"hidden_pages/c.html","label":"clean","pattern":"neg_plain"}
`,
		"06_sensitive_hidden/hidden_pages/h.html": page("通知", notice+`<div style="display:none"><a href="http://www.lucky.example/">博彩网站</a></div>`),
		"06_sensitive_hidden/hidden_pages/m.html": page("通知", notice),
		"06_sensitive_hidden/hidden_pages/c.html": page("通知", notice),
		"12_privacy/privacy_cases.jsonl": `{"id":"p1","case":"id_card","text":"身份证号：619999184706267084。","findings":[["619999184706267084","id_card"]]}
{"id":"p2","case":"id_card","text":"身份证号见附件。","findings":[["619999184706267084","id_card"]]}
{"id":"p3","case":"clean","text":"手机：15500000389。","findings":[]}
{"id":"p4","case":"clean","text":"请各单位认真贯彻执行。","findings":[]}
`,
		"02_gov_sites/portals.csv": "id,name,host\n1,白水县,www.baishui.gov.cn\n2,无,\n",
		"09_lookalike/hosts_labelled.jsonl": `{"host":"baishui-gov.cn","label":"lookalike","imitates":"baishui.gov.cn","technique":"suffix_hyphen"}
{"host":"nothing-alike.example","label":"lookalike","imitates":"baishui.gov.cn","technique":"far"}
{"host":"www.baishui.gov.cn","label":"legit"}
{"host":"www.example.com","label":"unrelated"}
`,
		"05_typos/official_text_injected.jsonl": `{"id":"w1","kind":"clean","src":"各级人民政府应当加强领导。","tgt":"各级人民政府应当加强领导。","errors":[]}
{"id":"w2","kind":"clean","src":"甲乙丙丁","tgt":"甲乙丙丁","errors":[]}
{"id":"w3","kind":"homophone","src":"丙人民正府","tgt":"丙人民政府","errors":[[3,"正","政"]]}
{"id":"w4","kind":"repeat","src":"二百头百头的","tgt":"二百头的","errors":null}
{"id":"w5","kind":"drop","src":"用水理机构","tgt":"用水管理机构","errors":null}
`,
		"10_robots_feeds_warc/robots_cases.jsonl": `{"test":"a","robots":"user-agent: FooBot\ndisallow: /\n","agent":"FooBot","url":"http://foo.bar/x","allowed":false}
{"test":"b","robots":"","agent":"FooBot","url":"http://foo.bar/é","allowed":false}
`,
	}
	manifest := "path\tbytes\trows\tsha256\n"
	for name, text := range files {
		sum := sha256.Sum256([]byte(text))
		if name == "12_privacy/privacy_cases.jsonl" {
			sum[0]++
		}
		manifest += name + "\t0\t0\t" + hex.EncodeToString(sum[:]) + "\n"
	}
	files["MANIFEST.tsv"] = manifest
	for name, text := range files {
		if slices.ContainsFunc(without, func(w string) bool { return strings.HasPrefix(name, w) }) {
			continue
		}
		put(t, dir, name, text)
	}
	return dir
}

func put(t testing.TB, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fixed is a scanner whose answers are known.
var fixed = check.ScannerFunc(func(text string) []check.Span {
	switch text {
	case "甲乙丙丁":
		return []check.Span{{Kind: "wording.confusion", Start: 0, End: 1, Wrong: "甲", Right: []string{"乙"}}}
	case "丙人民正府":
		return []check.Span{{Kind: "wording.confusion", Start: 1, End: 5, Wrong: "人民正府", Right: []string{"人民政府"}}}
	case "二百头百头的":
		return []check.Span{{Kind: "wording.repeat", Start: 1, End: 3, Wrong: "百头", Right: []string{""}}}
	case "用水理机构":
		return []check.Span{{Kind: "wording.number", Start: 4, End: 5, Wrong: "构", Right: []string{}}, {Kind: "sensitive", Start: 2, End: 3, Wrong: "理"}}
	}
	return nil
})

func measure(t testing.TB, dir string) Report {
	t.Helper()
	r, err := Measure(context.Background(), dir, Options{Scanner: fixed})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMeasure(t *testing.T) {
	r := measure(t, made(t))
	for _, c := range []struct {
		name string
		got  Share
		want string
	}{
		{"fields", r.Extraction.Exact, "50.00 % (1/2)"},
		{"charset", r.Extraction.Charset, "50.00 % (1/2)"},
		{"body start", r.Extraction.Start, "– (0)"},
		{"concealed recall", r.Concealed.Recall, "50.00 % (1/2)"},
		{"concealed clean", r.Concealed.Clean, "0.00 % (0/1)"},
		{"concealed on real pages", *r.Concealed.Real, "0.00 % (0/4)"},
		{"privacy precision", r.Privacy.Precision, "50.00 % (1/2)"},
		{"privacy recall", r.Privacy.Recall, "50.00 % (1/2)"},
		{"privacy clean", r.Privacy.Clean[0].Share, "50.00 % (1/2)"},
		{"look-alike precision", r.Lookalike.Precision, "100.00 % (1/1)"},
		{"look-alike recall", r.Lookalike.Recall, "50.00 % (1/2)"},
		{"imitated", r.Lookalike.Imitated, "100.00 % (1/1)"},
		{"wording alarms", r.Wording[0].Alarms, "50.00 % (1/2)"},
		{"wording recall", r.Wording[0].Recall, "100.00 % (3/3)"},
		{"wording located", r.Wording[0].Located, "66.67 % (2/3)"},
		{"wording cured", r.Wording[0].Cured, "66.67 % (2/3)"},
		{"robots", r.Robots.Agree, "50.00 % (1/2)"},
	} {
		if c.got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
	if r.Lookalike.Protected != 1 || r.Robots.Raw != 1 || r.Extraction.Variants[1].Name != "unclosed" {
		t.Errorf("protected %d, raw %d, variants %v", r.Lookalike.Protected, r.Robots.Raw, r.Extraction.Variants)
	}
	if len(r.Manifest) != 64 || !slices.Equal(r.Differing, []string{"12_privacy/privacy_cases.jsonl"}) || r.Read != 12 {
		t.Errorf("manifest %q, differing %v, read %d", r.Manifest, r.Differing, r.Read)
	}
}

func TestReportIsTheSameEveryRun(t *testing.T) {
	dir := made(t)
	var a, b strings.Builder
	if err := measure(t, dir).WriteMarkdown(&a); err != nil {
		t.Fatal(err)
	}
	if err := measure(t, dir).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("two runs differ")
	}
	for _, want := range []string{"公文错字检出 100.00 % (3/3)、误报 50.00 % (1/2)", "**1 not as listed there**", "| suffix_hyphen | 100.00 % (1/1) |", "`nothing-alike.example`", "left out: 05_typos/lemon_gam (wording)", "of these ask about an address"} {
		if !strings.Contains(a.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(a.String(), "619999") || strings.Contains(a.String(), "\n\n\n") || strings.Contains(a.String(), "%!") {
		t.Errorf("the report holds text of a case, a double gap or a broken format:\n%s", a.String())
	}
}

func TestMissingSetsAreLeftOutAloud(t *testing.T) {
	for _, c := range []struct{ without, says string }{
		{"03_", "03_html_pages"}, {"06_", "06_sensitive_hidden"}, {"12_", "12_privacy"}, {"02_", "02_gov_sites/portals.csv"},
		{"09_", "09_lookalike"}, {"05_", "05_typos/official_text_injected"}, {"10_", "10_robots"}, {"MANIFEST", "unverified"},
	} {
		var b strings.Builder
		if err := measure(t, made(t, c.without)).WriteMarkdown(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.says) || c.without != "MANIFEST" && !strings.Contains(b.String(), "left out: ") {
			t.Errorf("without %s the report does not say so", c.without)
		}
	}
	var b strings.Builder
	if err := measure(t, t.TempDir()).WriteMarkdown(&b); err != nil || !strings.Contains(b.String(), "没有可用的测试集") {
		t.Errorf("an empty folder: %v %s", err, b.String())
	}
}

func TestBadDataNamesFileAndRow(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"12_privacy/privacy_cases.jsonl", "{\"id\":\"a\"}\nnonsense\n", "12_privacy/privacy_cases.jsonl 第 2 行"},
		{"12_privacy/privacy_cases.jsonl", strings.Repeat("x", maxLine+1), "第 1 行超过 4 MB"},
		{"03_html_pages/pages.jsonl", `{"file":"pages/none.html"}`, "03_html_pages/pages/none.html 不存在"},
		{"03_html_pages/pages.jsonl", `{"file":"../../../../etc/hostname"}`, "打不开"},
		{"02_gov_sites/portals.csv", "id,name\n1,x\n", "没有 host 列"},
	} {
		dir := made(t)
		put(t, dir, c.name, c.text)
		_, err := Measure(context.Background(), dir, Options{Scanner: fixed})
		if err == nil || !strings.Contains(fault.Of(err).Says, c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	if _, err := Measure(context.Background(), filepath.Join(t.TempDir(), "no"), Options{Scanner: fixed}); err == nil {
		t.Error("a folder that is not there was measured")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Measure(ctx, made(t), Options{Scanner: fixed}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestStretches(t *testing.T) {
	for _, c := range []struct {
		src, tgt string
		want     stretch
	}{
		{"二百头百头的", "二百头的", stretch{1, 5}},
		{"用水理机构", "用水管理机构", stretch{2, 2}},
		{"人民正府", "人民政府", stretch{2, 3}},
		{"和", "和和", stretch{0, 1}}, // either side of what is there
		{"和和", "和", stretch{0, 2}},
		{"甲", "", stretch{0, 1}},
		{"", "甲", stretch{0, 0}},
	} {
		got := sentence{Src: c.src, Tgt: c.tgt}.stretches()
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%q for %q: %v, want %v", c.src, c.tgt, got, c.want)
		}
	}
}

// FuzzRows reads what may lie in a data folder; nothing may panic and every
// share must make sense.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"id":"w","kind":"drop","src":"用水理机构","tgt":"用水管理机构","errors":null}`))
	f.Add([]byte(`{"src":"a","tgt":"b","errors":[[-5,"x"],[],["y"]]}` + "\n\n\ufeff{}"))
	f.Add([]byte("{\"text\":\"15500000389\",\"findings\":[[\"15500000389\",\"mobile\"]]}"))
	f.Add([]byte("host\n\"unclosed"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = rows("x", b, func(r sentence) error {
			for _, x := range r.stretches() {
				if x.from < x.to && !x.touches(x.from, x.to) {
					t.Errorf("a stretch does not touch itself: %+v", x)
				}
			}
			cured(r.Src, fixed.Scan(r.Src))
			return nil
		})
		_, _ = column("x", b, "host")
	})
}

// TestAimsStandBesideWhatWasMeasured holds the aims of the product and how they
// are judged.
func TestAimsStandBesideWhatWasMeasured(t *testing.T) {
	for _, c := range []struct {
		aim   Aim
		bound string
		met   bool
	}{
		{Aim{Share: Share{97, 100}, Bound: 97_00}, "≥ 97 %", true},
		{Aim{Share: Share{969, 1000}, Bound: 97_00}, "≥ 97 %", false},
		{Aim{Share: Share{0, 10}, AtMost: true}, "none 无", true},
		{Aim{Share: Share{1, 1000}, AtMost: true}, "none 无", false},
		{Aim{Share: Share{1, 200}, Bound: 50, AtMost: true}, "≤ 0.5 %", true},
		{Aim{Bound: 97_00}, "≥ 97 %", false},
		{Aim{AtMost: true}, "none 无", false},
	} {
		if c.aim.bound() != c.bound || c.aim.Met() != c.met {
			t.Errorf("%+v: %s, met %v", c.aim, c.aim.bound(), c.aim.Met())
		}
	}
	r := measure(t, made(t))
	r.Suites = []Suite{{Name: "one", Agree: Share{9, 10}, Exceptions: []string{"x"}}, {Name: "many", Agree: Share{1, 10}, Exceptions: []string{"x"}}}
	var b strings.Builder
	if err := r.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## Aims", "| title 标题, exact | 50.00 % (1/2) | ≥ 97 % | **missed 未达** |", "| all fields, bytes unclosed |", "| concealed links 暗链, recall | 50.00 % (1/2) | ≥ 95 % |",
		"| concealed links, false alarms on honest look-alikes | 0.00 % (0/1) | none 无 | met 达到 |", "| personal data, recall | 50.00 % (1/2) | ≥ 99 % |",
		"| look-alike hosts, recall | 50.00 % (1/2) | ≥ 95 % |", "| wording 错别字, official_text_injected, false alarms | 50.00 % (1/2) | ≤ 1 % |",
		"| robots.txt | 50.00 % (1/2) | exceptions listed | 1 exceptions, listed below |", "| many | 10.00 % (1/10) | exceptions listed | 9 exceptions, the first 1 listed below |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}
