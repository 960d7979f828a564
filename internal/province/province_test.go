package province_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/province"
	"zhengshu/internal/rules/sx2021"
)

type house struct {
	db          *db.DB
	clock       *calendar.Manual
	svc         *province.Service
	days        calendar.Workdays
	obligations *obligation.Service
	unit        org.Unit
	top, city   *authz.Session
}

var kind = obligation.Kind{ID: "launch", Name: "正式上线", Citation: "第七条"}

func each(t *testing.T, fn func(t *testing.T, h house)) {
	t.Helper()
	at := time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(at)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(at)
		h := house{db: d, clock: clock}
		o := org.New(d)
		h.obligations = obligation.New(d, o, kind)
		shipped, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		var set func(calendar.Workdays)
		h.days, set = shipped.Live()
		h.svc = province.New(province.Parts{DB: d, Org: o, Obligations: h.obligations, Shipped: shipped, Days: h.days, Set: set, StepDays: 5})
		ctx := audit.System(context.Background(), "test")
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, x := range []struct {
				into **authz.Session
				area org.AreaID
				name string
			}{{&h.top, "province-610000000000", "省办"}, {&h.city, "city-610100000000", "市办"}} {
				u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: x.area, Kind: org.Office, Name: x.name})
				if err != nil {
					return err
				}
				h.unit = u
				*x.into = &authz.Session{PersonID: "p", Name: x.name + "主管", Posts: []authz.Post{{Role: authz.Supervisor, UnitID: string(u.ID), AreaPath: u.AreaPath, Office: true}}}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func TestOnlyTheProvinceChooses(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		next := sx2021.Defaults()
		next.PoliceFilingDays = 60
		if err := h.svc.Decide(as(h.city), h.city, h.edition(t), next, calendar.Date{}, "集中办理", ""); !fault.Is(err, fault.Refused) {
			t.Errorf("a city chose for the province: %v", err)
		}
		wrong := next
		wrong.OrdinaryReviews = 1
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), wrong, calendar.Date{}, "试", ""); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "不得少于2级") {
			t.Errorf("a setting that cannot stand: %v", err)
		}
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), next, calendar.Date{}, "", ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), next, calendar.Today(h.clock).AddDays(-1), "晚了", ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("from yesterday: %v", err)
		}
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), next, calendar.Date{}, "公安机关集中办理", "陕政办函〔2026〕9号"); err != nil {
			t.Fatal(err)
		}
		if got := h.svc.Settings(); got.PoliceFilingDays != 60 {
			t.Errorf("not read at the next use: %+v", got)
		}
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), next, calendar.Date{}, "再来", ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same again: %v", err)
		}
	})
}

func TestAChoiceBeginsOnItsDay(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		next := sx2021.Defaults()
		next.SecurityReportDays = 30
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), next, calendar.Today(h.clock).AddDays(3), "收紧", ""); err != nil {
			t.Fatal(err)
		}
		if got := h.svc.Settings().SecurityReportDays; got != 90 {
			t.Errorf("before its day: %d", got)
		}
		// Taken back before its day, and set again.
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), sx2021.Defaults(), calendar.Today(h.clock).AddDays(3), "暂不收紧", ""); err != nil {
			t.Errorf("a choice to come cannot be taken back: %v", err)
		}
		h.clock.Advance(time.Hour)
		if err := h.svc.Decide(as(h.top), h.top, h.edition(t), next, calendar.Today(h.clock).AddDays(3), "收紧", ""); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(72 * time.Hour)
		if got := h.svc.Settings().SecurityReportDays; got != 30 {
			t.Errorf("on its day: %d", got)
		}
		if list, err := h.svc.History(context.Background()); err != nil || len(list) != 3 || list[0].By != "省办主管" {
			t.Errorf("history %+v (%v)", list, err)
		}
	})
}

// Every choice has words, so that nobody sees a column name.
func TestEveryChoiceIsNamed(t *testing.T) {
	for _, c := range province.Choices(sx2021.Defaults()) {
		if c.Label == c.Key || c.Basis == "" || !c.Yes && c.Unit == "" {
			t.Errorf("%s has no words: %+v", c.Key, c)
		}
		if c.Value != c.Default {
			t.Errorf("%s: %s is not its default %s", c.Key, c.Value, c.Default)
		}
	}
}

// asked is the job as a release before editions left it in the queue.
type asked struct{ Year int }

// Kind names the job.
func (asked) Kind() string { return "province.recount" }

