package inspectionpublic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/inspectionpublic"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

// TestArticle30_RulesAndTheirPrecisionArePublic: everybody reads by which rules
// sites are inspected and how often each was right.
func TestArticle30_RulesAndTheirPrecisionArePublic(t *testing.T) {
	dir := t.TempDir()
	store, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	h := inspectionpublic.New(inspectionpublic.Config{Store: store, Render: func(w http.ResponseWriter, _ *http.Request, status int, p theme.Embedded) error {
		w.WriteHeader(status)
		_, err := fmt.Fprintf(w, "<h1>%s</h1>%s", p.Title, p.Body)
		return err
	}})
	get := func(path string, status int) string {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
		return w.Body.String()
	}
	get("/rules/", http.StatusServiceUnavailable) // nothing stated yet
	rules := inspection.PublicRules{Made: time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC), Rules: []inspection.PublicRule{
		{ID: "link.dead", Family: "链接", Wrong: "链接无法打开", Fine: "链接能打开", Fix: "请修正或删除。", Basis: []string{"检查指标 D-19"}, Severity: "error", Objects: []string{"政府门户网站"}, Edition: "1.3fb5d51f", Raised: 200, Closed: 150, Disputed: 5, False: 2, Upheld: 3, Right: 9900},
		{ID: "tags.site_name", Family: "链接", Wrong: "页面缺少标签", Basis: []string{"检查指标 D-20"}, Doubt: "是否必填未与正式文本核对", Edition: "1.y", Right: -1},
		{ID: "link.former", Family: "链接", Wrong: "旧规则", Gone: true, Edition: "0", Right: -1},
		{ID: "wording.confusion", Family: "错别字", Wrong: "错别字", Basis: []string{"管理细则第十九条（三）"}, Severity: "error", Draft: true, Edition: "1", Right: -1},
		{ID: "manual.text", Family: "人工检查", Wrong: "人工检查：文字表述", Severity: "person", Edition: "1", Right: -1},
		{ID: "concealed.script", Family: "暗链和违规内容", Wrong: "<script>", Severity: "serious", Edition: "1.x", Right: -1},
	}}
	body, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutStatement(inspection.RulesName, body); err != nil {
		t.Fatal(err)
	}
	if short := get("/rules/", http.StatusOK); !strings.Contains(short, "<option>链接</option>") || !strings.Contains(short, "99.00%") || strings.Contains(short, `href="/rules/link`) {
		t.Error("the families are not told")
	}
	list := get("/rules/?family=all", http.StatusOK)
	for _, want := range []string{"99.00%", "尚无申辩", "检查指标 D-19", "检查指标 D-20（未核实）", "2026年3月20日 09:00", `data-head="依据"`, `href="/rules/link.dead"`, "&lt;script&gt;"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not show %q", want)
		}
	}
	if one := get("/rules/?family="+"%E9%93%BE%E6%8E%A5", http.StatusOK); strings.Contains(one, "concealed.script") || !strings.Contains(one, "link.dead") {
		t.Error("a family shows others")
	}
	if odd := get("/rules/?family=none", http.StatusOK); !strings.Contains(odd, "规则类别") {
		t.Error("an unknown family shows nothing")
	}
	if show := get("/rules/link.dead", http.StatusOK); !strings.Contains(show, "1.3fb5d51f") || !strings.Contains(show, "请修正或删除。") || !strings.Contains(show, "确认误报 2 个") || !strings.Contains(show, "2026年3月20日 09:00") {
		t.Error("the rule does not tell of itself")
	}
	if show := get("/rules/tags.site_name", http.StatusOK); !strings.Contains(show, "是否必填未与正式文本核对") {
		t.Error("the rule hides what is not verified of it")
	}
	for path, want := range map[string]string{"/rules/link.former": "已经停用", "/rules/wording.confusion": "写稿、预览时和发布以后", "/rules/manual.text": "由检查人员认定"} {
		if got := get(path, http.StatusOK); !strings.Contains(got, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
	get("/rules/none", http.StatusNotFound)
	get("/rules/a/b", http.StatusNotFound)
	var back inspection.PublicRules
	if err := json.Unmarshal([]byte(get("/rules/data.json", http.StatusOK)), &back); err != nil || len(back.Rules) != len(rules.Rules) {
		t.Errorf("open data: %v", err)
	}
}
