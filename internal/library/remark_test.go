package library_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
)

// results of the newest version of an item, by kind.
func (h *house) results(it library.Item) []library.Result {
	h.t.Helper()
	v := ok(h.lib.Version(context.Background(), system, it.ID, 0))(h.t)
	return ok(h.lib.Results(context.Background(), system, v))(h.t)
}

func kinds(list []library.Result) []string {
	out := []string{}
	for _, r := range list {
		out = append(out, r.Kind)
	}
	return out
}

// reason gives one reason for every remark that takes one.
func (h *house) reason(p desk, it library.Item, why string) {
	h.t.Helper()
	reasons := map[string]string{}
	for _, r := range h.results(it) {
		if r.Severity == check.Error {
			reasons[r.Key()] = why
		}
	}
	if n, err := h.lib.GiveReasons(p.ctx, p.scope(authz.ItemRead), it.ID, reasons); err != nil || n == 0 {
		h.t.Fatalf("%d reasons given, %v", n, err)
	}
}

func parse(t testing.TB, s string) prose.Doc {
	t.Helper()
	return ok(prose.Parse([]byte(s)))(t)
}

func TestEveryRemarkNeedsItsOwnReason(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		w := h.writing("题目两处", "这里有错字。\n\n第二段。")
		w.Written = calendar.Date{Year: 2027, Month: 1, Day: 5} // the day is 2 March 2026
		it := h.create(w)
		if got := kinds(h.results(it)); !slices.Contains(got, "wording.confusion") || !slices.Contains(got, "item.dates") {
			t.Fatalf("remarks %v", got)
		}
		list := h.results(it)
		if _, err := h.lib.GiveReasons(h.author.ctx, h.author.scope(authz.ItemRead), it.ID, map[string]string{list[0].Key(): "原文如此"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.submit(it, library.Submission{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "1 处提示") {
			t.Errorf("one of two reasons: %v", err)
		}
		if _, err := h.lib.GiveReasons(h.neighbour.ctx, h.neighbour.scope(authz.ItemRead), it.ID, map[string]string{list[1].Key(): "原文如此"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour speaks about our remarks: %v", err)
		}
		if _, err := h.lib.GiveReasons(h.author.ctx, h.author.scope(authz.ItemRead), it.ID, map[string]string{list[1].Key(): "嗯"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a reason that says nothing: %v", err)
		}
		// The reason stands from version to version, for the same words among the same words.
		w.Doc = text(t, "这里有错字。\n\n第二段改了。")
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, w))(t)
		for _, r := range h.results(it) {
			if r.Key() == list[0].Key() && r.Reason == "" {
				t.Errorf("the reason of %s is lost with the next version", r.Kind)
			}
		}
		// Mended is counted.
		w.Written = calendar.Date{Year: 2026, Month: 1, Day: 5}
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, w))(t)
		for _, p := range ok(h.lib.RuleQuality(context.Background()))(t) {
			if p.Rule == "item.dates" && (p.Seen != 1 || p.Mended != 1) || p.Rule == "wording.confusion" && (p.Kept != 1 || p.Mended != 0) {
				t.Errorf("quality %+v", p)
			}
		}
		ok(h.submit(it, library.Submission{}))(t)
	})
}

