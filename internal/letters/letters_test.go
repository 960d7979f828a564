package letters_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/letters"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
	"zhengshu/internal/workbench"
)

// house is a city whose office runs a portal, a department of the city, and a
// neighbouring city.
type house struct {
	t           testing.TB
	ctx         context.Context
	db          *db.DB
	clock       *calendar.Manual
	org         *org.Service
	obligations *obligation.Service
	svc         *letters.Service
	desk        *letters.Desk
	office      org.Unit
	bureau      org.Unit
	neighbour   org.Unit
	site        registry.SiteID
	clerk       *authz.Session // screens and drafts, at the office
	clerk2      *authz.Session
	chief       *authz.Session // reviews, at the office
	writer      *authz.Session // drafts, at the bureau
	stranger    *authz.Session // screens, in the neighbouring city
}

// monday is an ordinary working day; the five working days end on Monday 16
// March 2026.
var monday = time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(monday)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(monday)
		fn(t, build(t, d, clock))
	})
}

func build(t testing.TB, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	key, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, ctx: audit.System(context.Background(), "test"), db: d, clock: clock, org: org.New(d)}
	h.obligations = obligation.New(d, h.org, letters.ReplyKind)
	sites := registry.New(d, h.org)
	h.svc = letters.New(d, h.org, sites, h.obligations, days, key)
	h.desk = letters.NewDesk(h.svc)
	if err := passage.Declare(h.ctx, d, letters.Machine, registry.SiteMachine); err != nil {
		t.Fatal(err)
	}
	err = d.Update(h.ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.City, Code: "610300", Name: "宝鸡市", Parent: "province-610000000000"}} {
			if _, err := h.org.AddArea(h.ctx, tx, a); err != nil {
				return err
			}
		}
		for _, u := range []struct {
			into *org.Unit
			unit org.Unit
		}{
			{&h.office, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
			{&h.bureau, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局", Line: "commerce"}},
			{&h.neighbour, org.Unit{Area: "city-610300000000", Kind: org.Office, Name: "宝鸡市人民政府办公室"}},
		} {
			var err error
			if *u.into, _, err = h.org.AddUnit(h.ctx, tx, u.unit); err != nil {
				return err
			}
		}
		st, err := sites.EnterSite(h.ctx, tx, registry.Site{Unit: h.office.ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.example.gov.cn", Slug: "xa", Hosted: true})
		if err != nil {
			return err
		}
		h.site = st.ID
		for _, p := range []struct {
			into **authz.Session
			name string
			unit org.Unit
			role authz.Role
		}{
			{&h.clerk, "李收信", h.office, authz.Sponsor}, {&h.clerk2, "周收信", h.office, authz.Sponsor}, {&h.chief, "王审核", h.office, authz.FinalReviewer},
			{&h.writer, "赵起草", h.bureau, authz.Editor}, {&h.stranger, "钱邻居", h.neighbour, authz.Sponsor},
		} {
			who, err := h.org.AddPerson(h.ctx, tx, authz.System("test"), org.Person{Unit: p.unit.ID, Name: p.name})
			if err != nil {
				return err
			}
			if err := h.org.Appoint(h.ctx, tx, authz.System("test"), who.ID, p.unit.ID, p.role); err != nil {
				return err
			}
			posts, err := h.org.PostsOf(h.ctx, tx, who.ID)
			if err != nil {
				return err
			}
			*p.into = &authz.Session{PersonID: string(who.ID), Name: p.name, Posts: posts}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// as is the context of a person at work.
func as(s *authz.Session) context.Context {
	unit, _ := s.Unit()
	return audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
}

const (
	citizen = "欧阳秀兰"
	phone   = "13800138000"
)

func typed() letters.Submission {
	return letters.Submission{
		Type: letters.Consult, Title: "欧阳秀兰咨询集市开放时间", Name: citizen, Phone: "138 0013 8000", Email: "lan@example.com", Consent: true, Address: "192.0.2.7",
		Body: "您好，我是欧阳秀兰，电话13800138000，身份证11010519491231002X。请问周末农贸市场几点开门？𠮷祥路那家也开吗？😀",
	}
}

// send fills the form at a human pace and returns the receipt.
func (h *house) send(n letters.Submission) (letters.Receipt, error) {
	h.t.Helper()
	if n.Token == "" {
		n.Token = h.desk.FormToken(h.site)
		h.clock.Advance(10 * time.Second)
	}
	sealed, err := h.desk.Receive(context.Background(), h.site, n)
	if err != nil {
		return letters.Receipt{}, err
	}
	r, err := h.desk.OpenReceipt(sealed)
	if err != nil {
		h.t.Fatal(err)
	}
	return r, nil
}

func (h *house) must(r letters.Receipt, err error) letters.Receipt {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// only is the one letter of the number.
func (h *house) only(number string) letters.Letter {
	h.t.Helper()
	list, n, err := h.svc.Letters(h.ctx, authz.System("test"), letters.Filter{Number: number})
	if err != nil || n != 1 {
		h.t.Fatalf("%d letters of %s (%v)", n, number, err)
	}
	l, err := h.svc.Letter(h.ctx, authz.System("test"), list[0].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

func (h *house) want(state string) func(letters.Letter, error) letters.Letter {
	return func(l letters.Letter, err error) letters.Letter {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
		if l.State != state {
			h.t.Fatalf("state %s, want %s", l.State, state)
		}
		return l
	}
}

func (h *house) refused(err error, kind fault.Kind, says string) {
	h.t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(said(err), says) {
		h.t.Errorf("got %v (%s), want %s saying “%s”", err, said(err), kind, says)
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	f := fault.Of(err)
	out := f.Says
	for _, x := range f.Fields {
		out += " " + x.Says
	}
	return out
}

func scope(s *authz.Session, p authz.Permission) authz.Scope { return s.ScopeFor(p) }

// answered takes a fresh letter to its answer.
func (h *house) answered(number string, d letters.Draft) letters.Letter {
	h.t.Helper()
	l := h.only(number)
	h.want(letters.Accepted)(h.svc.Accept(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID))
	h.want(letters.Assigned)(h.svc.Assign(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID, h.bureau.ID, org.PersonID(h.writer.PersonID)))
	h.want(letters.Drafted)(h.svc.Write(as(h.writer), scope(h.writer, authz.LetterAnswer), l.ID, d))
	return h.want(letters.Answered)(h.svc.Review(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, letters.Verdict{Pass: true}))
}

var draft = letters.Draft{Answer: "欧阳秀兰您好：农贸市场周末七点开门，详询029-87654321。"}

func TestArticle19_5_LetterFromFormToPublication(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		if r.Number != "LX-2026-0001" || len(r.Code) != 10 || r.Due.String() != "2026-03-16" {
			t.Fatalf("receipt %+v", r)
		}
		l := h.only(r.Number)
		if l.State != letters.Submitted || l.Unit != h.office.ID || l.Due.On.String() != "2026-03-16" || l.Due.Provisional {
			t.Fatalf("letter %+v", l)
		}
		open, err := h.obligations.Obligations(h.ctx, scope(h.chief, authz.ObligationRead), obligation.Filter{Kind: letters.ReplyKind.ID})
		if err != nil || len(open) != 1 || open[0].Due.On.String() != "2026-03-16" || open[0].Unit != h.office.ID {
			t.Fatalf("obligations %+v (%v)", open, err)
		}

		// Staff read it masked; what is no personal datum stays as typed.
		for _, leak := range []string{citizen, phone, "138 0013 8000", "11010519491231002X", "lan@example.com"} {
			if strings.Contains(l.Title+l.Body+fmt.Sprint(l.Contact), leak) {
				t.Errorf("staff see %s in %s %s %+v", leak, l.Title, l.Body, l.Contact)
			}
		}
		if !strings.Contains(l.Body, "𠮷祥路") || !strings.Contains(l.Body, "😀") || l.Contact.Name != "欧***" || l.Contact.Phone != "138****8000" {
			t.Errorf("masked %s %+v", l.Body, l.Contact)
		}

		l = h.answered(r.Number, draft)
		if l.HandlerUnit != h.bureau.ID || l.HandlerName != "赵起草" || len(l.Breaches(calendar.DateOf(h.clock.Now()))) != 0 {
			t.Errorf("answered %+v", l)
		}
		if open, _ := h.obligations.Obligations(h.ctx, scope(h.chief, authz.ObligationRead), obligation.Filter{Kind: letters.ReplyKind.ID}); len(open) != 0 {
			t.Errorf("the answer did not discharge the clock: %+v", open)
		}

		l = h.want(letters.Published)(h.svc.Publish(as(h.chief), scope(h.chief, authz.LetterReview), l.ID))
		replies, n, err := h.desk.Replies(h.ctx, h.site, 10, 0)
		if err != nil || n != 1 {
			t.Fatalf("%d replies (%v)", n, err)
		}
		y, err := h.desk.Reply(h.ctx, h.site, replies[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		public := y.Title + y.Body + y.Answer
		for _, leak := range []string{citizen, phone, "11010519491231002X", "lan@example.com"} {
			if strings.Contains(public, leak) {
				t.Errorf("the public reads %s in %s", leak, public)
			}
		}
		if y.Title != "欧某咨询集市开放时间" || !strings.Contains(y.Answer, "029-87654321") || y.Unit != "西安市商务局" || y.AnsweredOn.String() != "2026-03-09" {
			t.Errorf("published %+v", y)
		}

		// The writer follows it.
		f, err := h.desk.Find(h.ctx, h.site, strings.ToLower(r.Code[:5])+" "+r.Code[5:], "８０００", "192.0.2.7")
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, s := range f.Steps {
			steps = append(steps, s.Says)
		}
		if got := strings.Join(steps, " "); got != "来信已收到 已受理 已答复 已公开（已隐去个人信息）" {
			t.Errorf("timeline %s", got)
		}
		if f.Answer != draft.Answer || f.Title != "欧阳秀兰咨询集市开放时间" || f.State != "已答复" || f.Due.On != l.Due.On {
			t.Errorf("follow %+v", f)
		}

		h.want(letters.Answered)(h.svc.TakeDown(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, "来信人要求撤下"))
		if _, n, _ := h.desk.Replies(h.ctx, h.site, 10, 0); n != 0 {
			t.Error("taken down, still shown")
		}
		if _, err := h.desk.Reply(h.ctx, h.site, l.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("taken down, still read: %v", err)
		}
		l = h.want(letters.Concluded)(h.svc.Conclude(as(h.chief), scope(h.chief, authz.LetterReview), l.ID))
		if l.Open() || l.EndedAt.IsZero() {
			t.Errorf("concluded %+v", l)
		}
	})
}

func TestRawDatabaseShowsNobody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		l := h.answered(r.Number, draft)
		h.want(letters.Published)(h.svc.Publish(as(h.chief), scope(h.chief, authz.LetterReview), l.ID))
		if _, err := h.svc.Reveal(as(h.chief), scope(h.chief, authz.LetterPersonal), l.ID, "电话回访办理结果"); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"letter", "letter_answer", "letter_reply", "audit_entry", "passage", "message", "obligation", "form_receipt", "rate_limit"} {
			rows, err := db.All(h.ctx, h.db, func(s db.Scanner) (string, error) {
				var x string
				err := s.Scan(&x)
				return x, err
			}, dump(h.db, table))
			if err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			// A digest or a sealed text, written in hexadecimal digits, holds
			// any few of them by chance.
			all := digests.ReplaceAllString(strings.Join(rows, "\n"), "")
			if len(rows) == 0 {
				t.Errorf("%s is empty: the test reads nothing", table)
			}
			for _, leak := range []string{citizen, phone, phone[2:8], "lan@example.com", "1949", r.Code, "192.0.2.7"} {
				if strings.Contains(all, leak) {
					t.Errorf("%s holds %s", table, leak)
				}
			}
			if table == "letter" && strings.Contains(all, "农贸") {
				t.Error("the letter's text stands in the clear")
			}
		}
	})
}

// digests are runs of hexadecimal digits too long for any number of a
// person's.
var digests = regexp.MustCompile(`[0-9a-f]{32,}`)

// dump is a statement that gives each row of a table as one text.
func dump(d *db.DB, table string) string {
	if d.Dialect() == db.Postgres {
		return `SELECT CAST(x AS TEXT) FROM ` + table + ` x`
	}
	columns := map[string]string{
		"letter":        `number, type, title_sealed, body_sealed, name_sealed, phone_sealed, email_sealed, author_mac, text_mac, query_mac, reason, proposed_by`,
		"letter_answer": `text_sealed, sha256, drafter_name, reviewer_name, opinion`,
		"letter_reply":  `title, body, answer`,
		"audit_entry":   `act, target_name, basis, before, after, actor_name`,
		"passage":       `object_id, act, note, actor_name`,
		"message":       `title, body, once_key, link`,
		"obligation":    `subject_name, evidence, link`,
		"form_receipt":  `key, location`,
		"rate_limit":    `key, at`,
	}
	return `SELECT ` + strings.ReplaceAll(columns[table], ", ", ` || '|' || `) + ` FROM ` + table
}

func TestClockRunsOverNationalDay(t *testing.T) {
	// 2026: holiday 1–7 October, Saturday 10 October is worked.
	for _, c := range []struct {
		at, due string
	}{
		{"2026-09-30T09:00:00+08:00", "2026-10-13"}, // 8, 9, 10, 12, 13
		{"2026-10-03T23:59:59+08:00", "2026-10-13"}, // received on a holiday: not counted
		{"2026-10-10T00:00:00+08:00", "2026-10-16"}, // the made-up Saturday is the day of receipt
		{"2026-10-09T16:30:00Z", "2026-10-16"},      // half past midnight of the 10th in Shanghai
	} {
		t.Run(c.at, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			clock := calendar.NewManual(at.Add(-10 * time.Second))
			h := build(t, dbtest.SQLite(t, clock.Now), clock)
			r := h.must(h.send(typed()))
			if r.Due.String() != c.due {
				t.Errorf("due %s, want %s", r.Due, c.due)
			}
			l := h.only(r.Number)
			if got := sx2021.CheckLetterReply(l.Due, l.Due.On.AddDays(1)); len(got) != 1 {
				t.Errorf("a day late gives %v", got)
			}
		})
	}
}

func TestLateAnswerSaysWhyAndIsCounted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		l := h.only(r.Number)
		h.want(letters.Accepted)(h.svc.Accept(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID))
		h.want(letters.Assigned)(h.svc.Assign(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID, h.office.ID, ""))
		h.want(letters.Drafted)(h.svc.Write(as(h.clerk), scope(h.clerk, authz.LetterAnswer), l.ID, draft))
		h.clock.Set(time.Date(2026, 3, 17, 1, 0, 0, 0, time.UTC))
		if _, err := h.obligations.Sweep(h.ctx); err != nil {
			t.Fatal(err)
		}
		over, err := h.obligations.Obligations(h.ctx, authz.System("test"), obligation.Filter{Overdue: true})
		if err != nil || len(over) != 1 {
			t.Fatalf("overdue %+v (%v)", over, err)
		}
		_, err = h.svc.Review(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, letters.Verdict{Pass: true})
		h.refused(err, fault.Refused, "说明原因")
		if f := fault.Of(err); len(f.Reasons) != 1 || f.Reasons[0].ID != "S19.5b.on_time" {
			t.Errorf("reasons %+v", f.Reasons)
		}
		l = h.want(letters.Answered)(h.svc.Review(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, letters.Verdict{Pass: true, Opinion: "需向市场管理方核实，已致歉"}))
		if len(l.Breaches(calendar.DateOf(h.clock.Now()))) != 1 {
			t.Error("a late answer shows no breach")
		}
		fig, err := h.desk.Figures(h.ctx, h.site)
		if err != nil || fig.Total.N[letters.MeasureLate] != 1 || fig.Total.N[letters.MeasureOnTime] != 0 || fig.Total.OnTimePercent() != 0 {
			t.Errorf("figures %+v (%v)", fig.Total, err)
		}
	})
}

func TestNobodyReviewsTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		l := h.only(r.Number)
		h.want(letters.Accepted)(h.svc.Accept(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID))
		h.want(letters.Assigned)(h.svc.Assign(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID, h.office.ID, ""))
		h.want(letters.Drafted)(h.svc.Write(as(h.chief), authz.System("test"), l.ID, draft))
		_, err := h.svc.Review(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, letters.Verdict{Pass: true})
		h.refused(err, fault.Refused, "起草人以外的人")
		_, err = h.svc.Review(as(h.clerk), authz.System("test"), l.ID, letters.Verdict{Pass: true, SHA256: "of another draft"})
		h.refused(err, fault.Conflict, "刷新")
		_, err = h.svc.Review(as(h.clerk), authz.System("test"), l.ID, letters.Verdict{})
		h.refused(err, fault.Invalid, "审核意见")
		h.want(letters.Assigned)(h.svc.Review(as(h.clerk), authz.System("test"), l.ID, letters.Verdict{Opinion: "请补充依据"}))
		rounds, err := h.svc.Answers(h.ctx, authz.System("test"), l.ID)
		if err != nil || len(rounds) != 1 || rounds[0].Verdict != "return" || rounds[0].Opinion != "请补充依据" {
			t.Fatalf("rounds %+v (%v)", rounds, err)
		}
		// The database holds it too.
		err = h.db.Update(h.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(h.ctx, `UPDATE letter_answer SET reviewer_id = drafter_id`)
			return err
		})
		if err == nil {
			t.Error("the database let a drafter be the reviewer")
		}
	})
}

