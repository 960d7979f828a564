package orgweb_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/org/orgweb"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/roster"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

var launch = obligation.Kind{ID: "launch", Name: "正式上线", Clause: "S7.4a", Citation: "第七条（四）", Says: "上线"}

// house is a province with one city, two counties and a supervisor on each.
type house struct {
	db                            *db.DB
	org                           *org.Service
	registry                      *registry.Service
	province, city, yanta, bureau org.Unit
	neighbour                     org.Unit
	site                          *webtest.Site
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine); err != nil {
			t.Fatal(err)
		}
		h := &house{db: d, org: org.New(d)}
		h.registry = registry.New(d, h.org)
		clocks := obligation.New(d, h.org, append(roster.Obligations(), launch)...)
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		files, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		h.org.OnReorganise(registry.Reorganise())
		h.org.OnReorganise(obligation.Reorganise())
		posts := roster.New(roster.Parts{DB: d, Org: h.org, Registry: h.registry, Obligations: clocks, Days: days, Settings: sx2021.Defaults,
			Sources: []roster.Source{{Name: "columns", Held: registry.ColumnsHeld, Pass: registry.PassColumns}}})
		err = d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{
				{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
				{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"},
			} {
				if _, err := h.org.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, u := range []struct {
				to   *org.Unit
				unit org.Unit
			}{
				{&h.province, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}},
				{&h.city, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
				{&h.yanta, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"}},
				{&h.bureau, org.Unit{Area: "county-610113000000", Kind: org.Department, Name: "雁塔区商务局", Line: "commerce"}},
				{&h.neighbour, org.Unit{Area: "county-610114000000", Kind: org.Office, Name: "阎良区人民政府办公室"}},
			} {
				made, _, err := h.org.AddUnit(ctx, tx, u.unit)
				if err != nil {
					return err
				}
				*u.to = made
			}
			s, err := h.registry.EnterSite(ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: "雁塔商务", Host: "yts.example.gov.cn"})
			if err != nil {
				return err
			}
			return clocks.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: h.bureau.ID, Subject: obligation.Subject{Kind: "site", ID: string(s.ID), Name: s.Name},
				Link: s.Link(), Due: calendar.Due{On: calendar.Date{Year: 2030, Month: 1, Day: 2}}})
		})
		if err != nil {
			t.Fatal(err)
		}
		h.site = webtest.Open(t, nil, nil, orgweb.New(d, h.org, h.registry, clocks, posts, files).Routes()...)
		h.site.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "person", Name: "王秀兰"})
		}
		h.become(authz.Supervisor, h.yanta)
		fn(t, h)
	})
}

// become signs the tester in with one post.
func (h *house) become(role authz.Role, at org.Unit) {
	s := webtest.Session(role, at.AreaPath)
	s.Posts[0].LinePath, s.Posts[0].Office, s.Posts[0].UnitID = at.LinePath, at.Kind == org.Office, string(at.ID)
	h.site.Gate.Session = s
}

func TestTheTreeOpensWhereTheScopeBegins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.site.Get("/console/units").Want(http.StatusOK)
		if got := a.Text("nav[aria-label=区划] strong"); got != "雁塔区" {
			t.Errorf("a county opens at %q", got)
		}
		if got := a.All(".table tbody th a"); !slices.Equal(got, []string{"雁塔区人民政府办公室", "雁塔区商务局"}) {
			t.Errorf("units %v", got)
		}
		if strings.Contains(a.Body, "阎良") || strings.Contains(a.Body, "西安市") {
			t.Error("the neighbour or what stands above is shown")
		}
		h.site.Get("/console/units?area=county-610114000000").Want(http.StatusNotFound)
		h.site.Get("/console/units/" + string(h.neighbour.ID)).Want(http.StatusNotFound)

		h.become(authz.Supervisor, h.city)
		a = h.site.Get("/console/units").Want(http.StatusOK)
		if got := a.All("nav[aria-label=区划] li"); !slices.Equal(got, []string{"雁塔区 2 个单位", "阎良区 1 个单位"}) {
			t.Errorf("branches %v", got)
		}
		a = h.site.Get("/console/units?q=ytqswj").Want(http.StatusOK)
		if got := a.Text(".filter-total"); got != "共 1 条" {
			t.Errorf("by initials: %s", got)
		}
		a = h.site.Get("/console/units?area=city-610100000000&within=own").Want(http.StatusOK)
		if got := a.All(".table tbody th a"); !slices.Equal(got, []string{"西安市人民政府办公厅"}) {
			t.Errorf("own level %v", got)
		}
		if got := h.site.Get("/console/units?page=99").Want(http.StatusOK).All(".table tbody th"); len(got) != 4 {
			t.Errorf("beyond the last page: %v", got)
		}
	})
}

func TestUnitPageTellsWhatItHas(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := "/console/units/" + string(h.bureau.ID)
		a := h.site.Get(at).Want(http.StatusOK)
		for _, want := range []string{"雁塔商务", "正式上线", "第七条（四）", "商务", "登记单位"} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("%q is not on the page", want)
			}
		}
		// A security administrator sees the unit, not the ledger.
		h.become(authz.SecurityAdmin, h.yanta)
		a = h.site.Get(at).Want(http.StatusOK)
		if strings.Contains(a.Body, "雁塔商务") || strings.Contains(a.Body, "正式上线") || strings.Contains(a.Body, "/people/new") {
			t.Error("a post without registry.read sees the ledger or an act")
		}
		h.site.Get(at + "/people/new").Want(http.StatusForbidden)
	})
}

