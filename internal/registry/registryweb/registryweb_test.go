package registryweb_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/registry/registryweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

var system = authz.System("test")

const divisions = "code,level,name,parent_code\n610000,province,陕西省,\n610100,city,西安市,610000\n610113,county,雁塔区,610100\n610114,county,阎良区,610100\n"

// house is a city with two counties; each county has a portal, Yanta two
// people, too.
type house struct {
	db             *db.DB
	org            *org.Service
	registry       *registry.Service
	city, yanta    org.Unit
	yanliang       org.Unit
	own, neighbour registry.Site
	zhou, li       org.Person
	site           *webtest.Site
	t              *testing.T
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine); err != nil {
			t.Fatal(err)
		}
		h := &house{db: d, org: org.New(d), t: t}
		h.registry = registry.New(d, h.org)
		tab, err := official.ReadTable(strings.NewReader(divisions), int64(len(divisions)), "d.csv", official.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.org.ImportUnits(ctx, system, tab, org.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		for to, u := range map[*org.Unit][2]string{&h.city: {"city-610100000000", "西安市人民政府办公厅"}, &h.yanta: {"county-610113000000", "雁塔区人民政府办公室"}, &h.yanliang: {"county-610114000000", "阎良区人民政府办公室"}} {
			if *to, err = h.org.UnitNamed(ctx, d, system, org.AreaID(u[0]), u[1]); err != nil {
				t.Fatal(err)
			}
		}
		err = d.Update(ctx, func(tx *db.Tx) error {
			var err error
			if h.own, err = h.registry.EnterSite(ctx, tx, registry.Site{Unit: h.yanta.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: "www.yanta.example.gov.cn", SiteCode: "6101130001", ICP: "=1+1"}); err != nil {
				return err
			}
			if h.neighbour, err = h.registry.EnterSite(ctx, tx, registry.Site{Unit: h.yanliang.ID, Kind: registry.Portal, Name: "阎良区人民政府", Host: "www.yanliang.example.gov.cn"}); err != nil {
				return err
			}
			if h.zhou, err = h.org.AddPerson(ctx, tx, system, org.Person{Unit: h.yanta.ID, Name: "周敏"}); err != nil {
				return err
			}
			h.li, err = h.org.AddPerson(ctx, tx, system, org.Person{Unit: h.yanta.ID, Name: "李强", Title: "科员"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		blobs, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		h.site = webtest.Open(t, nil, nil, registryweb.New(d, h.org, h.registry, blobs).Routes()...)
		h.site.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "person", Name: "王秀兰"})
		}
		h.become(authz.Supervisor, h.yanta)
		fn(t, h)
	})
}

func (h *house) become(role authz.Role, at org.Unit) {
	s := webtest.Session(role, at.AreaPath)
	s.Posts[0].LinePath, s.Posts[0].Office, s.Posts[0].UnitID = at.LinePath, at.Kind == org.Office, string(at.ID)
	h.site.Gate.Session = s
}

func (h *house) upload(kind, name, body string) *webtest.Answer {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("_form", webtest.Token)
	_ = m.WriteField("kind", kind)
	if name != "" {
		f, _ := m.CreateFormFile("file", name)
		_, _ = f.Write([]byte(body))
	}
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, "/console/import", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return h.site.Do(r)
}

func TestLedgerShowsTheScopeAndItsFilters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		names := func(query string) []string {
			return h.site.Get("/console/sites?" + query).Want(http.StatusOK).All(".table tbody th a")
		}
		if got := names(""); !slices.Equal(got, []string{"雁塔区人民政府"}) {
			t.Errorf("a county sees %v", got)
		}
		if body := h.site.Get("/console/sites").Body; strings.Contains(body, "阎良") {
			t.Error("the neighbour is on the page")
		}
		h.site.Get("/console/sites?area=county-610114000000").Want(http.StatusNotFound)
		h.site.Get("/console/sites/" + string(h.neighbour.ID)).Want(http.StatusNotFound)
		h.site.Get("/console/sites?gap=passwords").Want(http.StatusUnprocessableEntity)

		h.become(authz.Supervisor, h.city)
		for query, want := range map[string]int{
			"": 2, "area=county-610114000000": 1, "gap=site_code": 1, "gap=any": 2, "gap=party_gov_mark": 2, "monitored=yes": 0, "monitored=no": 2,
			"q=ytqrmzf": 1, "q=6101130001": 1, "kind=department": 0, "state=running": 2, "state=planned": 0, "page=99": 2,
		} {
			if got := names(query); len(got) != want {
				t.Errorf("%q shows %v, want %d", query, got, want)
			}
		}
	})
}

