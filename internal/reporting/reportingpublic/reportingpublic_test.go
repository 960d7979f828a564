package reportingpublic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/reporting"
	"zhengshu/internal/reporting/reportingpublic"
)

// The public bulletin draws its charts with their numbers beside, and gives the
// same paper as a document and as open data.
func TestPublicBulletinDrawsItsCharts(t *testing.T) {
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	h := reportingpublic.New(reportingpublic.Config{Store: s, Render: func(w http.ResponseWriter, r *http.Request, status int, p theme.Embedded) error {
		w.WriteHeader(status)
		_, err := fmt.Fprintf(w, "<h1>%s</h1>%s", p.Title, p.Body)
		return err
	}})
	o := reporting.Usual(reporting.QuarterlyBulletin)
	p := reporting.PublicPaper{ID: "b1", Kind: reporting.QuarterlyBulletin, Level: org.City, Area: "西安市", Office: "西安市人民政府办公厅", Period: "2026-Q1", Number: "市政办函〔2026〕5号", IssuedOn: calendar.Date{Year: 2026, Month: 4, Day: 8},
		Content: reporting.Content{Kind: reporting.QuarterlyBulletin, AreaName: "西安市", Period: "2026-Q1", PeriodName: "2026年第一季度", Complete: true, Outline: &o,
			Figures: []reporting.Figure{{Key: "findings.total", Section: reporting.SectionFindings, Name: "本季度发现问题", Unit: "个", Told: 8}},
			Tables:  []reporting.Table{{Key: "areas", Section: reporting.SectionUnits, Name: "各地区检查情况", Header: []string{"地区", "合格率"}, Rows: [][]string{{"雁塔区", "75%"}, {"本级", "100%"}}}},
			Charts: []reporting.Chart{{Key: "findings.kinds", Section: reporting.SectionFindings, Name: "发现问题按类别", Unit: "个", Labels: []string{"链接不可用", "名称很长很长很长很长的一类问题<b>"}, Values: []float64{6, 2}},
				{Key: "areas.rate", Section: reporting.SectionUnits, Name: "各地区检查合格率", Unit: "%", From: "areas", Labels: []string{"雁塔区", "本级"}, Values: []float64{75, 100}},
				{Key: "trend.rate", Section: reporting.SectionSites, Name: "各季度检查合格率", Unit: "%", Line: true, Labels: []string{"2025年第4季", "2026年第1季"}, Values: []float64{80, 90}}}}}
	b, err := json.Marshal(reporting.Public{Papers: []reporting.PublicPaper{p}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutStatement(reporting.PublicName, b); err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			t.Fatalf("%s answers %d: %.200s", path, w.Code, w.Body)
		}
		return w
	}
	page := get("/bulletins/b1").Body.String()
	if n := strings.Count(page, "<svg "); n != 3 {
		t.Errorf("%d charts are drawn", n)
	}
	for _, want := range []string{`aria-label="发现问题按类别：链接不可用6个，名称很长`, "<td>6</td>", ">75%</text>", "<polyline points=", ">90%</text>", `<caption>发现问题按类别</caption>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page, "style=") || strings.Contains(page, "问题<b>") || strings.Count(page, "<caption>各地区检查") != 1 {
		t.Error("inline style, markup let through, or a table told twice")
	}
	if docx := get("/bulletins/b1/document?as=docx").Body; docx.Len() == 0 {
		t.Error("no document")
	}
	if list := get("/bulletins/").Body.String(); !strings.Contains(list, `href="/bulletins/b1"`) || !strings.Contains(list, `href="/results/"`) {
		t.Error(list)
	}
	if data := get("/bulletins/b1/data?for=figures&as=json").Body.String(); !strings.Contains(data, "本季度发现问题") {
		t.Error(data)
	}
}
