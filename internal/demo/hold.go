package demo

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules/packs"
)

// Staff are the appraisers of a populated province by their login names, and the
// office they work at.
func (l Ledger) Staff(ctx context.Context) (map[string]*authz.Session, org.UnitID, error) {
	out := map[string]*authz.Session{}
	var office org.UnitID
	for _, a := range Appraisers {
		s, err := db.One(ctx, l.DB, func(r db.Scanner) (authz.Session, error) {
			s := authz.Session{Login: a.Name, Name: a.Person}
			return s, r.Scan(&s.PersonID, &office)
		}, `SELECT id, unit_id FROM person WHERE name = $1 ORDER BY id LIMIT 1`, a.Person)
		if err != nil {
			return nil, "", fmt.Errorf("demo: nobody is called %s: %w", a.Person, err)
		}
		if s.Posts, err = l.Org.PostsOf(ctx, l.DB, org.PersonID(s.PersonID)); err != nil {
			return nil, "", err
		}
		out[a.Name] = &s
	}
	return out, office, nil
}

// acting is a person at work, with where a permission of hers reaches.
func acting(ctx context.Context, s *authz.Session, p authz.Permission) (context.Context, authz.Scope) {
	unit, _ := s.Unit()
	ctx = audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	return authz.WithSession(ctx, s), s.ScopeFor(p)
}