func TestExportIsTheListOnScreen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.become(authz.Supervisor, h.city)
		for _, format := range []string{"csv", "xlsx"} {
			for query, want := range map[string]int{"": 2, "gap=site_code": 1, "q=yanliang": 1, "state=planned": 0} {
				a := h.site.Get("/console/sites/export?format=" + format + "&" + query).Want(http.StatusOK)
				tab, err := official.ReadTable(strings.NewReader(a.Body), int64(len(a.Body)), "x."+format, official.Limits{})
				if err != nil {
					if want == 0 {
						continue // nothing under the header
					}
					t.Fatal(err)
				}
				n := 0
				for row, err := range tab.Rows() {
					if err != nil {
						t.Fatal(err)
					}
					n++
					if slices.ContainsFunc(row.Cells, func(c string) bool { return strings.HasPrefix(c, "=") }) && format == "csv" {
						t.Error("a cell begins a formula")
					}
				}
				if n != want {
					t.Errorf("%s %q: %d rows, want %d", format, query, n, want)
				}
			}
		}
		h.site.Get("/console/sites/export?format=pdf").Want(http.StatusUnprocessableEntity)
		if n := len(h.site.Taken); n != 8 {
			t.Errorf("%d exports told to the trail", n)
		}
		// What goes out can be brought back and changes nothing.
		h.become(authz.Supervisor, h.yanta)
		out := h.site.Get("/console/sites/export?format=csv&q=yanta").Want(http.StatusOK)
		a := h.site.Get(h.upload("sites", "sites.csv", strings.ReplaceAll(out.Body, "'=1+1", "=1+1")).Want(http.StatusSeeOther).Location()).Want(http.StatusOK)
		if got := a.All(".stat-value"); !slices.Equal(got, []string{"1行", "0行", "1行", "0行"}) {
			t.Errorf("brought back: %v %v", got, a.All(".table tbody td"))
		}
	})
}

func identifiers(a *webtest.Answer, change map[string]string) url.Values {
	v := url.Values{}
	for _, name := range []string{"seen", "name", "contact", "address", "site_code", "host", "chinese_domain", "icp", "police_filing", "party_gov_mark", "slug"} {
		v.Set(name, a.Attr("input[name="+name+"]", "value"))
	}
	v.Set("why", "更正录入错误")
	for k, x := range change {
		v.Set(k, x)
	}
	return v
}

// save sends a form of the ledger, reads what it would change, and agrees.
func (h *house) save(path string, v url.Values) *webtest.Answer {
	h.t.Helper()
	a := h.site.Post(path, v).Want(http.StatusOK)
	if n := len(a.All("table tbody tr")); n == 0 {
		h.t.Fatalf("the changes are not shown: %s", a.Text("main"))
	}
	v.Set("agreed", a.Attr("input[name=agreed]", "value"))
	return h.site.Post(path, v).Want(http.StatusSeeOther)
}