func TestInvalidTakesTwoPeople(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		l := h.only(r.Number)
		sc := scope(h.clerk, authz.LetterScreen)
		_, err := h.svc.ProposeInvalid(as(h.clerk), sc, l.ID, "无")
		h.refused(err, fault.Invalid, "理由")
		_, err = h.svc.ProposeInvalid(as(h.clerk), sc, l.ID, "欧阳秀兰所反映的事不属实")
		h.refused(err, fault.Invalid, "姓名")
		h.want(letters.InvalidProposed)(h.svc.ProposeInvalid(as(h.clerk), sc, l.ID, "与政府职责无关的商业推广"))
		_, err = h.svc.DecideInvalid(as(h.clerk), authz.System("test"), l.ID, true)
		h.refused(err, fault.Refused, "两人")
		h.want(letters.Submitted)(h.svc.DecideInvalid(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, false))
		h.want(letters.InvalidProposed)(h.svc.ProposeInvalid(as(h.clerk), sc, l.ID, "与政府职责无关的商业推广"))
		if f, err := h.desk.Find(h.ctx, h.site, r.Code, "8000", ""); err != nil || f.Reason != "" || f.State != "等待受理" {
			t.Errorf("the writer is told before the second person spoke: %+v (%v)", f, err)
		}
		h.want(letters.Invalid)(h.svc.DecideInvalid(as(h.chief), scope(h.chief, authz.LetterReview), l.ID, true))
		if f, err := h.desk.Find(h.ctx, h.site, r.Code, "8000", ""); err != nil || f.Reason != "与政府职责无关的商业推广" {
			t.Errorf("the writer reads %+v (%v)", f, err)
		}
		all, err := h.obligations.Obligations(h.ctx, authz.System("test"), obligation.Filter{State: "all"})
		if err != nil || len(all) != 1 || all[0].State != obligation.Void {
			t.Errorf("obligations %+v (%v)", all, err)
		}
		_, err = h.svc.Accept(as(h.clerk), sc, l.ID)
		h.refused(err, fault.Conflict, "不予受理")

		r = h.must(h.send(typed()))
		l = h.only(r.Number)
		h.want(letters.Redirected)(h.svc.Redirect(as(h.clerk), sc, l.ID, "请向市信访局反映，电话见其网站"))
	})
}

func TestNeighboursAndRolesSeeTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		l := h.only(r.Number)
		other := scope(h.stranger, authz.LetterScreen)
		for name, err := range map[string]error{
			"read":    second(h.svc.Letter(h.ctx, other, l.ID)),
			"accept":  second(h.svc.Accept(as(h.stranger), other, l.ID)),
			"history": second(h.svc.History(h.ctx, other, l.ID)),
			"answers": second(h.svc.Answers(h.ctx, other, l.ID)),
			"reveal":  second(h.svc.Reveal(as(h.stranger), other, l.ID, "想看看是谁写的")),
			"propose": second(h.svc.Propose(h.ctx, other, l.ID, draft)),
			"nobody":  second(h.svc.Letter(h.ctx, authz.Scope{}, l.ID)),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s by a neighbour: %v", name, err)
			}
		}
		if list, n, err := h.svc.Letters(h.ctx, other, letters.Filter{}); err != nil || n != 0 || len(list) != 0 {
			t.Errorf("a neighbour lists %d (%v)", n, err)
		}
		if f, err := h.svc.Figures(h.ctx, other, letters.Filter{}); err != nil || f.Total.N[letters.MeasureReceived] != 0 {
			t.Errorf("a neighbour counts %+v (%v)", f.Total, err)
		}
		// The bureau sees it once it is assigned, the office keeps sight of it.
		bureau := scope(h.writer, authz.LetterAnswer)
		if _, err := h.svc.Letter(h.ctx, bureau, l.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the bureau reads a letter that is not its own: %v", err)
		}
		sc := scope(h.clerk, authz.LetterScreen)
		h.want(letters.Accepted)(h.svc.Accept(as(h.clerk), sc, l.ID))
		_, err := h.svc.Assign(as(h.clerk), sc, l.ID, h.neighbour.ID, "")
		h.refused(err, fault.Invalid, "可分办的范围")
		_, err = h.svc.Assign(as(h.clerk), sc, l.ID, h.bureau.ID, org.PersonID(h.clerk.PersonID))
		h.refused(err, fault.Invalid, "没有起草答复的岗位")
		h.want(letters.Assigned)(h.svc.Assign(as(h.clerk), sc, l.ID, h.bureau.ID, org.PersonID(h.writer.PersonID)))
		if _, err := h.svc.Letter(h.ctx, bureau, l.ID); err != nil {
			t.Errorf("the bureau cannot read its letter: %v", err)
		}
		tasks, err := h.svc.Tasks(h.ctx, h.writer, workbench.ToDo, 10)
		if err != nil || len(tasks) != 1 || tasks[0].Act != "去答复" || strings.Contains(tasks[0].Title, citizen) {
			t.Errorf("tasks %+v (%v)", tasks, err)
		}
		if tasks, _ := h.svc.Tasks(h.ctx, h.clerk2, workbench.ToDo, 10); len(tasks) != 0 {
			t.Errorf("assigned to one, waiting for another: %+v", tasks)
		}
		if done, _ := h.svc.Tasks(h.ctx, h.clerk, workbench.Done, 10); len(done) != 1 {
			t.Errorf("done %+v", done)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestRevealLeavesItsReason(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		l := h.only(r.Number)
		sc := scope(h.chief, authz.LetterPersonal)
		_, err := h.svc.Reveal(as(h.chief), sc, l.ID, "看")
		h.refused(err, fault.Invalid, "查看理由")
		open, err := h.svc.Reveal(as(h.chief), sc, l.ID, "电话核实地点")
		if err != nil || open.Contact.Name != citizen || open.Contact.Phone != phone || !strings.Contains(open.Body, citizen) {
			t.Fatalf("revealed %+v (%v)", open.Contact, err)
		}
		trail, err := audit.Entries(h.ctx, h.db, audit.Filter{Act: "letters.reveal"})
		if err != nil || len(trail) != 1 || trail[0].Actor.ID != h.chief.PersonID || !strings.Contains(trail[0].After, "电话核实地点") || strings.Contains(trail[0].After, phone) {
			t.Errorf("trail %+v (%v)", trail, err)
		}
		for range letters.RevealsPerDay - 1 {
			if _, err := h.svc.Reveal(as(h.chief), sc, l.ID, "逐封回访"); err != nil {
				t.Fatal(err)
			}
		}
		_, err = h.svc.Reveal(as(h.chief), sc, l.ID, "逐封回访")
		h.refused(err, fault.TooMany, "每日上限")
	})
}

