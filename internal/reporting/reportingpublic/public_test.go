package reportingpublic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/reporting"
	"zhengshu/internal/reporting/reportingpublic"
)

type desk struct {
	t     *testing.T
	dir   string
	store *publishing.Store
	h     *reportingpublic.Handler
}

func open(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: dir, store: s}
	d.h = reportingpublic.New(reportingpublic.Config{Store: s, Render: func(w http.ResponseWriter, r *http.Request, status int, p theme.Embedded) error {
		w.WriteHeader(status)
		_, err := fmt.Fprintf(w, "<h1>%s</h1>%s", p.Title, p.Body)
		return err
	}})
	return d
}

func (d *desk) state(papers ...reporting.PublicPaper) {
	d.t.Helper()
	b, err := json.Marshal(reporting.Public{Made: time.Date(2026, 10, 20, 1, 0, 0, 0, time.UTC), Papers: papers})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.store.PutStatement(reporting.PublicName, b); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func (d *desk) page(path string, status int) string {
	d.t.Helper()
	w := d.get(path)
	if w.Code != status {
		d.t.Fatalf("%s answers %d, want %d: %.300s", path, w.Code, status, w.Body)
	}
	return w.Body.String()
}

// paper is an issued bulletin as the public may read it.
func paper(n int, area string) reporting.PublicPaper {
	rows := make([][]string, 120)
	for i := range rows {
		rows[i] = []string{fmt.Sprintf("第%d个网站", i+1), "<b>不合格</b>"}
	}
	outline := reporting.Usual(reporting.QuarterlyBulletin)
	outline.Parts[0].Text = "本季度检查网站〔检查的网站〕（演示）。"
	return reporting.PublicPaper{ID: reporting.BulletinID(fmt.Sprintf("01PAPER%02d", n)), Kind: reporting.QuarterlyBulletin, Level: org.City, Area: area, Office: area + "人民政府办公厅", Period: "2026-Q3", Number: fmt.Sprintf("市政办函〔2026〕%d号", n), IssuedOn: calendar.Date{Year: 2026, Month: 10, Day: 12}, SHA256: strings.Repeat("b", 64),
		Content: reporting.Content{Kind: reporting.QuarterlyBulletin, AreaName: area, Office: area + "人民政府办公厅", Period: "2026-Q3", PeriodName: "2026年第三季度", Complete: true, Outline: &outline,
			Figures: []reporting.Figure{{Key: "sites.checked", Section: reporting.SectionSites, Name: "检查的网站", Unit: "个", Told: 37}},
			Tables:  []reporting.Table{{Key: "all", Section: reporting.SectionSites, Name: "各网站结果", Header: []string{"网站", "结果"}, Rows: rows, Apart: true}},
			Sites:   []reporting.Result{{Name: "雁塔区<i>门户</i>", UnitName: "雁塔区人民政府办公室", Verdict: "qualified", Scored: true, Points: 9700}}},
		Errata: []reporting.Erratum{{No: 1, Was: "三十六个", Reads: "三十七个<u>", Why: "漏计一个"}}}
}

// Article 30: everybody finds the bulletins that were opened, reads them with
// their errata, and takes document and data away.
func TestArticle30_EverybodyReadsTheBulletins(t *testing.T) {
	d := open(t)
	if body := d.page("/bulletins/", http.StatusServiceUnavailable); !strings.Contains(body, "检查通报正在准备") {
		t.Errorf("before the first statement: %s", body)
	}
	d.state()
	if body := d.page("/bulletins/", http.StatusOK); !strings.Contains(body, "还没有公开的检查通报") {
		t.Errorf("none opened: %s", body)
	}
	var papers []reporting.PublicPaper
	for n := range 22 {
		papers = append(papers, paper(n, []string{"西安市", "咸阳市"}[n%2]))
	}
	d.state(papers...)
	if first, second := d.page("/bulletins/", http.StatusOK), d.page("/bulletins/?p=2", http.StatusOK); strings.Count(first, `href="/bulletins/01PAPER`) != 20 || strings.Count(second, `href="/bulletins/01PAPER`) != 2 || !strings.Contains(first, "下一页") || !strings.Contains(second, "上一页") {
		t.Error("22 bulletins do not stand on two pages")
	}
	if body := d.page("/bulletins/?area="+url.QueryEscape("咸阳市"), http.StatusOK); strings.Count(body, `href="/bulletins/01PAPER`) != 11 || strings.Contains(body, "西安市人民政府办公厅") {
		t.Error("one city's bulletins are not found by its name")
	}
	d.page("/bulletins/?area=%3Cscript%3E&p=x", http.StatusOK)
	body := d.page("/bulletins/01PAPER03", http.StatusOK)
	for _, want := range []string{"市政办函〔2026〕3号", "本季度检查网站37个（演示）", "三十七个&lt;u&gt;", "漏计一个", "前 100 行，全部见公文", "第100个网站", strings.Repeat("b", 64), "数据项说明"} {
		if !strings.Contains(body, want) {
			t.Errorf("the bulletin does not say %q", want)
		}
	}
	for _, not := range []string{"<b>", "<u>", "第101个网站", "/console/"} {
		if strings.Contains(body, not) {
			t.Errorf("the bulletin shows %q", not)
		}
	}
	for as, begins := range map[string]string{"docx": "PK", "pdf": "%PDF"} {
		w := d.get("/bulletins/01PAPER03/document?as=" + as)
		if as == "pdf" && w.Code == http.StatusServiceUnavailable {
			continue // no typeface here; the page says so
		}
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), begins) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %.20q", as, w.Code, w.Body)
		}
	}
	if w := d.get("/bulletins/01PAPER03/data?for=openness&as=csv"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "97") || !strings.Contains(w.Header().Get("Content-Type"), "csv") {
		t.Errorf("csv: %d %.200s", w.Code, w.Body)
	}
	if w := d.get("/bulletins/01PAPER03/data?for=nothing"); w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
		t.Errorf("json: %d %.200s", w.Code, w.Body)
	}
	for _, path := range []string{"/bulletins/none", "/bulletins/01PAPER03/document", "/bulletins/01PAPER03/document?as=exe", "/bulletins/none/data", "/bulletins/01PAPER03/rows/x"} {
		if body := d.page(path, http.StatusNotFound); !strings.Contains(body, "没有这份通报") {
			t.Errorf("%s says %s", path, body)
		}
	}
}

// What was taken back is gone at once; a forged statement shows nothing.
func TestTakenBackAndForged(t *testing.T) {
	d := open(t)
	d.state(paper(1, "西安市"), paper(2, "西安市"))
	d.page("/bulletins/01PAPER01", http.StatusOK)
	d.state(paper(2, "西安市"))
	d.page("/bulletins/01PAPER01", http.StatusNotFound)
	files, err := filepath.Glob(filepath.Join(d.dir, "releases", "statements", reporting.PublicName+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v (%v)", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	before := d.page("/bulletins/01PAPER02", http.StatusOK)
	forged := strings.Replace(string(b), `"told":37`, `"told":73`, 1)
	if forged == string(b) {
		t.Fatal("the statement has no such figure to forge")
	}
	if err := os.WriteFile(files[0], []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	// What was read before stays.
	if after := d.page("/bulletins/01PAPER02", http.StatusOK); after != before {
		t.Error("a forged statement changed the page")
	}
}