// A year without a notice is provisional; the notice, once entered, settles it
// everywhere at once and counts the open days again.
func TestNoticeSettlesTheYear(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		from := calendar.Date{Year: 2027, Month: 2, Day: 1}
		length := calendar.WorkingDays(10)
		due := length.From(from, h.days)
		if !due.Provisional {
			t.Fatal("2027 must be provisional before its notice")
		}
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			return h.obligations.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: h.unit.ID, Subject: obligation.Subject{Kind: "site", ID: "s", Name: "网站"}, Due: due, From: from, Length: length})
		}); err != nil {
			t.Fatal(err)
		}
		n, err := province.ReadNotice(2027, "国办发明电〔2026〕0号", "关于2027年部分节假日安排的通知", calendar.Date{Year: 2026, Month: 11, Day: 1}, "元旦 2027年1月1日 至 2027-01-03\n春节 2027-02-05 至 2027-02-11", "2027-02-20")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.svc.EnterNotice(as(h.city), h.city, n, province.Entry{}); !fault.Is(err, fault.Refused) {
			t.Errorf("a city entered it: %v", err)
		}
		if err := h.svc.EnterNotice(as(h.top), h.top, n, province.Entry{}); err != nil {
			t.Fatal(err)
		}
		if working, provisional := h.days.Is(calendar.Date{Year: 2027, Month: 2, Day: 8}); working || provisional {
			t.Errorf("8 February 2027: working %v, provisional %v", working, provisional)
		}
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if err := jobs.Enqueue(ctx, tx, asked{2027}); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.ask"})
		}); err != nil {
			t.Fatal(err)
		}
		w := jobs.NewWorkers()
		province.Register(h.svc, w)
		jobstest.Work(t, h.db, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, "job."+kind) }})
		if n, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = 'province.recount'`); err != nil || n != 2 {
			t.Errorf("counted %d times, want for each job (%v)", n, err)
		}
		list, err := h.obligations.Obligations(ctx, authz.System("test"), obligation.Filter{})
		if err != nil || len(list) != 1 || list[0].Due != length.From(from, h.days) || list[0].Due.Provisional {
			t.Errorf("counted again: %+v (%v)", list, err)
		}
	})
}

// A year's arrangement has editions: a later document replaces the one in force, and
// says which days differ and which running clocks moved; the same document with
// other days is refused unless it corrects the entry and says why.
func TestAYearsArrangementHasEditions(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := audit.System(context.Background(), "test")
		day := func(m time.Month, d int) calendar.Date { return calendar.Date{Year: 2026, Month: m, Day: d} }
		days := func(text, number, off, work string) calendar.Notice {
			t.Helper()
			dated, err := calendar.ParseDate(text)
			if err != nil {
				t.Fatal(err)
			}
			n, err := province.ReadNotice(2026, number, "", dated, off, work)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		shipped, _ := h.days.Notice(2026)
		off, work := "", ""
		for _, x := range shipped.Off {
			off += x.Name + " " + x.From.String() + " 至 " + x.To.String() + "\n"
		}
		for _, x := range shipped.Work {
			work += x.String() + "\n"
		}
		from := day(2, 10)
		length := calendar.WorkingDays(10)
		settled := length.From(from, h.days)
		if settled.Provisional {
			t.Fatal("2026 is shipped")
		}
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			for subject, due := range map[string]calendar.Due{"touched": settled, "set otherwise": {On: settled.On.AddDays(3)}} {
				if err := h.obligations.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: h.unit.ID, Subject: obligation.Subject{Kind: "site", ID: subject, Name: subject}, Due: due, From: from, Length: length}); err != nil {
					return err
				}
			}
			later := day(6, 1)
			return h.obligations.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: h.unit.ID, Subject: obligation.Subject{Kind: "site", ID: "later", Name: "later"}, Due: length.From(later, h.days), From: later, Length: length})
		}); err != nil {
			t.Fatal(err)
		}
		w := jobs.NewWorkers()
		province.Register(h.svc, w)
		enter := func(n calendar.Notice, how province.Entry) error {
			err := h.svc.EnterNotice(as(h.top), h.top, n, how)
			if err == nil {
				jobstest.Work(t, h.db, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, "job."+kind) }})
			}
			return err
		}
		field := func(err error, name, want string) {
			t.Helper()
			if f := fault.Of(err); err == nil || len(f.Fields) != 1 || f.Fields[0].Name != name || !strings.Contains(f.Fields[0].Says, want) {
				t.Errorf("want %s %q, got %v", name, want, err)
			}
		}
		longer := strings.Replace(off, "2026-02-23", "2026-02-25", 1)
		// What is in force is said to be so; brackets do not make another number.
		if err := enter(days("2025-11-04", "国办发明电[2025] 7号", off, work), province.Entry{}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "没有改动") {
			t.Errorf("the same again: %v", err)
		}
		field(enter(days("2025-11-04", "国办发明电（2025）7号", longer, work), province.Entry{}), "number", "日期与这次不同：2026年2月24日至2026年2月25日改为放假。同一文件不会有两种日期")
		field(enter(days("2025-11-04", "国办发明电〔2025〕7号", longer, work), province.Entry{Corrects: true}), "reason", "错在哪里")
		field(enter(days("2026-02-01", "国办发明电〔2026〕1号", longer, work), province.Entry{Corrects: true, Reason: "延长"}), "corrects", "没有录入过")
		field(enter(days("2026-02-01", "国办发明电〔2026〕1号", longer, work), province.Entry{Unverified: true}), "verified", "不能替代已核实的")
		field(enter(days("2025-01-01", "国办发明电〔2025〕1号", longer, work), province.Entry{}), "dated", "早于现行的")
		due := func(subject string) calendar.Due {
			t.Helper()
			list, err := h.obligations.Obligations(ctx, authz.System("test"), obligation.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				if o.Subject.ID == subject {
					return o.Due
				}
			}
			t.Fatalf("no %s", subject)
			return calendar.Due{}
		}
		later := due("later")
		if err := enter(days("2026-02-01", "国办发明电〔2026〕1号", longer, work), province.Entry{Reason: "延长春节假期"}); err != nil {
			t.Fatal(err)
		}
		if got := due("touched"); got.On != settled.On.AddDays(2) || got.Provisional {
			t.Errorf("two days more of holiday: due %s, was %s", got.On, settled.On)
		}
		if due("set otherwise").On != settled.On.AddDays(3) || due("later") != later {
			t.Errorf("what the days did not give, or do not touch, moved: %v %v", due("set otherwise"), due("later"))
		}
		list, err := h.svc.Editions(ctx, 2026)
		if err != nil || len(list) != 2 || list[0].ID != "" || list[1].No != 2 || calendar.SaysChanges(list[1].Changes) != "2026年2月24日至2026年2月25日改为放假" || list[1].Moved != 1 || list[1].Counted.IsZero() || list[1].By != "省办主管" || list[1].Reason != "延长春节假期" {
			t.Fatalf("editions %+v (%v)", list, err)
		}
		moves, err := h.svc.Moves(ctx, authz.System("test"), list[1].ID)
		if err != nil || len(moves) != 1 || moves[0].Was != settled.On || moves[0].Due != settled.On.AddDays(2) || moves[0].Subject != "touched" {
			t.Errorf("moves %+v (%v)", moves, err)
		}
		if moves, err := h.svc.Moves(ctx, authz.Scope{}, list[1].ID); err != nil || len(moves) != 0 {
			t.Errorf("out of scope: %+v (%v)", moves, err)
		}
		// The entry was wrong after all: corrected, the clock goes back.
		if err := enter(days("2026-02-01", "国办发明电〔2026〕1号", off, work), province.Entry{Corrects: true, Reason: "文件未延长"}); err != nil {
			t.Fatal(err)
		}
		if got := due("touched"); got.On != settled.On {
			t.Errorf("corrected: due %s, want %s", got.On, settled.On)
		}
		now, err := h.svc.Notices(ctx)
		if i := slices.IndexFunc(now, func(e province.Edition) bool { return e.Notice.Year == 2026 }); err != nil || i < 0 || now[i].No != 3 || !now[i].Corrects {
			t.Errorf("in force: %+v (%v)", now, err)
		}
		if _, err := h.svc.Editions(ctx, 1990); !fault.Is(err, fault.NotFound) {
			t.Errorf("a year without: %v", err)
		}
	})
}

// What nobody compared with its document is marked, its days stay provisional, and
// the same entered again as compared settles them.
func TestAnUnverifiedArrangementStaysProvisional(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		n, err := province.ReadNotice(2027, "国办发明电〔2026〕0号", "", calendar.Date{}, "春节 2027-02-05 至 2027-02-11", "2027-02-20")
		if err != nil {
			t.Fatal(err)
		}
		on := calendar.Date{Year: 2027, Month: 2, Day: 8}
		for _, unsure := range []bool{true, false} {
			if err := h.svc.EnterNotice(as(h.top), h.top, n, province.Entry{Unverified: unsure}); err != nil {
				t.Fatal(err)
			}
			if working, provisional := h.days.Is(on); working || provisional != unsure {
				t.Errorf("unverified %v: working %v, provisional %v", unsure, working, provisional)
			}
			list, err := h.svc.Editions(context.Background(), 2027)
			if err != nil || list[len(list)-1].Unverified() != unsure {
				t.Errorf("%+v (%v)", list, err)
			}
		}
	})
}

func TestNoticeFormNamesTheLine(t *testing.T) {
	for _, c := range []struct{ off, work, want string }{
		{"春节 二月五日", "", "第 1 行"},
		{"元旦 2027-01-01\n春节 2027-02-30 至 2027-03-02", "", "第 2 行"},
		{"元旦 2027-01-01", "补班", "第 1 行"},
		{"", "", "至少填写一个"},
	} {
		if _, err := province.ReadNotice(2027, "文", "", calendar.Date{}, c.off, c.work); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.off, err, c.want)
		}
	}
}

func TestSystemSettingsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		if got := h.svc.System(); got.StepDays != 5 {
			t.Errorf("the default is %d", got.StepDays)
		}
		bad := province.System{StepDays: 5, Channels: notify.DefaultChannels()}
		bad.Channels.SMTPHost, bad.Channels.SMTPTLS, bad.Channels.SMTPUser = "mail", "none", "zs"
		if err := h.svc.SetSystem(as(h.top), h.top, "", bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("a password in clear: %v", err)
		}
		if err := h.svc.SetSystem(as(h.top), h.top, "", province.System{StepDays: 0, Channels: notify.DefaultChannels()}); !fault.Is(err, fault.Invalid) {
			t.Errorf("no day for a step: %v", err)
		}
		if err := h.svc.SetSystem(as(h.top), h.top, "", province.System{StepDays: 3, Channels: notify.DefaultChannels()}); err != nil {
			t.Fatal(err)
		}
		if got := h.svc.System().StepDays; got != 3 {
			t.Errorf("read %d", got)
		}
	})
}

func (h house) edition(t *testing.T) string {
	t.Helper()
	e, err := h.svc.Edition(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Who opened the form before another decided is told and overwrites nothing, also where
// the other's decision is for a later day.
func TestALaterDecisionIsNotOverwritten(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		opened := h.edition(t)
		one, two := sx2021.Defaults(), sx2021.Defaults()
		one.PoliceFilingDays, two.TakedownReviewHours = 60, 12
		if err := h.svc.Decide(as(h.top), h.top, opened, one, calendar.Date{}, "甲", ""); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		if err := h.svc.Decide(as(h.top), h.top, opened, two, calendar.Date{}, "乙", ""); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Of(err).Says, "已被别人修改") {
			t.Fatalf("overwritten: %v", err)
		}
		if got := h.svc.Settings(); got != one {
			t.Errorf("%+v", got)
		}
		first := h.edition(t)
		one.TakedownReviewHours = 12
		if err := h.svc.Decide(as(h.top), h.top, first, one, calendar.Today(h.clock).AddDays(9), "以后", ""); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		if err := h.svc.Decide(as(h.top), h.top, first, two, calendar.Date{}, "乙", ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("a decision for a later day is not seen: %v", err)
		}
		if was, err := h.svc.AsOf(context.Background(), opened); err != nil || was != sx2021.Defaults() {
			t.Errorf("%+v (%v)", was, err)
		}
		if was, err := h.svc.AsOf(context.Background(), first); err != nil || was.PoliceFilingDays != 60 || was.TakedownReviewHours != sx2021.Defaults().TakedownReviewHours {
			t.Errorf("%+v (%v)", was, err)
		}
		// The system's settings, too.
		if err := h.svc.SetSystem(as(h.top), h.top, "", province.System{StepDays: 3, Channels: notify.DefaultChannels()}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		if err := h.svc.SetSystem(as(h.top), h.top, "", province.System{StepDays: 4, Channels: notify.DefaultChannels()}); !fault.Is(err, fault.Conflict) || h.svc.System().StepDays != 3 {
			t.Errorf("overwritten: %v", err)
		}
		now, err := h.svc.SystemEdition(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if was, err := h.svc.SystemAsOf(context.Background(), now); err != nil || was.StepDays != 3 {
			t.Errorf("%+v (%v)", was, err)
		}
		if err := h.svc.SetSystem(as(h.top), h.top, now, province.System{StepDays: 4, Channels: notify.DefaultChannels()}); err != nil || h.svc.System().StepDays != 4 {
			t.Errorf("%v", err)
		}
	})
}