func TestIdentifiersAreMendedAndKeptInHistory(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.own.Link()
		form := h.site.Get(at + "/identifiers").Want(http.StatusOK)
		h.save(at+"/identifiers", identifiers(form, map[string]string{"icp": "陕ICP备05000001号"}))
		a := h.site.Get(at).Want(http.StatusOK)
		if got := strings.Join(a.All(".table tbody tr"), " "); !strings.Contains(got, "ICP备案编号") || !strings.Contains(got, "=1+1") || !strings.Contains(got, "陕ICP备05000001号") || !strings.Contains(got, "更正录入错误") {
			t.Errorf("history: %s", got)
		}
		if got := a.Text(".alert p"); got != "还缺 3 项标识" {
			t.Errorf("gaps: %s", got)
		}
		if !strings.Contains(a.Body, "前 6 位 610113 是区划代码") {
			t.Error("the code is not explained")
		}
		// The form that was opened before the change is refused once, keeps
		// what was typed, and is taken at the second press.
		second := h.site.Post(at+"/identifiers", identifiers(form, map[string]string{"contact": "029-1234567"})).Want(http.StatusConflict)
		if got := second.Attr("input[name=contact]", "value"); got != "029-1234567" {
			t.Errorf("typed text lost: %q", got)
		}
		h.save(at+"/identifiers", identifiers(second, nil))

		form = h.site.Get(at + "/identifiers").Want(http.StatusOK)
		for name, tt := range map[string]struct {
			change map[string]string
			status int
			says   string
		}{
			"long code":       {map[string]string{"site_code": "610113000011"}, http.StatusConflict, "应为10位"},
			"another's code":  {map[string]string{"site_code": "6101140001"}, http.StatusConflict, "不一致"},
			"no name":         {map[string]string{"name": " "}, http.StatusUnprocessableEntity, "请填写站点名称"},
			"bad host":        {map[string]string{"host": "bad host"}, http.StatusUnprocessableEntity, "域名"},
			"taken host":      {map[string]string{"host": h.neighbour.Host}, http.StatusConflict, "已在台账中登记"},
			"bad slug":        {map[string]string{"slug": "Yanta!"}, http.StatusUnprocessableEntity, "小写字母"},
			"hosted, no slug": {map[string]string{"hosted": "on", "slug": ""}, http.StatusUnprocessableEntity, "要有站点简称"},
			"no reason":       {map[string]string{"icp": "陕ICP备1号", "why": " "}, http.StatusUnprocessableEntity, "请写明变更原因"},
			"too long":        {map[string]string{"icp": strings.Repeat("字", 61)}, http.StatusUnprocessableEntity, "最多 60 个字"},
		} {
			a := h.site.Post(at+"/identifiers", identifiers(form, tt.change)).Want(tt.status)
			if got := strings.Join(a.All(".errors p, .errors li, .field-error"), " "); !strings.Contains(got, tt.says) {
				t.Errorf("%s: %q", name, got)
			}
		}
		h.become(authz.Supervisor, h.yanliang)
		h.site.Get(at + "/identifiers").Want(http.StatusNotFound)
		h.site.Post(at+"/identifiers", identifiers(form, nil)).Want(http.StatusNotFound)
		h.become(authz.Cyberspace, h.city)
		h.site.Get(at + "/identifiers").Want(http.StatusForbidden)
	})
}

func TestMonitoringIsSwitchedByAPersonForOneHost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.own.Link()
		h.site.Post(at+"/monitor", url.Values{"on": {"maybe"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at+"/monitor", url.Values{"on": {"yes"}}).Want(http.StatusSeeOther)
		a := h.site.Get(at).Want(http.StatusOK)
		if got := a.Attr("button[name=on]", "value"); got != "no" {
			t.Errorf("the switch offers %q", got)
		}
		form := h.site.Get(at + "/identifiers")
		h.save(at+"/identifiers", identifiers(form, map[string]string{"host": "new.yanta.example.gov.cn"}))
		s, err := h.registry.Site(context.Background(), system, h.own.ID)
		if err != nil || s.Monitored {
			t.Errorf("a new host is monitored unasked (%v)", err)
		}
		h.site.Post(h.neighbour.Link()+"/monitor", url.Values{"on": {"yes"}}).Want(http.StatusNotFound)
		h.become(authz.Sponsor, h.yanta)
		h.site.Post(at+"/monitor", url.Values{"on": {"yes"}}).Want(http.StatusForbidden)
		if got := h.site.Get(at).Want(http.StatusOK).All("button[name=on]"); len(got) != 0 {
			t.Error("a sponsor is offered the switch")
		}
	})
}

