package province

import (
	"context"
	"encoding/json"
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
	"zhengshu/internal/jobs"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// Edition is an arrangement of the holidays of one year: the one shipped with the
// release, or one entered here. The last of a year is in force.
type Edition struct {
	ID       string // empty: of the release
	No       int    // of its year, from 1
	Notice   calendar.Notice
	By       string
	At       time.Time
	Reason   string
	Corrects bool // an entry of the same document that was wrong
	// Changes are the days that differ from the edition it replaced.
	Changes []calendar.DayChange
	Counted time.Time // when the running clocks were counted again by it; zero: not yet
	Moved   int       // clocks whose last day moved
}

// Unverified reports that nobody has compared it with the document yet.
func (e Edition) Unverified() bool { return strings.HasPrefix(e.Notice.Mark, "M") }

// Number is its document, with those that changed it.
func (e Edition) Number() string {
	var out []string
	for _, d := range e.Notice.Documents {
		out = append(out, d.Number)
	}
	return strings.Join(out, "、")
}

// Whose says who entered it.
func (e Edition) Whose() string {
	if e.ID == "" {
		return "随系统发布"
	}
	return e.By
}

// Notices are the editions in force, by year.
func (s *Service) Notices(ctx context.Context) ([]Edition, error) {
	all, err := s.editions(ctx, s.db)
	if err != nil {
		return nil, err
	}
	var out []Edition
	for i, e := range all {
		if i+1 == len(all) || all[i+1].Notice.Year != e.Notice.Year {
			out = append(out, e)
		}
	}
	return out, nil
}

// Editions are those of a year, the first first; none is not found.
func (s *Service) Editions(ctx context.Context, year int) ([]Edition, error) {
	all, err := s.editions(ctx, s.db)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(e Edition) bool { return e.Notice.Year != year })
	if len(all) == 0 {
		return nil, fault.Missing("这个年度的节假日安排")
	}
	return all, nil
}

// editions are all, by year and in the order in which they came.
func (s *Service) editions(ctx context.Context, q db.Querier) ([]Edition, error) {
	entered, err := s.entered(ctx, q)
	if err != nil {
		return nil, err
	}
	var all []Edition
	for _, y := range s.shipped.Years() {
		n, _ := s.shipped.Notice(y)
		all = append(all, Edition{Notice: n})
	}
	all = append(all, entered...)
	slices.SortStableFunc(all, func(a, b Edition) int { return a.Notice.Year - b.Notice.Year })
	for i := range all {
		all[i].No = 1
		if i > 0 && all[i-1].Notice.Year == all[i].Notice.Year {
			all[i].No, all[i].Changes = all[i-1].No+1, all[i].Notice.Changes(all[i-1].Notice)
		}
	}
	return all, nil
}

func (s *Service) entered(ctx context.Context, q db.Querier) ([]Edition, error) {
	return db.All(ctx, q, func(r db.Scanner) (Edition, error) {
		var e Edition
		var body string
		if err := r.Scan(&e.ID, &body, &e.By, &e.At, &e.Reason, &e.Corrects, &e.Counted, &e.Moved); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(body), &e.Notice)
	}, `SELECT n.id, n.body, n.entered_by, n.entered_at, n.reason, n.corrects, n.counted_at, (SELECT count(*) FROM holiday_move m WHERE m.notice_id = n.id) FROM holiday_notice n ORDER BY n.entered_at, n.id`)
}

// Move is a running clock whose last day an edition moved.
type Move struct {
	Unit, Kind, Subject, Link string
	Was, Due                  calendar.Date
}

// mostMoves is how many moved clocks are shown.
const mostMoves = 200

// Moves are the clocks in scope that an edition moved.
func (s *Service) Moves(ctx context.Context, scope authz.Scope, edition string) ([]Move, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("m.notice_id = ?", edition)
	return db.All(ctx, s.db, func(r db.Scanner) (Move, error) {
		var m Move
		err := r.Scan(&m.Unit, &m.Kind, &m.Subject, &m.Link, &m.Was, &m.Due)
		if k, ok := s.obligations.KindOf(m.Kind); ok {
			m.Kind = k.Name
		}
		return m, err
	}, `SELECT u.name, m.kind, m.subject, m.link, m.was_on, m.due_on FROM holiday_move m JOIN unit u ON u.id = m.unit_id WHERE `+w.SQL()+` ORDER BY m.due_on, u.area_path, m.obligation_id LIMIT `+w.Arg(mostMoves), w.Args()...)
}

// Refresh lays the entered notices over those of the release; at start, after
// one is entered, and every half minute for those entered by another process.
func (s *Service) Refresh(ctx context.Context) error {
	latest, err := db.One(ctx, s.db, db.Value[string], `SELECT coalesce(max(id), '') FROM holiday_notice`)
	if err != nil {
		return err
	}
	s.mu.Lock()
	same := s.seen == latest
	s.mu.Unlock()
	if same {
		return nil
	}
	list, err := s.entered(ctx, s.db)
	if err != nil {
		return err
	}
	stages, err := s.laid(list)
	if err != nil {
		return err
	}
	s.set(stages[len(stages)-1])
	s.mu.Lock()
	s.seen = latest
	s.mu.Unlock()
	return nil
}

