package registrypublic_test

import (
	"encoding/csv"
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
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/registry/registrypublic"
)

type desk struct {
	t     *testing.T
	store *publishing.Store
	clock *calendar.Manual
	h     *registrypublic.Handler
}

func open(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, store: s, clock: calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))}
	d.h = registrypublic.New(registrypublic.Config{Store: s, Clock: d.clock, Render: func(w http.ResponseWriter, r *http.Request, status int, p theme.Embedded) error {
		w.WriteHeader(status)
		_, err := fmt.Fprintf(w, "<h1>%s</h1>%s", p.Title, p.Body)
		return err
	}})
	return d
}

func (d *desk) state(dir registry.Directory) {
	d.t.Helper()
	b, err := json.Marshal(dir)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.store.PutStatement(registry.DirectoryName, b); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

var sample = registry.Directory{Made: time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC), Retired: []string{"old.yanta.gov.cn", "www.yantanews.cn"}, Entries: []registry.Listed{
	{Kind: "site", Name: "雁塔区人民政府", Address: "www.yanta.gov.cn", Unit: "雁塔区人民政府办公室", Area: "雁塔区", SiteCode: "6101130001"},
	{Kind: "account", Name: "雁塔发布", Address: "https://weibo.com/u/1000000001", Platform: "微博", Unit: "雁塔区人民政府办公室", Area: "雁塔区", Main: true},
	{Kind: "account", Name: "<b>=1+1</b>", Address: "javascript:alert(1)", Platform: "微信公众号", Unit: "=cmd()", Area: "雁塔区"},
	{Kind: "domain", Name: "雁塔区人民政府", Address: "www.yanta.gov.cn", Unit: "雁塔区人民政府办公室", Area: "雁塔区", Main: true},
	{Kind: "domain", Name: "雁塔区人民政府", Address: "xn--1.xn--zfr164b", Shown: "雁塔.政务", Unit: "雁塔区人民政府办公室", Area: "雁塔区"},
}}

// verdict is the answer's heading.
func verdict(body string) string {
	_, rest, _ := strings.Cut(body, `<h2 id="verdict">`)
	v, _, _ := strings.Cut(rest, "</h2>")
	return v
}

func TestIsThisAddressOfficial(t *testing.T) {
	d := open(t)
	d.state(sample)
	for address, want := range map[string]string{
		"www.yanta.gov.cn": "是官方的", "https://WWW.Yanta.gov.cn/art/1.html?x=1#y": "是官方的", "weibo.com/u/1000000001/": "是官方的", "https://www.weibo.com/u/1000000001?from=app": "是官方的",
		"http://zwfw.yanta.gov.cn:8080/": "在官方域名之下", "yanta.gov.cn": "在官方域名之下", "www。yanta。gov。cn": "是官方的",
		"http://www.yanta.gov.cn@evil.example/": "不在官方名录里", "old.yanta.gov.cn": "已经停用", "http://www.old.yanta.gov.cn/": "已经停用", "www.yantanews.cn": "已经停用", "yantanews.cn": "已经停用",
		"www.yanta-gov.cn": "与官方网址相似", "http://yantagov.cn/pay": "与官方网址相似", "www.weinan.gov.cn": "没有登记在本省名录里",
		"www.example.com": "不在官方名录里", "notyanta.gov.cn": "没有登记在本省名录里", "": "看不出是网址", "<script>": "看不出是网址", "%": "看不出是网址", strings.Repeat("a", 5000): "看不出是网址",
	} {
		w := d.get("/official/check?" + url.Values{"address": {address}}.Encode())
		body := w.Body.String()
		if got := verdict(body); !strings.Contains(got, want) {
			t.Errorf("%.40q: %s, want %s", address, got, want)
		}
		if strings.Contains(body, "<script>") {
			t.Errorf("%.40q comes out as it went in", address)
		}
		if want == "与官方网址相似" && !strings.Contains(body, "www.yanta.gov.cn") {
			t.Errorf("%q: whose it imitates is not told", address)
		}
	}
}

