package guidance_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/guidance"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

type house struct {
	db          *db.DB
	svc         *guidance.Service
	obligations *obligation.Service
	today       calendar.Date
	office      *authz.Session
	clerks      []*authz.Session // of three departments
	units       []org.Unit
}

func each(t *testing.T, fn func(t *testing.T, h house)) {
	t.Helper()
	at := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)
	dbtest.EachAt(t, func() time.Time { return at }, func(t *testing.T, d *db.DB) {
		store, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		h := house{db: d, today: calendar.DateOf(at)}
		h.obligations = obligation.New(d, o, guidance.ReturnKind)
		h.svc = guidance.New(d, o, h.obligations, store)
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, guidance.Machine); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
				return err
			}
			hire := func(kind org.Kind, name string, role authz.Role) (*authz.Session, error) {
				u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: kind, Name: name, Line: map[bool]string{true: "commerce", false: "health"}[strings.Contains(name, "商务")]})
				if err != nil {
					return nil, err
				}
				h.units = append(h.units, u)
				p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: name + "人"})
				if err != nil {
					return nil, err
				}
				if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, role); err != nil {
					return nil, err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				return &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}, err
			}
			if h.office, err = hire(org.Office, "市办", authz.Supervisor); err != nil {
				return err
			}
			for _, name := range []string{"商务局", "卫健委", "疾控局"} {
				s, err := hire(org.Department, name, authz.Sponsor)
				if err != nil {
					return err
				}
				h.clerks = append(h.clerks, s)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func as(s *authz.Session) context.Context {
	unit, _ := s.Unit()
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit}), s)
}

func (h house) issue(t *testing.T, n guidance.Issue) (guidance.Guidance, error) {
	t.Helper()
	if n.Kind == "" {
		n.Kind = guidance.Notice
	}
	if n.Number == "" {
		n.Number = "市办函〔2026〕1号"
	}
	n.Title, n.Body = "核查通知", "请核查。"
	if n.DueOn.IsZero() {
		n.DueOn = h.today.AddDays(10)
	}
	return h.svc.Issue(as(h.office), h.office.ScopeFor(authz.GuidanceIssue), h.office, n)
}

func (h house) open(t *testing.T) int {
	t.Helper()
	n, err := h.obligations.Count(context.Background(), authz.System("test"), obligation.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestArticle4_NoticeIsSignedReturnedAndAccepted(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		g, err := h.issue(t, guidance.Issue{Fields: "网站数（数字）（必填）\n说明（多行）", WantsFile: true})
		if err != nil || g.Receivers != 3 || h.open(t) != 3 {
			t.Fatalf("%d receivers, %d owed (%v)", g.Receivers, h.open(t), err)
		}
		c := h.clerks[0]
		seen, err := h.svc.One(as(c), c.ScopeFor(authz.ObligationRead), c, g.ID)
		if err != nil {
			t.Fatal(err)
		}
		var paper bytes.Buffer
		if _, err := seen.Document().WriteTo(&paper); err != nil {
			t.Fatal(err)
		}
		text, err := official.Text(bytes.NewReader(paper.Bytes()), int64(paper.Len()), "通知.docx", official.TextLimits{})
		for _, want := range []string{g.Title, g.Number, seen.UnitName, "请在平台报送以下内容：网站数、说明、材料文件；报送期限为"} {
			if err != nil || !strings.Contains(text, want) {
				t.Errorf("the printed notice lacks %s (%v): %s", want, err, text)
			}
		}
		file := func() []approval.Upload {
			return []approval.Upload{{Kind: "return", Field: "files", Name: "表.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}}
		}
		if err := h.svc.Return(as(c), c, g.ID, map[string]string{guidance.FieldName(0): "3"}, file()); !fault.Is(err, fault.Conflict) {
			t.Errorf("returned before signing: %v", err)
		}
		if err := h.svc.Sign(as(c), c, g.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Sign(as(c), c, g.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed twice: %v", err)
		}
		for name, bad := range map[string]map[string]string{"missing": {}, "no number": {guidance.FieldName(0): "三个"}} {
			if err := h.svc.Return(as(c), c, g.ID, bad, file()); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.svc.Return(as(c), c, g.ID, map[string]string{guidance.FieldName(0): "3"}, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("without the file: %v", err)
		}
		if err := h.svc.Return(as(c), c, g.ID, map[string]string{guidance.FieldName(0): "3"}, file()); err != nil {
			t.Fatal(err)
		}
		if h.open(t) != 2 {
			t.Errorf("%d still owed", h.open(t))
		}
		if err := h.svc.Judge(as(h.office), h.office, g.ID, h.units[1].ID, false, "缺第二季度", h.today.AddDays(3)); err != nil {
			t.Fatal(err)
		}
		if h.open(t) != 3 {
			t.Errorf("sent back, %d owed", h.open(t))
		}
		if err := h.svc.Return(as(c), c, g.ID, map[string]string{guidance.FieldName(0): "4"}, nil); err != nil {
			t.Errorf("the file of the first return counts: %v", err)
		}
		if err := h.svc.Judge(as(h.office), h.office, g.ID, h.units[1].ID, true, "", calendar.Date{}); err != nil {
			t.Fatal(err)
		}
		list, err := h.svc.Receipts(as(h.office), h.office, g.ID, guidance.Accepted, 10, 0)
		if err != nil || len(list) != 1 || list[0].Answers["网站数"] != "4" {
			t.Errorf("accepted %+v (%v)", list, err)
		}
	})
}

func TestOnlyReceiversAndTheIssuerSeeANotice(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		g, err := h.issue(t, guidance.Issue{To: org.Choice{Lines: []string{"commerce"}}})
		if err != nil || g.Receivers != 1 {
			t.Fatalf("%d receivers (%v)", g.Receivers, err)
		}
		in, out := h.clerks[0], h.clerks[1]
		if _, err := h.svc.One(as(in), in.ScopeFor(authz.ObligationRead), in, g.ID); err != nil {
			t.Errorf("the receiver: %v", err)
		}
		if _, err := h.svc.One(as(out), out.ScopeFor(authz.ObligationRead), out, g.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another unit: %v", err)
		}
		for name, err := range map[string]error{
			"sign": h.svc.Sign(as(out), out, g.ID), "ask": h.svc.Ask(as(out), out, g.ID, "?"), "withdraw": h.svc.Withdraw(as(in), in, g.ID, "不要了"),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s by who has no part: %v", name, err)
			}
		}
		if _, err := h.svc.Issue(as(in), in.ScopeFor(authz.ObligationRead), in, guidance.Issue{Kind: guidance.Notice, Number: "1", Title: "x", Body: "y", DueOn: h.today}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a sponsor issued: %v", err)
		}
	})
}

func TestAnswersAreSeenByAllAndQuestionsByNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		g, err := h.issue(t, guidance.Issue{})
		if err != nil {
			t.Fatal(err)
		}
		a, b := h.clerks[0], h.clerks[1]
		if err := h.svc.Ask(as(a), a, g.ID, "移动端算吗？"); err != nil {
			t.Fatal(err)
		}
		see := func(s *authz.Session) []guidance.Question {
			v, err := h.svc.One(as(s), s.ScopeFor(authz.ObligationRead), s, g.ID)
			if err != nil {
				t.Fatal(err)
			}
			return v.Questions
		}
		if n := len(see(b)); n != 0 {
			t.Errorf("an open question is seen by %d others", n)
		}
		q := see(h.office)
		if len(q) != 1 {
			t.Fatalf("the issuer sees %d", len(q))
		}
		if err := h.svc.Answer(as(h.office), h.office, g.ID, q[0].ID, "算。"); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Answer(as(h.office), h.office, g.ID, q[0].ID, "不算。"); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if got := see(b); len(got) != 1 || got[0].Answer != "算。" || got[0].UnitName != "" {
			t.Errorf("others see %+v", got)
		}
	})
}