func TestPublicationIsHeldToTheReviewedWords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := typed()
		n.Consent = false
		l := h.answered(h.must(h.send(n)).Number, draft)
		_, err := h.svc.Publish(as(h.chief), scope(h.chief, authz.LetterReview), l.ID)
		h.refused(err, fault.Refused, "不同意公开")

		r := h.must(h.send(typed()))
		l = h.only(r.Number)
		h.want(letters.Accepted)(h.svc.Accept(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID))
		h.want(letters.Assigned)(h.svc.Assign(as(h.clerk), scope(h.clerk, authz.LetterScreen), l.ID, h.bureau.ID, ""))
		for name, c := range map[string]struct {
			d    letters.Draft
			says string
		}{
			"a mobile number in the answer":   {letters.Draft{Answer: "请联系张科长，手机13912345678，谢谢。"}, "手机号码"},
			"the name in the public text":     {letters.Draft{Answer: draft.Answer, PublicBody: "欧阳秀兰问集市几点开门"}, "来信人本人"},
			"the mail in the public answer":   {letters.Draft{Answer: draft.Answer, PublicAnswer: "已发至lan@example.com，请查收。"}, "个人信息"},
			"an identity number in the title": {letters.Draft{Answer: draft.Answer, PublicTitle: "11010519491231002X"}, "身份号码"},
			"an answer that says nothing":     {letters.Draft{Answer: "已收到"}, "太短"},
		} {
			_, err := h.svc.Write(as(h.writer), scope(h.writer, authz.LetterAnswer), l.ID, c.d)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(said(err), c.says) {
				t.Errorf("%s: %v %s", name, err, said(err))
			}
		}
	})
}

