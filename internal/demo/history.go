package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// The history of a province of true size.
const (
	historyWeeks = 104
	// casesAWeek at scale 1: what some hundred sites and some thousand accounts
	// ask for.
	casesAWeek = 12
	// undecided are the last weeks, whose cases still climb.
	undecided = 3
)

// history lays two years of applications and clocks, week by week, through the
// doors that people use and at the time they would have used them: l.At moves
// the clock. It ends now. The numbers are the cases and the obligations made.
func (l Ledger) history(ctx context.Context, scope authz.Scope, scale float64, now time.Time) (cases, obligations int, err error) {
	h := &past{Ledger: l, sessions: map[string]*authz.Session{}}
	var page bytes.Buffer
	paper := official.Document{Title: "关于有关申请的意见（演示）", Issuer: "演示单位", Dated: calendar.DateOf(now).Chinese()}
	paper.Paragraph("经研究，同意申请。主要负责同志（签字）：演示签字")
	if _, err := paper.WriteTo(&page); err != nil {
		return 0, 0, err
	}
	h.page = page.Bytes()
	if err := h.supervisors(ctx, scope); err != nil {
		return 0, 0, err
	}
	if err := h.choose(ctx); err != nil {
		return 0, 0, err
	}
	perWeek := max(1, int(casesAWeek*scale))
	for week := range historyWeeks {
		at := now.AddDate(0, 0, -7*(historyWeeks-week)).Truncate(24 * time.Hour).Add(2 * time.Hour)
		l.At(at)
		for i := range perWeek {
			made, err := h.apply(ctx, week*perWeek+i, week < historyWeeks-undecided, at)
			if err != nil {
				return cases, 0, fmt.Errorf("week %d: %w", week, err)
			}
			if made {
				cases++
			}
		}
		if week%4 == 3 {
			l.At(at.Add(96 * time.Hour))
			if err := h.keepClocks(ctx); err != nil {
				return cases, 0, err
			}
		}
	}
	l.At(now)
	if err := h.keepClocks(ctx); err != nil {
		return cases, 0, err
	}
	obligations, err = db.One(ctx, l.DB, db.Value[int], `SELECT count(*) FROM obligation`)
	return cases, obligations, err
}

// past is the history being laid.
type past struct {
	Ledger
	sessions map[string]*authz.Session // by unit and role
	objects  []registry.Object
	page     []byte // 签字页
	// refused counts what the law refused and what the ledger had overtaken.
	refused int
}

// supervisors gives every office a person who decides: nobody in a province of
// true size has a login.
func (h *past) supervisors(ctx context.Context, scope authz.Scope) error {
	offices, _, err := h.Org.Units(ctx, scope, org.UnitFilter{Kind: org.Office, Limit: 10000})
	if err != nil {
		return err
	}
	return chunks(ctx, h.DB, len(offices), func(tx *db.Tx, i int) error {
		p, err := h.Org.AddPerson(ctx, tx, scope, org.Person{Unit: offices[i].ID, Name: fmt.Sprintf("审某%d", i), Title: "副主任"})
		if err != nil {
			return err
		}
		return h.Org.Appoint(ctx, tx, scope, p.ID, offices[i].ID, authz.Supervisor)
	})
}

// choose takes the running accounts of offices and the department sites, so
// that what is asked for climbs chains of every length.
func (h *past) choose(ctx context.Context) error {
	refs, err := db.All(ctx, h.DB, func(r db.Scanner) (registry.Ref, error) {
		var x registry.Ref
		return x, r.Scan(&x.Kind, &x.ID)
	}, `SELECT 'site', id FROM site WHERE state = 'running' AND kind = 'department'
	     UNION ALL SELECT kind, id FROM account WHERE state = 'running' ORDER BY 2`)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		o, err := h.Registry.Object(ctx, h.DB, authz.System("demo.history"), ref)
		if err != nil {
			return err
		}
		h.objects = append(h.objects, o)
	}
	if len(h.objects) == 0 {
		return fmt.Errorf("no object to ask for")
	}
	return nil
}

// as is somebody with the role at the unit at work; ok is false where nobody is.
func (h *past) as(ctx context.Context, unit org.UnitID, role authz.Role, p authz.Permission) (context.Context, authz.Scope, bool, error) {
	key := string(unit) + string(role)
	s := h.sessions[key]
	if s == nil {
		var id, name string
		_, err := db.One(ctx, h.DB, func(r db.Scanner) (bool, error) { return true, r.Scan(&id, &name) },
			`SELECT p.id, p.name FROM post o JOIN person p ON p.id = o.person_id WHERE o.unit_id = $1 AND o.role = $2 AND o.ended_at IS NULL ORDER BY p.id LIMIT 1`, unit, role)
		if db.None(err) {
			return ctx, authz.Scope{}, false, nil
		}
		if err != nil {
			return ctx, authz.Scope{}, false, err
		}
		posts, err := h.Org.PostsOf(ctx, h.DB, org.PersonID(id))
		if err != nil {
			return ctx, authz.Scope{}, false, err
		}
		s = &authz.Session{PersonID: id, Name: name, Posts: posts}
		h.sessions[key] = s
	}
	at, _ := s.Unit()
	ctx = authz.WithSession(audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: at}), s)
	return ctx, s.ScopeFor(p), true, nil
}

