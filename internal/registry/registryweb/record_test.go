package registryweb_test

import (
	"bytes"
	"context"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/registry/registryweb"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// enter fills in the form by which something that existed before is entered.
func (h *house) enter(path string, v url.Values) string {
	h.t.Helper()
	return h.site.Post(path, v).Want(http.StatusSeeOther).Location()
}

// attrs are the values that follow a piece of markup, to the next quote.
func attrs(a *webtest.Answer, mark string) []string {
	var out []string
	for _, part := range strings.Split(a.Body, mark)[1:] {
		v, _, _ := strings.Cut(part, `"`)
		out = append(out, html.UnescapeString(v))
	}
	return out
}

func accountForm(change map[string]string) url.Values {
	v := url.Values{"unit": {"雁塔区人民政府办公室"}, "platform": {"weibo"}, "name": {"雁塔发布"}, "url": {"https://weibo.com/u/1000000001"}, "platform_id": {"1000000001"}, "verified_as": {"雁塔区人民政府办公室"}, "why": {"2019 年开设，经市政府办公厅备案"}}
	for k, x := range change {
		v.Set(k, x)
	}
	return v
}

func TestAccountIsEnteredSeenAndMended(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.site.Get("/console/accounts/new").Want(http.StatusOK)
		for name, tt := range map[string]struct {
			change map[string]string
			says   string
		}{
			"no basis":      {map[string]string{"why": ""}, "请写明变更原因"},
			"no unit":       {map[string]string{"unit": ""}, "没有填写主办单位"},
			"another's":     {map[string]string{"unit": "阎良区人民政府办公室"}, "管辖范围内没有登记"},
			"no necessity":  {map[string]string{"platform": "app", "url": ""}, "第二十七条"},
			"a date nobody": {map[string]string{"filed_on": "2021-02-30"}, "2021-02-30"},
		} {
			a := h.site.Post("/console/accounts/new", accountForm(tt.change)).Want(http.StatusUnprocessableEntity)
			if got := strings.Join(a.All(".errors p, .errors li, .field-error"), " "); !strings.Contains(got, tt.says) {
				t.Errorf("%s: %q", name, got)
			}
			if a.Attr("input[name=name]", "value") != "雁塔发布" {
				t.Errorf("%s: what was typed is lost", name)
			}
		}
		at := h.enter("/console/accounts/new", accountForm(nil))
		a := h.site.Get(at).Want(http.StatusOK)
		for _, want := range []string{"还缺 3 项", "来源：人工填写", "没有发现问题", "西安市人民政府办公厅"} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		// What is seen on the platform stands beside the ledger.
		h.site.Post(at+"/sighting", url.Values{"name": {"雁塔发布"}, "platform_id": {"1999999999"}}).Want(http.StatusSeeOther)
		if a = h.site.Get(at); !strings.Contains(a.Body, "可能已被他人占用") {
			t.Error("a hijacked handle is not told")
		}
		// A change is shown before it is kept, with its reason afterwards.
		form := h.site.Get(at + "/edit").Want(http.StatusOK)
		v := accountForm(map[string]string{"name": "雁塔新发布", "a": string(h.zhou.ID), "b": string(h.li.ID), "why": "统一名称", "document": "批复 1 号"})
		v.Set("seen", form.Attr("input[name=seen]", "value"))
		h.save(at+"/edit", v)
		a = h.site.Get(at).Want(http.StatusOK)
		for _, want := range []string{"雁塔新发布", "统一名称", "批复 1 号", "周敏", "曾用名"} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("after the change the page lacks %s", want)
			}
		}
		v.Set("b", string(h.zhou.ID))
		if a := h.site.Post(at+"/edit", v).Want(http.StatusConflict); !strings.Contains(a.Body, "已被别人修改") {
			t.Error("a stale form is not told")
		}
		v.Set("seen", h.site.Get(at+"/edit").Attr("input[name=seen]", "value"))
		if a := h.site.Post(at+"/edit", v).Want(http.StatusUnprocessableEntity); !strings.Contains(a.Body, "第十九条") {
			t.Error("one person in both posts is not refused")
		}
		h.site.Post(at+"/use", url.Values{"on": {"2020-01-01"}, "followers": {"很多"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at+"/use", url.Values{"on": {"2020-01-01"}, "followers": {"5200"}}).Want(http.StatusSeeOther)
		if a = h.site.Get(at); !strings.Contains(a.Body, "5200 人") {
			t.Error("the count is not shown")
		}
		h.become(authz.Sponsor, h.yanta)
		h.site.Get(at + "/edit").Want(http.StatusOK)
		h.site.Get("/console/accounts/new").Want(http.StatusForbidden)
		h.become(authz.Cyberspace, h.city)
		h.site.Get(at).Want(http.StatusOK)
		h.site.Get(at + "/edit").Want(http.StatusForbidden)
		h.become(authz.Supervisor, h.yanliang)
		h.site.Get(at).Want(http.StatusNotFound)
	})
}