func TestUrgeAndWithdraw(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		g, err := h.issue(t, guidance.Issue{})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Sign(as(h.clerks[0]), h.clerks[0], g.ID); err != nil || h.open(t) != 2 {
			t.Fatalf("signing alone is enough where nothing is asked: %d owed (%v)", h.open(t), err)
		}
		for i, want := range []int{2, 0} {
			if n, err := h.svc.Urge(as(h.office), h.office, g.ID); err != nil || n != want {
				t.Errorf("urge %d told %d, want %d (%v)", i, n, want, err)
			}
		}
		if history, err := guidance.Machine.History(context.Background(), h.db, g.ID+":"+string(h.units[1].ID)); err != nil || len(history) != 2 {
			t.Errorf("history of a receipt: %+v (%v)", history, err)
		}
		if err := h.svc.Withdraw(as(h.office), h.office, g.ID, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := h.svc.Withdraw(as(h.office), h.office, g.ID, "重复印发"); err != nil || h.open(t) != 0 {
			t.Errorf("%d still owed (%v)", h.open(t), err)
		}
		if err := h.svc.Sign(as(h.clerks[1]), h.clerks[1], g.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed what was withdrawn: %v", err)
		}
	})
}

func TestIssueIsRefusedWhole(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for name, n := range map[string]guidance.Issue{
			"a unit nobody knows": {To: org.Choice{Names: []string{"不存在局"}, Only: true}},
			"yesterday":           {DueOn: h.today.AddDays(-1)},
			"twice the same":      {Fields: "网站数\n网站数"},
			"an executable":       {Files: []approval.Upload{{Field: "files", Name: "x.pdf", Content: strings.NewReader("MZ\x90")}}},
		} {
			if _, err := h.issue(t, n); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h.open(t) != 0 {
			t.Error("something was left behind")
		}
		if _, err := h.issue(t, guidance.Issue{}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.issue(t, guidance.Issue{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same number again: %v", err)
		}
	})
}

func TestDocumentIsReadBelow(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		g, err := h.issue(t, guidance.Issue{Kind: guidance.Document})
		if err != nil || g.Receivers != 0 || h.open(t) != 0 {
			t.Fatalf("%+v (%v)", g, err)
		}
		list, n, err := h.svc.List(as(h.clerks[2]), h.clerks[2], guidance.Filter{Box: guidance.Documents})
		if err != nil || n != 1 || list[0].ID != g.ID {
			t.Errorf("%d documents (%v)", n, err)
		}
		c := h.clerks[2]
		if _, err := h.svc.One(as(c), c.ScopeFor(authz.ObligationRead), c, g.ID); err != nil {
			t.Errorf("a department below: %v", err)
		}
		if _, n, err := h.svc.List(as(c), c, guidance.Filter{Box: guidance.Received}); err != nil || n != 0 {
			t.Errorf("a document was received %d times (%v)", n, err)
		}
	})
}
