package lifecycle

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// launched opens what is owed after a launch: police filing, the notice of
// opening.
func (s *Service) launched(ctx context.Context, tx *db.Tx, o registry.Object, c Checklist) error {
	today := calendar.DateOf(tx.Now())
	if o.Kind == sx2021.Site && c.item(PoliceFiling).Value == "" {
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: PoliceFilingObligation.ID, Unit: o.Unit, Subject: subjectOf(o),
			Link: launchLink(o.Ref), Due: calendar.Due{On: sx2021.PoliceFilingBy(today, s.settings())}}); err != nil {
			return err
		}
	}
	publisher, postings, err := s.publisher(ctx, tx, o)
	if err != nil || len(postings) == 0 {
		return err
	}
	// The text sets no last day for the first publication; thirty days are
	// counted from the launch, so a notice hung at once ends in time.
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: LaunchNoticeObligation.ID, Unit: publisher.ID, Subject: subjectOf(o),
		Link: launchLink(o.Ref), Due: calendar.Due{On: sx2021.HangUntil(today, sx2021.NoticeDays, nil)}})
}

func (s *Service) noticed2(o registry.Object, u org.Unit) sx2021.Noticed {
	return sx2021.Noticed{Object: o.Kind, OfGovernment: o.SiteKind == registry.Portal, Top: u.Level == org.Province}
}

// NoticePlace is one place the notice of opening must hang.
type NoticePlace struct {
	Place sx2021.Place
	Name  string
	URL   string
	First calendar.Date
	By    string
}

// publisher is who owes the notice of opening, and where (readings 2).
func (s *Service) publisher(ctx context.Context, q db.Querier, o registry.Object) (org.Unit, []sx2021.Posting, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.publisher"), o.Unit)
	if err != nil {
		return org.Unit{}, nil, err
	}
	list := sx2021.Postings(sx2021.OpeningNotice, s.noticed2(o, u), s.settings())
	if len(list) == 0 {
		return org.Unit{}, nil, nil
	}
	if list[0].Publisher == sx2021.BySuperiorOffice {
		office, _, err := s.org.SuperiorOffice(ctx, q, u)
		return office, list, err
	}
	office, err := s.org.SameLevelOffice(ctx, q, u)
	return office, list, err
}

var placeNames = map[sx2021.Place]string{
	sx2021.LevelPortal: "本级政府门户网站首页", sx2021.LevelAccount: "本级政府政务新媒体",
	sx2021.SuperiorPortal: "上级政府门户网站首页", sx2021.SuperiorAccount: "上级政府政务新媒体",
}

