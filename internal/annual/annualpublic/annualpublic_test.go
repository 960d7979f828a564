package annualpublic_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/annual"
	"zhengshu/internal/annual/annualpublic"
	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

type desk struct {
	t     *testing.T
	dir   string
	store *publishing.Store
	clock *calendar.Manual
	h     *annualpublic.Handler
}

func open(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: dir, store: s, clock: calendar.NewManual(time.Date(2027, 1, 20, 2, 0, 0, 0, time.UTC))}
	d.h = annualpublic.New(annualpublic.Config{Store: s, Clock: d.clock, Render: func(w http.ResponseWriter, r *http.Request, status int, p theme.Embedded) error {
		w.WriteHeader(status)
		_, err := fmt.Fprintf(w, "<h1>%s</h1>%s", p.Title, p.Body)
		return err
	}})
	return d
}

func (d *desk) put(name string, v any) {
	d.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.store.PutStatement(name, b); err != nil {
		d.t.Fatal(err)
	}
}

// state publishes forms of the sites of 2026.
func (d *desk) state(forms ...annual.PublicForm) {
	d.t.Helper()
	d.put(annual.PublicName(annual.SiteForm, 2026), annual.Statement{Made: d.clock.Now(), Forms: forms})
	d.put(annual.PublicIndex, annual.Index{Made: d.clock.Now(), Years: []annual.PublicYear{{Kind: annual.SiteForm, Year: 2026, Forms: len(forms)}}})
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

// form is what a portal published, with a cell of each origin and words that
// would be markup or a formula elsewhere.
func form(n int, change ...func(*annual.PublicForm)) annual.PublicForm {
	f := annual.PublicForm{ID: annual.FormID(fmt.Sprintf("01FORM%02d", n)), Kind: annual.SiteForm, Year: 2026, Edition: 1, Object: fmt.Sprintf("site%d", n), Name: fmt.Sprintf("第%d门户网站", n), Host: fmt.Sprintf("www.s%02d.example", n), SiteCode: "6101130001",
		Unit: "雁塔区人民政府办公室", Area: "雁塔区", Definition: "gbh-2018-12-site", Version: 1, Until: calendar.Date{Year: 2026, Month: 12, Day: 31}, PublishedOn: calendar.Date{Year: 2027, Month: 1, Day: 18}, SHA256: strings.Repeat("a", 64),
		Cells: []annual.PublicCell{{Cell: "published", Value: "1203", Origin: annual.Auto, Source: "信息资源库", Last: "998"}, {Cell: "users", Value: "42", Origin: annual.ByHand, Source: "统一认证平台<b>"}, {Cell: "letters", Value: "9", Origin: annual.Instead, Source: "来信台账", Remark: "=2+2"},
			{Cell: "name", Value: "=HYPERLINK(1)", Origin: annual.Auto}, {Cell: "phone", Value: "029-87654321"}, {Cell: "filler", Value: "张三丰"}}}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Article 19(6): everybody finds the forms of all sites, by year, kind and word;
// what was corrected is said on the old edition and the new.
func TestArticle19_6_EverybodyReadsTheForms(t *testing.T) {
	d := open(t)
	if body := d.page("/annual/", http.StatusOK); !strings.Contains(body, "还没有公开的年度报表") {
		t.Errorf("nothing published yet: %s", body)
	}
	d.page("/annual/data", http.StatusOK)
	var forms []annual.PublicForm
	for n := range 23 {
		forms = append(forms, form(n))
	}
	old := form(30, func(f *annual.PublicForm) { f.Replaced, f.Object = true, "site0" })
	forms[0].Edition, forms[0].Why = 2, "留言数漏计<i>"
	d.state(append(forms, old)...)
	for q, want := range map[string]int{"": 23, "?q=第7门户": 1, "?q=WWW.S08": 1, "?q=6101130001": 23, "?q=雁塔": 23, "?q=没有": 0, "?kind=media": 0, "?year=2019": 0, "?kind=none&year=x&p=-3": 0, "?p=99999": 23, "?q=" + strings.Repeat("长", 90): 0} {
		body := d.page("/annual/"+q, http.StatusOK)
		if !strings.Contains(body, fmt.Sprintf("找到 %d 份", want)) {
			t.Errorf("%s: %.600s", q, body)
		}
	}
	if first, second := d.page("/annual/", http.StatusOK), d.page("/annual/?p=2", http.StatusOK); strings.Count(first, "/annual/site/2026/") != 20 || strings.Count(second, "/annual/site/2026/") != 3 || !strings.Contains(first, "下一页") || !strings.Contains(second, "上一页") {
		t.Error("23 forms do not stand on two pages")
	}
	body := d.page("/annual/site/2026/01form00", http.StatusOK)
	for _, want := range []string{"1203", "998", "系统统计", "手工填报：统一认证平台&lt;b&gt;", "说明：=2&#43;2", "更正原因：留言数漏计&lt;i&gt;", "029-87654321", "/annual/site/2026/01form30", strings.Repeat("a", 64)} {
		if !strings.Contains(body, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	if strings.Contains(body, "<b>") || strings.Contains(body, "<i>") {
		t.Error("the form lets markup through")
	}
	if body := d.page("/annual/site/2026/01form30", http.StatusOK); !strings.Contains(body, "本版已由更正版代替") || !strings.Contains(body, `href="/annual/site/2026/01form00"`) {
		t.Errorf("the replaced edition: %.600s", body)
	}
	for _, path := range []string{"/annual/site/2026/none", "/annual/site/2025/01form00", "/annual/cats/2026/01form00", "/annual/nothing", "/annual/site/2026/01form00/exe", "/annual/data/site-2026.exe", "/annual/data/site-2025.csv", "/annual/data/x"} {
		if body := d.page(path, http.StatusNotFound); !strings.ContainsAny(body, "年只") {
			t.Errorf("%s says %s", path, body)
		}
		d.clock.Advance(time.Minute)
	}
}

// The forms are handed out as files; the open data leaves out who signed and
// their telephones, has a column for each word of its dictionary, and no cell
// that a spreadsheet would reckon.
func TestFormsAreHandedOut(t *testing.T) {
	d := open(t)
	d.state(form(1), form(2))
	for as, begins := range map[string]string{"docx": "PK", "xlsx": "PK", "csv": "\ufeff", "json": "{", "pdf": "%PDF"} {
		w := d.get("/annual/site/2026/01form01/" + as)
		if as == "pdf" && w.Code == http.StatusServiceUnavailable {
			continue // no typeface here; the page says so
		}
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), begins) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %s %.20q", as, w.Code, w.Header().Get("Content-Disposition"), w.Body)
		}
		d.clock.Advance(time.Minute)
	}
	body := strings.TrimPrefix(d.page("/annual/data/site-2026.csv", http.StatusOK), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	dictionary := d.page("/annual/data", http.StatusOK)
	for _, column := range rows[0] {
		if !strings.Contains(dictionary, `<th scope="row">`+column+`</th>`) {
			t.Errorf("the dictionary does not explain %s", column)
		}
	}
	if i := slices.Index(rows[0], "published"); i < 0 || rows[1][i] != "1203" {
		t.Errorf("published: %v", rows[1])
	}
	for _, cell := range rows[1] {
		if strings.HasPrefix(cell, "=") {
			t.Errorf("a spreadsheet would reckon %q", cell)
		}
	}
	var data annual.Statement
	if err := json.Unmarshal([]byte(d.page("/annual/data/site-2026.json", http.StatusOK)), &data); err != nil || len(data.Forms) != 2 {
		t.Fatalf("%d forms (%v)", len(data.Forms), err)
	}
	for _, name := range []string{"张三丰", "029-87654321"} {
		if strings.Contains(body, name) || strings.Contains(d.get("/annual/data/site-2026.json").Body.String(), name) {
			t.Errorf("the open data says %s", name)
		}
	}
}

// A statement that nobody signed is refused, and what stood before stays; who
// asks too often is asked to wait.
func TestForgedFormsAndHaste(t *testing.T) {
	d := open(t)
	d.state(form(1))
	d.page("/annual/site/2026/01form01", http.StatusOK)
	files, err := filepath.Glob(filepath.Join(d.dir, "releases", "statements", "annualsite2026*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v (%v)", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], []byte(strings.Replace(string(b), `"1203"`, `"9203"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if body := d.page("/annual/site/2026/01form01", http.StatusOK); strings.Contains(body, "9203") || !strings.Contains(body, "1203") {
		t.Error("a forged figure is shown")
	}
	slow := 0
	for range 20 {
		if d.get("/annual/site/2026/01form01/json").Code == http.StatusTooManyRequests {
			slow++
		}
	}
	if slow == 0 {
		t.Error("one address takes any number of files at once")
	}
	d.clock.Advance(2 * time.Minute)
	d.page("/annual/", http.StatusOK)
}