// JudgeSites fills two sheets for every site of a round but those of the office;
// on one in forty the two differ.
func (l Ledger) JudgeSites(ctx context.Context, staff map[string]*authz.Session, office org.UnitID, r appraisal.Round, sites []appraisal.Listed) error {
	for i, o := range sites {
		if o.Unit == office {
			continue // nobody judges the own office's site
		}
		for n, who := range []string{"pingyi", "pinger"} {
			entries := []appraisal.Entry{{Indicator: "V-W-1.2", Outcome: packs.Kept}, {Indicator: "V-W-1.4", Outcome: packs.Kept}, {Indicator: "V-W-1.6", Outcome: packs.Kept}}
			if i%40 == 7 && n == 1 {
				entries[1] = appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Violated, Says: "首页曾被篡改，处置情况待核（演示）"}
			}
			if o.Class == packs.PortalSite && n == 0 {
				entries = append(entries, appraisal.Entry{Indicator: "D-01", Outcome: packs.Kept}, appraisal.Entry{Indicator: "D-03", Outcome: packs.Kept})
				if i%5 == 0 {
					entries = append(entries, appraisal.Entry{Indicator: "D-06", Outcome: packs.Violated, Hits: 1 + i%3, Says: "有政策没有解读（演示）"})
				}
			}
			as, scope := acting(ctx, staff[who], authz.AppraisalJudge)
			if _, err := l.Rounds.Judge(as, scope, staff[who], r.ID, o.ID, entries, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// RuleAll has the head rule on every line on which two judges differ.
func (l Ledger) RuleAll(ctx context.Context, head *authz.Session, round string) error {
	as, scope := acting(ctx, head, authz.AppraisalManage)
	for {
		open, _, err := l.Rounds.Differences(as, scope, round, 100, 0)
		if err != nil {
			return err
		}
		n := 0
		for _, d := range open {
			if d.Ruled == nil {
				n++
				if err := l.Rounds.Rule(as, scope, round, d.Object.ID, d.Indicator.ID, packs.Kept, "调取处置记录核对，处置及时（演示）"); err != nil {
					return err
				}
			}
		}
		if n == 0 {
			return nil
		}
	}
}

// Appeal has the units of the objects object to a line, and the second person
// answer: every third is upheld.
func (l Ledger) Appeal(ctx context.Context, second *authz.Session, list []appraisal.Listed) error {
	unit := audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "demo-unit", Name: "单位经办（演示）"})
	as, scope := acting(ctx, second, authz.AppraisalManage)
	for i, o := range list {
		a, err := l.Rounds.Raise(unit, authz.System("demo"), o.ID, "V-W-1.6", "情况与评判不符，请予核对（演示）", nil)
		if err != nil {
			return err
		}
		says := appraisal.Answering{Says: "经核对，维持原评判（演示）"}
		if i%3 == 0 {
			says = appraisal.Answering{Upheld: true, Says: "经核对属实（演示）", Entry: appraisal.Entry{Outcome: packs.Kept}}
		}
		if err := l.Rounds.Answer(as, scope, a.ID, says); err != nil {
			return err
		}
	}
	return nil
}

// appealed is how many units object.
const appealed = 40

// Hold brings the last quarter of a populated province from its sample to its
// published results, as people would on the days they would, and begins the
// bulletin; beside it the check of the quarter's last month stands among its
// judges. It is what the screens are looked at with at the size of a province. A
// quarter whose appeals could not have run out yet stays among its appeals.
func (l Ledger) Hold(ctx context.Context) error {
	now := l.DB.Now()
	defer l.At(now)
	staff, office, err := l.Staff(ctx)
	if err != nil {
		return err
	}
	period := assessment.QuarterOf(calendar.DateOf(now)).Before()
	if first := period.Next().First().AddDays(5).Start().Add(10 * time.Hour); first.Before(now) {
		l.At(first)
	}
	adopts, adopt := acting(ctx, staff["kaohe"], authz.PackAdopt)
	if _, err := l.Assessment.Adopt(adopts, adopt, office, assessment.PackID, 1, assessment.AdoptedDemo, "演示试用，不作为考核依据"); err != nil {
		return err
	}
	if err := l.monthly(ctx, staff, office, assessment.MonthOf(period.Last())); err != nil {
		return err
	}
	head, manage := acting(ctx, staff["kaohe"], authz.AppraisalManage)
	r, err := l.Rounds.Open(head, manage, appraisal.Opening{Unit: office, Kind: "quarterly", Period: period.String(), Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 30}, Seed: "20261008"})
	if err != nil {
		return err
	}
	if _, err := l.Rounds.Collect(head, manage, r.ID); err != nil {
		return err
	}
	sites, _, err := l.Rounds.Objects(head, manage, staff["kaohe"], r.ID, appraisal.ObjectFilter{Kind: "site", Limit: 100_000})
	if err != nil {
		return err
	}
	if err := l.JudgeSites(ctx, staff, office, r, sites); err != nil {
		return err
	}
	if err := l.RuleAll(ctx, staff["kaohe"], r.ID); err != nil {
		return err
	}
	if r, err = l.Rounds.Freeze(head, manage, r.ID, true); err != nil {
		return err
	}
	if r, err = l.Rounds.OpenAppeals(head, manage, r.ID); err != nil {
		return err
	}
	if err := l.Appeal(ctx, staff["fuhe"], sites[:min(appealed, len(sites))]); err != nil {
		return err
	}
	if until := l.Rounds.AppealUntil(r); !until.Provisional && until.Missed(calendar.DateOf(now)) {
		l.At(until.On.AddDays(1).Start().Add(10 * time.Hour))
		if _, err := l.Rounds.Decide(head, manage, r.ID); err != nil {
			return err
		}
		if _, err := l.Rounds.Publish(head, manage, r.ID); err != nil {
			return err
		}
	}
	compose, scope := acting(ctx, staff["kaohe"], authz.BulletinCompose)
	own, err := l.Org.UnitTx(ctx, l.DB, scope, office)
	if err != nil {
		return err
	}
	_, err = l.Reporting.Compose(compose, scope, reporting.QuarterlyBulletin, own.Area, period)
	return err
}

// monthly leaves the check of a month among its judges: one has judged half.
func (l Ledger) monthly(ctx context.Context, staff map[string]*authz.Session, office org.UnitID, month assessment.Period) error {
	head, manage := acting(ctx, staff["kaohe"], authz.AppraisalManage)
	r, err := l.Rounds.Open(head, manage, appraisal.Opening{Unit: office, Kind: "monthly", Period: month.String(), Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 10}, Seed: "20260908"})
	if err != nil {
		return err
	}
	if _, err := l.Rounds.Collect(head, manage, r.ID); err != nil {
		return err
	}
	sites, _, err := l.Rounds.Objects(head, manage, staff["kaohe"], r.ID, appraisal.ObjectFilter{Kind: "site", Limit: 100_000})
	if err != nil {
		return err
	}
	as, scope := acting(ctx, staff["pingyi"], authz.AppraisalJudge)
	for i, o := range sites {
		if i%2 == 0 && o.Unit != office {
			if _, err := l.Rounds.Judge(as, scope, staff["pingyi"], r.ID, o.ID, []appraisal.Entry{{Indicator: "V-W-1.4", Outcome: packs.Kept}}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
