package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
)

// Override is an exception on record: one rule stated 原则上, one unit, a
// reason and an end (readings 14).
type Override struct {
	ID        string
	Rule      string
	Says      string // the statutory words, of the book
	Citation  string
	Unit      org.UnitID
	UnitName  string // joined
	Reason    string
	From      calendar.Date
	Until     calendar.Date
	GrantedBy string
	Grantor   string
	GrantedAt time.Time
	// Ended is the last day when it was ended before Until.
	Ended     calendar.Date
	EndedBy   string
	EndReason string
}

// Until the day, or the earlier one on which it was ended.
func (o Override) last() calendar.Date {
	if !o.Ended.IsZero() && o.Ended.Before(o.Until) {
		return o.Ended
	}
	return o.Until
}

// InForce reports whether it stands on the day.
func (o Override) InForce(on calendar.Date) bool { return !on.Before(o.From) && !on.After(o.last()) }

// MayGrant says why the signed-in person can neither grant nor end an
// exception; nil when they can. It takes the session: it is a question about
// the person.
func (s *Service) MayGrant(ctx context.Context, session *authz.Session) error {
	_, err := s.provincialOffice(ctx, s.db, session)
	return err
}

// Exceptions are the rules the province may lift for openings.
func (s *Service) Exceptions() []rules.Rule { return s.book.InPrinciple() }

// GrantOverride records the province's leave. Only the provincial office
// grants it, through a person whose post there may.
func (s *Service) GrantOverride(ctx context.Context, scope authz.Scope, o Override) (Override, error) {
	rule, ok := s.book.Rule(o.Rule)
	if !ok {
		return Override{}, fault.New(fault.Invalid, "没有选择条款。").On("rule", "请选择要设例外的条款")
	}
	if o.Unit == "" {
		return Override{}, fault.New(fault.Invalid, "没有选择单位。").On("unit", "请选择例外适用的单位")
	}
	o.Reason = strings.TrimSpace(o.Reason)
	if len([]rune(o.Reason)) > 1000 {
		return Override{}, fault.New(fault.Invalid, "例外理由超过 1000 字。").On("reason", "请压缩到 1000 字以内")
	}
	session := authz.SessionFrom(ctx)
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		grantor, err := s.provincialOffice(ctx, tx, session)
		if err != nil {
			return err
		}
		u, err := s.org.UnitTx(ctx, tx, scope, o.Unit)
		if err != nil {
			return err
		}
		if o.From.IsZero() {
			o.From = calendar.DateOf(tx.Now())
		}
		o.ID, o.UnitName, o.GrantedBy, o.GrantedAt = ulid.Make().String(), u.Name, session.Name, tx.Now()
		o.Grantor, o.Says, o.Citation = grantor.Name, rule.Says, rule.Citation
		if w := o.law().Wrong(rule); w != "" {
			f := fault.New(fault.Invalid, w)
			switch {
			case o.Reason == "":
				f.On("reason", "请写明批准例外的原因")
			case !rule.InPrinciple:
				f.On("rule", "该条款不能设例外")
			default:
				f.On("until", "请填写例外有效至哪一天")
			}
			return f
		}
		if o.Until.Before(calendar.DateOf(tx.Now())) {
			return fault.New(fault.Invalid, "例外截止日期已经过去。").On("until", "请填写今天或以后的日期")
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO rule_override (id, rule_id, unit_id, reason, from_on, until_on, granted_by, grantor, granted_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			o.ID, o.Rule, o.Unit, o.Reason, o.From, o.Until, o.GrantedBy, o.Grantor, o.GrantedAt); err != nil {
			return fmt.Errorf("lifecycle: grant override: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.override.grant", Target: org.UnitTarget(u), Basis: rule.Citation, After: o})
	})
	if err != nil {
		return Override{}, err
	}
	return o, nil
}

// provincialOffice is the office at whose post the person may grant.
func (s *Service) provincialOffice(ctx context.Context, q db.Querier, session *authz.Session) (org.Unit, error) {
	if session == nil {
		return org.Unit{}, fault.New(fault.SignIn, "请先登录。")
	}
	for _, p := range session.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if !one.May(authz.OverrideGrant) {
			continue
		}
		u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.grantor"), org.UnitID(p.UnitID))
		if err != nil {
			return org.Unit{}, err
		}
		if u.Kind == org.Office && u.Level == org.Province {
			return u, nil
		}
	}
	return org.Unit{}, fault.New(fault.Refused, "例外只能由省政府办公厅批准；请逐级报省政府办公厅。")
}

func (o Override) law() rules.Override {
	return rules.Override{Rule: o.Rule, Grantor: o.Grantor, ByProvince: true, Reason: o.Reason, From: o.From, Until: o.last()}
}