func TestFalseAlarmsFeedTheAllowListAndTheQualityOfTheRule(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		it := h.create(h.writing("题目一", "这里有错字。"))
		key := h.results(it)[0].Key()
		report := func(p desk, it library.Item, key, why string) (library.Allowed, error) {
			return h.lib.ReportFalseAlarm(p.ctx, p.scope(authz.ItemRead), it.ID, library.FalseAlarm{Key: key, Reason: why})
		}
		if _, err := report(h.author, it, key, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("a false alarm without a reason: %v", err)
		}
		if _, err := report(h.author, it, "none", "地名如此"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a remark that is not there: %v", err)
		}
		a := ok(report(h.author, it, key, "这是地名"))(t)
		if got := h.results(it); len(got) != 0 {
			t.Errorf("allowed words are still questioned: %+v", got)
		}
		// In another item of the unit too, and not in a neighbour's.
		other := h.create(h.writing("题目二", "另一篇也有错字。"))
		if got := h.results(other); len(got) != 0 {
			t.Errorf("the unit's list does not hold for its other items: %+v", got)
		}
		foreign, err := h.lib.Check(h.neighbour.ctx, h.neighbour.scope(authz.ItemWrite), "", library.Writing{Meta: library.Meta{Type: library.News, Title: "题"}, Doc: text(t, "这里有错字。"), Unit: "none"})
		if err != nil || len(foreign) != 1 {
			t.Errorf("the list reaches another unit: %+v, %v", foreign, err)
		}
		list, total, err := h.lib.AllowList(ctx, h.author.scope(authz.ItemRead), "", 10, 0)
		if err != nil || total != 1 || list[0].PersonName != "王编" || list[0].Reason != "这是地名" || list[0].Words != "错字" || list[0].State(calendar.DateOf(h.clock.Now())) != "有效" {
			t.Errorf("list %+v (%d), %v", list, total, err)
		}
		if _, n, err := h.lib.AllowList(ctx, h.neighbour.scope(authz.ItemRead), "", 10, 0); err != nil || n != 0 {
			t.Errorf("a neighbour sees %d entries, %v", n, err)
		}
		found := false
		for _, p := range ok(h.lib.RuleQuality(ctx))(t) {
			if p.Rule == "wording.confusion" {
				found = true
				if p.FalseAlarms != 1 || p.Precision().Hits != 0 || p.Precision().Of != 1 {
					t.Errorf("quality of the rule %+v", p)
				}
			}
		}
		if !found {
			t.Error("the rule has no figures")
		}
		// Removed, the remark is back at once.
		if err := h.lib.RemoveAllowed(h.author.ctx, h.author.scope(authz.ItemWrite), a.ID, "判断有误"); err != nil {
			t.Fatal(err)
		}
		if got := h.results(it); len(got) != 1 {
			t.Errorf("after the removal: %+v", got)
		}
		// So it is when the entry expires.
		ok(report(h.author, it, key, "这是地名"))(t)
		h.clock.Set(h.clock.Now().AddDate(1, 0, 2))
		if got := h.results(it); len(got) != 1 {
			t.Errorf("after it has expired: %+v", got)
		}
	})
}

func TestASeriousFalseAlarmNeedsASecondPerson(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := h.create(h.writing("公开电话", "值班电话13812345678。"))
		key := h.results(it)[0].Key()
		if _, err := h.lib.GiveReasons(h.author.ctx, h.author.scope(authz.ItemRead), it.ID, map[string]string{key: "必须公开的"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a reason lets a serious remark stand: %v", err)
		}
		a := ok(h.lib.ReportFalseAlarm(h.both.ctx, h.both.scope(authz.ItemRead), it.ID, library.FalseAlarm{Key: key, Reason: "本单位公开的值班手机"}))(t)
		if strings.Contains(a.Words+a.Near, "13812345678") {
			t.Errorf("the list shows the number: %+v", a)
		}
		_, err := h.submit(it, library.Submission{})
		wantReason(t, err, "privacy.mobile")
		if err := h.lib.ConfirmAllowed(h.both.ctx, h.both.scope(authz.ItemFinalReview), a.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("who reported it confirms it: %v", err)
		}
		if err := h.lib.ConfirmAllowed(h.final.ctx, h.final.scope(authz.ItemFinalReview), a.ID); err != nil {
			t.Fatal(err)
		}
		ok(h.submit(it, library.Submission{}))(t)
	})
}

// What the same rules said of the same text is used again; a change of the
// lexicon has it read anew.
func TestResultsAreUsedAgainAndNeverStale(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		var reads atomic.Int64
		word := "旧词"
		h := build(t, d, clock, func(text string) []check.Span {
			reads.Add(1)
			if i := strings.Index(text, word); i >= 0 {
				at := len([]rune(text[:i]))
				return []check.Span{{Kind: "wording.confusion", Start: at, End: at + 2, Wrong: word, Right: []string{}, Says: "疑似错字。"}}
			}
			return nil
		})
		edition := "1"
		h.lib.ExamineWith(library.Examining{Edition: func() string { return edition }})
		it := h.create(h.writing("题目", "这里有旧词和新词。"))
		before := reads.Load()
		if got := h.results(it); len(got) != 1 || got[0].Wrong != "旧词" || reads.Load() != before {
			t.Errorf("results %+v after %d further readings", got, reads.Load()-before)
		}
		h.reason(h.author, it, "原文如此")
		it = ok(h.submit(it, library.Submission{}))(t)
		if reads.Load() != before {
			t.Errorf("%d readings of a text that is known", reads.Load()-before)
		}
		// The lexicon changes between submission and approval.
		word, edition = "新词", "2"
		if _, err := h.review(h.first, it); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "新词") {
			t.Errorf("an approval by the old lexicon: %v", err)
		}
		if reads.Load() == before {
			t.Error("the text was not read by the new lexicon")
		}
		h.reason(h.first, it, "已核对原文")
		it = ok(h.review(h.first, it))(t)
		before = reads.Load()
		ok(h.review(h.final, it))(t)
		if reads.Load() != before {
			t.Errorf("%d readings at the final review of what was read at the first", reads.Load()-before)
		}
	})
}

