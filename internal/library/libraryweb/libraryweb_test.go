package libraryweb_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/library"
	"zhengshu/internal/library/libraryweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// room is the screens over a county with one site, one column and three people.
type room struct {
	*webtest.Site
	t      *testing.T
	lib    *library.Service
	column string
	people map[string]*authz.Session
	stage  libraryweb.Stager // what the page checks say; nil: of no hosted site
}

func open(t *testing.T, d *db.DB) *room {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine, library.ShareMachine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	reg := registry.New(d, o)
	lib := library.New(d, o, reg, obligation.New(d, o, library.Obligations()...), func(text string) []check.Span { return check.Text(text) }, sx2021.Defaults())
	r := &room{t: t, lib: lib, people: map[string]*authz.Session{}}
	system := authz.System("test")
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"})
		if err != nil {
			return err
		}
		var ids []org.PersonID
		for _, p := range []struct {
			name  string
			roles []authz.Role
		}{{"王编", []authz.Role{authz.Editor}}, {"李初", []authz.Role{authz.FirstReviewer}}, {"张终", []authz.Role{authz.FinalReviewer}}, {"办主任", []authz.Role{authz.Sponsor}}} {
			n, err := o.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: p.name})
			if err != nil {
				return err
			}
			for _, role := range p.roles {
				if err := o.Appoint(ctx, tx, system, n.ID, u.ID, role); err != nil {
					return err
				}
			}
			posts, err := o.PostsOf(ctx, tx, n.ID)
			if err != nil {
				return err
			}
			ids = append(ids, n.ID)
			r.people[p.name] = &authz.Session{PersonID: string(n.ID), Name: p.name, Posts: posts}
		}
		site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: "www.yanta.example.gov.cn", Hosted: true})
		if err != nil {
			return err
		}
		c, err := reg.AddColumn(ctx, tx, system, registry.Column{Site: site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "本区要闻", Owner: ids[2], A: ids[0], B: ids[1], CycleDays: 7})
		r.column = string(c.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Site = webtest.Open(t, nil, nil, libraryweb.New(lib).PreviewWith(func(context.Context, library.Item, library.Version, registry.SiteID, registry.ColumnID, bool) ([]byte, error) {
		return []byte("<p>drawn</p>"), nil
	}).StageWith(func(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID, known map[string]bool) (inspection.Staged, bool, error) {
		if r.stage == nil {
			return inspection.Staged{}, false, nil
		}
		return r.stage(ctx, it, v, site, column, known)
	}).Routes()...)
	r.Gate.Context = func(ctx context.Context) context.Context {
		s := authz.SessionFrom(ctx)
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	}
	return r
}

func (r *room) as(name string) *room {
	r.Gate.Session = r.people[name]
	return r
}