func TestAddColumn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.become(authz.Sponsor, h.yanta)
		at := h.own.Link() + "/columns/new"
		a := h.site.Get(at).Want(http.StatusOK)
		if got := a.All("select[name=owner] option"); !slices.Equal(got, []string{"请选择", "周敏", "李强（科员）"}) && !slices.Equal(got, []string{"请选择", "李强（科员）", "周敏"}) {
			t.Errorf("people %v", got)
		}
		good := url.Values{"name": {"通知公告"}, "slug": {"notices"}, "type": {"通知公告"}, "description": {"发布本区的通知"}, "owner": {string(h.zhou.ID)}, "a": {string(h.zhou.ID)}, "b": {string(h.li.ID)}, "cycle_days": {"7"}}
		for field, bad := range map[string]string{"b": string(h.zhou.ID), "owner": "nobody", "cycle_days": "often", "slug": "通知", "type": "别的", "description": "通知公告"} {
			v := url.Values{}
			for k := range good {
				v.Set(k, good.Get(k))
			}
			v.Set(field, bad)
			a := h.site.Post(at, v).Want(http.StatusUnprocessableEntity)
			if len(a.All(".field-error")) == 0 || a.Attr("input[name=name]", "value") != "通知公告" {
				t.Errorf("%s=%s: %v", field, bad, a.All(".field-error"))
			}
		}
		// What a site has is not known until its columns are entered.
		if got := h.site.Get(h.own.Link()).Want(http.StatusOK).All(".tag"); slices.Contains(got, "缺少") || !slices.Contains(got, "待登记") {
			t.Errorf("functions of a site without columns: %v", got)
		}
		h.site.Post(at, good).Want(http.StatusSeeOther)
		h.site.Post(at, good).Want(http.StatusConflict)
		if got := h.site.Get(h.own.Link()).Want(http.StatusOK).All(".tag"); !slices.Contains(got, "缺少") || slices.Contains(got, "待登记") {
			t.Errorf("functions of a site with one column: %v", got)
		}
		a = h.site.Get(h.own.Link()).Want(http.StatusOK)
		if got := a.All(".table tbody td"); !slices.Equal(got[3:], []string{"通知公告", "周敏", "周敏", "李强", "7 天"}) {
			t.Errorf("column %v", got)
		}
		h.become(authz.Sponsor, h.yanliang)
		h.site.Get(at).Want(http.StatusNotFound)
		h.site.Post(at, good).Want(http.StatusNotFound)
	})
}

const upload = `code,name,level,host,kind
610113,雁塔,county,a.yanta.example.gov.cn,portal
610114,阎良,county,a.yanliang.example.gov.cn,portal
610113,坏,county,bad host,portal
`

func TestImportLooksFirstAndTakesOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.upload("sites", `C:\台账\sites.csv`, upload).Want(http.StatusSeeOther).Location()
		a := h.site.Get(at).Want(http.StatusOK)
		if got := a.Text("h1"); got != "sites.csv 预检报告" {
			t.Errorf("head %q", got)
		}
		if got := a.All(".stat-value"); !slices.Equal(got, []string{"3行", "1行", "0行", "2行"}) {
			t.Errorf("dry run %v", got)
		}
		if got := a.All(".table tbody th"); !slices.Equal(got, []string{"3", "4"}) {
			t.Errorf("rows %v", got)
		}
		if _, total, _ := h.registry.Sites(context.Background(), system, registry.SiteFilter{}); total != 2 {
			t.Fatalf("the dry run wrote: %d sites", total)
		}
		// Another person's file is nobody else's.
		h.site.Gate.Session.PersonID = "another"
		h.site.Get(at).Want(http.StatusNotFound)
		h.site.Post(at, nil).Want(http.StatusNotFound)
		h.site.Gate.Session.PersonID = "person"

		for range 2 {
			h.site.Post(at, nil).Want(http.StatusSeeOther)
			a = h.site.Get(at).Want(http.StatusOK)
			if got := a.All(".stat-value"); !slices.Equal(got, []string{"3行", "1行", "0行", "2行"}) {
				t.Errorf("import %v", got)
			}
		}
		if strings.Contains(strings.Join(a.All("main form button"), ""), "确认导入") {
			t.Error("a file that was taken can be confirmed again")
		}
		if got := h.site.Get("/console/import").Want(http.StatusOK).All(".table tbody td"); len(got) != 3 || got[2] != "已导入 1 行" {
			t.Errorf("own files %v", got)
		}
	})
}