func TestFormRefusals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for name, c := range map[string]struct {
			change func(*letters.Submission)
			kind   fault.Kind
			says   string
		}{
			"trap":          {func(n *letters.Submission) { n.Trap = "http://spam" }, fault.Invalid, "隐藏栏"},
			"forged token":  {func(n *letters.Submission) { n.Token = "abc.def.ghi" }, fault.Invalid, "失效"},
			"other's token": {func(n *letters.Submission) { n.Token = h.desk.FormToken("another-site") }, fault.Invalid, "失效"},
			"too quick":     {func(n *letters.Submission) { n.Token = h.desk.FormToken(h.site) }, fault.Invalid, "太快"},
			"no type":       {func(n *letters.Submission) { n.Type = "" }, fault.Invalid, "来信类型"},
			"no title":      {func(n *letters.Submission) { n.Title = " \x00 " }, fault.Invalid, "标题"},
			"long title":    {func(n *letters.Submission) { n.Title = strings.Repeat("长", 61) }, fault.Invalid, "60"},
			"short body":    {func(n *letters.Submission) { n.Body = "短" }, fault.Invalid, "内容太短"},
			"long body":     {func(n *letters.Submission) { n.Body = strings.Repeat("长", 3001) }, fault.Invalid, "3001"},
			"no name":       {func(n *letters.Submission) { n.Name = "" }, fault.Invalid, "姓名"},
			"bad phone":     {func(n *letters.Submission) { n.Phone = "一三八" }, fault.Invalid, "电话号码"},
			"bad mail":      {func(n *letters.Submission) { n.Email = "x@" }, fault.Invalid, "电子邮箱"},
		} {
			n := typed()
			c.change(&n)
			_, err := h.send(n)
			if !fault.Is(err, c.kind) || !strings.Contains(said(err), c.says) {
				t.Errorf("%s: %v %s", name, err, said(err))
			}
		}
		stale := typed()
		stale.Token = h.desk.FormToken(h.site)
		h.clock.Advance(25 * time.Hour)
		_, err := h.send(stale)
		h.refused(err, fault.Invalid, "24 小时")
		if _, n, _ := h.svc.Letters(h.ctx, authz.System("test"), letters.Filter{}); n != 0 {
			t.Errorf("%d letters were written", n)
		}
		// What is odd but right is taken: landline, +86, 3000 characters beyond
		// the basic plane, control characters dropped.
		odd := typed()
		odd.Body, odd.Phone, odd.Name = strings.Repeat("𠮷", 3000)+"\x00", "+86 138-0013-8001", "阿\x00依古丽·买买提"
		r := h.must(h.send(odd))
		open, err := h.svc.Reveal(as(h.chief), scope(h.chief, authz.LetterPersonal), h.only(r.Number).ID, "核对来信原文")
		if err != nil || open.Contact.Phone != "13800138001" || open.Contact.Name != "阿依古丽·买买提" || open.Body != strings.Repeat("𠮷", 3000) {
			t.Errorf("kept %+v (%v)", open.Contact, err)
		}
	})
}