func TestArticle07_3_VersionNeedsItsReport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.enter("/console/accounts/new", accountForm(map[string]string{"platform": "app", "url": "", "platform_id": "cn.gov.yanta", "necessity": "本区特有事项"}))
		send := func(change map[string]string, file string) *webtest.Answer {
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			for k, v := range map[string]string{"_form": webtest.Token, "number": "1.0", "released_on": "2026-01-10", "tester": "测评中心", "tested_on": "2026-01-05", "passed": "on", "why": "新版本", "store0": "https://example.cn/a"} {
				if x, ok := change[k]; ok {
					v = x
				}
				_ = m.WriteField(k, v)
			}
			if file != "" {
				f, _ := m.CreateFormFile("file", "报告.pdf")
				_, _ = f.Write([]byte(file))
			}
			_ = m.Close()
			r := httptest.NewRequest(http.MethodPost, at+"/versions/new", &b)
			r.Header.Set("Content-Type", m.FormDataContentType())
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			return h.site.Do(r)
		}
		for name, a := range map[string]*webtest.Answer{
			"no report": send(nil, ""), "not passed": send(map[string]string{"passed": ""}, "%PDF-1.7\n"), "not what it claims": send(nil, "MZ"),
			"tested afterwards": send(map[string]string{"tested_on": "2026-02-05"}, "%PDF-1.7\n"),
		} {
			if a.Want(http.StatusUnprocessableEntity); len(a.All(".field-error")) == 0 {
				t.Errorf("%s: no field is named", name)
			}
		}
		send(nil, "%PDF-1.7\n").Want(http.StatusSeeOther)
		a := h.site.Get(at).Want(http.StatusOK)
		var report string
		for _, href := range attrs(a, `href="`) {
			if strings.HasPrefix(href, at+"/versions/") && !strings.HasSuffix(href, "/new") {
				report = href
			}
		}
		if got := h.site.Get(report).Want(http.StatusOK); got.Body != "%PDF-1.7\n" || !strings.Contains(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the report: %q", got.Body)
		}
		if a := h.site.Get("/console/apps/low-use").Want(http.StatusOK); !strings.Contains(a.Body, "没有统计") {
			t.Error("an app without a count is not listed")
		}
	})
}

func TestArticle10_DomainLedger(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		v := url.Values{"host": {"https://YT.gov.cn/"}, "unit": {"雁塔区人民政府办公室"}, "site_host": {"www.yanta.example.gov.cn"}, "expires_on": {"2030-01-01"}, "why": {"存量认定"}}
		with := func(name, value string) url.Values {
			c := url.Values{}
			for k, x := range v {
				c[k] = x
			}
			c.Set(name, value)
			return c
		}
		h.site.Post("/console/domains/new", with("host", "不 是 域名")).Want(http.StatusUnprocessableEntity)
		h.site.Post("/console/domains/new", with("site_host", "www.yanliang.example.gov.cn")).Want(http.StatusUnprocessableEntity)
		h.site.Post("/console/domains/new", with("main", "on")).Want(http.StatusConflict)
		h.site.Post("/console/domains/new", with("expires_on", "2021-02-30")).Want(http.StatusUnprocessableEntity)
		at := h.enter("/console/domains/new", v)
		a := h.site.Get(at).Want(http.StatusOK)
		if !strings.Contains(a.Body, "超过一中一英") || !strings.Contains(a.Body, "国办函〔2018〕55号") {
			t.Error("two English domains, or the form of the name, are not told")
		}
		// The list, its filters, and an export equal to it.
		for query, want := range map[string]int{"": 2, "q=yt.gov": 1, "kind=chinese": 0, "state=cancelled": 0, "site=none": 0} {
			a := h.site.Get("/console/domains?" + query).Want(http.StatusOK)
			if got := len(a.All(".table tbody tr")); got != want && !(want == 0 && strings.Contains(a.Body, "没有符合条件")) {
				t.Errorf("%q: %d rows, want %d", query, got, want)
			}
			csv := h.site.Get("/console/domains/export?format=csv&" + query).Want(http.StatusOK)
			if got := strings.Count(strings.TrimSpace(csv.Body), "\n"); got != want {
				t.Errorf("%q: %d rows go out, want %d", query, got, want)
			}
		}
		h.site.Get("/console/domains/export?format=pdf").Want(http.StatusUnprocessableEntity)
		// Mended with a reason; given up with proof; watched.
		form := h.site.Get(at + "/edit").Want(http.StatusOK)
		h.save(at+"/edit", url.Values{"seen": {form.Attr("input[name=seen]", "value")}, "expires_on": {"2031-01-01"}, "ns": {"ns1.example.cn，ns2.example.cn"}, "why": {"续费"}})
		h.site.Post(at+"/acts/begin_cancel", url.Values{"why": {"停用"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at+"/acts/cancel", url.Values{"why": {"停用"}, "document": {"回执"}}).Want(http.StatusConflict)
		h.enter(at+"/acts/begin_cancel", url.Values{"why": {"停用"}, "document": {"批复"}})
		h.site.Post(at+"/acts/cancel", url.Values{"why": {"停用"}}).Want(http.StatusUnprocessableEntity)
		h.enter(at+"/acts/cancel", url.Values{"why": {"停用"}, "document": {"回执"}})
		h.enter(at+"/acts/look", url.Values{"says": {"页面为博彩内容"}, "alarm": {"on"}})
		if a := h.site.Get("/console/domains/watch").Want(http.StatusOK); !strings.Contains(a.Body, "已被他人使用") {
			t.Error("the given-up name is not watched")
		}
		h.site.Get(at + "/acts/nothing").Want(http.StatusNotFound)
		h.become(authz.Sponsor, h.yanta)
		h.site.Get(at + "/acts/strike").Want(http.StatusForbidden)
		h.become(authz.Supervisor, h.yanliang)
		h.site.Get(at).Want(http.StatusNotFound)
	})
}

