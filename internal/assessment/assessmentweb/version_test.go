package assessmentweb_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/web/webtest"
)

// hire gives a unit of the desk another person.
func (x *desk) hire(name, unit string, role authz.Role) {
	x.t.Helper()
	ctx, o, all := audit.System(context.Background(), "test"), org.New(x.db), authz.System("test")
	if err := x.db.Update(ctx, func(tx *db.Tx) error {
		p, err := o.AddPerson(ctx, tx, all, org.Person{Unit: x.units[unit].ID, Name: name})
		if err != nil {
			return err
		}
		if err := o.Appoint(ctx, tx, all, p.ID, x.units[unit].ID, role); err != nil {
			return err
		}
		posts, err := o.PostsOf(ctx, tx, p.ID)
		x.people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
		return err
	}); err != nil {
		x.t.Fatal(err)
	}
}

// fields are what the named fields of the page hold now.
func fields(a *webtest.Answer, names ...string) url.Values {
	v := url.Values{}
	for _, n := range names {
		for _, at := range []string{`input[name="` + n + `"]`, `select[name="` + n + `"] option[selected]`, `textarea[name="` + n + `"]`} {
			switch all := a.All(at); {
			case len(all) == 0:
			case strings.HasPrefix(at, "textarea"):
				v.Set(n, all[0])
			default:
				v.Set(n, a.Attr(at, "value"))
			}
		}
	}
	return v
}

