package appraisalpublic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/appraisal/appraisalpublic"
	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

// Article 29: the public pages say of a round what the house states and nothing
// else, page by page, with the corrections, and as open data.
func TestPublicRound(t *testing.T) {
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	h := appraisalpublic.New(appraisalpublic.Config{Store: s, Render: func(w http.ResponseWriter, r *http.Request, status int, p theme.Embedded) error {
		w.WriteHeader(status)
		_, err := fmt.Fprintf(w, "<h1>%s</h1>%s", p.Title, p.Body)
		return err
	}})
	get := func(path string, want int) string {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Fatalf("%s answers %d: %.200s", path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	state := func(p appraisal.Public) {
		t.Helper()
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutStatement(appraisal.PublicName, b); err != nil {
			t.Fatal(err)
		}
	}
	get("/results/", http.StatusServiceUnavailable)
	state(appraisal.Public{Rounds: []appraisal.PublicRound{}})
	if page := get("/results/", http.StatusOK); !strings.Contains(page, "还没有公开的考核结果") {
		t.Error(page)
	}
	r := appraisal.PublicRound{ID: "r1", Number: "KP-2026-0001", Name: "陕西省2026年第三季度季检查", Kind: "quarterly", Period: "2026-Q3", Office: "陕西省人民政府办公厅", Pack: "检查指标", Source: "国办秘函〔2019〕19号", SHA256: "abc",
		Adoption: appraisal.Adoption{Unit: "陕西省人民政府办公厅", Label: "正式采用", Basis: "陕政办函〔2026〕1号", On: calendar.Date{Year: 2026, Month: 3, Day: 1}},
		Errata:   []appraisal.PublicErratum{{Object: "甲网站", Indicator: "政策解读", Kind: "勘误", Reason: "经查已经解读"}}}
	for i := range 120 {
		x := appraisal.PublicResult{Kind: "site", Class: "部门网站", Name: fmt.Sprintf("第%d网站", i), Host: fmt.Sprintf("s%d.example", i), Unit: "某局", Verdict: "合格"}
		switch i {
		case 7:
			x.Verdict, x.Vetoes, x.Name = "不合格", []string{"首页不更新"}, "坏<script>网站"
		case 8:
			x.Verdict = appraisal.NotVerified
		case 9:
			x.Points = "96"
		}
		r.Results = append(r.Results, x)
	}
	state(appraisal.Public{Rounds: []appraisal.PublicRound{r}})
	if page := get("/results/", http.StatusOK); !strings.Contains(page, `href="/results/r1"`) {
		t.Error(page)
	}
	page := get("/results/r1", http.StatusOK)
	for _, want := range []string{"正式采用，陕政办函〔2026〕1号", "2026年第三季度", "未核实", "96", "经查已经解读", "共 120 个", "下一页", "坏&lt;script&gt;网站", "首页不更新"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := strings.Count(page, "s1"); strings.Contains(page, "第60网站") || got == 0 {
		t.Errorf("the first page holds more than it should, or nothing (%d)", got)
	}
	if page := get("/results/r1?p=2", http.StatusOK); !strings.Contains(page, "第60网站") || !strings.Contains(page, "上一页") {
		t.Error("the second page is not the next")
	}
	if page := get("/results/r1?verdict=%E4%B8%8D%E5%90%88%E6%A0%BC", http.StatusOK); !strings.Contains(page, "共 1 个") {
		t.Error(page)
	}
	if page := get("/results/r1?q=%E6%B2%A1%E6%9C%89&kind=x&p=-1", http.StatusOK); !strings.Contains(page, "没有符合条件的结果") {
		t.Error(page)
	}
	if csv := get("/results/r1/data?as=csv", http.StatusOK); strings.Count(csv, "\n") != 121 || !strings.Contains(csv, "首页不更新") {
		t.Errorf("%.200s", csv)
	}
	var open appraisal.PublicRound
	if err := json.Unmarshal([]byte(get("/results/r1/data?as=json", http.StatusOK)), &open); err != nil || len(open.Results) != 120 {
		t.Errorf("%d results, %v", len(open.Results), err)
	}
	// The page explains every column and every name of the open data.
	head, _, _ := strings.Cut(strings.TrimPrefix(get("/results/r1/data?as=csv", http.StatusOK), "\ufeff"), "\n")
	for _, column := range strings.Split(strings.TrimSpace(head), ",") {
		if !strings.Contains(page, `<th scope="row">`+column+`</th>`) {
			t.Errorf("the page does not explain the column %q", column)
		}
	}
	for f := range reflect.TypeFor[appraisal.PublicResult]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !strings.Contains(page, "<code>"+name+"</code>") && !strings.Contains(page, name+" 是") {
			t.Errorf("the page does not explain %q", name)
		}
	}
	get("/results/r2", http.StatusNotFound)
	get("/results/r1/else", http.StatusNotFound)
}