// notice reads how the notice of opening stands.
func (s *Service) notice(ctx context.Context, q db.Querier, c *Checklist) error {
	publisher, postings, err := s.publisher(ctx, q, c.Object)
	if err != nil || len(postings) == 0 || c.Object.CaseID == "" {
		return err
	}
	c.Publisher = publisher
	hung, err := db.All(ctx, q, func(r db.Scanner) (NoticePlace, error) {
		var p NoticePlace
		err := r.Scan(&p.Place, &p.URL, &p.First, &p.By)
		return p, err
	}, `SELECT place, url, first_on, recorded_by FROM launch_notice WHERE site_id = $1`, c.Object.ID)
	if err != nil {
		return err
	}
	var last calendar.Date
	all := true
	for _, place := range postings[0].All {
		p := NoticePlace{Place: place, Name: placeNames[place]}
		if i := slices.IndexFunc(hung, func(h NoticePlace) bool { return h.Place == place }); i >= 0 {
			p.URL, p.First, p.By = hung[i].URL, hung[i].First, hung[i].By
			if p.First.After(last) {
				last = p.First
			}
		} else {
			all = false
		}
		c.Places = append(c.Places, p)
	}
	if all {
		c.HangUntil = sx2021.HangUntil(last, sx2021.NoticeDays, nil)
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = $1 AND subject_id = $2 AND state = 'discharged'`, LaunchNoticeObligation.ID, c.Object.ID)
	c.NoticeDone = n > 0
	return err
}

// MayPublish reports whether the person acts for the office that owes the
// notice.
func MayPublish(session *authz.Session, c Checklist) bool {
	return session != nil && c.Publisher.ID != "" && slices.ContainsFunc(session.Posts, func(p authz.Post) bool {
		one := authz.Session{Posts: []authz.Post{p}}
		return p.UnitID == string(c.Publisher.ID) && one.May(authz.LaunchManage)
	})
}

// PostNotice records where and since when the notice of opening hangs. Only
// the office that owes it records it.
func (s *Service) PostNotice(ctx context.Context, scope authz.Scope, ref registry.Ref, place sx2021.Place, address string, first calendar.Date) (Checklist, error) {
	var out Checklist
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		site, c, err := s.noticed(ctx, tx, scope, ref)
		if err != nil {
			return err
		}
		var f fault.Fields
		u, err := url.Parse(strings.TrimSpace(address))
		f.Check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(address) <= 500, "url", "请填写公告的完整网址，以 http:// 或 https:// 开头")
		f.Check(slices.ContainsFunc(c.Places, func(p NoticePlace) bool { return p.Place == place }), "place", "请选择公告位置")
		today := calendar.DateOf(tx.Now())
		f.Check(!first.IsZero() && !first.After(today) && !first.Before(site.LaunchedOn), "first", "首次发布日期应在上线之日至今天之间")
		if err := f.Err(); err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		if _, err := tx.Exec(ctx, `
			INSERT INTO launch_notice (site_id, place, url, first_on, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (site_id, place) DO UPDATE SET url = excluded.url, first_on = excluded.first_on, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at`,
			ref.ID, place, u.String(), first, actor.Name, tx.Now()); err != nil {
			return fmt.Errorf("lifecycle: post notice: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.notice.post", Target: site.Target(), Basis: sx2021.OpeningPlaces.Citation,
			After: map[string]any{"place": place, "url": u.String(), "first": first}}); err != nil {
			return err
		}
		out, err = s.checklist(ctx, tx, site, today)
		return err
	})
	return out, err
}

// ConfirmNotice ends the duty once the notice has hung its thirty days in every
// place.
func (s *Service) ConfirmNotice(ctx context.Context, scope authz.Scope, ref registry.Ref) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		site, c, err := s.noticed(ctx, tx, scope, ref)
		if err != nil {
			return err
		}
		var hung []sx2021.Place
		var last calendar.Date
		var where []string
		for _, p := range c.Places {
			if p.First.IsZero() {
				continue
			}
			hung, where = append(hung, p.Place), append(where, p.URL)
			if p.First.After(last) {
				last = p.First
			}
		}
		u, err := s.org.UnitTx(ctx, tx, authz.System("lifecycle.notice"), site.Unit)
		if err != nil {
			return err
		}
		breaches := sx2021.CheckOpeningNotice(s.noticed2(site, u), hung, s.settings())
		breaches = append(breaches, sx2021.CheckTakeDown(sx2021.OpeningNotice, last, nil, calendar.DateOf(tx.Now()))...)
		if err := rules.Refuse(breaches); err != nil {
			return err
		}
		ok, err := s.obligations.Discharge(ctx, tx, LaunchNoticeObligation.ID, subjectOf(site), strings.Join(where, " "))
		if err == nil && !ok {
			return fault.New(fault.Conflict, "这项公告义务已经办结。")
		}
		return err
	})
}

func (s *Service) noticed(ctx context.Context, tx *db.Tx, scope authz.Scope, ref registry.Ref) (registry.Object, Checklist, error) {
	site, err := s.registry.Object(ctx, tx, scope, ref)
	if err != nil {
		return site, Checklist{}, err
	}
	c, err := s.checklist(ctx, tx, site, calendar.DateOf(tx.Now()))
	if err != nil {
		return site, c, err
	}
	if len(c.Places) == 0 {
		return site, c, fault.New(fault.Conflict, "网站尚未上线，或不需要发布开通公告。")
	}
	if !MayPublish(authz.SessionFrom(ctx), c) {
		return site, c, fault.Newf(fault.Forbidden, "开通公告由“%s”发布并登记。", c.Publisher.Name)
	}
	return site, c, nil
}