// A name that was given up while its site goes on under www says nothing
// against the other addresses that the site's holder gives out.
func TestANameGivenUpBesideItsSite(t *testing.T) {
	d := open(t)
	s := sample
	s.Retired = []string{"yanta.gov.cn"}
	d.state(s)
	for address, want := range map[string]string{"yanta.gov.cn": "已经停用", "www.yanta.gov.cn": "是官方的", "zwfw.yanta.gov.cn": "在官方域名之下"} {
		if got := verdict(d.get("/official/check?" + url.Values{"address": {address}}.Encode()).Body.String()); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestFindTheOfficial(t *testing.T) {
	d := open(t)
	d.state(sample)
	for q, want := range map[string]int{"q=雁塔": 4, "q=雁塔+发布": 1, "q=6101130001": 1, "kind=domain": 2, "q=雁塔.政务&kind=domain": 1, "q=没有": 0, "q=WWW.YANTA": 1, "q=WWW.YANTA&kind=domain": 1} {
		body := d.get("/official/?" + q).Body.String()
		if !strings.Contains(body, fmt.Sprintf("找到 %d 条", want)) {
			t.Errorf("%s: %s", q, body)
		}
		if strings.Contains(body, "href=\"javascript") || strings.Contains(body, "<b>=1") {
			t.Errorf("%s lets markup through", q)
		}
	}
	if body := d.get("/official/").Body.String(); strings.Contains(body, "找到") {
		t.Error("an empty question was answered")
	}
}

func TestOpenDataIsTheSignedStatement(t *testing.T) {
	d := open(t)
	d.state(sample)
	w := d.get("/official/data.json")
	st, err := d.store.ReadStatement(registry.DirectoryName)
	if err != nil || w.Body.String() != string(st.Body) || w.Header().Get("X-Statement-Signature") != st.Signature {
		t.Errorf("json differs from the statement (%v)", err)
	}
	w = d.get("/official/data.csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != len(sample.Entries)+1 || rows[0][0] != "kind" {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	for _, r := range rows {
		for _, c := range r {
			if strings.HasPrefix(c, "=") {
				t.Errorf("a cell begins a formula: %q", c)
			}
		}
	}
	body := d.get("/official/data").Body.String()
	for _, c := range rows[0] {
		if !strings.Contains(body, ">"+c+"<") {
			t.Errorf("the dictionary does not explain %s", c)
		}
	}
}

// A statement that is not the house's is not shown; what was read before stays.
func TestForgedStatementIsNotShown(t *testing.T) {
	d := open(t)
	if w := d.get("/official/"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a statement: %d", w.Code)
	}
	d.state(sample)
	if w := d.get("/official/?q=雁塔发布"); !strings.Contains(w.Body.String(), "找到 1 条") {
		t.Error("the statement is not read")
	}
	other, err := publishing.CreateStore(filepath.Join(t.TempDir(), "r"), filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.PutStatement(registry.DirectoryName, []byte(`{"entries":[{"kind":"site","name":"假冒","address":"evil.example"}]}`)); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(other.Dir(), "statements", "official"), filepath.Join(d.store.Dir(), "statements", "official"))
	if w := d.get("/official/check?address=evil.example"); verdict(w.Body.String()) != "不在官方名录里" {
		t.Error("a forged statement is believed")
	}
}

func TestQuestionsAreCounted(t *testing.T) {
	d := open(t)
	d.state(sample)
	last := 0
	for range 61 {
		last = d.get("/official/?q=x").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 61st question in a minute: %d", last)
	}
	d.clock.Set(d.clock.Now().Add(time.Minute))
	if w := d.get("/official/?q=x"); w.Code != http.StatusOK {
		t.Errorf("a minute later: %d", w.Code)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