func form(more ...string) url.Values {
	v := url.Values{"title": {"关于防汛的通知"}, "type": {"notice"}, "origin": {"original"}, "text": {"一、加强值守\n\n各单位要在三日内落实。"}, "act": {"save"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestFromDraftToPublicAndBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		page := r.as("王编").Get("/console/items/new?type=notice").Want(http.StatusOK)
		if page.Text(".secrecy strong") != "严禁处理、传输国家秘密" {
			t.Error("the warning is missing")
		}
		if got := page.All(`input[name="column"]`); len(got) != 1 {
			t.Errorf("%d columns to choose from", len(got))
		}
		// A bad form comes back as it was typed.
		bad := r.Post("/console/items/new", form("title", "", "doc_no", "某政发〔2026〕3号")).Want(http.StatusUnprocessableEntity)
		if bad.Attr(`input[name="doc_no"]`, "value") != "某政发〔2026〕3号" || len(bad.All(".field-error")) == 0 {
			t.Error("the form is not shown again as typed")
		}
		// Checks before anything is saved, beside the text.
		seen := r.Post("/console/items/new", form("text", "联系人张某，13812345678", "act", "check")).Want(http.StatusOK)
		if !strings.Contains(seen.Text("#results"), "138****5678") || strings.Contains(seen.Text("#results"), "13812345678") {
			t.Errorf("results: %s", seen.Text("#results"))
		}
		// One press mends the text as it was typed, and what is mended is read again.
		press := seen.Attr(`#results button[form="writing"]`, "value")
		mended := r.Post("/console/items/new", form("title", "报告的题目", "text", "联系人张某，13812345678", "act", press)).Want(http.StatusOK)
		if got := mended.Text("#results"); !strings.Contains(got, "已改为“138****5678”") || !strings.Contains(got, "没有发现问题") {
			t.Errorf("mended: %s", got)
		}
		if got := mended.Text(`textarea[name="text"]`); got != "联系人张某，138****5678" || mended.Attr(`input[name="title"]`, "value") != "报告的题目" {
			t.Errorf("the form after mending: %q", got)
		}
		if mended.Attr("#editor", "data-mended") == "" || seen.Attr("#editor", "data-mended") != "" {
			t.Error("the editor is not told which text was mended")
		}
		// The words have changed since: nothing is mended, and it is said.
		if got := r.Post("/console/items/new", form("text", "联系人张某", "act", press)).Want(http.StatusOK).Text("#results"); !strings.Contains(got, "没有改正") {
			t.Errorf("nothing to mend: %s", got)
		}
		r.Post("/console/items/new", form("text", "联系人张某", "act", "mend:x")).Want(http.StatusUnprocessableEntity)
		// A serious result saves and does not send.
		held := r.Post("/console/items/new", form("text", "联系人张某，13812345678", "act", "submit")).Want(http.StatusUnprocessableEntity)
		if !strings.HasSuffix(held.Attr("form.form", "action"), "/edit") || len(held.All(".breaches li")) != 1 || len(held.All(".breaches .cite")) != 1 {
			t.Errorf("held: %s", held.All(".errors"))
		}
		sent := r.Post("/console/items/new", form("column", r.column, "act", "submit")).Want(http.StatusSeeOther)
		at := sent.Location()
		if shown := r.Get(at).Want(http.StatusOK); !strings.Contains(shown.Text("h1"), "待初审") || !strings.Contains(shown.Text(".prose"), "一、加强值守") {
			t.Errorf("item page: %s", shown.Text("h1"))
		}
		r.Get(at + "/edit").Want(http.StatusConflict)
		// The list narrowed to a stage: by the address as a workbench links it, and
		// by its own field; any other stage has nothing.
		for stage, want := range map[string]int{"first": 1, "second": 0, "final": 0, "none": 0} {
			list := r.Get("/console/items?stage=" + stage).Want(http.StatusOK)
			if got := len(list.All("main tbody tr a")); got != want || len(list.All(`select[name="stage"]`)) != 1 {
				t.Errorf("%s: %d items", stage, got)
			}
			if want == 1 && !strings.Contains(list.Attr(`a[href*="format=jsonl"]`, "href"), "stage=first") {
				t.Error("the export forgets the stage")
			}
		}
		// First review.
		if own := r.Get(at + "/review").Want(http.StatusOK); len(own.All(`button[value="pass"]`)) != 0 {
			t.Error("an editor may review")
		}
		r.as("李初").Get(at + "/review").Want(http.StatusOK)
		r.Post(at+"/review", url.Values{"round": {"1"}, "stage": {"first"}, "act": {"return"}}).Want(http.StatusUnprocessableEntity)
		r.Post(at+"/review", url.Values{"round": {"1"}, "stage": {"first"}, "act": {"pass"}, "opinion": {"同意"}}).Want(http.StatusSeeOther)
		// The gates, one press each, by whoever answers for them.
		stamp := func(v url.Values, want int) {
			t.Helper()
			v.Set("round", "1")
			r.Post(at+"/stamps", v).Want(want)
		}
		stamp(url.Values{"pass": {"wording"}}, http.StatusSeeOther)
		r.as("王编")
		stamp(url.Values{"pass": {"legal"}}, http.StatusForbidden)
		final := r.as("张终").Get(at + "/review").Want(http.StatusOK)
		if len(final.All(`button[name="pass"]`)) != 4 || len(final.All(`input[name="declare"]`)) != 6 {
			t.Error("the four open gates and six declarations are asked")
		}
		for _, g := range []string{"political", "legal", "policy"} {
			stamp(url.Values{"pass": {g}}, http.StatusSeeOther)
		}
		stamp(url.Values{"fail": {"1"}, "gate": {"secrecy"}}, http.StatusUnprocessableEntity) // no reason
		stamp(url.Values{"fail": {"1"}, "gate": {"secrecy"}, "note": {"待保密审查"}}, http.StatusSeeOther)
		// Final review: all gates, all declarations.
		say := url.Values{"round": {"1"}, "stage": {"final"}, "act": {"pass"}, "declare": {"in_duty", "source_known", "nothing_sensitive", "nothing_secret", "no_opinion", "no_advertising"}}
		refused := r.Post(at+"/review", say).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(refused.Text(".errors"), "以下关口未通过：保密关；") {
			t.Errorf("refused: %s", refused.Text(".errors"))
		}
		stamp(url.Values{"pass": {"secrecy"}}, http.StatusSeeOther)
		// On a telephone the same decision, beside the risks.
		if phone := r.Get(at + "/sign").Want(http.StatusOK); !strings.Contains(phone.Text(".breaches"), "五关均已由审核人署名通过") || len(phone.All(`button[name="act"][value="pass"]`)) != 1 {
			t.Errorf("the telephone shows %s", phone.Text(".breaches"))
		}
		say.Set("from", "sign")
		r.Post(at+"/review", say).Want(http.StatusSeeOther)
		r.Post(at+"/review", say).Want(http.StatusConflict) // replay
		if rec := r.Get(at + "/record").Want(http.StatusOK); !strings.Contains(rec.Text("article"), "保密关不通过：待保密审查雁塔区人民政府办公室 张终") || !strings.Contains(rec.Text("article"), "文字关通过雁塔区人民政府办公室 李初") {
			t.Errorf("record: %s", rec.Text("article"))
		}
		if docx := r.Get(at + "/record/file?as=docx").Want(http.StatusOK); !strings.HasPrefix(docx.Body, "PK") {
			t.Errorf("the DOCX begins with %.4q", docx.Body)
		}
		r.Get(at + "/record/file?as=odt").Want(http.StatusUnprocessableEntity)
		// One column taken down, and adopted again.
		down := r.Get(at + "/take-down").Want(http.StatusOK)
		place := down.Attr(`input[name="placement"]`, "value")
		r.Post(at+"/take-down", url.Values{"placement": {place}}).Want(http.StatusUnprocessableEntity)
		r.Post(at+"/take-down", url.Values{"placement": {place}, "reason": {"栏目不符"}}).Want(http.StatusSeeOther)
		r.Get(at + "/adopt").Want(http.StatusOK)
		r.Post(at+"/adopt", url.Values{"column": {r.column}, "top": {"1"}}).Want(http.StatusSeeOther)
		r.Post(at+"/adopt", url.Values{"column": {"none"}}).Want(http.StatusNotFound)
		// A correction, compared side by side.
		r.as("王编").Post(at+"/edit", form("base", "1", "column", r.column, "change", "substance", "text", "一、加强值守\n\n各单位要在五日内落实。", "act", "submit")).Want(http.StatusSeeOther)
		two := r.as("李初").Get(at + "/review").Want(http.StatusOK)
		if got := strings.Join(append(two.All("main .table del"), two.All("main .table ins")...), ""); got != "三五" {
			t.Errorf("changes shown: %q", got)
		}
		r.Get(at + "/compare?a=1&b=2").Want(http.StatusOK)
		r.Get(at + "/compare?a=x&b=2").Want(http.StatusUnprocessableEntity)
		// Withdrawal.
		r.as("王编").Get(at + "/withdraw").Want(http.StatusForbidden)
		r.as("张终").Get(at + "/withdraw").Want(http.StatusOK)
		r.Post(at+"/withdraw", url.Values{"reason": {""}}).Want(http.StatusUnprocessableEntity)
		r.Post(at+"/withdraw", url.Values{"reason": {"内容有误"}}).Want(http.StatusSeeOther)
		if shown := r.Get(at).Want(http.StatusOK); !strings.Contains(shown.Text(".alert.danger"), "内容有误") {
			t.Error("the reason is not shown")
		}
		list := r.Get("/console/items?state=withdrawn&q=" + url.QueryEscape("防汛")).Want(http.StatusOK)
		if len(list.All("tbody tr")) != 1 {
			t.Errorf("list: %v", list.All("tbody tr"))
		}
	})
}

func TestStaleFormShowsBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		timed := r.as("王编").Post("/console/items/new", form("column", r.column, "publish_at", "2036-03-01 09:00")).Want(http.StatusSeeOther).Location()
		if got := r.Get(timed).Attr(`input[name="publish_at"]`, "value"); got != "2036-03-01 09:00" {
			t.Errorf("the hour reads %q when edited again", got)
		}
		edit := r.as("王编").Post("/console/items/new", form()).Want(http.StatusSeeOther).Location()
		r.Post(edit, form("base", "1", "text", "别人改成这样")).Want(http.StatusSeeOther)
		both := r.Post(edit, form("base", "1", "text", "我改成那样")).Want(http.StatusConflict)
		if !strings.Contains(both.Text(`textarea[name="text"]`), "我改成那样") || !strings.Contains(both.Text(".panel .diff"), "别人") || both.Attr(`input[name="base"]`, "value") != "2" {
			t.Errorf("both: %s", both.Body)
		}
		v, err := r.lib.Version(context.Background(), authz.System("test"), library.ItemID(strings.Split(edit, "/")[3]), 0)
		if err != nil || v.No != 2 || v.Text != "别人改成这样" {
			t.Errorf("stored %+v (%v)", v, err)
		}
	})
}

func TestUnsavedTextComesBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		edit := r.as("王编").Post("/console/items/new", form()).Want(http.StatusSeeOther).Location()
		id := strings.Split(edit, "/")[3]
		r.Post("/console/items/autosave", form("item", id, "base", "1", "text", "没保存的一段")).Want(http.StatusOK)
		if got := r.Get(edit).Want(http.StatusOK); !strings.Contains(got.Text(".alert"), "没保存") || strings.Contains(got.Text("textarea"), "没保存") {
			t.Errorf("not offered: %v", got.All(".alert"))
		}
		if got := r.Get(edit + "?recover=1").Want(http.StatusOK); got.Text(`textarea[name="text"]`) != "没保存的一段" {
			t.Errorf("recovered %q", got.Text(`textarea[name="text"]`))
		}
		r.Post(edit, form("base", "1", "text", "没保存的一段")).Want(http.StatusSeeOther)
		if got := r.Get(edit); len(got.All(".alert")) != 0 {
			t.Errorf("still offered after saving: %v", got.All(".alert"))
		}
		r.Post("/console/items/autosave", form("item", "none")).Want(http.StatusNotFound)
	})
}