func TestImportSaysWhatIsWrongWithAFile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for name, tt := range map[string]struct{ kind, file, body, says string }{
			"no file":        {"sites", "", "", "没有选择文件"},
			"empty":          {"sites", "a.csv", "", "没有选择文件，或文件是空的"},
			"no kind":        {"", "a.csv", upload, "没有选择文件里登记的是什么"},
			"not a table":    {"sites", "a.exe", "MZ", "CSV"},
			"unknown header": {"units", "a.csv", "甲,乙\n1,2\n", "没有认出这个文件的表头"},
			"macros":         {"sites", "a.xlsm", "PK\x03\x04", "宏"},
			"broken xlsx":    {"units", "a.xlsx", "PK\x03\x04nonsense", "XLSX"},
		} {
			a := h.upload(tt.kind, tt.file, tt.body).Want(http.StatusUnprocessableEntity)
			if got := strings.Join(a.All(".errors p, .errors li"), " "); !strings.Contains(strings.ToUpper(got), strings.ToUpper(tt.says)) {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}

// A file far beyond the limit is refused by its announced length, before a
// byte of it is read.
func TestAGigabyteIsRefusedInWords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := httptest.NewRequest(http.MethodPost, "/console/import", strings.NewReader("x"))
		r.ContentLength = 1 << 30
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		a := h.site.Do(r).Want(http.StatusRequestEntityTooLarge)
		if !strings.Contains(a.Body, "提交的内容超过 64 MB 的上限") {
			t.Error(a.All("main"))
		}
	})
}

func TestAccountsOfTheScope(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.become(authz.Supervisor, h.city)
		at := h.upload("accounts", "accounts.csv", "platform,account,url,code\n微博,雁塔发布,https://weibo.example/1,610113\nwechat,阎良发布,https://wx.example/2,610114\n").Want(http.StatusSeeOther).Location()
		h.site.Post(at, nil).Want(http.StatusSeeOther)
		for query, want := range map[string]int{"": 2, "platform=weibo": 1, "area=county-610114000000": 1, "q=雁塔": 1, "q=nothing": 0} {
			if got := h.site.Get("/console/accounts?" + query).Want(http.StatusOK).All(".table tbody th"); len(got) != want {
				t.Errorf("%q shows %v, want %d", query, got, want)
			}
		}
		h.become(authz.Supervisor, h.yanta)
		if got := h.site.Get("/console/accounts").Want(http.StatusOK).All(".table tbody th"); len(got) != 1 {
			t.Errorf("a county sees %v", got)
		}
	})
}

// endless is a body that never says how long it is.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.read += int64(len(p))
	return len(p), nil
}

// One that does not announce its length is read to the limit and no further.
func TestAnEndlessUploadStopsAtTheLimit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		flood := &endless{}
		head := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
		r := httptest.NewRequest(http.MethodPost, "/console/import", io.MultiReader(strings.NewReader(head), flood))
		r.ContentLength = -1
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		a := h.site.Do(r).Want(http.StatusRequestEntityTooLarge)
		if !strings.Contains(a.Body, "提交的内容超过 64 MB 的上限") || flood.read > registry.MaxFile+1<<20 {
			t.Errorf("%d bytes read: %v", flood.read, a.All("main"))
		}
	})
}

// Twice at once: the same file confirmed by two clicks registers each site once.
func TestTwoConfirmationsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var body strings.Builder
		body.WriteString("code,name,level,host,kind\n")
		for i := range 30 {
			fmt.Fprintf(&body, "610113,站点%d,county,s%d.yanta.example.gov.cn,portal\n", i, i)
		}
		at := h.upload("sites", "many.csv", body.String()).Want(http.StatusSeeOther).Location()
		done := make(chan int, 2)
		for range 2 {
			go func() { done <- h.site.Post(at, nil).Status }()
		}
		for range 2 {
			if got := <-done; got != http.StatusSeeOther {
				t.Errorf("status %d", got)
			}
		}
		if _, total, err := h.registry.Sites(context.Background(), system, registry.SiteFilter{}); err != nil || total != 32 {
			t.Errorf("%d sites (%v), want 32", total, err)
		}
	})
}

