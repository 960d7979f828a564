package app_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"image"
	"image/png"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blueprint"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/health"
	"zhengshu/internal/layout"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/moveout"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// estate is a house with one county's office and its portal.
type estate struct {
	t      *testing.T
	h      *app.House
	ctx    context.Context
	office org.Unit
	person [2]org.Person
}

var everything = authz.System("test")

func newEstate(t *testing.T) *estate {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	e := &estate{t: t, ctx: audit.System(context.Background(), "test")}
	var err error
	e.h, err = app.Open(e.ctx, app.Config{Dir: dbtest.Folder(t), Clock: clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	e.ok(err)
	t.Cleanup(func() { e.ok(e.h.Close(context.Background())) })
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
			if _, err := e.h.Org.AddArea(e.ctx, tx, a); err != nil {
				return err
			}
		}
		if e.office, _, err = e.h.Org.AddUnit(e.ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}); err != nil {
			return err
		}
		for i, name := range []string{"甲某", "乙某"} {
			if e.person[i], err = e.h.Org.AddPerson(e.ctx, tx, everything, org.Person{Unit: e.office.ID, Name: name}); err != nil {
				return err
			}
		}
		return nil
	}))
	return e
}

func (e *estate) ok(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// live gives the house a hosted portal with a column and what the list holds.
func (e *estate) live(items []string) (registry.Site, library.ItemID) {
	e.t.Helper()
	var site registry.Site
	var column registry.Column
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) (err error) {
		if site, err = e.h.Registry.EnterSite(e.ctx, tx, registry.Site{Unit: e.office.ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.gov.cn", Slug: "xa", Hosted: true, Contact: "029-12345"}); err != nil {
			return err
		}
		column, err = e.h.Registry.AddColumn(e.ctx, tx, everything, registry.Column{Site: site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "动态", Owner: e.person[0].ID, A: e.person[0].ID, B: e.person[1].ID, CycleDays: 14})
		if err != nil {
			return err
		}
		_, err = e.h.Library.AdmitMoveIn(e.ctx, tx, everything, library.MoveIn{Site: site.ID, Number: "迁入1", Dated: calendar.DateOf(tx.Now())})
		return err
	}))
	var list bytes.Buffer
	for _, row := range items {
		list.WriteString(row + "\n")
	}
	rep, err := e.h.Library.ImportItems(e.ctx, everything, bytes.NewReader(list.Bytes()), library.ImportOptions{Publish: &library.Target{Site: site.ID, Column: column.ID}})
	e.ok(err)
	if rep.Accepted != len(items) {
		e.t.Fatalf("import: %+v", rep)
	}
	// A draft with an attachment, which the archive carries too.
	kept, err := e.h.Media.Take(e.ctx, everything, e.office.ID, []media.Upload{{Name: "附件.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n%x\n"))}}, media.About{Source: "本单位", FocalX: 50, FocalY: 50})
	e.ok(err)
	doc, err := prose.FromText("见附件。\n\n" + kept[0].Line())
	e.ok(err)
	doc, err = e.h.Media.Place(e.ctx, everything, doc)
	e.ok(err)
	draft, err := e.h.Library.Create(e.ctx, everything, library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: "带附件的草稿", Source: "本单位"}, Doc: doc, Unit: e.office.ID})
	e.ok(err)
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
		return e.h.Appearance.Adopt(e.ctx, tx, everything, site.ID, theme.Choice{ID: theme.Red}, logo(e.t), "政务红")
	}))
	e.ok(e.h.Publisher.Publish(e.ctx, site.ID))
	return site, draft.ID
}

// logo is a picture as an office gives it.
func logo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var designer = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))