// The form asks what belongs to the type that was chosen first; without
// scripts.
func TestFormAsksByType(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		first := r.as("王编").Get("/console/items/new?column=" + r.column).Want(http.StatusOK)
		links := first.All("tbody a")
		if len(links) != len(library.Types) || !slices.Contains(links, "政策文件") || !slices.Contains(links, "辟谣") {
			t.Fatalf("types to choose from: %v", links)
		}
		leader := r.Get("/console/items/new?type=leader&column=" + r.column).Want(http.StatusOK)
		for _, name := range []string{"answer_name", "answer_duties", "openness", "share", "category", "region"} {
			if len(leader.All(`[name="`+name+`"]`)) == 0 {
				t.Errorf("a leader is not asked %s", name)
			}
		}
		if len(leader.All(`[name="doc_no"]`)) != 0 || leader.Attr(`input[name="region"]`, "value") != "610113" || len(leader.All(`input[name="column"][checked]`)) != 1 {
			t.Error("a leader is asked a document number, or division and column are not filled in")
		}
		// Another type, without losing what was typed.
		other := r.Post("/console/items/new", form("type", "policy", "act", "type", "title", "打了一半")).Want(http.StatusOK)
		if len(other.All(`[name="filing_no"]`)) != 1 || other.Attr(`input[name="title"]`, "value") != "打了一半" {
			t.Error("the form of the other type lacks its fields or what was typed")
		}
		bad := r.Post("/console/items/new", form("type", "media", "answer_medium", "视频", "answer_file", "https://evil.example/x.mp4", "answer_duration", "三分钟")).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(bad.All(".field-error"), " "); !strings.Contains(got, "以 / 开头") || !strings.Contains(got, "03:25") {
			t.Errorf("errors: %s", got)
		}
		at := r.Post("/console/items/new", form("type", "policy", "doc_no", "某政发[2026]第3号", "effective_on", "2036-01-01", "genre", "通知")).Want(http.StatusSeeOther).Location()
		page := r.Get(strings.TrimSuffix(at, "/edit")).Want(http.StatusOK)
		for _, want := range []string{"某政发〔2026〕3号", "尚未生效", "2036年1月1日", "首次发布时自动编号", "主动公开"} {
			if !strings.Contains(page.Text("main"), want) {
				t.Errorf("the page lacks %s", want)
			}
		}
	})
}