// Article 29: the indicators are the province's. A version is drafted from one at
// hand, changed field by field with each refusal at its field, tried on a past
// month, sent to a second person, returned, agreed to, adopted and ended.
func TestArticle29_PackEditorOnScreen(t *testing.T) {
	x := open(t)
	x.hire("colleague", "province", authz.Supervisor)
	x.ran()
	x.put("link.dead", "error", "D-19", "首页的链接打不开")
	const packs, versions = "/console/packs", "/console/packs/versions"
	// Who may not.
	x.as("city").Get(packs + "/new").Want(http.StatusConflict)
	x.Get(packs + "/import").Want(http.StatusConflict)
	if page := x.Get(packs).Want(http.StatusOK); strings.Contains(page.Body, packs+"/new") {
		t.Error("a city is offered to draft")
	}
	x.as("bureau").Get(packs + "/new").Want(http.StatusForbidden)
	x.Post(versions, nil).Want(http.StatusForbidden)

	x.as("province")
	ask := x.Get(packs + "/new").Want(http.StatusOK)
	draft := url.Values{"unit": {ask.Attr("input[name=unit]", "value")}, "base": {assessment.PackID + " 1"}, "from": {"2026-07-01"}, "note": {"短"}}
	if a := x.Post(versions, draft).Want(http.StatusUnprocessableEntity); len(a.All(".field-error")) != 1 || a.Attr("input[name=from]", "value") != "2026-07-01" {
		t.Errorf("a draft without a reason: %v", a.All(".field-error"))
	}
	for _, wrong := range []url.Values{{"from": {"昨天"}}, {"from": {""}}, {"base": {"none 1"}}, {"unit": {string(x.units["city"].ID)}}} {
		v := url.Values{"note": {"可用性从严（演示）"}}
		for k, s := range draft {
			if v[k] == nil {
				v[k] = s
			}
		}
		for k, s := range wrong {
			v[k] = s
		}
		if a := x.Post(versions, v); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusNotFound && a.Status != http.StatusConflict {
			t.Errorf("%v answers %d", wrong, a.Status)
		}
	}
	draft.Set("note", "可用性从严（演示）")
	at := x.Post(versions, draft).Want(http.StatusSeeOther).Location()
	page := x.Get(at).Want(http.StatusOK)
	if got := page.All(".table tbody tr"); !strings.Contains(got[0], "生效日期") || !strings.Contains(got[1], "V-W-1.1") {
		t.Errorf("a fresh draft differs in more than its day: %q", got[:2])
	}
	x.as("city").Get(at).Want(http.StatusNotFound) // a draft is its authors'
	x.as("province")

	// One indicator, field by field.
	edit := at + "/edit?indicator=D-19"
	names := []string{"revision", "was", "id", "name", "group", "says", "measure", "threshold", "threshold_mark", "warn", "warn_mark", "points", "points_mark", "per_hit", "per_hit_mark", "cap", "cap_mark", "params", "checks", "mark", "source"}
	form := x.Get(edit).Want(http.StatusOK)
	as := func(change ...string) url.Values {
		v := fields(form, names...)
		v.Set("kind", "deduct")
		v.Set("auto", "full")
		v["applies_to"] = []string{"website.portal"}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, tt := range []struct{ field, value, says string }{
		{"per_hit", "两分", "最多两位小数"}, {"per_hit", "1.005", "最多两位小数"}, {"per_hit", "-1", "0以上"}, {"per_hit_mark", "", "核实程度"}, {"name", "", "没有填写名称"},
		{"kind", "", "没有选择类型"}, {"auto", "", "没有选择判定方式"}, {"params", "days 14 V", "无法识别"}, {"params", "days = 14 V\ndays = 15 V", "写了两次"}, {"params", "days = 14 X", "核实标记"},
	} {
		a := x.Post(at+"/indicator", as(tt.field, tt.value)).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(a.All(".field-error"), " "); !strings.Contains(got, tt.says) {
			t.Errorf("%s = %q is refused with %q, want %q", tt.field, tt.value, got, tt.says)
		}
	}
	x.Post(at+"/indicator", as("revision", "x")).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/indicator", as("per_hit", "5")).Want(http.StatusSeeOther)
	// Another who began from what stood before is told, and keeps what was typed.
	if a := x.as("colleague").Post(at+"/indicator", as("per_hit", "3")).Want(http.StatusConflict); a.Attr("input[name=per_hit]", "value") != "3" {
		t.Errorf("what was typed became %q", a.Attr("input[name=per_hit]", "value"))
	}
	x.as("province").Get(at + "/edit?indicator=none").Want(http.StatusNotFound)
	page = x.Get(at).Want(http.StatusOK)
	if got := strings.Join(page.All(".table tbody tr"), "\n"); !strings.Contains(got, "影响得分") || !strings.Contains(got, "D-19") {
		t.Errorf("the difference is not told: %.300s", got)
	}
	// A special check is added and taken away again; caps above the total are named.
	special := url.Values{"revision": {fields(x.Get(at+"/edit?indicator=special"), "revision").Get("revision")}, "id": {"S-2026Q3-1"}, "name": {"新版国徽图案"}, "group": {"专项检查"}, "says": {"页面使用新版标准图案"}, "kind": {"special"}, "auto": {"manual"}, "applies_to": {"website"}, "mark": {"1"}, "source": {"演示文件"}}
	x.Post(at+"/indicator", special).Want(http.StatusSeeOther)
	special.Set("revision", fields(x.Get(at+"/edit?indicator=special"), "revision").Get("revision"))
	if a := x.Post(at+"/indicator", special).Want(http.StatusUnprocessableEntity); !strings.Contains(strings.Join(a.All(".field-error"), ""), "已经有了") {
		t.Error("one number stands for two indicators")
	}
	special.Set("was", "S-2026Q3-1")
	special.Set("remove", "1")
	x.Post(at+"/indicator", special).Want(http.StatusSeeOther)
	whole := x.Get(at + "/edit").Want(http.StatusOK)
	all := func(change ...string) url.Values {
		v := fields(whole, "revision", "title", "source", "from", "until", "deduct", "deduct_mark", "bonus", "bonus_mark", "fail_below", "fail_below_mark", "bonus_above", "bonus_above_mark", "egroup", "numerator", "denominator", "emark", "esource")
		v.Set("revision", fields(x.Get(at+"/edit"), "revision").Get("revision"))
		v.Set("confidence", "unverified-points")
		v.Set("mode", "scale")
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, tt := range []struct{ field, value, says string }{{"denominator", "0", "不能为0"}, {"denominator", "x", "整数"}, {"until", "2026-06-30", "早于生效日期"}, {"from", "", "生效日期"}, {"deduct", "很多", "最多两位小数"}} {
		a := x.Post(at+"/whole", all(tt.field, tt.value)).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(a.All(".field-error"), " "); !strings.Contains(got, tt.says) {
			t.Errorf("%s = %q is refused with %q, want %q", tt.field, tt.value, got, tt.says)
		}
	}
	x.Post(at+"/whole", all("deduct", "60")).Want(http.StatusSeeOther)
	if a := x.Get(at).Want(http.StatusOK); !strings.Contains(strings.Join(a.All(".alert"), " "), "还不能送复核") {
		t.Error("what does not add up may be sent")
	}
	if a := x.Post(at+"/submit", nil); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusConflict {
		t.Errorf("what does not add up is sent: %d", a.Status)
	}
	x.Post(at+"/whole", all("deduct", "100")).Want(http.StatusSeeOther)

	// Tried on the month that runs.
	id := at[strings.LastIndex(at, "/")+1:]
	trial := packs + "/rehearsal?try=" + id + "&period=2026-03"
	if got := x.Get(trial).Want(http.StatusOK).Text(".table tbody tr"); !strings.Contains(got, "西安市商务局网站") || !strings.Contains(got, "D-19") {
		t.Errorf("who changes: %q", got)
	}
	if a := x.Get(packs + "/rehearsal/export?try=" + id + "&period=2026-03&format=csv").Want(http.StatusOK); !strings.Contains(a.Body, "D-19") {
		t.Errorf("the sheet of the trial: %.200s", a.Body)
	}
	x.Get(packs + "/rehearsal").Want(http.StatusOK)
	for _, q := range []string{"?try=" + id + "&period=2027-Q1", "?try=" + id + "&period=x", "?try=none&period=2026-03", "?try=" + assessment.PackID + "+9&period=2026-03"} {
		if a := x.Get(packs + "/rehearsal" + q); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s answers %d", q, a.Status)
		}
	}

	// A second person.
	x.Post(at+"/submit", nil).Want(http.StatusSeeOther)
	x.Get(edit).Want(http.StatusConflict)
	x.Post(at+"/indicator", as("per_hit", "4")).Want(http.StatusConflict)
	if page := x.Get(at); strings.Contains(page.Body, at+"/agree") {
		t.Error("the author is offered to agree")
	}
	x.Post(at+"/agree", url.Values{"says_agree": {"自己同意"}}).Want(http.StatusConflict)
	x.as("colleague").Post(at+"/return", url.Values{"says_return": {"短"}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/return", url.Values{"says_return": {"请说明理由"}}).Want(http.StatusSeeOther)
	if got := strings.Join(x.as("province").Get(at).All(".alert"), " "); !strings.Contains(got, "colleague退回修改") || !strings.Contains(got, "请说明理由") {
		t.Errorf("returned: %s", got)
	}
	x.Post(at+"/submit", nil).Want(http.StatusSeeOther)
	x.as("colleague").Post(at+"/agree", url.Values{"says_agree": {"同意"}}).Want(http.StatusSeeOther)
	x.Post(at+"/agree", nil).Want(http.StatusConflict)
	adopt := url.Values{"pack": {assessment.PackID}, "version": {"2"}, "unit": {draft.Get("unit")}, "label": {assessment.Adopted}, "basis": {"陕政办函〔2026〕8号"}}
	x.Post(packs+"/adopt", adopt).Want(http.StatusSeeOther)
	if got := strings.Join(x.Get(packs).All(".table tbody tr"), "\n"); !strings.Contains(got, "陕政办函〔2026〕8号") || !strings.Contains(got, "colleague") || !strings.Contains(got, "2026-03-20") {
		t.Error("who adopted, and when, is not told")
	}
	x.as("city").Get(at).Want(http.StatusOK) // what was adopted is public to its area
	if a := x.Post(at+"/end", url.Values{"says_end": {"市里想停用（演示）"}}); a.Status != http.StatusNotFound && a.Status != http.StatusConflict {
		t.Errorf("a city ends the province's version: %d", a.Status)
	}
	x.as("province").Post(at+"/end", url.Values{"says_end": {"另发新版（演示）"}}).Want(http.StatusSeeOther)

	// In and out as a file, whole or not at all.
	file := x.Get(packs + "/export?pack=" + assessment.PackID + "&version=1").Want(http.StatusOK)
	if !strings.Contains(file.Header.Get("Content-Type"), "json") {
		t.Errorf("exported as %s", file.Header.Get("Content-Type"))
	}
	x.Get(packs + "/export?pack=none&version=1").Want(http.StatusNotFound)
	x.Get(packs + "/export?id=none").Want(http.StatusNotFound)
	for name, content := range map[string]string{"空": "", "坏": `{"id":`, "缺": `{"id": "` + assessment.PackID + `", "version": 9}`, "同号": file.Body} {
		if a := x.takes(packs+"/import", draft.Get("unit"), []byte(content)); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusConflict {
			t.Errorf("%s: %d %s", name, a.Status, a.Text(".error-summary"))
		}
	}
	other := strings.Replace(strings.Replace(file.Body, `"version": 1`, `"version": 7`, 1), `"2019-04-01"`, `"2030-01-01"`, 1)
	to := x.takes(packs+"/import", draft.Get("unit"), []byte(other)).Want(http.StatusSeeOther).Location()
	x.Post(to+"/drop", nil).Want(http.StatusSeeOther)
	x.Post(to+"/submit", nil).Want(http.StatusConflict)
}

// takes uploads a pack.
func (x *desk) takes(path, unit string, content []byte) *webtest.Answer {
	x.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range map[string]string{"_form": webtest.Token, "unit": unit, "note": "由另一省导入（演示）"} {
		if err := m.WriteField(k, v); err != nil {
			x.t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("file", "pack.json")
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		x.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		x.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return x.Do(r)
}