// apply asks for the n-th thing and lets it climb. What the law refuses, which
// some of it is, was never a case.
func (h *past) apply(ctx context.Context, n int, decide bool, at time.Time) (bool, error) {
	o := h.objects[(n*7)%len(h.objects)]
	day := calendar.DateOf(at)
	a := lifecycle.Application{Object: o.Ref, Unit: o.Unit, Principal: "王某", ByPrincipal: true, ConsentOn: day, Values: map[string]string{"contact": "李某", "phone": "029-00000000"}}
	switch {
	case o.Kind == sx2021.Site && n%4 == 0:
		a.Matter = lifecycle.ClosureMatter
		a.Values["reason"], a.Values["detail"] = string(sx2021.Consolidation), "按集约化要求整合到门户网站（演示）"
	case o.Kind == sx2021.Site && n%4 == 1:
		a.Matter = lifecycle.RenameMatter
		a.Values["name"], a.Values["reason"] = o.UnitName+"门户（演示）", "统一名称（演示）"
	default:
		a.Matter = lifecycle.OfflineMatter
		a.Values["from"], a.Values["until"] = day.AddDays(30).String(), day.AddDays(45).String()
		a.Values["cause"], a.Values["instead"] = "系统升级（演示）", "请访问本级政府门户网站"
	}
	ctx, scope, ok, err := h.as(ctx, o.Unit, authz.Sponsor, authz.OpeningApply)
	if err != nil || !ok {
		return false, err
	}
	got, err := h.Lifecycle.Apply(ctx, scope, a, []approval.Upload{{Kind: lifecycle.ConsentFile, Field: lifecycle.ConsentFile, Name: "签字页（演示）.docx", Content: bytes.NewReader(h.page)}})
	if fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		h.refused++
		return false, nil
	}
	if err != nil || !decide {
		return err == nil, err
	}
	return true, h.decide(ctx, got.Case, n, at)
}

// decide lets every office on the way decide, a working day apart; every
// eleventh case ends with a refusal.
func (h *past) decide(ctx context.Context, c approval.Case, n int, at time.Time) error {
	for step := 1; c.State == approval.InReview; step++ {
		h.At(at.Add(time.Duration(step) * 24 * time.Hour))
		_, steps, _, err := h.Approvals.Case(ctx, authz.System("demo.history"), c.ID)
		if err != nil {
			return err
		}
		now := steps[c.StepNo]
		ctx, scope, ok, err := h.as(ctx, now.Unit, authz.Supervisor, authz.CaseDecide)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("nobody decides at %s", now.UnitName)
		}
		d := approval.Decision{Act: "pass", Opinion: "拟同意", StepNo: c.StepNo}
		if now.Kind == approval.Approve {
			d.Act, d.Opinion = "approve", "同意"
		}
		if n%11 == 10 {
			d.Act, d.Opinion, d.Reasons = "refuse", "理由不充分，请使用已有渠道。", []string{approval.Reasons[0].ID}
		}
		if c, err = h.Approvals.Decide(ctx, scope, c.ID, d); err != nil {
			if fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict) {
				h.refused++
				return nil // the ledger has moved on since; it stays where it is
			}
			return err
		}
	}
	h.At(at)
	return nil
}

// keepClocks runs the daily duty and does most of what is owed: nineteen of
// twenty in time.
func (h *past) keepClocks(ctx context.Context) error {
	if _, err := h.Obligations.Sweep(ctx); err != nil {
		return err
	}
	open, err := h.Obligations.Obligations(ctx, authz.System("demo.history"), obligation.Filter{Limit: 100000})
	if err != nil {
		return err
	}
	soon := calendar.DateOf(h.DB.Now()).AddDays(28)
	var due []obligation.Obligation
	for i, o := range open {
		if o.Kind != approval.StepObligation.ID && !o.Due.On.After(soon) && i%20 != 19 {
			due = append(due, o)
		}
	}
	ctx = audit.System(ctx, "demo.history")
	return chunks(ctx, h.DB, len(due), func(tx *db.Tx, i int) error {
		o := due[i]
		if o.Period == "" {
			_, err := h.Obligations.Discharge(ctx, tx, o.Kind, o.Subject, "演示记录")
			return err
		}
		_, err := h.Obligations.DischargePeriod(ctx, tx, o.Kind, o.Subject, o.Period, "演示记录")
		return err
	})
}