func TestListCountsAndEffects(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		for _, kind := range []string{"news", "news", "policy"} {
			r.as("王编").Post("/console/items/new", form("type", kind, "doc_no", map[string]string{"policy": "某政发〔2026〕3号"}[kind])).Want(http.StatusSeeOther)
		}
		list := r.Get("/console/items?type=policy").Want(http.StatusOK)
		if got := list.All(`select[name="type"] option`); !slices.Contains(got, "政务动态（2）") || !slices.Contains(got, "政策文件（1）") {
			t.Errorf("types: %v", got)
		}
		if got := list.All(`select[name="validity"] option`); !slices.Contains(got, "有效（1）") || len(list.All("main tbody tr")) != 1 {
			t.Errorf("validity: %v", got)
		}
		at := list.Attr("main tbody a", "href")
		r.Post(at+"/effects", url.Values{"effect": {"repeals"}, "by_name": {"某令第1号"}, "effective_on": {"2020-01-01"}}).Want(http.StatusForbidden)
		again := r.as("张终").Post(at+"/effects", url.Values{"effect": {"repeals"}, "by": {"某政发〔2026〕99号"}, "effective_on": {"2020-01-01"}, "note": {"写了很久的说明"}}).Want(http.StatusUnprocessableEntity)
		if got := again.All(`input[name="note"][value="写了很久的说明"], input[name="by"][value="某政发〔2026〕99号"], input[name="effect"][value="repeals"][checked]`); len(got) != 3 || len(again.All(".field-error")) != 1 {
			t.Errorf("of what was typed %d fields are shown again, with %d wrongs beside them", len(got), len(again.All(".field-error")))
		}
		r.Post(at+"/effects", url.Values{"effect": {"repeals"}, "by_name": {"某令第1号"}, "effective_on": {"2020-01-01"}}).Want(http.StatusSeeOther)
		page := r.Get(at).Want(http.StatusOK)
		if !strings.Contains(page.Text("main"), "本文件被其废止") || !strings.Contains(page.Text("main"), "某令第1号") {
			t.Error("what repeals it is not shown")
		}
		if got := r.Get("/console/items?validity=repealed").Want(http.StatusOK); len(got.All("main tbody tr")) != 1 {
			t.Error("not among the repealed")
		}
		effect := page.Attr(`select[name="registered"] option`, "value")
		r.Post(at+"/effects/revoke", url.Values{"registered": {effect}, "why": {"登记错了"}}).Want(http.StatusSeeOther)
		if got := r.Get(at).Want(http.StatusOK); !strings.Contains(got.Text("main"), "已取消：登记错了") {
			t.Error("the mistake is not on record")
		}
		for _, odd := range []string{"?year=x", "?year=99999999999", "?under=zzz", "?type=%3Cscript%3E", "?category=%25", "?page=999999", "?validity=no&state=live&q=%25"} {
			r.Get("/console/items" + odd).Want(http.StatusOK)
		}
	})
}