// A file whose heads nobody knows is matched by a person; the next of the same
// form needs no matching; what was taken in is taken back, but for what was
// changed since.
func TestWizardMatchesRemembersAndUndoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const strange = "序号,站点全名,首页,属地编码,备注\n1,雁塔教育,edu.yanta.example.gov.cn,610113,x\n2,雁塔卫生,wsj.yanta.example.gov.cn,610113,y\n3,坏,www.сhangan.gov.cn,610113,\n4,双,edu.yanta.example.gov.cn,610113,\n5,日期,rq.yanta.example.gov.cn,６１０１１３,\n"
		at := h.upload("sites", "strange.csv", strange).Want(http.StatusSeeOther).Location()
		if !strings.HasSuffix(at, "/columns") {
			t.Fatalf("led to %s", at)
		}
		file := strings.TrimSuffix(at, "/columns")
		a := h.site.Get(at).Want(http.StatusOK)
		if got := a.All("select[name=f_host] option"); len(got) != 6 || !strings.Contains(got[3], "首页（如 edu.yanta") {
			t.Errorf("choices %v", got)
		}
		h.site.Post(at, url.Values{"act": {"match"}, "f_name": {"1"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at, url.Values{"act": {"match"}, "f_name": {"1"}, "f_host": {"1"}, "f_code": {"3"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at, url.Values{"act": {"choose"}, "header_row": {"99"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at, url.Values{"act": {"choose"}, "header_row": {"x"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(at, url.Values{"act": {"match"}, "f_name": {"1"}, "f_host": {"2"}, "f_code": {"3"}}).Want(http.StatusSeeOther)
		a = h.site.Get(file).Want(http.StatusOK)
		if got := a.All(".stat-value"); !slices.Equal(got, []string{"5行", "3行", "0行", "2行"}) {
			t.Fatalf("dry run %v %v", got, a.All(".table tbody td"))
		}
		body := a.Body
		for _, says := range []string{"与第 2 行重复", "疑似仿冒", "个全角字符，已转为半角"} {
			if !strings.Contains(body, says) {
				t.Errorf("the report does not say %s", says)
			}
		}
		wrong := h.site.Get(file + "/wrong").Want(http.StatusOK)
		tab, err := official.ReadTable(strings.NewReader(wrong.Body), int64(len(wrong.Body)), "w.xlsx", official.Limits{})
		if err != nil || tab.Header[1] != "不接受的原因" || tab.Header[3] != "站点全名" {
			t.Fatalf("rows to mend: %v %v", tab, err)
		}
		h.site.Post(file, nil).Want(http.StatusSeeOther)
		total := func() int {
			_, n, err := h.registry.Sites(context.Background(), system, registry.SiteFilter{})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if total() != 5 {
			t.Fatalf("%d sites", total())
		}
		// The same form again is matched by memory and changes nothing.
		again := h.upload("sites", "again.csv", strange).Want(http.StatusSeeOther).Location()
		if got := h.site.Get(again).Want(http.StatusOK).All(".stat-value"); !slices.Equal(got, []string{"5行", "0行", "3行", "2行"}) {
			t.Errorf("again %v", got)
		}
		// One record is changed, then the batch is taken back.
		p, err := h.registry.SiteList(context.Background(), system, registry.ListQuery{Text: "雁塔卫生"})
		if err != nil || p.Total != 1 {
			t.Fatal(p, err)
		}
		changed := p.Rows[0]
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			n := changed.Identifiers()
			n.Contact, n.Why.Says = "029-1", "补充联系方式"
			_, err := h.registry.SetIdentifiers(ctx, tx, system, changed.ID, n)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.site.Post(file+"/undo", url.Values{"why": {"错"}}).Want(http.StatusUnprocessableEntity)
		h.site.Post(file+"/undo", url.Values{"why": {"导错了文件"}}).Want(http.StatusSeeOther)
		h.site.Post(file+"/undo", url.Values{"why": {"导错了文件"}}).Want(http.StatusSeeOther) // a second press finds it done
		a = h.site.Get(file).Want(http.StatusOK)
		if total() != 3 || !strings.Contains(a.Body, "已撤销 2 行") || !strings.Contains(a.Body, "导入后又有改动，保留") {
			t.Errorf("%d sites; %v", total(), a.All("main p, main td"))
		}
		// What was taken back can be brought again.
		h.site.Post(again, nil).Want(http.StatusSeeOther)
		if total() != 5 {
			t.Errorf("brought again: %d sites", total())
		}
		h.become(authz.Supervisor, h.yanliang)
		h.site.Gate.Session.PersonID = "another"
		for _, path := range []string{file, file + "/columns", file + "/wrong"} {
			h.site.Get(path).Want(http.StatusNotFound)
		}
		h.site.Post(file+"/undo", url.Values{"why": {"不是我的文件"}}).Want(http.StatusNotFound)
	})
}