const attached = `{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"名单见附件。"}]},
	{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"张三"}]}]},{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"13812345678"}]}]}]}]},
	{"type":"figure","attrs":{"kind":"image","src":"/media/a.jpg","alt":"雁塔区行政区划图"}},
	{"type":"figure","attrs":{"kind":"image","src":"/media/b.jpg","alt":"雁塔区行政区划图","caption":"审图号：陕S（2022）015号"}},
	{"type":"figure","attrs":{"kind":"image","src":"/media/c.jpg","alt":"IMG_2031.jpg"}},
	{"type":"figure","attrs":{"kind":"image","src":"/media/d.jpg","alt":"` + prose.Undescribed + `"}},
	{"type":"paragraph","content":[{"type":"text","text":"办事大厅","marks":[{"type":"link","attrs":{"href":"http://192.168.1.8/a"}}]},{"type":"text","text":"和"},{"type":"text","text":"商城","marks":[{"type":"link","attrs":{"href":"https://shop.jd.com/a"}}]}]},
	{"type":"attachment","attrs":{"name":"名单.xlsx","href":"/files/a","hash":"a"}},{"type":"attachment","attrs":{"name":"扫描.pdf","href":"/files/b","hash":"b"}}]}`

func TestTablesAttachmentsPicturesAndLinksAreChecked(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		asked := 0
		h.lib.ExamineWith(library.Examining{Words: func(_ context.Context, hash, name string) (string, error) {
			asked++
			if hash == "a" {
				return "李四\t13987654321\t登陆网站有错字", nil
			}
			return "王五\t13787654321", fault.New(fault.Invalid, "附件“"+name+"”的第2页没有可以复制的文字（可能是扫描件）。")
		}})
		w := h.writing("公示名单", "")
		w.Doc = parse(t, attached)
		w.Written = calendar.DateOf(h.clock.Now()).AddDays(3)
		it := h.create(w)
		list := h.results(it)
		want := map[string]string{"正文|privacy.mobile": "", "附件“名单.xlsx”|privacy.mobile": "", "附件“扫描.pdf”|privacy.mobile": "", "附件|item.attachment": "", "第 1 张图片|item.map": "", "第 3 张图片|item.alt": "", "第 4 张图片|item.undescribed": "", "成文日期|item.dates": "", "http://192.168.1.8/a|item.link": "", "https://shop.jd.com/a|item.advert_link": ""}
		for _, r := range list {
			id := r.FieldName() + "|" + r.Kind
			if _, ok := want[id]; !ok {
				t.Errorf("also said: %s: %s", id, r.Says)
			}
			delete(want, id)
			// Its basis is not verified: it is mended or kept with a reason, and bars nobody.
			if r.Kind == "item.undescribed" && r.Severity != check.Error {
				t.Errorf("a picture without words: %+v", r)
			}
			if strings.Contains(r.Near+r.Wrong, "13987654321") {
				t.Errorf("a number of an attachment is shown in full: %+v", r)
			}
		}
		for id := range want {
			t.Errorf("not seen: %s", id)
		}
		before := asked
		w.Title = "公示名单（二）"
		ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, w))(t)
		if asked != before {
			t.Errorf("attachments that did not change were read %d times again", asked-before)
		}
	})
}