// laid are the working days of the release and after each entered notice.
func (s *Service) laid(list []Edition) ([]calendar.Workdays, error) {
	out := []calendar.Workdays{s.shipped}
	for _, e := range list {
		days, err := out[len(out)-1].With(e.Notice)
		if err != nil {
			return nil, fmt.Errorf("province: notice of %d: %w", e.Notice.Year, err)
		}
		out = append(out, days)
	}
	return out, nil
}

// recount is the job that counts running clocks again.
type recount struct {
	Year   int
	Notice string
}

// Kind names the job.
func (recount) Kind() string { return "province.recount" }

// Register says how the job is worked.
func Register(s *Service, w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, n recount) error {
		return s.recount(audit.System(ctx, "province.recount"), n)
	})
}

// recount counts the running clocks again by the edition that was entered, and keeps
// which of them moved.
func (s *Service) recount(ctx context.Context, n recount) error {
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	list, err := s.entered(ctx, s.db)
	if err != nil {
		return err
	}
	if n.Notice == "" { // asked for by a release before editions: the last of the year
		for _, e := range list {
			if e.Notice.Year == n.Year {
				n.Notice = e.ID
			}
		}
	}
	i := slices.IndexFunc(list, func(e Edition) bool { return e.ID == n.Notice })
	if i < 0 {
		return fmt.Errorf("province: no notice %q to count by", n.Notice)
	}
	stages, err := s.laid(list)
	if err != nil {
		return err
	}
	change := obligation.Rearranged{Days: stages[len(stages)-1], Was: stages[:len(stages)-1], Basis: list[i].Number(), Moved: func(ctx context.Context, tx *db.Tx, o obligation.Obligation, was calendar.Date) error {
		_, err := tx.Exec(ctx, `INSERT INTO holiday_move (notice_id, obligation_id, unit_id, kind, subject, link, was_on, due_on, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (notice_id, obligation_id) DO UPDATE SET due_on = excluded.due_on, at = excluded.at`, n.Notice, o.ID, o.Unit, o.Kind, o.Subject.Name, o.Link, was, o.Due.On, tx.Now())
		return err
	}}
	before, _ := stages[i].Notice(list[i].Notice.Year)
	if days := list[i].Notice.Changes(before); len(days) > 0 {
		change.First, change.Last = days[0].On, days[len(days)-1].On
	}
	moved, err := s.obligations.Recount(ctx, change)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE holiday_notice SET counted_at = $2 WHERE id = $1`, n.Notice, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "province.recount", Basis: list[i].Number(), Target: noticeTarget(n.Year, ""), After: moved})
	})
}

func noticeTarget(year int, unit org.UnitID) audit.Target {
	return audit.Target{Kind: "holiday_notice", ID: fmt.Sprint(year), Name: fmt.Sprintf("%d年节假日安排", year), Unit: string(unit)}
}

// Entry says how a notice is entered.
type Entry struct {
	Unverified bool   // nobody has compared it with the document yet
	Corrects   bool   // an entry of the same document that was wrong
	Reason     string // why; a correction needs one
}

// EnterNotice takes the holidays of a year as the State Council General Office
// made them known. A later document replaces the arrangement in force; the same
// document with other days is refused unless it corrects the entry. Running clocks
// are counted again afterwards.
func (s *Service) EnterNotice(ctx context.Context, session *authz.Session, n calendar.Notice, how Entry) error {
	how.Reason = strings.TrimSpace(how.Reason)
	n.Mark = "1" // one page: the person who entered it compared it with the document
	n.Source = "由 " + session.Name + " 对照文件录入"
	if how.Unverified {
		n.Mark, n.Source = "M-", "由 "+session.Name+" 录入，尚未对照文件核实"
	}
	if _, err := s.shipped.With(n); err != nil {
		return fault.New(fault.Invalid, err.Error()).On("off", err.Error())
	}
	if len([]rune(how.Reason)) > 300 {
		return fault.New(fault.Invalid, "原因过长。").On("reason", "原因最多 300 个字")
	}
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.office(ctx, tx, session)
		if err != nil {
			return err
		}
		all, err := s.editions(ctx, tx)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(e Edition) bool { return e.Notice.Year != n.Year })
		if err := replaces(all, n, how); err != nil {
			return err
		}
		var before any
		if len(all) > 0 {
			before = all[len(all)-1].Notice
		}
		id := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO holiday_notice (id, year, body, entered_by, entered_at, reason, corrects) VALUES ($1, $2, $3, $4, $5, $6, $7)`, id, n.Year, string(body), session.Name, tx.Now(), how.Reason, how.Corrects); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "province.notice", Basis: n.Documents[0].Number, Target: noticeTarget(n.Year, u.ID), Before: before, After: map[string]any{"notice": n, "reason": how.Reason, "corrects": how.Corrects}}); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, recount{Year: n.Year, Notice: id})
	})
	if err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// replaces refuses a notice that contradicts an edition of its year, says nothing
