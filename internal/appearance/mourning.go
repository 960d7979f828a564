package appearance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// longestMourning is how many days a period may have.
const longestMourning = 15

// Mourning is a period in which all hosted sites of an area are grey (哀悼).
type Mourning struct {
	ID       string
	Area     org.AreaID
	AreaName string // joined
	Unit     org.UnitID
	UnitName string // joined
	From     calendar.Date
	Until    calendar.Date // last day
	Reason   string
	Document string
	Person   string
	At       time.Time
	BegunAt  time.Time
	EndedAt  time.Time
	EndedBy  string // who ended it before its day
	EndedWhy string
	Sites    int // hosted sites of the area
	areaPath string
}

// StateName is where it stands on a day.
func (m Mourning) StateName(today calendar.Date) string {
	switch {
	case m.EndedBy != "":
		return "已提前结束"
	case !m.EndedAt.IsZero() || m.Until.Before(today):
		return "已结束"
	case m.From.After(today):
		return "未开始"
	}
	return "进行中"
}

// Open says that it can still be ended.
func (m Mourning) Open(today calendar.Date) bool { return m.EndedAt.IsZero() && !m.Until.Before(today) }

func (m Mourning) target() audit.Target {
	return audit.Target{Kind: "mourning", ID: m.ID, Name: m.AreaName + "哀悼期", Unit: string(m.Unit)}
}

const mourningSelect = `
	SELECT m.id, m.area_id, a.name, m.unit_id, u.name, m.from_on, m.until_on, m.reason, m.document, m.person_name, m.at, m.begun_at, m.ended_at, m.ended_name, m.ended_why, m.area_path,
	       (SELECT count(*) FROM site s JOIN unit o ON o.id = s.unit_id WHERE s.hosted AND substr(o.area_path, 1, length(m.area_path)) = m.area_path)
	  FROM mourning m JOIN area a ON a.id = m.area_id JOIN unit u ON u.id = m.unit_id`

func scanMourning(r db.Scanner) (Mourning, error) {
	var m Mourning
	return m, r.Scan(&m.ID, &m.Area, &m.AreaName, &m.Unit, &m.UnitName, &m.From, &m.Until, &m.Reason, &m.Document, &m.Person, &m.At, &m.BegunAt, &m.EndedAt, &m.EndedBy, &m.EndedWhy, &m.areaPath, &m.Sites)
}

// mourned is the period that makes a site grey on a day; nil for none.
func mourned(ctx context.Context, q db.Querier, site registry.SiteID, on calendar.Date) (*Mourning, error) {
	m, err := db.One(ctx, q, scanMourning, mourningSelect+`
		 WHERE m.ended_at IS NULL AND m.from_on <= $2 AND m.until_on >= $2
		   AND EXISTS (SELECT 1 FROM site s JOIN unit o ON o.id = s.unit_id WHERE s.id = $1 AND substr(o.area_path, 1, length(m.area_path)) = m.area_path)
		 ORDER BY length(m.area_path), m.id LIMIT 1`, site, on)
	if db.None(err) {
		return nil, nil
	}
	return &m, err
}

// Mournings that touch the scope, newest first, and how many there are.
func (s *Service) Mournings(ctx context.Context, scope authz.Scope, limit, offset int) ([]Mourning, int, error) {
	all, err := db.All(ctx, s.DB, scanMourning, mourningSelect+` ORDER BY m.from_on DESC, m.id DESC LIMIT 500`)
	if err != nil {
		return nil, 0, err
	}
	var seen []Mourning
	for _, m := range all {
		if scope.Covers(m.areaPath, "") || scope.Reaches(m.areaPath) {
			seen = append(seen, m)
		}
	}
	from := min(max(offset, 0), len(seen))
	return seen[from:min(from+limit, len(seen))], len(seen), nil
}

// MourningAreas are the areas for which somebody can declare mourning.
func (s *Service) MourningAreas(ctx context.Context, session *authz.Session) ([]org.Area, error) {
	if session == nil {
		return nil, nil
	}
	scope := session.ScopeFor(authz.MourningDeclare)
	var out []org.Area
	seen := map[org.AreaID]bool{}
	for _, id := range session.UnitsFor(authz.MourningDeclare) {
		u, err := s.Org.UnitTx(ctx, s.DB, scope, org.UnitID(id))
		if err != nil {
			return nil, err
		}
		a, err := s.Org.Area(ctx, s.DB, u.Area)
		if err != nil {
			return nil, err
		}
		for _, x := range append([]org.Area{a}, s.below(ctx, scope, a)...) {
			if !seen[x.ID] && scope.Covers(x.Path, "") {
				seen[x.ID] = true
				out = append(out, x)
			}
		}
	}
	return out, nil
}

// below are the areas one level down; none when they cannot be read.
func (s *Service) below(ctx context.Context, scope authz.Scope, a org.Area) []org.Area {
	list, err := s.Org.Areas(ctx, scope, a.ID)
	if err != nil {
		s.Log.Error("areas below", "area", a.ID, "error", err)
	}
	return list
}