const overrideSelect = `
	SELECT o.id, o.rule_id, o.unit_id, u.name, o.reason, o.from_on, o.until_on, o.granted_by, o.grantor, o.granted_at, o.ended_on, o.ended_by, o.end_reason
	  FROM rule_override o JOIN unit u ON u.id = o.unit_id`

func scanOverride(r db.Scanner) (Override, error) {
	var o Override
	err := r.Scan(&o.ID, &o.Rule, &o.Unit, &o.UnitName, &o.Reason, &o.From, &o.Until, &o.GrantedBy, &o.Grantor, &o.GrantedAt, &o.Ended, &o.EndedBy, &o.EndReason)
	return o, err
}

// OverrideFilter narrows Overrides.
type OverrideFilter struct {
	Rule string
	Year int // in force on some day of the year; 0 for all
	Unit org.UnitID
	// Now keeps those in force today.
	Now    bool
	Limit  int // 50 when zero
	Offset int
}

// Overrides in scope, newest first, and how many there are: the yearly list.
func (s *Service) Overrides(ctx context.Context, scope authz.Scope, f OverrideFilter) ([]Override, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Rule != "", "o.rule_id = ?", f.Rule).AndIf(f.Unit != "", "o.unit_id = ?", f.Unit)
	if f.Year > 0 {
		w.And("o.from_on <= ? AND COALESCE(o.ended_on, o.until_on) >= ?", calendar.Date{Year: f.Year, Month: time.December, Day: 31}, calendar.Date{Year: f.Year, Month: time.January, Day: 1})
	}
	w.AndIf(f.Now, "o.from_on <= ? AND COALESCE(o.ended_on, o.until_on) >= ?", s.today(), s.today())
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM rule_override o JOIN unit u ON u.id = o.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanOverride, overrideSelect+` WHERE `+w.SQL()+` ORDER BY o.granted_at DESC, o.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	for i := range list {
		if r, ok := s.book.Rule(list[i].Rule); ok {
			list[i].Says, list[i].Citation = r.Says, r.Citation
		}
	}
	return list, total, err
}

// Override in scope.
func (s *Service) Override(ctx context.Context, scope authz.Scope, id string) (Override, error) {
	o, err := s.override(ctx, s.db, id)
	if err != nil {
		return o, err
	}
	if _, err := s.org.UnitTx(ctx, s.db, scope, o.Unit); err != nil {
		return Override{}, fault.Missing("例外")
	}
	return o, nil
}

func (s *Service) override(ctx context.Context, q db.Querier, id string) (Override, error) {
	o, err := db.One(ctx, q, scanOverride, overrideSelect+` WHERE o.id = $1`, id)
	if db.None(err) {
		return o, fault.Missing("例外")
	}
	if r, ok := s.book.Rule(o.Rule); ok {
		o.Says, o.Citation = r.Says, r.Citation
	}
	return o, err
}

// EndOverride ends an exception before its day: today is its last. Only the
// provincial office ends what it granted; what was opened under it stays.
func (s *Service) EndOverride(ctx context.Context, scope authz.Scope, id, reason string) (Override, error) {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n == 0 || n > 500 {
		return Override{}, fault.New(fault.Invalid, "请写明提前终止的原因，500 字以内。").On("reason", "请写明原因")
	}
	session := authz.SessionFrom(ctx)
	var o Override
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := s.provincialOffice(ctx, tx, session); err != nil {
			return err
		}
		var err error
		if o, err = s.override(ctx, tx, id); err != nil {
			return err
		}
		u, err := s.org.UnitTx(ctx, tx, scope, o.Unit)
		if err != nil {
			return fault.Missing("例外")
		}
		today := calendar.DateOf(tx.Now())
		if !o.Ended.IsZero() || o.Until.Before(today) {
			return fault.New(fault.Conflict, "这项例外已经终止或到期，请刷新后再看。")
		}
		o.Ended, o.EndedBy, o.EndReason = today, session.Name, reason
		if _, err := tx.Exec(ctx, `UPDATE rule_override SET ended_on = $2, ended_by = $3, end_reason = $4 WHERE id = $1`, id, o.Ended, o.EndedBy, o.EndReason); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.override.end", Target: org.UnitTarget(u), Basis: o.Citation, After: o})
	})
	return o, err
}

// granted are the exceptions of one holder, for rules.Lift, which asks about
// the day.
func (s *Service) granted(ctx context.Context, q db.Querier, holder []org.UnitID) ([]rules.Override, error) {
	var out []rules.Override
	for _, id := range holder {
		list, err := db.All(ctx, q, scanOverride, overrideSelect+` WHERE o.unit_id = $1 ORDER BY o.id`, id)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			out = append(out, o.law())
		}
	}
	return slices.Clip(out), nil
}
