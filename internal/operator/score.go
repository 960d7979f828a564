package operator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// OnList is the breach of whoever is on no staff list.
func OnList(unit string) rules.Breach {
	return sx2021.OperatorAgreement.Breachf("此人不在“%s”任何承办单位的人员名单上。", unit)
}

// Month is a calendar month.
type Month struct{ First, Last calendar.Date }

var monthPattern = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)

// MonthOf is the month of a day.
func MonthOf(d calendar.Date) Month {
	first := calendar.Date{Year: d.Year, Month: d.Month, Day: 1}
	return Month{First: first, Last: first.AddMonths(1).AddDays(-1)}
}

// ParseMonth reads 2026-10.
func ParseMonth(s string) (Month, error) {
	wrong := fault.New(fault.Invalid, "月份应写作 2026-10。").On("month", "请填写年份和月份，如 2026-10")
	if !monthPattern.MatchString(s) {
		return Month{}, wrong
	}
	d, err := calendar.ParseDate(s + "-01")
	if err != nil || d.Year < 2000 || d.Year > 2200 {
		return Month{}, wrong
	}
	return MonthOf(d), nil
}

// String is 2026-10.
func (m Month) String() string { return m.First.String()[:7] }

// Chinese is 2026年10月.
func (m Month) Chinese() string { return fmt.Sprintf("%d年%d月", m.First.Year, m.First.Month) }

// Before is the month before.
func (m Month) Before() Month { return MonthOf(m.First.AddDays(-1)) }

// After is the month after.
func (m Month) After() Month { return MonthOf(m.Last.AddDays(1)) }

// Measure is one figure of a scorecard with the rows behind it.
type Measure struct {
	Name  string `json:"name"`
	Value int    `json:"value"`
	Of    int    `json:"of"`   // 0 where the figure is no share
	Unit  string `json:"unit"` // 件, 天, 小时
	// None is true when the month has no data for it: nothing is judged then.
	None  bool   `json:"none"`
	Note  string `json:"note"`
	Rows  []Row  `json:"rows"`
	Link  string `json:"link"`
	Clear bool   `json:"clear"` // the rows were cut: the link shows all
}

// Row is one row behind a figure.
type Row struct {
	Text string    `json:"text"`
	Note string    `json:"note"`
	At   time.Time `json:"at"`
	Link string    `json:"link"`
	Good bool      `json:"good"`
}

// Source measures a contractor over a month. App gives one for each module
// that keeps such rows; the scope is the reader's.
type Source func(ctx context.Context, scope authz.Scope, d Dossier, m Month) ([]Measure, error)

// Scorecard is a month of a contractor.
type Scorecard struct {
	Contractor  Contractor
	Month       Month
	Measures    []Measure
	Says        string
	ConfirmedBy string
	ConfirmedAt time.Time
}

// Confirmed reports whether the sponsor has confirmed the month: its figures no
// longer change.
func (c Scorecard) Confirmed() bool { return !c.ConfirmedAt.IsZero() }

// Scorecard of a month: as confirmed, else as the rows stand now.
func (s *Service) Scorecard(ctx context.Context, scope authz.Scope, id ID, m Month) (Scorecard, error) {
	d, err := s.Dossier(ctx, scope, id)
	if err != nil {
		return Scorecard{}, err
	}
	card := Scorecard{Contractor: d.Contractor, Month: m}
	kept, err := db.One(ctx, s.db, scanMonth, `SELECT figures, says, confirmed_by, confirmed_at FROM contractor_month WHERE contractor_id = $1 AND month = $2`, id, m.String())
	if err == nil {
		card.Says, card.ConfirmedBy, card.ConfirmedAt = kept.says, kept.by, kept.at
		return card, json.Unmarshal([]byte(kept.figures), &card.Measures)
	}
	if !db.None(err) {
		return card, err
	}
	card.Measures, err = s.measure(ctx, scope, d, m)
	return card, err
}

type keptMonth struct {
	figures, says, by string
	at                time.Time
}

func scanMonth(r db.Scanner) (keptMonth, error) {
	var k keptMonth
	err := r.Scan(&k.figures, &k.says, &k.by, &k.at)
	return k, err
}

func (s *Service) measure(ctx context.Context, scope authz.Scope, d Dossier, m Month) ([]Measure, error) {
	var out []Measure
	for _, source := range append([]Source{s.worked}, s.sources...) {
		some, err := source(ctx, scope, d, m)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// worked counts the days on which the contractor's people acted here, of their
// trail (S6.5): the nearest there is to a presence.
func (s *Service) worked(ctx context.Context, _ authz.Scope, d Dossier, m Month) ([]Measure, error) {
	one := Measure{Name: "承办人员有操作记录的天数", Unit: "天", Of: m.Last.Day}
	days, acts := map[calendar.Date]int{}, 0
	for _, member := range d.Staff {
		rows, err := audit.Entries(ctx, s.db, audit.Filter{ActorID: string(member.Person), From: m.First.Start(), Until: m.Last.End(), Limit: 2000})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			days[calendar.DateOf(r.At)]++
			acts++
		}
	}
	if len(d.Staff) == 0 || acts == 0 {
		one.None, one.Note = true, "本月没有承办人员的操作记录"
		return []Measure{one}, nil
	}
	one.Value, one.Note = len(days), fmt.Sprintf("共 %d 次操作", acts)
	list := make([]calendar.Date, 0, len(days))
	for day := range days {
		list = append(list, day)
	}
	slices.SortFunc(list, calendar.Date.Compare)
	for _, day := range list {
		one.Rows = append(one.Rows, Row{Text: day.String(), Note: fmt.Sprintf("%d 次操作", days[day]), Good: true})
	}
	return []Measure{one}, nil
}

// ConfirmMonth fixes the figures of a month that is over, once.
func (s *Service) ConfirmMonth(ctx context.Context, scope authz.Scope, id ID, m Month, says string) error {
	says = strings.TrimSpace(says)
	if len([]rune(says)) > 1000 {
		return fault.New(fault.Invalid, "评价超过 1000 字。").On("says", "请压缩到 1000 字以内")
	}
	if says == "" {
		return fault.New(fault.Invalid, "本月评价没有填写。").On("says", "请写明本月承办情况的评价")
	}
	if !calendar.DateOf(s.db.Now()).After(m.Last) {
		return fault.Newf(fault.Refused, "%s还没有结束，%s起可以确认。", m.Chinese(), m.Last.AddDays(1).Chinese())
	}
	d, err := s.Dossier(ctx, scope, id)
	if err != nil {
		return err
	}
	measures, err := s.measure(ctx, scope, d, m)
	if err != nil {
		return err
	}
	for i := range measures {
		if len(measures[i].Rows) > 200 {
			measures[i].Rows, measures[i].Clear = measures[i].Rows[:200], true
		}
	}
	figures, err := json.Marshal(measures)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		actor, _ := audit.ActorFrom(ctx)
		_, err := tx.Exec(ctx, `INSERT INTO contractor_month (contractor_id, month, figures, says, confirmed_by, confirmed_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, m.String(), string(figures), says, cmp.Or(actor.Name, "系统"), tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.Newf(fault.Conflict, "%s的考评已经确认。", m.Chinese()).From(err)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.scorecard.confirm", Target: d.Contractor.Target(), Basis: citation, After: map[string]any{"month": m.String(), "says": says, "measures": len(measures)}})
	})
}