func TestRegisterDepartment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		form := url.Values{"area": {"county-610113000000"}, "name": {"雁塔区教育局"}, "kind": {"department"}, "line": {"education"}}
		at := h.site.Post("/console/units/new", form).Want(http.StatusSeeOther).Location()
		if got := h.site.Get(at).Want(http.StatusOK).Text("h1"); got != "雁塔区教育局" {
			t.Errorf("leads to %q", got)
		}
		for name, tt := range map[string]struct {
			change map[string]string
			status int
			field  string
		}{
			"twice":                {nil, http.StatusConflict, "本区划已有同名单位"},
			"no name":              {map[string]string{"name": " "}, http.StatusUnprocessableEntity, "请填写单位全称"},
			"an office":            {map[string]string{"name": "甲", "kind": "office"}, http.StatusUnprocessableEntity, "请从单位类别中选择"},
			"unknown line":         {map[string]string{"name": "甲", "line": "magic"}, http.StatusUnprocessableEntity, "请从业务条线中选择"},
			"internal, no parent":  {map[string]string{"name": "甲", "kind": "internal"}, http.StatusUnprocessableEntity, "要选择所属单位"},
			"parent out of scope":  {map[string]string{"name": "甲", "kind": "internal", "parent": string(h.neighbour.ID)}, http.StatusUnprocessableEntity, "请从列表中选择"},
			"area of a neighbour":  {map[string]string{"name": "甲", "area": "county-610114000000"}, http.StatusNotFound, ""},
			"area above the scope": {map[string]string{"name": "甲", "area": "city-610100000000"}, http.StatusNotFound, ""},
		} {
			v := url.Values{}
			for k := range form {
				v.Set(k, form.Get(k))
			}
			for k, x := range tt.change {
				v.Set(k, x)
			}
			a := h.site.Post("/console/units/new", v).Want(tt.status)
			if tt.field == "" {
				continue
			}
			if got := strings.Join(a.All(".field-error"), " "); !strings.Contains(got, tt.field) {
				t.Errorf("%s: %q", name, got)
			}
			if got := a.Attr("input[name=name]", "value"); got != strings.TrimSpace(v.Get("name")) && got != v.Get("name") {
				t.Errorf("%s: the typed name is lost: %q", name, got)
			}
		}
	})
}

func TestPeopleAndPosts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := "/console/units/" + string(h.bureau.ID)
		h.site.Post(at+"/people/new", url.Values{"name": {"周敏"}, "title": {"科长"}, "role": {"sponsor"}}).Want(http.StatusSeeOther)
		a := h.site.Get(at).Want(http.StatusOK)
		if got := a.Text(".person"); got != "周敏，科长 主办单位经办 免去周敏的主办单位经办岗位" {
			t.Errorf("person %q", got)
		}
		people, err := h.org.People(context.Background(), h.db, authz.System("test"), h.bureau.ID)
		if err != nil || len(people) != 1 {
			t.Fatal(people, err)
		}
		who := string(people[0].ID)
		post := func(role string) *webtest.Answer {
			return h.site.Post(at+"/posts/new", url.Values{"person": {who}, "role": {role}})
		}
		post("editor").Want(http.StatusSeeOther)
		post("editor").Want(http.StatusConflict)
		post("system_admin").Want(http.StatusConflict)
		post("").Want(http.StatusUnprocessableEntity)
		h.site.Post(at+"/posts/new", url.Values{"person": {"nobody"}, "role": {"editor"}}).Want(http.StatusUnprocessableEntity)
		// A person registered with a role that is not ours to give is not registered at all.
		h.site.Post(at+"/people/new", url.Values{"name": {"李某"}, "role": {"audit_admin"}}).Want(http.StatusConflict)
		if people, _ = h.org.People(context.Background(), h.db, authz.System("test"), h.bureau.ID); len(people) != 1 {
			t.Errorf("%d people", len(people))
		}
		end := h.site.Get(at).Attr(".person form", "action")
		h.become(authz.Supervisor, h.neighbour)
		h.site.Post(end, nil).Want(http.StatusNotFound)
		h.become(authz.Supervisor, h.yanta)
		h.site.Post(end, nil).Want(http.StatusSeeOther)
		h.site.Post(end, nil).Want(http.StatusNotFound)
		if got := h.site.Get(at).All(".person form"); len(got) != 1 {
			t.Errorf("posts left: %v", got)
		}
	})
}

func TestNobodyAppointsHimself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		var own org.Person
		if err := h.db.Update(ctx, func(tx *db.Tx) (err error) {
			own, err = h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.yanta.ID, Name: "王秀兰"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.site.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(own.ID), Name: own.Name})
		}
		a := h.site.Post("/console/units/"+string(h.yanta.ID)+"/posts/new", url.Values{"person": {string(own.ID)}, "role": {"final_reviewer"}}).Want(http.StatusConflict)
		if got := a.Text(".errors p"); !strings.Contains(got, "自己的岗位") {
			t.Error(got)
		}
	})
}