// new, or would put what is less sure or older over what is in force.
func replaces(all []Edition, n calendar.Notice, how Entry) error {
	if len(all) == 0 {
		return nil
	}
	number, last := n.Documents[0], all[len(all)-1]
	same := func(e Edition) bool {
		return slices.ContainsFunc(e.Notice.Documents, func(d calendar.Document) bool { return calendar.SameNumber(d.Number, number.Number) })
	}
	for _, e := range slices.Backward(all) {
		if days := n.Changes(e.Notice); same(e) && len(days) > 0 {
			switch {
			case !how.Corrects:
				return fault.New(fault.Invalid, "同一文号已有另一种安排。").On("number", fmt.Sprintf("“%s”的安排已有第 %d 版（%s），日期与这次不同：%s。同一文件不会有两种日期，请对照文件核对；原来录入有误的，勾选“更正原来的录入”并写明原因", number.Number, e.No, e.Whose(), calendar.SaysChanges(days)))
			case how.Reason == "":
				return fault.New(fault.Invalid, "更正须写明原因。").On("reason", "请写明原来录入错在哪里")
			}
			break
		}
	}
	changes := n.Changes(last.Notice)
	switch unsure := strings.HasPrefix(n.Mark, "M"); {
	case how.Corrects && !slices.ContainsFunc(all, same):
		return fault.New(fault.Invalid, "没有可以更正的录入。").On("corrects", fmt.Sprintf("%d 年没有录入过文号“%s”的安排；新的文件不是更正，请不要勾选", n.Year, number.Number))
	case unsure && !last.Unverified():
		return fault.New(fault.Invalid, "现行安排已核实。").On("verified", "尚未核对的安排不能替代已核实的“"+last.Number()+"”，请对照文件核对后再录入")
	case len(changes) == 0 && same(last) && unsure == last.Unverified():
		return fault.New(fault.Conflict, fmt.Sprintf("没有改动：与现行的 %d 年安排（“%s”）一致。", n.Year, last.Number()))
	case !how.Corrects && !number.Dated.IsZero() && len(last.Notice.Documents) > 0 && number.Dated.Before(last.Notice.Documents[len(last.Notice.Documents)-1].Dated):
		return fault.New(fault.Invalid, "发文日期早于现行文件。").On("dated", "早于现行的“"+last.Number()+"”的发文日期"+last.Notice.Documents[len(last.Notice.Documents)-1].Dated.Chinese()+"，不能替代它，请核对")
	}
	return nil
}

// ReadNotice reads the form: one holiday a line, “春节 2027-02-05 至 2027-02-11”;
// working days one a line.
func ReadNotice(year int, number, title string, dated calendar.Date, off, work string) (calendar.Notice, error) {
	n := calendar.Notice{Year: year, Documents: []calendar.Document{{Number: strings.TrimSpace(number), Title: strings.TrimSpace(title), Dated: dated}}}
	var f fault.Fields
	f.Check(year >= 2000 && year <= 2100, "year", "请填写四位年份，例如 2027")
	f.Check(n.Documents[0].Number != "" && len([]rune(number)) <= 100, "number", "请填写发文字号，最多 100 个字")
	f.Check(len([]rune(title)) <= 200, "title", "标题最多 200 个字")
	f.Check(len(off) <= 4000 && len(work) <= 4000, "off", "内容过长，请只放一个年度的安排")
	if err := f.Err(); err != nil {
		return n, err
	}
	for i, line := range strings.Split(off, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, rest, _ := strings.Cut(strings.Join(strings.Fields(line), " "), " ")
		from, to, ok := strings.Cut(rest, "至")
		if !ok {
			to = from
		}
		a, err := calendar.ParseLoose(from)
		b, errB := calendar.ParseLoose(to)
		if err != nil || errB != nil {
			f.Add("off", fmt.Sprintf("第 %d 行“%s”看不出起止日期，应写作：春节 2027-02-05 至 2027-02-11", i+1, line))
			continue
		}
		n.Off = append(n.Off, calendar.Span{Name: name, From: a, To: b})
	}
	for i, line := range strings.Split(work, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		d, err := calendar.ParseLoose(line)
		if err != nil {
			f.Add("work", fmt.Sprintf("第 %d 行“%s”看不出日期，应写作：2027-02-20", i+1, strings.TrimSpace(line)))
			continue
		}
		n.Work = append(n.Work, d)
	}
	f.Check(len(n.Off) > 0, "off", "请至少填写一个假期")
	return n, f.Err()
}
