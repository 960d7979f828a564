package assessment

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// classOf is what an account is judged as: by what it was registered for, an
// unstated purpose being to publish.
func classOf(platform, purpose string) packs.Class {
	switch {
	case platform == "app":
		return packs.App
	case strings.Contains(purpose, "服务") || platform == "miniapp":
		return packs.ServiceAccount
	case strings.Contains(purpose, "互动"):
		return packs.InteractionAccount
	}
	return packs.PublishingAccount
}

// accountWhere are the accounts in use that the filter leaves.
func accountWhere(scope authz.Scope, f ScoreFilter) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.And("c.state IN ('running', 'temporarily_offline', 'exiting', 'closing')").
		AndIf(f.Account != "", "c.id = ?", f.Account).
		AndIf(f.Unit != "", "c.unit_id = ?", f.Unit).
		AndIf(f.Platform != "", "c.platform = ?", f.Platform).
		AndIf(f.Text != "", `(lower(c.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, text, text)
	if f.Under != "" {
		authz.Area("assessment.scores", f.Under).Where(&w, "u")
	}
	return &w
}

// ScoreAccounts scores every account and app in use in scope that the filter
// leaves, in order of division code: accounts pass or fail, and what nobody
// looked at is 未检测, never 合格.
func (s *Service) ScoreAccounts(ctx context.Context, q db.Querier, scope authz.Scope, p Period, f ScoreFilter) ([]Score, error) {
	return s.scoreAccounts(ctx, q, p, f, accountWhere(scope, f), "")
}

func (s *Service) scoreAccounts(ctx context.Context, q db.Querier, p Period, f ScoreFilter, w *db.Where, page string) ([]Score, error) {
	on, known := s.checkPoint(p), f.known(s.db.Now())
	subjects, err := db.All(ctx, q, func(r db.Scanner) (subject, error) {
		var x subject
		var platform, purpose string
		err := r.Scan(&x.id, &x.name, &platform, &purpose, &x.unit, &x.unitName, &x.areaPath)
		x.host, x.class = registry.Platforms[platform], classOf(platform, purpose)
		return x, err
	}, `SELECT c.id, c.name, c.platform, c.purpose, c.unit_id, u.name, u.area_path
	      FROM account c JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY a.code, c.platform, c.name, c.id`+page, w.Args()...)
	if err != nil || len(subjects) == 0 {
		return nil, err
	}
	work, err := s.assemble(ctx, q, AccountKind, PackID, subjects, p, on, known, f.Trial)
	if err != nil {
		return nil, err
	}
	out := make([]Score, len(subjects))
	for i, x := range subjects {
		set := work.sheet[i]
		j := &judge{ruling: set.ruling, class: x.class, on: on, given: work.given[i], brief: f.Brief, sheet: set.sheet}
		out[i] = x.named(AccountKind, j.score())
	}
	return narrowed(out, f.Verdict), nil
}

// AccountScores is a page of the accounts in use as they stand today, and how
// many there are.
func (s *Service) AccountScores(ctx context.Context, scope authz.Scope, f registry.AccountFilter) ([]Score, int, error) {
	sf := ScoreFilter{Unit: f.Unit, Platform: f.Platform, Text: f.Text, Brief: true}
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		sf.Under = a.Path
	}
	w := accountWhere(scope, sf)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM account c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := s.scoreAccounts(ctx, s.db, OnDay(s.today()), sf, w, ` LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset))
	return list, total, err
}

// ScoreAccount scores one account in scope.
func (s *Service) ScoreAccount(ctx context.Context, scope authz.Scope, id registry.AccountID, p Period) (Score, error) {
	a, err := s.registry.Account(ctx, s.db, scope, id)
	if err != nil {
		return Score{}, err
	}
	all, err := s.ScoreAccounts(ctx, s.db, scope, p, ScoreFilter{Account: id})
	if err != nil {
		return Score{}, err
	}
	if len(all) == 0 {
		return Score{}, notRunning("账号", a.StateName())
	}
	return all[0], nil
}

// The vetoes of accounts that records of newmedia speak to.
const (
	silentID      = "V-M-2.1"
	interactionID = "V-M-3.1"
	usableID      = "V-M-2.2"
)