func TestReplayAndTwoAtOnceWriteOneLetter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := typed()
		n.Token = h.desk.FormToken(h.site)
		h.clock.Advance(10 * time.Second)
		codes := make([]string, 4)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				sealed, err := h.desk.Receive(context.Background(), h.site, n)
				if err != nil {
					t.Error(err)
					return
				}
				r, err := h.desk.OpenReceipt(sealed)
				if err != nil {
					t.Error(err)
				}
				codes[i] = r.Code
			})
		}
		wg.Wait()
		for _, c := range codes {
			if c == "" || c != codes[0] {
				t.Errorf("codes %q", codes)
			}
		}
		if _, total, _ := h.svc.Letters(h.ctx, authz.System("test"), letters.Filter{}); total != 1 {
			t.Errorf("%d letters", total)
		}
		// Two screeners at once: one wins, the other is told.
		l := h.only("LX-2026-0001")
		errs := make([]error, 2)
		for i, who := range []*authz.Session{h.clerk, h.clerk2} {
			wg.Go(func() { _, errs[i] = h.svc.Accept(as(who), scope(who, authz.LetterScreen), l.ID) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("two accepted at once: %v, %v", errs[0], errs[1])
		}
		for _, err := range errs {
			if err != nil && !fault.Is(err, fault.Conflict) {
				t.Errorf("the loser got %v", err)
			}
		}
		sealed, _ := h.desk.Receive(context.Background(), h.site, n)
		h.clock.Advance(letters.ReceiptFor + time.Minute)
		if _, err := h.desk.OpenReceipt(sealed); !fault.Is(err, fault.Gone) {
			t.Errorf("an old receipt opens: %v", err)
		}
	})
}

