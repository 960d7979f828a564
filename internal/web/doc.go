// Package web is the frame of the doors: the route table and its checks, the
// frame around every console page, the parts screens are made of, the one
// place where a fault becomes an answer, and the storybook of all of it.
//
// It decides how a request is admitted (order: number, headers, body limit,
// cross-origin check, gate, permission, form token, replay), what a page looks
// like and how a wrong is told. It does not decide who somebody is (signin),
// what anybody may do (authz), or anything of the law; it has no SQL and no
// business words beyond those of the frame.
//
// # A screen in ten minutes
//
// One package per door, <module>web: a Handler struct, one Routes method, one
// typed struct per page, views/*.html beside it.
//
//	package registryweb
//
//	//go:embed views/*.html
//	var views embed.FS
//
//	// siteList is GET /console/sites.
//	type siteList struct {
//		Heading web.Heading
//		Filter  web.Filter
//		Table   web.Table
//		Pager   web.Pager
//	}
//
//	func (siteList) Title() string       { return "站点台账" }
//	func (siteList) Crumbs() []web.Crumb { return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "站点台账"}} }
//
//	// The samples are rendered by the tests and shown in the storybook: an
//	// empty, a typical and a hostile one.
//	var siteListPage = web.Define(views, "views/site_list.html", siteList{}, sampleSites(), hostileSites())
//
//	func (h *Handler) Routes() []web.Route {
//		return []web.Route{
//			{Pattern: "GET /console/sites", Permit: authz.RegistryRead, Handle: h.sites},
//			{Pattern: "GET /console/sites/{id}/offline", Permit: authz.OpeningApply, Handle: h.showOffline},
//			{Pattern: "POST /console/sites/{id}/offline", Permit: authz.OpeningApply, Handle: h.applyOffline, MaxBody: 20 << 20},
//		}
//	}
//
//	func (h *Handler) sites(w http.ResponseWriter, r *http.Request) error {
//		scope := authz.ScopeFrom(r.Context()) // of the route's permission
//		page := siteList{Heading: web.Heading{Title: "站点台账"}, Filter: siteFilter()}
//		page.Filter.Fill(r.URL.Query())
//		found, total, err := h.registry.Sites(r.Context(), scope, filterOf(r), web.PageOf(r))
//		if err != nil {
//			return err // a fault becomes its page; any other error a 500 with its number
//		}
//		page.Filter.Total, page.Pager = total, web.PagerOf(r, total, 20)
//		page.Table = siteTable(found, web.FrameOf(r).Today)
//		return siteListPage.Render(w, r, page)
//	}
//
//	// applyOffline shows the form again, as typed, when it is refused.
//	func (h *Handler) applyOffline(w http.ResponseWriter, r *http.Request) error {
//		receipt, err := h.lifecycle.ApplyOffline(r.Context(), scope, read(r))
//		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
//			page := offlinePage(...)
//			page.Form.Fill(r.PostForm)
//			page.Form.Wrong(err)
//			return offlineForm.RenderStatus(w, r, http.StatusUnprocessableEntity, page)
//		}
//		if err != nil {
//			return err
//		}
//		return web.Done(w, r, "/console/cases/"+receipt.Case, "已送市政府办公室审核，编号 "+receipt.Case+"。")
//	}
//
// The view; dot is View[siteList], so .Frame and .Page:
//
//	{{define "content"}}
//	{{ui .Page.Heading}}
//	{{ui .Page.Filter}}
//	{{ui .Page.Table}}
//	{{ui .Page.Pager}}
//	{{end}}
//
// The test, which reads every view of the package against its type and looks
// over every sample:
//
//	func TestPages(t *testing.T) { webtest.CheckPages(t) }
//
// # Rules
//
// Patterns are whole: method, space, path as in the address bar. Authz.Public
// needs no session. A page has exactly one h1: {{ui .Page.Heading}} or
// {{heading "标题"}}. Views are typed strictly: no maps, no interface fields
// beside Component, "and"/"or" only as conditions or over one type.
//
// A form is {{form .Frame .Page.Form}}, or by hand
//
//	<form method="post" action="…">{{token .Frame}} … </form>
//
// token puts in _form (proof that our page was the sender) and _once (so that a
// second click answers the first result). Field names with pass, secret, otp,
// token, captcha or credential are never shown again.
//
// No style attribute, no inline script, no on… attribute: the policy refuses
// them and webtest finds them. Bars are Progress, drawings Flow or Stat.
// A page is freed of the links its reader lacks the permission for; the words
// stay. What depends on scope, the module leaves out itself. The first pages of
// a menu entry get its tabs from the application's navigation (NavItem.Parts):
// a page shows Tabs of its own only for parts of itself.
//
// htmx is an extra: an element has hx-get, hx-target and the same href; a
// request with HX-Request gets the content without frame. Never replace the
// element that was clicked; swap a region beside it.
//
// A test walks a handler as a signed-in person, through the real router; every
// HTML answer is looked over on the way:
//
//	site := webtest.Open(t, webtest.Session(authz.Sponsor, ""), clock, h.Routes()...)
//	site.Get("/console/sites").Want(http.StatusOK).Text(".table tbody th")
//	a := site.Post("/console/sites/1/offline", url.Values{"days": {"45"}}).Want(http.StatusUnprocessableEntity)
//	a.All(".field-error")
//
// site.Gate.Context adds what the services want in the context (the audit
// actor); site.Gate.Session changes who walks. Package browsertest does the
// same in Chromium and measures contrast, width and targets.
//
// Answers beside HTML (a download) set their own Content-Type and write; they
// build the bytes first, so that an error can still become a page. An upload
// says MaxBody in its route; r.FormFile works as usual, and a script that
// sends the header X-Form-Token leaves the body unread for streaming.
//
// A posted form without session is answered 401 with what was typed, a GET
// 303 to the login page; a wrong token 409, also with what was typed. A
// handler's Done location is kept in Config.Receipts, where set, under person,
// path and _once.
//
// The application adds Display() always and Storybook() in development.
//
// Classes for a view's own arrangement: split (wide column and a 320 px one),
// stack, cards (even grid), box (white ground), actions (a row of buttons),
// prose (running text), official (公文), hint, mono, num, unseen (for screen
// readers only). Form.Key keeps a draft in the browser until the form is taken.
//
// Functions of views: ui, form, token, heading, tag (tone, words), date,
// minute, took, due (on, today: as a tag), remaining (in words), bytes,
// maskName, maskPhone, maskID, maskEmail, asset, add, mod.
//
// Components: Heading Tag Badge Alert Receipt Secrecy Empty Table Filter Pager
// Tabs Summary Timeline Steps Flow Stat Stats Progress Panel Breaches Diff Link
// Act Button Field ErrorSummary; see GET /dev/ui.
package web