func TestUnitConfirmsItsRecords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := registry.RecertifyLink(h.yanta.ID)
		h.become(authz.Sponsor, h.yanta)
		a := h.site.Get(at).Want(http.StatusOK)
		keys := attrs(a, `name="keys" value="`)
		if len(keys) != 2 {
			t.Fatalf("to confirm: %v", keys)
		}
		h.site.Post(at, url.Values{}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at, url.Values{"keys": keys[:1]}).Want(http.StatusSeeOther)
		h.site.Post(at, url.Values{"keys": keys}).Want(http.StatusSeeOther)
		if a = h.site.Get(at); !strings.Contains(a.Body, "本年核对已完成") {
			t.Error("all is confirmed and the page does not say so")
		}
		// A supervisor sees how far it is and does not confirm for the unit.
		h.become(authz.Supervisor, h.city)
		if a = h.site.Get(registry.RecertifyLink(h.yanliang.ID)).Want(http.StatusOK); len(a.All("input[name=keys]")) != 0 {
			t.Error("a supervisor is offered to confirm")
		}
		h.site.Post(at, url.Values{"keys": keys}).Want(http.StatusForbidden)
	})
}

func TestArticle09_NamesAreListedWithTheirReason(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enter("/console/accounts/new", accountForm(map[string]string{"name": "指尖服务", "verified_as": "某传媒公司"}))
		a := h.site.Get("/console/names").Want(http.StatusOK)
		if got := strings.Join(a.All(".table tbody tr"), " "); !strings.Contains(got, "S9.1.tied") || !strings.Contains(got, "S9.2.verified") {
			t.Errorf("names: %s", got)
		}
		if got := h.site.Get("/console/names?rule=S9.3.same_name").Want(http.StatusOK).All(".table tbody th a"); len(got) != 0 {
			t.Errorf("filtered: %v", got)
		}
	})
}

// A site's page shows its domains and a change of a name as a former one.
func TestSitePageTellsItsDomainsAndFormerNames(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		form := h.site.Get(h.own.Link() + "/identifiers")
		h.save(h.own.Link()+"/identifiers", identifiers(form, map[string]string{"name": "雁塔区政府网", "chinese_domain": "雁塔.政务"}))
		a := h.site.Get(h.own.Link()).Want(http.StatusOK)
		for _, want := range []string{"曾用名", "雁塔.政务", "主域名", "西安市人民政府办公厅", "更正录入错误"} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		list, err := h.registry.DomainsOf(context.Background(), h.db, system, h.own.ID)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d domains (%v)", len(list), err)
		}
		// Nobody changed the ledger by looking at the changes.
		n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM object_name`)
		if err != nil || n != 1 {
			t.Errorf("%d former names (%v)", n, err)
		}
	})
}

func TestPagesShowWhatModulesAboveHold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.enter("/console/accounts/new", accountForm(nil))
		blobs, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		var wrong error
		var asked []registry.Ref
		door := registryweb.New(h.db, h.org, h.registry, blobs).Beside(
			func(_ *http.Request, ref registry.Ref) ([]web.Component, error) {
				asked = append(asked, ref)
				return []web.Component{web.Summary{Title: "等级保护和托管", Terms: []web.Term{{Name: "托管", Text: "政务云"}}}}, nil
			},
			func(*http.Request, registry.Ref) ([]web.Component, error) { return nil, wrong })
		site := webtest.Open(t, h.site.Gate.Session, nil, door.Routes()...)
		for _, page := range []string{h.own.Link(), at} {
			if said := site.Get(page).Want(http.StatusOK).Text("main"); !strings.Contains(said, "等级保护和托管") || !strings.Contains(said, "政务云") {
				t.Errorf("%s does not show it: %.300s", page, said)
			}
		}
		if len(asked) != 2 || asked[0] != (registry.Ref{Kind: sx2021.Site, ID: string(h.own.ID)}) || asked[1].Kind != sx2021.Account || "/console/accounts/"+asked[1].ID != at {
			t.Errorf("asked of %+v", asked)
		}
		site.Get(h.neighbour.Link()).Want(http.StatusNotFound)
		if len(asked) != 2 {
			t.Error("asked of a site that is out of scope")
		}
		wrong = fault.New(fault.Unavailable, "暂时无法读取。")
		site.Get(h.own.Link()).Want(http.StatusServiceUnavailable)
		site.Get(at).Want(http.StatusServiceUnavailable)
	})
}
