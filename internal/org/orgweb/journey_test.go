package orgweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// staff registers a person with a login role.
func (h *house) staff(t *testing.T, u org.Unit, name string, roles ...authz.Role) org.Person {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	var p org.Person
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: name}); err != nil {
			return err
		}
		for _, r := range roles {
			if err := h.org.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAMergerIsRehearsedThenDone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		form := url.Values{"kind": {"merge"}, "unit": {string(h.bureau.ID)}, "new_name_1": {"雁塔区商务和投资促进局"}, "step": {"rehearse"}}
		a := h.site.Get("/console/reorganisations/new?unit=" + string(h.bureau.ID)).Want(http.StatusOK)
		if got := a.All("main h2 a"); len(got) != 6 {
			t.Errorf("kinds %v", got)
		}
		h.site.Get("/console/reorganisations/new?kind=merge&unit=" + string(h.bureau.ID)).Want(http.StatusOK)
		a = h.site.Post("/console/reorganisations/new", form).Want(http.StatusUnprocessableEntity)
		if got := a.All(".field-error"); len(got) != 1 || !strings.Contains(got[0], "文号") {
			t.Errorf("without a document: %v", got)
		}
		form.Set("document", "雁编发〔2026〕7号")
		form.Set("on", "2021年2月30日")
		a = h.site.Post("/console/reorganisations/new", form).Want(http.StatusUnprocessableEntity)
		if got := a.Text(".errors p"); !strings.Contains(got, "2021年2月30日") {
			t.Errorf("a day that never was: %q", got)
		}
		form.Del("on")
		a = h.site.Post("/console/reorganisations/new", form).Want(http.StatusOK)
		for _, want := range []string{"雁塔区商务局合并组建雁塔区商务和投资促进局", "雁塔商务", "正式上线", "还没有办理"} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("the rehearsal does not show %q", want)
			}
		}
		if h.site.Get("/console/units?q=投资促进").Want(http.StatusOK).Text(".filter-total") != "共 0 条" {
			t.Error("the rehearsal founded the unit")
		}
		form.Set("digest", a.Attr("input[name=digest]", "value"))
		form.Set("step", "do")
		at := h.site.Post("/console/reorganisations/new", form).Want(http.StatusSeeOther).Location()
		a = h.site.Get(at).Want(http.StatusOK)
		if got := a.Text("h1"); got != "雁塔区商务局合并组建雁塔区商务和投资促进局" {
			t.Errorf("the act is called %q", got)
		}
		a = h.site.Get("/console/units/" + string(h.bureau.ID)).Want(http.StatusOK)
		if !strings.Contains(a.Body, "承接单位") || !strings.Contains(a.Body, "已撤销") {
			t.Error("the old unit does not say who follows it")
		}
		if got := h.site.Get("/console/units?q=雁塔区商务局").Want(http.StatusOK).Text(".filter-total"); got != "共 1 条" {
			t.Errorf("the old name finds %s", got)
		}
		// The second click meets what the first did.
		h.site.Post("/console/reorganisations/new", form).Want(http.StatusConflict)
		h.become(authz.Supervisor, h.neighbour)
		h.site.Get(at).Want(http.StatusNotFound)
		h.become(authz.Sponsor, h.yanta)
		h.site.Get("/console/reorganisations/new").Want(http.StatusForbidden)
	})
}

func TestABInTwoClicks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		me, other := h.staff(t, h.bureau, "周敏", authz.Sponsor), h.staff(t, h.bureau, "吴思")
		h.become(authz.Sponsor, h.bureau)
		h.site.Gate.Session.PersonID = string(me.ID)
		// First click: the page; everything is filled in.
		a := h.site.Get("/console/me/handover").Want(http.StatusOK)
		form := url.Values{"act": {"delegate"}, "to": {string(other.ID)}, "from": {a.Attr("input[name=from]", "value")}, "until": {a.Attr("input[name=until]", "value")},
			"absence": {"trip"}, "reason": {a.Attr("input[name=reason]", "value")}, "posts": {a.Attr("input[name=posts]", "value")}}
		// Second click.
		h.site.Post("/console/me/handover", form).Want(http.StatusSeeOther)
		posts, err := h.org.PostsOf(ctx, h.db, other.ID)
		if err != nil || len(posts) != 1 || !posts[0].Delegated || posts[0].Via != "周敏" {
			t.Fatalf("the deputy holds %+v (%v)", posts, err)
		}
		a = h.site.Get("/console/me/handover").Want(http.StatusOK)
		if !strings.Contains(a.Body, "周敏 的岗位由 吴思 代理") {
			t.Error("the page does not say who acts")
		}
		h.site.Post("/console/me/handover", form).Want(http.StatusConflict)
		form.Set("to", string(me.ID))
		a = h.site.Post("/console/me/handover", form).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(a.All(".field-error"), " "); !strings.Contains(got, "不能委托给自己") {
			t.Errorf("to oneself: %q", got)
		}
		end := a.Attr(".box form", "action")
		h.become(authz.Sponsor, h.neighbour)
		h.site.Post(end, nil).Want(http.StatusNotFound)
		h.become(authz.Sponsor, h.bureau)
		h.site.Gate.Session.PersonID = string(other.ID)
		h.site.Post(end, nil).Want(http.StatusSeeOther)
		if posts, _ = h.org.PostsOf(ctx, h.db, other.ID); len(posts) != 0 {
			t.Errorf("still acts: %+v", posts)
		}
	})
}

func TestArticle18_VacantPostsAreFilledFromTheList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.site.Get("/console/vacancies").Want(http.StatusOK)
		if got := a.All(".table tbody th a"); len(got) != 2 {
			t.Errorf("vacant at %v", got)
		}
		h.site.Post("/console/vacancies/urge", url.Values{"unit": {string(h.bureau.ID)}}).Want(http.StatusSeeOther)
		h.site.Post("/console/vacancies/urge", nil).Want(http.StatusUnprocessableEntity)
		p := h.staff(t, h.bureau, "周敏")
		at := "/console/units/" + string(h.bureau.ID) + "/named-posts/new"
		h.site.Get(at + "?kind=leader_in_charge").Want(http.StatusOK)
		h.site.Post(at, url.Values{"kind": {"leader_in_charge"}, "person": {string(p.ID)}}).Want(http.StatusSeeOther)
		h.site.Post(at, url.Values{"kind": {"liaison"}, "person": {string(p.ID)}}).Want(http.StatusUnprocessableEntity)
		a = h.site.Get("/console/people/" + string(p.ID)).Want(http.StatusOK)
		if !strings.Contains(a.Body, "分管领导") {
			t.Error("the person's page does not show the post")
		}
		end := a.Attr(".person form", "action")
		h.site.Post(end, nil).Want(http.StatusUnprocessableEntity)
		h.site.Post(end, url.Values{"why": {"轮岗"}}).Want(http.StatusSeeOther)
		h.site.Post("/console/people/"+string(p.ID)+"/leave", url.Values{"why": {"退休"}}).Want(http.StatusSeeOther)
		if got := h.site.Get("/console/people?state=left").Want(http.StatusOK).Text(".filter-total"); got != "共 1 条" {
			t.Errorf("those who left: %s", got)
		}
		for _, path := range []string{"/console/coverage", "/console/coverage?format=xlsx", "/console/people?format=csv", "/console/reorganisations"} {
			h.site.Get(path).Want(http.StatusOK)
		}
		h.become(authz.Supervisor, h.neighbour)
		h.site.Get("/console/people/" + string(p.ID)).Want(http.StatusNotFound)
	})
}