func TestRateLimitsSayWhen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range letters.PerPhone {
			h.must(h.send(typed()))
		}
		_, err := h.send(typed())
		h.refused(err, fault.TooMany, "电话号码在 24 小时内来信已达上限，请于3月10日 10:0")
		// Another telephone at the same address goes on up to the address's limit.
		for i := range letters.PerAddress - letters.PerPhone {
			n := typed()
			n.Phone = fmt.Sprintf("1390000000%d", i)
			h.must(h.send(n))
		}
		n := typed()
		n.Phone = "13900000099"
		_, err = h.send(n)
		h.refused(err, fault.TooMany, "一小时内来信已达上限，请于3月9日 11:0")
		h.clock.Advance(letters.AddressWindow)
		h.must(h.send(n))
		h.clock.Advance(25 * time.Hour)
		if n, err := h.desk.Prune(h.ctx); err != nil || n == 0 {
			t.Errorf("pruned %d (%v)", n, err)
		}
	})
}

func TestWrongQueriesTellNothingAndStop(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.must(h.send(typed()))
		wrong := func(code, last4 string) string {
			_, err := h.desk.Find(h.ctx, h.site, code, last4, "192.0.2.9")
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s %s: %v", code, last4, err)
			}
			return said(err)
		}
		if a, b := wrong(r.Code, "0000"), wrong("ABCDEFGHJK", "8000"); a != b {
			t.Errorf("a wrong number says %q, a wrong code %q", a, b)
		}
		wrong("", "")
		wrong("\x00'; DROP TABLE letter", strings.Repeat("8", 5000))
		for range letters.WrongQueries - 4 {
			wrong(r.Code, "1111")
		}
		_, err := h.desk.Find(h.ctx, h.site, r.Code, "8000", "192.0.2.9")
		h.refused(err, fault.TooMany, "请于3月9日")
		if _, err := h.desk.Find(h.ctx, h.site, r.Code, "8000", "192.0.2.10"); err != nil {
			t.Errorf("another address: %v", err)
		}
		if _, err := h.desk.Find(h.ctx, "another-site", r.Code, "8000", "192.0.2.10"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another site's door opens it: %v", err)
		}
	})
}

func TestDuplicatesAreSuggested(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.must(h.send(typed()))
		h.clock.Advance(48 * time.Hour)
		again := typed()
		again.Body = strings.Replace(again.Body, "请问", "再问一次，", 1)
		second := h.must(h.send(again))
		differs := typed()
		differs.Body = "小区门口的路灯坏了三盏，晚上很黑，请尽快派人来修理。"
		third := h.must(h.send(differs))
		echo := typed()
		echo.Phone = "13900000001"
		fourth := h.must(h.send(echo))
		dup := func(number string) ([]letters.Duplicate, int) {
			d, n, err := h.svc.Duplicates(h.ctx, scope(h.clerk, authz.LetterScreen), h.only(number).ID)
			if err != nil {
				t.Fatal(err)
			}
			return d, n
		}
		if d, _ := dup(first.Number); len(d) != 0 {
			t.Errorf("the first is no duplicate: %+v", d)
		}
		if d, _ := dup(second.Number); len(d) != 1 || d[0].Number != first.Number || d[0].Percent < 60 {
			t.Errorf("second %+v", d)
		}
		if d, _ := dup(third.Number); len(d) != 0 {
			t.Errorf("third %+v", d)
		}
		if d, others := dup(fourth.Number); len(d) != 0 || others != 1 {
			t.Errorf("fourth %+v, %d in the same words", d, others)
		}
	})
}