// What index numbers begin with is seen by whoever writes and recorded by who
// manages the unit's posts.
func TestIndexCodeIsRecordedOnItsPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		list := r.as("王编").Get("/console/index-codes").Want(http.StatusOK)
		if !strings.Contains(list.Text("main"), "尚未编号") || len(list.All(`a[href^="/console/index-codes/edit"]`)) != 0 {
			t.Errorf("an editor sees %s", list.Text("main"))
		}
		r.Get("/console/index-codes/edit?unit=x").Want(http.StatusForbidden)
		edit := r.as("办主任").Get("/console/index-codes").Want(http.StatusOK).Attr(`a[href^="/console/index-codes/edit"]`, "href")
		unit := r.Get(edit).Want(http.StatusOK).Attr(`input[name="unit"]`, "value")
		r.Get("/console/index-codes/edit?unit=nobody").Want(http.StatusNotFound)
		bad := r.Post("/console/index-codes/edit", url.Values{"unit": {unit}, "code": {"123"}}).Want(http.StatusUnprocessableEntity)
		if bad.Attr(`input[name="code"]`, "value") != "123" || len(bad.All(".field-error")) != 1 {
			t.Error("a code that is none is not shown again with what is wrong")
		}
		r.Post("/console/index-codes/edit", url.Values{"unit": {unit}, "code": {" 11610113 000016000x "}}).Want(http.StatusSeeOther)
		if got := r.Get("/console/index-codes").Want(http.StatusOK).Text("main tbody"); !strings.Contains(got, "11610113000016000X") {
			t.Errorf("after recording: %s", got)
		}
	})
}

// A preview tells beside the page what the checks see in the text and, once, what
// they see in the page; or why they could not look at it.
func TestAPreviewTellsWhatTheChecksSee(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		at := r.as("王编").Post("/console/items/new", form("text", "联系人张某，13812345678", "column", r.column)).Want(http.StatusSeeOther).Location()
		id, _, _ := strings.Cut(strings.TrimPrefix(at, "/console/items/"), "/")
		path := "/console/items/preview?item=" + id
		if page := r.Get(path).Want(http.StatusOK); !strings.Contains(page.Body, "138****5678") || !strings.Contains(page.Body, "页面没有检查") {
			t.Error("without a hosted site")
		}
		var known map[string]bool
		r.stage = func(_ context.Context, _ library.Item, v library.Version, site registry.SiteID, column registry.ColumnID, said map[string]bool) (inspection.Staged, bool, error) {
			known = said
			if site == "" || string(column) != r.column || v.Title != "关于防汛的通知" {
				t.Errorf("staged %q at %s, %s", v.Title, site, column)
			}
			return inspection.Staged{Rules: "http://www.yanta.example.gov.cn/rules/",
				Found:    []engine.Sighting{{Check: "tags.pub_date_shown", Severity: check.Error, Says: "发布时间标签与页面显示不一致。", Article: "S11.1", Fix: "请改为一致。"}},
				Untested: []engine.Untested{{Check: "tags.site_code_ledger", Why: "台账没有标识码"}}}, true, nil
		}
		page := r.Get(path).Want(http.StatusOK)
		if !known[check.KindMobile] {
			t.Errorf("known %v", known)
		}
		for _, want := range []string{"发布时间标签与页面显示不一致。", "请改为一致。", `href="http://www.yanta.example.gov.cn/rules/tags.pub_date_shown"`, "台账没有标识码", "138****5678", "页面检查 1 条，未能检查 1 项"} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the preview does not tell %s", want)
			}
		}
		r.stage = func(context.Context, library.Item, library.Version, registry.SiteID, registry.ColumnID, map[string]bool) (inspection.Staged, bool, error) {
			return inspection.Staged{}, false, fault.New(fault.Refused, "站点没有登记域名。")
		}
		if page := r.Get(path).Want(http.StatusOK); !strings.Contains(page.Body, "站点没有登记域名。") {
			t.Error("it is not told why the page was not looked at")
		}
	})
}