// Declare opens a period of mourning for every hosted site of an area.
func (s *Service) Declare(ctx context.Context, scope authz.Scope, m Mourning) (Mourning, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return m, fault.New(fault.SignIn, "请先登录。")
	}
	today := calendar.DateOf(s.DB.Now())
	m.Reason, m.Document = strings.TrimSpace(m.Reason), strings.TrimSpace(m.Document)
	var f fault.Fields
	area, err := s.Org.Area(ctx, s.DB, m.Area)
	if fault.Is(err, fault.NotFound) || err == nil && !scope.Covers(area.Path, "") {
		f.Add("area", "请选择本单位管辖的地区")
	} else if err != nil {
		return m, err
	}
	f.Check(!m.From.IsZero(), "from", "请填写开始日期")
	f.Check(!m.Until.IsZero(), "until", "请填写结束日期")
	if !m.From.IsZero() && !m.Until.IsZero() {
		f.Check(!m.From.Before(today), "from", "开始日期不能早于今天")
		f.Check(!m.Until.Before(m.From), "until", "结束日期不能早于开始日期")
		f.Check(m.Until.Sub(m.From) < longestMourning, "until", fmt.Sprintf("一次最多 %d 天", longestMourning))
	}
	f.Text("reason", "事由", m.Reason, true, 200)
	f.Text("document", "文件依据", m.Document, true, 100)
	if err := f.Err(); err != nil {
		return m, err
	}
	unit, _ := session.Unit()
	m.ID, m.Unit, m.areaPath, m.AreaName = ulid.Make().String(), org.UnitID(unit), area.Path, area.Name
	return m, s.DB.Update(ctx, func(tx *db.Tx) error {
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM mourning WHERE area_id = $1 AND ended_at IS NULL AND from_on <= $3 AND until_on >= $2`, m.Area, m.From, m.Until)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.Newf(fault.Conflict, "%s在这段时间已有一个哀悼期，请先结束它。", area.Name).On("from", "与已有的哀悼期重叠")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO mourning (id, area_id, area_path, unit_id, from_on, until_on, reason, document, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			m.ID, m.Area, m.areaPath, m.Unit, m.From, m.Until, m.Reason, m.Document, session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "appearance.mourning.declare", Target: m.target(), After: map[string]any{"from": m.From, "until": m.Until, "reason": m.Reason, "document": m.Document}}); err != nil {
			return err
		}
		if m.From.After(today) {
			return nil
		}
		return s.begin(ctx, tx, m)
	})
}

// begin turns the sites grey.
func (s *Service) begin(ctx context.Context, tx *db.Tx, m Mourning) error {
	if _, err := tx.Exec(ctx, `UPDATE mourning SET begun_at = $2 WHERE id = $1 AND begun_at IS NULL`, m.ID, tx.Now()); err != nil {
		return err
	}
	n, err := s.touchArea(ctx, tx, m, fmt.Sprintf("%s自%s至%s哀悼，网站自动以灰度显示", m.AreaName, m.From.Chinese(), m.Until.Chinese()), "到期自动恢复，不用操作；本站不能单独取消。事由："+m.Reason)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "appearance.mourning.begin", Target: m.target(), After: map[string]any{"sites": n}})
}

// touchArea has every hosted site of the area drawn anew and tells the
// sponsors.
func (s *Service) touchArea(ctx context.Context, tx *db.Tx, m Mourning, title, body string) (int, error) {
	type place struct {
		site registry.SiteID
		unit string
	}
	list, err := db.All(ctx, tx, func(r db.Scanner) (place, error) {
		var p place
		return p, r.Scan(&p.site, &p.unit)
	}, `SELECT s.id, s.unit_id FROM site s JOIN unit u ON u.id = s.unit_id WHERE s.hosted AND substr(u.area_path, 1, length(CAST($1 AS TEXT))) = $1 ORDER BY s.id`, m.areaPath)
	if err != nil {
		return 0, err
	}
	var notes []notify.Message
	for _, p := range list {
		if err := s.Publisher.Touch(ctx, tx, p.site); err != nil {
			return 0, err
		}
		notes = append(notes, notify.Message{Key: "mourning:" + m.ID + ":" + title + ":" + string(p.site), Unit: p.unit, Title: title, Body: body, Link: "/console/sites/" + string(p.site) + "/appearance"})
	}
	return len(list), notify.SendAll(ctx, tx, notes)
}

// EndMourning ends a period before its last day. Only who could declare it can.
func (s *Service) EndMourning(ctx context.Context, scope authz.Scope, id, why string) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Text("why", "提前结束的原因", why, true, 200)
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		m, err := db.One(ctx, tx, scanMourning, mourningSelect+` WHERE m.id = $1`, id)
		if db.None(err) || err == nil && !scope.Covers(m.areaPath, "") {
			return fault.Missing("哀悼期")
		}
		if err != nil {
			return err
		}
		if !m.EndedAt.IsZero() {
			return fault.New(fault.Conflict, "这个哀悼期已经结束。")
		}
		return s.lift(ctx, tx, m, session.Name, why)
	})
}

func (s *Service) lift(ctx context.Context, tx *db.Tx, m Mourning, by, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE mourning SET ended_at = $2, ended_name = $3, ended_why = $4 WHERE id = $1 AND ended_at IS NULL`, m.ID, tx.Now(), by, why); err != nil {
		return err
	}
	n := 0
	if !m.BegunAt.IsZero() {
		var err error
		if n, err = s.touchArea(ctx, tx, m, m.AreaName+"哀悼期结束，网站已恢复原来的颜色", "不用操作。"); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "appearance.mourning.end", Target: m.target(), After: map[string]any{"sites": n, "why": why}})
}

// Sweep begins and ends what is due: mourning and emergency pages.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "appearance.sweep")
	today := calendar.DateOf(s.DB.Now())
	done := 0
	due, err := db.All(ctx, s.DB, scanMourning, mourningSelect+` WHERE m.ended_at IS NULL AND (m.until_on < $1 OR m.begun_at IS NULL AND m.from_on <= $1) ORDER BY m.id LIMIT 100`, today)
	if err != nil {
		return 0, err
	}
	for _, m := range due {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if m.Until.Before(today) {
				return s.lift(ctx, tx, m, "", "")
			}
			return s.begin(ctx, tx, m)
		}); err != nil {
			return done, err
		}
		done++
	}
	n, err := s.expire(ctx)
	return done + n, err
}