// dress lets the house trust a designer's key and puts a site, if one is named,
// into a theme of hers.
func (e *estate) dress(site registry.SiteID, trusted bool) {
	e.t.Helper()
	if trusted {
		e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(e.ctx, `INSERT INTO theme_key (id, name, public_key, reason, added_id, added_name, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				"01KEY", "省信息中心", base64.StdEncoding.EncodeToString(designer.Public().(ed25519.PublicKey)), "合同", "", "测试", tx.Now()); err != nil {
				return err
			}
			return audit.Record(e.ctx, tx, audit.Entry{Act: "appearance.key.trust", Target: audit.Target{Kind: "theme_key", ID: "01KEY", Name: "省信息中心"}})
		}))
	}
	if site == "" {
		return
	}
	file, err := theme.PackBundle(theme.BundleManifest{ID: "qinling", Name: "秦岭绿", Version: "1.0", Author: "省信息中心", Licence: "政务内部使用"}, map[string][]byte{"theme.css": []byte(".theme-qinling { --brand: #0b6b3a; }")}, designer)
	e.ok(err)
	e.ok(e.h.Appearance.Receive(e.ctx, file))
	b, err := theme.ReadBundle(file)
	e.ok(err)
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
		return e.h.Appearance.Adopt(e.ctx, tx, everything, site, theme.Choice{ID: b.ID, Version: b.Version, Hash: b.Hash, Tokens: theme.Tokens{Radius: "round"}}, nil, "秦岭绿")
	}))
}

// compose gives the site a home page and a topic of its own.
func (e *estate) compose(site registry.SiteID) {
	e.t.Helper()
	b, err := e.h.Layouts.Board(e.ctx, everything, layout.BoardID(site))
	e.ok(err)
	b, _, err = e.h.Layouts.AddBlock(e.ctx, everything, b.ID, b.Rev, layout.Block{Kind: layout.List, Heading: "最近要闻", Columns: []registry.ColumnID{b.Columns[0].ID}, Count: 5}, 99)
	e.ok(err)
	_, err = e.h.Layouts.Publish(e.ctx, everything, b.ID, b.Rev, "加一个列表")
	e.ok(err)
	topic, err := e.h.Layouts.PlanTopic(e.ctx, everything, layout.Topic{Site: site, Slug: "heating", Title: "冬季供暖", Intro: "供暖政策。", EndsOn: calendar.Date{Year: 2026, Month: 12, Day: 31}, Owner: e.person[0].ID})
	e.ok(err)
	b, err = e.h.Layouts.Board(e.ctx, everything, layout.BoardID(topic.ID))
	e.ok(err)
	for _, o := range b.Blocks {
		b, err = e.h.Layouts.RemoveBlock(e.ctx, everything, b.ID, b.Rev, o.ID)
		e.ok(err)
	}
	b, _, err = e.h.Layouts.AddBlock(e.ctx, everything, b.ID, b.Rev, layout.Block{Kind: layout.Words, Text: "供暖政策都在这里。"}, 0)
	e.ok(err)
	_, err = e.h.Layouts.Publish(e.ctx, everything, b.ID, b.Rev, "")
	e.ok(err)
}

func (e *estate) pages(site registry.SiteID) map[string]string {
	e.t.Helper()
	r, err := e.h.Releases.Current(site)
	e.ok(err)
	out := map[string]string{}
	e.ok(r.Each(func(p publishing.Page) error {
		if p.Status == 200 {
			out[p.Path] = p.Hash
		}
		return nil
	}))
	return out
}

// Everything of a site goes into one archive, and an empty house makes the same
// site of it: the same addresses, and of each article the same bytes.
func TestArticle28_ASiteLeavesWholeAndComesBackTheSame(t *testing.T) {
	a := newEstate(t)
	site, draft := a.live([]string{`{"ref":"1","type":"news","title":"关于公开选调的公告","text":"正文第一段。","published":"2026-02-03 09:30","source":"本网"}`, `{"ref":"2","type":"news","title":"市政府常务会议召开","text":"会议研究了三项工作。","published":"2026-03-01 10:00","source":"本网"}`, `{"ref":"4","type":"news","title":"往年的工作总结","text":"已经归档的一篇。","published":"2026-01-05 10:00","source":"本网"}`, `{"ref":"3","type":"news","title":"误发的消息","text":"这一条要撤下。","published":"2026-03-02 10:00","source":"本网"}`})
	session := &authz.Session{PersonID: string(a.person[0].ID), Name: a.person[0].Name, Posts: []authz.Post{{Role: authz.Sponsor, UnitID: string(a.office.ID), AreaPath: a.office.AreaPath, Office: true}}}
	scope := session.ScopeFor(authz.SiteExport)
	a.dress(site.ID, true)
	a.compose(site.ID)
	a.past(site)
	a.ok(a.h.Publisher.Rebuild(a.ctx, site.ID))
	a.h.Config.Clock.(*calendar.Manual).Set(time.Date(2026, 3, 9, 2, 1, 0, 0, time.UTC))
	run, err := a.h.MoveOut.Ask(a.ctx, session, scope, site.ID, true)
	a.ok(err)
	if _, err := a.h.MoveOut.Ask(a.ctx, session, scope, site.ID, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice at once: %v", err)
	}
	if _, _, err := a.h.MoveOut.Open(a.ctx, scope, run.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("fetched before it is there: %v", err)
	}
	a.ok(a.h.MoveOut.Work(a.ctx, run.ID))
	run, f, err := a.h.MoveOut.Open(a.ctx, scope, run.ID)
	a.ok(err)
	body, err := io.ReadAll(f)
	a.ok(err)
	a.ok(f.Close())
	if int64(len(body)) != run.Size || run.State != moveout.Ready {
		t.Fatalf("%d bytes, said %d, %s", len(body), run.Size, run.State)
	}

	// Letters, trail and everything else lie in it as files that it names with
	// their hashes.
	for _, want := range []string{"site.json", "items.jsonl", "versions.jsonl", "placements.jsonl", "files.zip", "letters.jsonl", "records.jsonl", "audit.jsonl", "static.zip", "look.json", "theme.json", "layouts.json", "addresses.json"} {
		if i := slices.IndexFunc(run.Parts, func(p moveout.Part) bool { return p.Name == want }); i < 0 || len(run.Parts[i].SHA256) != 64 {
			t.Errorf("%s is not named with its hash", want)
		}
	}

	b := newEstate(t)
	b.dress("", true)
	broken := bytes.Clone(body)
	broken[len(broken)/2] ^= 0xff
	if _, err := b.h.BringSite(b.ctx, bytes.NewReader(broken), int64(len(broken)), "西安市人民政府办公厅"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a changed archive: %v", err)
	}
	if _, err := b.h.BringSite(b.ctx, bytes.NewReader(body), run.Size, "没有的单位"); !fault.Is(err, fault.Invalid) {
		t.Errorf("for nobody: %v", err)
	}
	got, err := b.h.BringSite(b.ctx, bytes.NewReader(body), run.Size, "西安市人民政府办公厅")
	b.ok(err)
	if got.Columns != 1 || got.Items != 5 || got.Files != 1 || got.Letters != 1 || got.LettersOpen != 0 {
		t.Errorf("brought %+v", got)
	}
	b.sawPast(got.Site, "LX-2025-0007-xa", "路灯不亮", draft)
	was, now := a.pages(site.ID), b.pages(got.Site.ID)
	for path, hash := range was {
		if path == "/matrix/" || strings.HasPrefix(path, "/theme/"+theme.Red) { // says when it was made; sheets of the theme it wore before
			continue
		}
		if now[path] == "" {
			t.Errorf("%s is not there", path)
		} else if now[path] != hash && len(path) > 9 && path[:9] == "/content/" {
			t.Errorf("%s is another page", path)
		}
	}
	if it, err := b.h.Library.Item(b.ctx, everything, draft); err != nil || it.Title != "带附件的草稿" || it.Live() {
		t.Errorf("the draft: %+v (%v)", it, err)
	}
	if l, err := b.h.Appearance.Carried(b.ctx, b.h.DB, everything, got.Site.ID); err != nil || l.ID != "qinling" || len(l.Hash) != 64 || l.Tokens.Radius != "round" {
		t.Errorf("look %+v (%v)", l, err)
	}
	if got, err := b.h.Appearance.LogoOf(b.ctx, b.h.DB, everything, got.Site.ID); err != nil || !bytes.Equal(got, logo(t)) {
		t.Errorf("the logo came as %d bytes (%v)", len(got), err)
	}
	left, err := a.h.Layouts.Carry(a.ctx, a.h.DB, everything, site.ID, true)
	a.ok(err)
	came, err := b.h.Layouts.Carry(b.ctx, b.h.DB, everything, got.Site.ID, true)
	b.ok(err)
	if !reflect.DeepEqual(left.Home, came.Home) || len(came.Home) == 0 || len(left.Topics) != 1 || len(came.Topics) != 1 || came.Topics[0].State != layout.TopicRunning || came.Topics[0].Blocks[0].Text != "供暖政策都在这里。" {
		t.Errorf("composed as %+v, left as %+v", came, left)
	}
	again, err := b.h.BringSite(b.ctx, bytes.NewReader(body), run.Size, "西安市人民政府办公厅")
	b.ok(err)
	if again.Site.ID != got.Site.ID || again.Items != 5 || again.Letters != 1 {
		t.Errorf("a second time: %+v", again)
	}
	b.sawPast(got.Site, "LX-2025-0007-xa", "路灯不亮", draft)

	// What is fetched no more is removed.
	a.h.Config.Clock.(*calendar.Manual).Set(time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC))
	if n, err := a.h.MoveOut.Expire(a.ctx); err != nil || n != 1 {
		t.Errorf("expired %d (%v)", n, err)
	}
	if _, _, err := a.h.MoveOut.Open(a.ctx, scope, run.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("after its time: %v", err)
	}
	if left, err := os.ReadDir(a.h.MoveOut.Dir); err != nil || len(left) != 0 {
		t.Errorf("%d folders are left (%v)", len(left), err)
	}
}

// A batch is made whole or not at all, and nothing that was not approved is
// made.
func TestABatchOfSitesIsMadeWholeOrNotAtAll(t *testing.T) {
	e := newEstate(t)
	source, _ := e.live([]string{`{"ref":"1","type":"news","title":"公告","text":"正文。","published":"2026-02-03","source":"本网"}`})
	var planned registry.Site
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) (err error) {
		planned, err = e.h.Registry.PlanSite(e.ctx, tx, registry.Site{Unit: e.office.ID, Kind: registry.DepartmentSite, Name: "新站", Host: "new.xa.gov.cn"})
		return err
	}))
	order := func(text string) blueprint.Order {
		rows, err := blueprint.ParseRows(text)
		e.ok(err)
		return blueprint.Order{From: blueprint.ID("site:" + string(source.ID)), Rows: rows, Items: true}
	}
	if _, err := blueprint.ParseRows("只有一项"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a row of one: %v", err)
	}
	bad := order("new.xa.gov.cn,xa-new,甲某,甲某,乙某\nnobody.xa.gov.cn，xa-no，甲某，甲某，乙某\nwww.xa.gov.cn,xa,甲某,甲某,乙某")
	out, err := e.h.Blueprints.Build(e.ctx, everything, bad)
	if !fault.Is(err, fault.Refused) || len(out) != 3 || out[0].Wrong != "" || out[1].Wrong == "" || out[2].Wrong == "" {
		t.Fatalf("%+v (%v)", out, err)
	}
	good := order("new.xa.gov.cn,xa-new,甲某,甲某,乙某")
	if out, err = e.h.Blueprints.Rehearse(e.ctx, everything, good); err != nil || out[0].Columns != 1 || !out[0].Hosts {
		t.Fatalf("rehearsed %+v (%v)", out, err)
	}
	columns := func() []registry.Column {
		list, err := e.h.Registry.Columns(e.ctx, e.h.DB, everything, planned.ID)
		e.ok(err)
		return list
	}
	if len(columns()) != 0 {
		t.Fatal("a refusal or a rehearsal left something behind")
	}
	if out, err = e.h.Blueprints.Build(e.ctx, everything, good); err != nil || out[0].Adopted != 1 {
		t.Fatalf("built %+v (%v)", out, err)
	}
	if list := columns(); len(list) != 1 || list[0].Slug != "news" || list[0].BName != "乙某" {
		t.Errorf("columns %+v", list)
	}
	if l, err := e.h.Appearance.Carried(e.ctx, e.h.DB, everything, planned.ID); err != nil || l.ID != theme.Red {
		t.Errorf("look %+v (%v)", l, err)
	}
	if l, err := e.h.Appearance.LogoOf(e.ctx, e.h.DB, everything, planned.ID); err != nil || l != nil {
		t.Errorf("another's logo came along: %d bytes (%v)", len(l), err)
	}
	// A kept template takes the composition and the signed theme along.
	e.dress(source.ID, true)
	e.compose(source.ID)
	kept, err := e.h.Blueprints.Keep(e.ctx, everything, source.ID, "样板", "")
	e.ok(err)
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
		_, err := e.h.Registry.PlanSite(e.ctx, tx, registry.Site{Unit: e.office.ID, Kind: registry.DepartmentSite, Name: "再一个新站", Host: "third.xa.gov.cn"})
		return err
	}))
	rows, err := blueprint.ParseRows("third.xa.gov.cn,xa-third,甲某,甲某,乙某")
	e.ok(err)
	out, err = e.h.Blueprints.Build(e.ctx, everything, blueprint.Order{From: kept.ID, Rows: rows})
	e.ok(err)
	third := out[0].Site.ID
	if l, err := e.h.Appearance.Carried(e.ctx, e.h.DB, everything, third); err != nil || l.ID != "qinling" || len(l.Hash) != 64 {
		t.Errorf("look of the kept template %+v (%v)", l, err)
	}
	if c, err := e.h.Layouts.Carry(e.ctx, e.h.DB, everything, third, false); err != nil || !slices.ContainsFunc(c.Home, func(o layout.Block) bool { return o.Heading == "最近要闻" }) {
		t.Errorf("composition of the kept template %+v (%v)", c, err)
	}
	list, err := e.h.Blueprints.Templates(e.ctx, everything)
	e.ok(err)
	if !slices.ContainsFunc(list, func(x blueprint.Template) bool { return x.ID == kept.ID }) {
		t.Error("the kept template is not offered")
	}
	e.ok(e.h.Blueprints.Retire(e.ctx, everything, kept.ID))

	// The card of the site that stands.
	e.ok(e.h.Backup(e.ctx, t.TempDir()+"/b.zip"))
	card, err := e.h.Health.Card(e.ctx, everything, source.ID)
	e.ok(err)
	if card.Row.Release == 0 || card.Row.Columns != 1 || card.Backup.IsZero() || len(card.Facts) == 0 || card.Facts[0].Text != "有效" {
		t.Errorf("card %+v", card)
	}
	for _, sort := range []string{"", "name", "released", "columns", "findings", "domain"} {
		if list, n, err := e.h.Health.Cards(e.ctx, everything, healthFilter(sort)); err != nil || n != 1 || len(list) != 1 {
			t.Errorf("sorted by %q: %d of %d (%v)", sort, len(list), n, err)
		}
	}
	today := calendar.Today(e.h.Config.Clock)
	if acts, n, err := e.h.Health.Activities(e.ctx, everything, today.AddDays(-29), today, 10, 0); err != nil || n != 1 || acts[0].Published == 0 {
		t.Errorf("activity %+v (%v)", acts, err)
	}
}

// past gives the site what it has besides pages: a letter that was answered, an
// old address that leads on, an item that was withdrawn and one in the archive.
func (e *estate) past(site registry.Site) {
	e.t.Helper()
	at := time.Date(2025, 11, 3, 2, 0, 0, 0, time.UTC)
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
		_, err := e.h.Letters.Bring(e.ctx, tx, everything, site.ID, []letters.Former{{Number: "LX-2025-0007", Type: letters.Help, Title: "路灯不亮", Body: "解放路的路灯三天不亮了，请派人看看。", State: letters.Published, Consent: true, ReceivedAt: at, AnsweredAt: at,
			Rounds: []letters.FormerRound{{Draft: letters.Draft{Answer: "已经修好。"}, Drafter: "赵某", Reviewer: "钱某", Verdict: "pass", At: at, ReviewedAt: at}},
			Reply:  &letters.FormerReply{Title: "路灯不亮", Body: "路灯三天不亮。", Answer: "已经修好。", PublishedAt: at}}})
		return err
	}))
	e.ok(e.h.Publisher.SetRedirect(e.ctx, everything, site.ID, "", "/art/2019/1.html", "/news/"))
	ctx := audit.WithActor(e.ctx, audit.Actor{Kind: "person", ID: string(e.person[0].ID), Name: e.person[0].Name})
	for title, n := range map[string]library.Ending{"误发的消息": {Kind: library.EndWithdrawn, Class: "信息已过时", Reason: "发错了"}, "往年的工作总结": {Kind: library.EndArchived, Reason: "已过时限"}} {
		list, _, err := e.h.Library.Items(e.ctx, everything, library.Filter{Text: title, Limit: 1})
		e.ok(err)
		e.ok(e.h.Library.EndItem(ctx, everything, list[0].ID, n))
	}
}

// sawPast looks whether all that came along, and answers as it did.
func (e *estate) sawPast(site registry.Site, number, title string, draft library.ItemID) {
	t := e.t
	t.Helper()
	if l, n, err := e.h.Letters.Letters(e.ctx, everything, letters.Filter{Site: site.ID}); err != nil || n != 1 || l[0].Number != number || l[0].Title != title || l[0].State != letters.Concluded {
		t.Errorf("letters %+v (%v)", l, err)
	}
	if y, n, err := letters.NewDesk(e.h.Letters).Replies(e.ctx, site.ID, 5, 0); err != nil || n != 1 || y[0].Answer != "已经修好。" {
		t.Errorf("replies %+v (%v)", y, err)
	}
	kept, _, err := e.h.Library.Items(e.ctx, everything, library.Filter{Text: "往年的工作总结", Limit: 1})
	e.ok(err)
	r, err := e.h.Releases.Current(site.ID)
	e.ok(err)
	if p, ok, err := r.Page(publishing.Path(kept[0])); err != nil || !ok || p.Status != 200 {
		t.Errorf("what was archived: %+v %v (%v)", p, ok, err)
	} else if body, err := e.h.Releases.Object(p.Hash, publishing.MaxObject); err != nil || !strings.Contains(string(body), "已归档") {
		t.Errorf("the page does not say that it was archived (%v)", err)
	}
	gone := 0
	e.ok(r.Each(func(p publishing.Page) error {
		switch {
		case p.Path == "/art/2019/1.html":
			if p.Status != 301 || p.To != "/news/" {
				t.Errorf("the old address: %d to %s", p.Status, p.To)
			}
			gone += 10
		case p.Status == 410:
			body, err := e.h.Releases.Object(p.Hash, publishing.MaxObject)
			if err != nil {
				return err
			}
			if !strings.Contains(string(body), "信息已过时") {
				t.Errorf("%s does not say why it is gone", p.Path)
			}
			gone++
		}
		return nil
	}))
	if gone != 12 { // the page and its elder twin
		t.Errorf("%d of the addresses without a page answer", gone)
	}
	counts, err := e.h.MoveOut.PastCounts(e.ctx, everything, site.ID)
	e.ok(err)
	for _, part := range moveout.PastParts {
		list, n, err := e.h.MoveOut.Past(e.ctx, everything, site.ID, moveout.PastFilter{Part: part, Limit: 10})
		if err != nil || n == 0 || n != counts[part] {
			t.Errorf("%s: %d lines (%v)", part.Name(), n, err)
			continue
		}
		l, err := e.h.MoveOut.PastLine(e.ctx, everything, site.ID, part, list[0].Key())
		if err != nil || l.Title != list[0].Title {
			t.Errorf("%s: %+v (%v)", part.Name(), l, err)
		}
	}
	if list, n, err := e.h.MoveOut.Past(e.ctx, everything, site.ID, moveout.PastFilter{Part: moveout.PastVersions, Text: "带附件的草稿", Limit: 10}); err != nil || n != 1 || list[0].Ref != draft {
		t.Errorf("versions of the draft: %+v (%v)", list, err)
	}
	list, n, err := e.h.MoveOut.Arrived(e.ctx, everything, 10, 0)
	if err != nil || n != 1 || list[0].FinishedAt.IsZero() || list[0].Letters != 1 || len(list[0].Parts["audit.jsonl"].SHA256) != 64 {
		t.Errorf("arrivals %+v (%v)", list, err)
	}
	if _, err := e.h.MoveOut.PastLine(e.ctx, everything, site.ID, moveout.PastTrail, "none.1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a line that is not there: %v", err)
	}
}

func healthFilter(sort string) health.Filter { return health.Filter{Sort: sort, Limit: 10} }