// AccountStandings observes accounts: when they posted last, whether readers can
// answer and, of mobile clients, whether they could be fetched and used. Silence counts up to the day somebody last looked; what may have
// been posted since costs nobody anything.
func AccountStandings(m *newmedia.Service) Observer {
	return func(ctx context.Context, q db.Querier, a Asked) (map[string][]Seen, error) {
		if a.Kind != AccountKind {
			return nil, nil
		}
		all, err := m.Standings(ctx, q, systemScope(), a.On, a.Known)
		if err != nil {
			return nil, err
		}
		silent, hasSilent := a.Pack.Indicator(silentID)
		window, ok := silent.Param("days")
		hasSilent = hasSilent && ok
		_, hasInteraction := a.Pack.Indicator(interactionID)
		_, hasUsable := a.Pack.Indicator(usableID)
		out := make(map[string][]Seen, len(a.IDs))
		for _, id := range a.IDs {
			st := all[registry.AccountID(id)]
			if hasUsable && st.Client {
				out[id] = append(out[id], usable(st, id))
			}
			if hasSilent {
				out[id] = append(out[id], silence(silent, st, window.Int(), a.On, id))
			}
			if hasInteraction && st.Interaction != "" {
				o := Seen{Observation: packs.Observation{Indicator: interactionID, Outcome: packs.Kept}, Note: "登记于 " + st.InteractionOn.String()}
				if st.Interaction == "no" {
					o.Outcome = packs.Violated
					o.Hits = []packs.Hit{{Key: "interaction"}}
					o.Facts = []Fact{{Severity: check.Serious, Says: st.InteractionOn.String() + "查看：没有提供有效的互动功能", Fix: "请开通留言、评论或私信，并安排专人回应。", Href: newmedia.Link(registry.AccountID(id)), FirstSeen: st.InteractionOn.Start()}}
				}
				out[id] = append(out[id], o)
			}
		}
		return out, nil
	}
}

// usable is the observation of 客户端无法使用.
func usable(st newmedia.Standing, id string) Seen {
	o := Seen{Observation: packs.Observation{Indicator: usableID, Outcome: packs.Untested}, Note: "近期没有登记能否下载和使用，请在账号检查单登记"}
	switch st.Usable {
	case "yes":
		o.Outcome, o.Note = packs.Kept, "登记于 "+st.UsableOn.String()
	case "no":
		o.Outcome, o.Note = packs.Violated, "登记于 "+st.UsableOn.String()
		o.Hits = []packs.Hit{{Key: "usable"}}
		o.Facts = []Fact{{Severity: check.Serious, Says: st.UsableOn.String() + "查看：移动客户端无法下载或使用", Fix: "请立即恢复下载和使用；不再运行的，按程序注销。", Href: newmedia.Link(registry.AccountID(id)), FirstSeen: st.UsableOn.Start()}}
	}
	return o
}

// silence is the observation of 内容不更新: the whole days without a post before
// the check point. A post on the first day of the window is still within it.
func silence(i packs.Indicator, st newmedia.Standing, window int, on calendar.Date, id string) Seen {
	o := Seen{Observation: packs.Observation{Indicator: i.ID, Outcome: packs.Untested}}
	if st.Unstated {
		o.Note = "台账没有登记用途，不能判断是否为发布类账号"
		return o
	}
	if st.LastPost.IsZero() {
		o.Note = "没有取得最近发布日期"
		return o
	}
	threshold := max(i.Threshold.N, packs.Hundredths(window)*100)
	quiet := packs.Count(max(0, int(on.Sub(st.LastPost))-1))
	proven := packs.Count(max(0, int(st.LookedOn.Sub(st.LastPost))-1))
	o.Note = fmt.Sprintf("最近发布于 %s（%s）", st.LastPost, st.Source)
	switch {
	case quiet.Num*100 < int64(threshold):
		o.Outcome, o.Measured = packs.Kept, &quiet
	case proven.Num*100 >= int64(threshold):
		o.Outcome, o.Measured = packs.Violated, &quiet
		o.Hits = []packs.Hit{{Key: "silent"}}
		o.Facts = []Fact{{Severity: check.Serious, Says: fmt.Sprintf("最近发布于 %s，已 %d 天没有更新", st.LastPost, quiet.Num), Fix: "请立即更新；确实无力维护的，按程序整合或注销。", Href: newmedia.Link(registry.AccountID(id)), FirstSeen: st.LastPost.Start()}}
	default:
		o.Note += "，此后没有再查看，请登记近期情况"
	}
	return o
}