func TestFiguresEqualTheirRows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sc := scope(h.clerk, authz.LetterScreen)
		for i, typ := range []letters.Type{letters.Consult, letters.Suggest, letters.Complain, letters.Help, letters.Consult} {
			n := typed()
			n.Type, n.Phone, n.Address = typ, fmt.Sprintf("1390000000%d", i), ""
			r := h.must(h.send(n))
			switch i {
			case 0:
				l := h.answered(r.Number, draft)
				h.want(letters.Published)(h.svc.Publish(as(h.chief), scope(h.chief, authz.LetterReview), l.ID))
			case 1:
				h.want(letters.Redirected)(h.svc.Redirect(as(h.clerk), sc, h.only(r.Number).ID, "请向市信访局反映"))
			case 2:
				h.want(letters.Accepted)(h.svc.Accept(as(h.clerk), sc, h.only(r.Number).ID))
			}
			h.clock.Advance(9 * 24 * time.Hour)
		}
		f, err := h.svc.Figures(h.ctx, sc, letters.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range letters.Measures {
			_, n, err := h.svc.Letters(h.ctx, sc, letters.Filter{Measure: m})
			if err != nil || n != f.Total.N[m] {
				t.Errorf("%s: counted %d, listed %d (%v)", m.Name(), f.Total.N[m], n, err)
			}
			sum := 0
			for _, parts := range [][]letters.Counts{f.ByType, f.ByMonth, f.ByUnit} {
				sum = 0
				for _, c := range parts {
					sum += c.N[m]
				}
				if sum != f.Total.N[m] {
					t.Errorf("%s: parts %d, whole %d", m.Name(), sum, f.Total.N[m])
				}
			}
		}
		// The same letters judged one by one by the rule.
		all, _, err := h.svc.Letters(h.ctx, sc, letters.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		late := 0
		for _, l := range all {
			late += len(l.Breaches(calendar.DateOf(h.clock.Now())))
		}
		if late != f.Total.N[letters.MeasureLate] || late == 0 {
			t.Errorf("late: the rule says %d, the count %d", late, f.Total.N[letters.MeasureLate])
		}
		public, err := h.desk.Figures(h.ctx, h.site)
		if err != nil || public.Total.N[letters.MeasureReceived] != 5 || public.Total.N[letters.MeasureAnswered] != 1 || len(public.ByMonth) != 2 || public.At.IsZero() {
			t.Errorf("public figures %+v (%v)", public, err)
		}
		march, err := letters.MonthFilter("2026-03")
		if err != nil {
			t.Fatal(err)
		}
		if _, n, err := h.svc.Letters(h.ctx, sc, march); err != nil || n != f.ByMonth[1].N[letters.MeasureReceived] {
			t.Errorf("March lists %d (%v), counts %+v", n, err, f.ByMonth)
		}
		if _, err := letters.MonthFilter("三月"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
	})
}

func TestArticle19_5_DailyIsTheQueueOpened(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := calendar.DateOf(h.clock.Now())
		for day := range 4 {
			if day != 2 {
				for range 2 {
					if err := h.svc.Opened(as(h.clerk), h.clerk); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := h.svc.Opened(as(h.chief), h.chief); err != nil { // reviews only: no evidence
				t.Fatal(err)
			}
			h.clock.Advance(24 * time.Hour)
		}
		days, err := h.svc.Openings(h.ctx, scope(h.clerk, authz.LetterRead), h.office.ID, first, first.AddDays(3))
		if err != nil {
			t.Fatal(err)
		}
		missed := sx2021.DaysUnopened(first, first.AddDays(3), days)
		if len(missed) != 1 || missed[0] != first.AddDays(2) {
			t.Errorf("missed %v", missed)
		}
	})
}

func TestFloodIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range letters.FloodPerHour + 2 {
			n := typed()
			n.Phone, n.Address = fmt.Sprintf("139000000%02d", i), fmt.Sprintf("192.0.2.%d", i)
			h.must(h.send(n))
		}
		n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '一小时内收到来信超过%'`)
		if err != nil || n != 1 {
			t.Errorf("told %d times (%v)", n, err)
		}
	})
}

func TestSiteThatIsDownTakesNoLetters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(h.ctx, `UPDATE site SET state = 'temporarily_offline'`); err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "site", ID: "x"}})
		}); err != nil {
			t.Fatal(err)
		}
		_, err := h.send(typed())
		h.refused(err, fault.Unavailable, "暂停受理")
	})
}

// FuzzFind holds the public query against any bytes.
func FuzzFind(f *testing.F) {
	clock := calendar.NewManual(monday)
	h := build(f, dbtest.SQLite(f, clock.Now), clock)
	f.Add("ABCDEFGHJK", "8000")
	f.Add("\x00\xff", "８")
	f.Add(strings.Repeat("吉", 3000), "")
	f.Fuzz(func(t *testing.T, code, last4 string) {
		clock.Advance(time.Hour)
		if _, err := h.desk.Find(context.Background(), h.site, code, last4, "192.0.2.1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q %q: %v", code, last4, err)
		}
	})
}

// FuzzReceipt holds the sealed receipt and the form's token against any bytes.
func FuzzReceipt(f *testing.F) {
	clock := calendar.NewManual(monday)
	h := build(f, dbtest.SQLite(f, clock.Now), clock)
	f.Add("v1:abc:AAAA")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := h.desk.OpenReceipt(s); !fault.Is(err, fault.Gone) {
			t.Errorf("%q opens: %v", s, err)
		}
		n := typed()
		n.Token = s
		if _, err := h.desk.Receive(context.Background(), h.site, n); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q sends: %v", s, err)
		}
	})
}

func TestMachineIsSound(t *testing.T) {
	if err := letters.Machine.Check(); err != nil {
		t.Fatal(err)
	}
	for _, m := range letters.Machine.Moves {
		if m.Permit != "system" && authz.Describe[authz.Permission(m.Permit)] == "" {
			t.Errorf("%s asks for %s, which is no permission", m.Act, m.Permit)
		}
	}
	w := jobs.NewWorkers()
	letters.NewDesk(nil).Register(w)
	if _, err := jobs.New(dbtest.SQLite(t, nil), w, jobs.Config{}); err != nil {
		t.Error(err)
	}
}