func TestLinksOfTheHouseAndOutside(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		asked := []string{}
		workers := jobs.NewWorkers()
		h.lib.ExamineWith(library.Examining{
			Own: func(address string) (library.ItemID, bool) {
				if id, item := strings.CutPrefix(address, "/content/"); item {
					return library.ItemID(id), true
				}
				return "", strings.HasPrefix(address, "https://ours.example.gov.cn/")
			},
			Fetch: func(_ context.Context, l check.Link) (check.LinkResult, string, error) {
				asked = append(asked, l.URL)
				r := check.LinkResult{Link: l, Status: 200, FinalURL: l.URL, ContentType: "text/html", Text: "正文"}
				switch {
				case strings.Contains(l.URL, "dead"):
					r.Status = 404
				case strings.Contains(l.URL, "robots"):
					return r, "robots.txt 不允许访问，未检测。", nil
				case l.Text == "没有的专题":
					r.CatchAll = "不论打开什么地址都显示同一页面"
				}
				return r, "", nil
			}})
		library.Register(h.lib, workers)
		target := h.live(h.writing("目标稿件", "公开的内容。"))
		link := func(words, href string) string {
			return `{"type":"paragraph","content":[{"type":"text","text":"` + words + `","marks":[{"type":"link","attrs":{"href":"` + href + `"}}]}]}`
		}
		w := h.writing("带链接的稿件", "")
		w.Doc = parse(t, `{"type":"doc","content":[`+link("本站稿件", "/content/"+string(target.ID))+","+link("外站", "https://www.example.gov.cn/dead")+","+link("外站好的", "https://www.example.gov.cn/ok")+","+link("外站不让看的", "https://www.example.gov.cn/robots")+","+link("没有的专题", "https://ours.example.gov.cn/zt/")+`]}`)
		it := h.create(w)
		if got := h.results(it); !slices.Equal(kinds(got), []string{"link.waiting"}) || !strings.Contains(got[0].Says, "有 4 个外部链接还没有检测") {
			t.Errorf("remarks before anything is known: %v", got)
		}
		// Its author learns it from the draft; of two versions saved in a row the newest is asked.
		w.Title = "带链接的稿件（二）"
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, w))(t)
		if len(asked) != 0 {
			t.Errorf("saving itself asked outside: %v", asked)
		}
		jobstest.Work(t, h.db, workers, jobs.Config{})
		if len(asked) != 4 {
			t.Errorf("the job asked %v", asked)
		}
		if got := kinds(h.results(it)); !slices.Equal(got, []string{"link.dead", "link.untested", "link.soft404"}) {
			t.Errorf("of a draft, after the job: %v", got)
		}
		// A draft from before its addresses were asked for is made good by the next save,
		// though nothing in it changed.
		if err := h.db.Update(h.author.ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(h.author.ctx, `DELETE FROM item_outlink`); err != nil {
				return err
			}
			return audit.Record(h.author.ctx, tx, audit.Entry{Act: "test"})
		}); err != nil {
			t.Fatal(err)
		}
		asked = nil
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, w))(t)
		jobstest.Work(t, h.db, workers, jobs.Config{})
		if got := kinds(h.results(it)); len(asked) != 4 || !slices.Equal(got, []string{"link.dead", "link.untested", "link.soft404"}) {
			t.Errorf("after a save without a change: asked %v, %v", asked, got)
		}
		h.reason(h.author, it, "对方网站正在迁移")
		asked = nil
		it = ok(h.submit(it, library.Submission{}))(t)
		if len(asked) != 0 {
			t.Errorf("submission itself asked outside: %v", asked)
		}
		jobstest.Work(t, h.db, workers, jobs.Config{})
		if len(asked) != 4 {
			t.Errorf("the job of the submission asked %v", asked)
		}
		if got := kinds(h.results(it)); !slices.Equal(got, []string{"link.dead", "link.untested", "link.soft404"}) {
			t.Errorf("after the job: %v", got)
		}
		// The page of the house goes: the next approval knows without a job.
		ok(h.lib.Withdraw(h.author.ctx, h.author.scope(authz.ItemWithdraw), target.ID, "内容有误"))(t)
		if got := kinds(h.results(it)); !slices.Contains(got, "link.gone") {
			t.Errorf("a link to what is withdrawn: %v", got)
		}
		if _, err := h.review(h.first, it); !fault.Is(err, fault.Invalid) {
			t.Errorf("an approval over dead links: %v", err)
		}
	})
}

func TestCopiesInTheWholeLibrary(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		body := "各区县人民政府，市人民政府各工作部门：为做好今年汛期防御工作，保障人民群众生命财产安全，现就有关事项通知如下，请认真贯彻执行，并按时报送落实情况。"
		draft := h.create(h.writing("关于做好汛期防御工作的通知", body))
		copies := ok(h.lib.Copies(ctx, h.author.scope(authz.ItemRead), "", "转发汛期通知", body+"特此通知。"))(t)
		if len(copies) != 1 || copies[0].Item != draft.ID || copies[0].Shared < 80 || copies[0].SameTitle {
			t.Errorf("copies %+v", copies)
		}
		if got := ok(h.lib.Copies(ctx, h.author.scope(authz.ItemRead), draft.ID, draft.Title, body))(t); len(got) != 0 {
			t.Errorf("an item is its own copy: %+v", got)
		}
		// A neighbour is told that there is one, and not what it says.
		other := ok(h.lib.Copies(ctx, h.neighbour.scope(authz.ItemRead), "", "关于做好汛期防御工作的通知", body))(t)
		if len(other) != 1 || other[0].Item != "" || other[0].Title != "" || other[0].UnitName == "" {
			t.Errorf("a neighbour sees %+v", other)
		}
	})
}
