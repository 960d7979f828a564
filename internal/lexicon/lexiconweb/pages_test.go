package lexiconweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// Article 19(3): a serious entry typed by one person holds when another has
// confirmed it; who typed it is not offered the button.
func TestArticle19_3_SecondPersonConfirms(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, lexicon.PackMachine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	var u org.Unit
	err := d.Update(ctx, func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		var err error
		u, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	session := webtest.Session(authz.Supervisor, u.AreaPath)
	session.Posts[0].UnitID, session.Posts[0].UnitName = string(u.ID), u.Name
	site := webtest.Open(t, session, clock, New(lexicon.New(d, o), o, store).Routes()...)
	site.Gate.Context = func(ctx context.Context) context.Context {
		s := authz.SessionFrom(ctx)
		return audit.WithActor(ctx, audit.Actor{ID: s.PersonID, Name: s.Name})
	}
	site.Get("/console/lexicon").Want(http.StatusOK)
	// A word of the built-in lists is found, with where it stands.
	if got := site.Get("/console/lexicon?q=" + url.QueryEscape("登陆")).Want(http.StatusOK).Text("main"); !strings.Contains(got, "登录") || !strings.Contains(got, "内置错别字表") {
		t.Errorf("a built-in pair is not found: %s", got)
	}
	site.Post("/console/lexicon/new", url.Values{"unit": {string(u.ID)}, "kind": {"term"}, "words": {"错"}}).Want(http.StatusUnprocessableEntity)
	to := site.Post("/console/lexicon/new", url.Values{"unit": {string(u.ID)}, "kind": {"term"}, "words": {"错误表述"}, "right": {"规范的表述"}, "source": {"文件"}, "wide": {"on"}}).Want(http.StatusSeeOther).Location()
	own := site.Get(to).Want(http.StatusOK)
	if len(own.All(`button[value="agree"]`)) != 0 {
		t.Error("who proposed is offered to confirm")
	}
	site.Post(to+"/decide", url.Values{"decision": {"agree"}}).Want(http.StatusConflict)
	second := *session
	second.PersonID, second.Name = "second", "罗静怡"
	site.Gate.Session = &second
	if n := len(site.Get(to).Want(http.StatusOK).All(`button[value="agree"]`)); n != 1 {
		t.Errorf("%d buttons for the second person", n)
	}
	site.Post(to+"/decide", url.Values{"decision": {"agree"}}).Want(http.StatusSeeOther)
	if list := site.Get("/console/lexicon?state=active").Want(http.StatusOK); !strings.Contains(list.Text(".table"), "错误表述") {
		t.Error("the entry is not in force")
	}
	// A word allowed by one person that holds a sensitive word by now is listed, and
	// goes to a second person from there.
	add := func(kind, words string) {
		site.Post("/console/lexicon/new", url.Values{"unit": {string(u.ID)}, "kind": {kind}, "words": {words}, "wide": {"on"}}).Want(http.StatusSeeOther)
	}
	add("allow", "某敏感词语研究所")
	if got := site.Get("/console/lexicon").Want(http.StatusOK).Text("main"); strings.Contains(got, "需要两人确认") {
		t.Error("listed though nothing sensitive is in it")
	}
	add("sensitive", "某敏感词语")
	list := site.Get("/console/lexicon").Want(http.StatusOK)
	if got := list.Text("main"); !strings.Contains(got, "需要两人确认的允许使用") || !strings.Contains(got, "某敏感词语研究所") {
		t.Errorf("not listed: %s", got)
	}
	ask := list.Attr(`a[href$="/confirm"]`, "href")
	site.Get(ask).Want(http.StatusOK)
	site.Post(ask, url.Values{"source": {""}}).Want(http.StatusUnprocessableEntity)
	to = site.Post(ask, url.Values{"source": {"机构名录"}}).Want(http.StatusSeeOther).Location()
	if got := site.Get(to).Want(http.StatusOK).Text("main"); !strings.Contains(got, "待确认") {
		t.Errorf("it waits for nobody: %s", got)
	}
	site.Get("/console/lexicon/export?format=csv").Want(http.StatusOK)
	site.Get("/console/lexicon/export?format=json").Want(http.StatusOK)
	if len(site.Taken) != 2 {
		t.Errorf("%d lists left the house, want two on record", len(site.Taken))
	}
}

// A pack handed up says to whom, and to the office that is asked, why it is.
func TestAPackHandedUpSaysSo(t *testing.T) {
	for _, x := range []struct {
		own  bool
		want string
	}{{true, "本单位没有另一人可以确认，已请西安市人民政府办公厅确认。"}, {false, "雁塔区人民政府办公室除提出人周启明外没有人可以确认。"}} {
		v := newPackView(askedPack, nil, 0, nil, true, x.own)
		if len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Text, x.want) {
			t.Errorf("own %t: %+v", x.own, v.Alerts)
		}
	}
	if v := newPackView(samplePack, nil, 0, nil, true, false); len(v.Alerts) != 0 {
		t.Errorf("a pack of the own unit: %+v", v.Alerts)
	}
}
