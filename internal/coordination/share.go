package coordination

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// MaxRows bounds one share.
const MaxRows = 100_000

// List is a ledger that may be shared. App gives one for each.
type List struct {
	ID, Name string
	Columns  []string
	States   []Partner // values of the state filter
	// Rows are the cells of every column, in the scope and below the area. It
	// gives at most limit rows and says how many there are.
	Rows func(ctx context.Context, scope authz.Scope, area org.AreaID, state string, limit int) (rows [][]any, total int, err error)
}

// Share is one dated snapshot for one co-regulator.
type Share struct {
	ID          string
	Unit        org.UnitID
	UnitName    string // joined
	To          org.UnitID
	ToName      string // joined
	List        string
	ListName    string
	Area        org.AreaID
	AreaName    string
	State       string
	Columns     []string
	Purpose     string
	Rows        int
	SharedBy    string
	SharedAt    time.Time
	OpenedAt    time.Time
	ReceiptAt   time.Time
	ReceiptBy   string
	ReceiptSays string
	files       map[string]kept
	area, line  string
}

type kept struct {
	blob blob.Ref
	size int64
}

// Link is the share's page.
func (s Share) Link() string {
	if s.List == referralList {
		return "/console/referrals/" + s.ID
	}
	return "/console/shares/" + s.ID
}

// Referred reports whether it is a batch handed over (Referral).
func (s Share) Referred() bool { return s.List == referralList }

// Target names it in the trail.
func (s Share) Target() audit.Target {
	return audit.Target{Kind: "ledger_share", ID: s.ID, Name: s.ListName + "（" + calendar.DateOf(s.SharedAt).String() + "）", Unit: string(s.Unit)}
}

func (s Share) subject() obligation.Subject {
	return obligation.Subject{Kind: "ledger_share", ID: s.ID, Name: s.ListName + "（" + s.UnitName + "，" + calendar.DateOf(s.SharedAt).String() + "）"}
}

// FileName is the name of the snapshot as a file.
func (s Share) FileName(format string) string {
	return s.ListName + "-" + calendar.DateOf(s.SharedAt).String() + "." + format
}

const shareSelect = `
	SELECT s.id, s.unit_id, u.name, s.to_id, t.name, s.list, s.list_name, s.area_id, s.area_name, s.state, s.columns, s.purpose, s.row_count, s.xlsx, s.xlsx_size, s.csv, s.csv_size,
	       s.shared_by, s.shared_at, s.opened_at, s.receipt_at, s.receipt_by, s.receipt_says, u.area_path, u.line_path
	  FROM ledger_share s JOIN unit u ON u.id = s.unit_id JOIN unit t ON t.id = s.to_id`

func scanShare(r db.Scanner) (Share, error) {
	var s Share
	var columns string
	var x, c kept
	if err := r.Scan(&s.ID, &s.Unit, &s.UnitName, &s.To, &s.ToName, &s.List, &s.ListName, &s.Area, &s.AreaName, &s.State, &columns, &s.Purpose, &s.Rows, &x.blob, &x.size, &c.blob, &c.size,
		&s.SharedBy, &s.SharedAt, &s.OpenedAt, &s.ReceiptAt, &s.ReceiptBy, &s.ReceiptSays, &s.area, &s.line); err != nil {
		return s, err
	}
	s.files = map[string]kept{"xlsx": x, "csv": c}
	return s, json.Unmarshal([]byte(columns), &s.Columns)
}

// sees narrows w to the shares that the person made, may manage, or is
// addressed by through a post at the unit: not by whoever looks over the area.
func sees(session *authz.Session, w *db.Where) {
	var in db.Where
	session.ScopeFor(authz.CoordinationManage).Where(&in, "u")
	sql := in.SQL()
	args := in.Args()
	parts := []string{"(" + sql + ")"}
	for _, a := range args {
		w.Arg(a)
	}
	for _, id := range session.UnitsFor(authz.ShareRead) {
		parts = append(parts, "s.to_id = "+w.Arg(id))
	}
	w.And(strings.Join(parts, " OR "))
}

// Share that the person may see.
func (s *Service) Share(ctx context.Context, q db.Querier, session *authz.Session, id string) (Share, error) {
	var w db.Where
	sees(session, &w)
	w.And("s.id = ?", id)
	x, err := db.One(ctx, q, scanShare, shareSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Share{}, fault.Missing("共享台账")
	}
	return x, err
}

// Addressed reports whether the share is addressed to a unit of the person.
func Addressed(session *authz.Session, x Share) bool {
	return session.MayAt(authz.ShareRead, string(x.To))
}

// ShareFilter narrows Shares.
type ShareFilter struct {
	Text     string
	List     string
	Unit     org.UnitID
	Received bool // only those addressed to the person's units
	Unsigned bool
	Limit    int // 50 when zero
	Offset   int
}

// Shares that the person may see, newest first.
func (s *Service) Shares(ctx context.Context, session *authz.Session, f ShareFilter) ([]Share, int, error) {
	var w db.Where
	sees(session, &w)
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(s.list_name) LIKE ? ESCAPE '\' OR lower(t.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR lower(s.purpose) LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	w.AndIf(f.List != "", "s.list = ?", f.List).AndIf(f.Unit != "", "s.unit_id = ? OR s.to_id = ?", f.Unit, f.Unit).AndIf(f.Unsigned, "s.receipt_at IS NULL")
	if f.Received {
		marks := []string{"FALSE"}
		for _, id := range session.UnitsFor(authz.ShareRead) {
			marks = append(marks, "s.to_id = "+w.Arg(id))
		}
		w.And(strings.Join(marks, " OR "))
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM ledger_share s JOIN unit u ON u.id = s.unit_id JOIN unit t ON t.id = s.to_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanShare, shareSelect+` WHERE `+w.SQL()+` ORDER BY s.shared_at DESC, s.id DESC LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Lists are the ledgers that may be shared. They are facts of the house.
func (s *Service) Lists() []List { return s.lists }

func (s *Service) listOf(id string) (List, bool) {
	i := slices.IndexFunc(s.lists, func(l List) bool { return l.ID == id })
	if i < 0 {
		return List{}, false
	}
	return s.lists[i], true
}

// Receivers are the units that hold a co-regulator's post within the scope of
// those they stand above or beside: to whom a ledger may be shared.
func (s *Service) Receivers(ctx context.Context, scope authz.Scope) ([]org.Unit, error) {
	var w db.Where
	scope.Where(&w, "u")
	ids, err := db.All(ctx, s.db, db.Value[org.UnitID], `
		SELECT DISTINCT u.id FROM post o JOIN unit u ON u.id = o.unit_id
		 WHERE `+w.SQL()+` AND o.ended_at IS NULL AND o.role IN ('publicity', 'cyberspace', 'establishment', 'police', 'telecom') AND u.abolished_on IS NULL ORDER BY u.id LIMIT 300`, w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []org.Unit
	for _, id := range ids {
		u, err := s.org.UnitTx(ctx, s.db, scope, id)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// Give shares a snapshot of a list: it is made now, kept as it is, and does not
// change afterwards. scope is of the giver.
func (s *Service) Give(ctx context.Context, scope authz.Scope, x Share) (Share, error) {
	x.Purpose = strings.TrimSpace(x.Purpose)
	list, ok := s.listOf(x.List)
	switch {
	case !ok:
		return x, fault.New(fault.Invalid, "没有选择台账。").On("list", "请选择要共享的台账")
	case x.Purpose == "" || len([]rune(x.Purpose)) > 300:
		return x, fault.New(fault.Invalid, "用途没有填写。").On("purpose", "请写明共享用途，不超过 300 字")
	case x.State != "" && Named(list.States, x.State) == "":
		return x, fault.New(fault.Invalid, "状态条件不适用于这份台账。").On("state", "请从列表中选择")
	}
	chosen := make([]int, 0, len(list.Columns))
	var columns []official.Column
	names := []string{}
	for i, c := range list.Columns {
		if len(x.Columns) == 0 || slices.Contains(x.Columns, c) {
			chosen = append(chosen, i)
			names = append(names, c)
			columns = append(columns, official.Column{Title: c})
		}
	}
	if len(chosen) == 0 {
		return x, fault.New(fault.Invalid, "没有选择要共享的列。").On("columns", "请至少选择一列")
	}
	x.Columns, x.ListName = names, list.Name
	u, err := s.org.Unit(ctx, scope, x.Unit)
	if err != nil {
		return x, err
	}
	to, err := s.org.Unit(ctx, scope, x.To)
	if err != nil {
		return x, err
	}
	x.UnitName, x.ToName = u.Name, to.Name
	if x.Area != "" {
		a, err := s.org.Area(ctx, s.db, x.Area)
		if err != nil {
			return x, err
		}
		if !scope.Covers(a.Path, "") {
			return x, fault.Missing("区划")
		}
		x.AreaName = a.Name
	}
	rows, total, err := list.Rows(ctx, scope, x.Area, x.State, MaxRows)
	if err != nil {
		return x, err
	}
	if total > MaxRows {
		return x, fault.Newf(fault.TooLarge, "这份台账有 %d 行，超过一次共享的上限 %d 行，请加上区划分次共享。", total, MaxRows).On("area", "请选择区划")
	}
	picked := make([][]any, len(rows))
	for i, row := range rows {
		for _, c := range chosen {
			picked[i] = append(picked[i], row[c])
		}
	}
	x.Rows = len(picked)
	sheet := func() official.Sheet {
		return official.Sheet{Title: list.Name, Columns: columns, Rows: slices.Values(picked)}
	}
	if x.files, err = s.snapshot(ctx, sheet); err != nil {
		return x, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, _ := audit.ActorFrom(ctx)
		x.ID, x.SharedBy, x.SharedAt = ulid.Make().String(), actor.Name, tx.Now()
		if err := s.insert(ctx, tx, x); err != nil {
			return err
		}
		if err := s.owe(ctx, tx, x); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "share:" + x.ID, Unit: string(x.To), Link: x.Link(), Title: "收到共享台账：" + x.ListName, Body: x.UnitName + "共享" + x.ListName + fmt.Sprintf("，共 %d 行。用途：%s。", x.Rows, x.Purpose)}); err != nil {
			return err
		}
		if err := s.kept(ctx, tx, x); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.share.give", Target: x.Target(), Basis: ReceiptDue.Citation,
			After: map[string]any{"to": x.ToName, "list": x.ListName, "area": x.AreaName, "state": x.State, "columns": x.Columns, "rows": x.Rows, "xlsx": x.files["xlsx"].blob, "csv": x.files["csv"].blob, "purpose": x.Purpose}})
	})
	return x, err
}

// snapshot keeps a sheet in both formats.
func (s *Service) snapshot(ctx context.Context, sheet func() official.Sheet) (map[string]kept, error) {
	files := map[string]kept{}
	for format, write := range map[string]func(io.Writer) error{
		"xlsx": func(w io.Writer) error { return official.WriteXLSX(w, sheet()) },
		"csv":  func(w io.Writer) error { return official.WriteCSV(w, sheet(), official.CSVOptions{BOM: true}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return nil, fmt.Errorf("coordination: write snapshot: %w", err)
		}
		size := int64(b.Len())
		ref, err := s.store.Put(ctx, &b)
		if err != nil {
			return nil, fmt.Errorf("coordination: keep snapshot: %w", err)
		}
		files[format] = kept{ref, size}
	}
	return files, nil
}

// insert writes a share with its files.
func (s *Service) insert(ctx context.Context, tx *db.Tx, x Share) error {
	columns, err := json.Marshal(x.Columns)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO ledger_share (id, unit_id, to_id, list, list_name, area_id, area_name, state, columns, purpose, row_count, xlsx, xlsx_size, csv, csv_size, shared_by, shared_at, receipt_by, receipt_says)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, '', '')`,
		x.ID, x.Unit, x.To, x.List, x.ListName, x.Area, x.AreaName, x.State, string(columns), x.Purpose, x.Rows,
		string(x.files["xlsx"].blob), x.files["xlsx"].size, string(x.files["csv"].blob), x.files["csv"].size, x.SharedBy, x.SharedAt); err != nil {
		return fmt.Errorf("coordination: give: %w", err)
	}
	return nil
}

// owe opens the clock of the receipt.
func (s *Service) owe(ctx context.Context, tx *db.Tx, x Share) error {
	today, n := calendar.DateOf(tx.Now()), s.settings().ShareReceiptWorkdays
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: ReceiptDue.ID, Unit: x.To, Subject: x.subject(), Link: x.Link(), Due: s.days.Add(today, n), From: today, Length: calendar.WorkingDays(n)})
}

// Open reads the snapshot as a file; who read it when is in the trail.
func (s *Service) Open(ctx context.Context, session *authz.Session, id, format string) (Share, int64, io.ReadCloser, error) {
	x, err := s.Share(ctx, s.db, session, id)
	if err != nil {
		return x, 0, nil, err
	}
	k, ok := x.files[format]
	if !ok {
		return x, 0, nil, fault.New(fault.Invalid, "共享台账只有 xlsx 和 csv 两种文件。").On("format", "请选择 xlsx 或 csv")
	}
	content, err := s.store.Open(ctx, k.blob)
	if err != nil {
		return x, 0, nil, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if Addressed(session, x) {
			if _, err := tx.Exec(ctx, `UPDATE ledger_share SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL`, id, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.share.read", Target: x.Target(), After: map[string]string{"format": format}})
	})
	if err != nil {
		content.Close()
		return x, 0, nil, err
	}
	return x, k.size, content, nil
}

// Sign is the co-regulator's receipt.
func (s *Service) Sign(ctx context.Context, session *authz.Session, id, says string) error {
	if says = strings.TrimSpace(says); len([]rune(says)) > 1000 {
		return fault.New(fault.Invalid, "反馈超过 1000 字。").On("says", "请压缩到 1000 字以内")
	}
	if x, err := s.Share(ctx, s.db, session, id); err != nil {
		return err
	} else if x.Referred() {
		return s.Receive(ctx, session, id, Receipt{Says: says})
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		x, err := s.Share(ctx, tx, session, id)
		if err != nil {
			return err
		}
		if !Addressed(session, x) {
			return fault.New(fault.Forbidden, "共享台账由"+x.ToName+"签收。")
		}
		n, err := tx.Exec(ctx, `UPDATE ledger_share SET receipt_at = $2, receipt_by = $3, receipt_says = $4 WHERE id = $1 AND receipt_at IS NULL`, id, tx.Now(), session.Name, says)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这份共享台账已经签收。")
		}
		if _, err := s.obligations.Discharge(ctx, tx, ReceiptDue.ID, x.subject(), session.Name+"签收"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.share.sign", Target: x.Target(), Basis: ReceiptDue.Citation, After: map[string]string{"by": session.Name, "says": says}})
	})
}

// ShareHistory is who saw and signed what, for those who may see the share.
func (s *Service) ShareHistory(ctx context.Context, session *authz.Session, id string) ([]audit.Row, error) {
	if _, err := s.Share(ctx, s.db, session, id); err != nil {
		return nil, err
	}
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: "ledger_share", TargetID: id, Limit: 60})
}

// Schedule is a promise to share a list every month or year.
type Schedule struct {
	ID         string
	Unit       org.UnitID
	UnitName   string // joined
	To         org.UnitID
	ToName     string // joined
	List       string
	Every      string // month, year
	Next       calendar.Date
	area, line string
}

// Every are the periods of a schedule.
var Every = []Partner{{"month", "每月"}, {"year", "每年"}}

// Link leads to the form that keeps the promise.
func (c Schedule) Link() string {
	return "/console/shares/new?list=" + c.List + "&to=" + string(c.To) + "&unit=" + string(c.Unit)
}

func (c Schedule) subject(name string) obligation.Subject {
	return obligation.Subject{Kind: "share_schedule", ID: c.ID, Name: name + "（" + c.ToName + "）"}
}

func (c Schedule) target() audit.Target {
	return audit.Target{Kind: "share_schedule", ID: c.ID, Name: c.ToName, Unit: string(c.Unit)}
}

const scheduleSelect = `SELECT c.id, c.unit_id, u.name, c.to_id, t.name, c.list, c.every, c.next_due, u.area_path, u.line_path FROM share_schedule c JOIN unit u ON u.id = c.unit_id JOIN unit t ON t.id = c.to_id`

func scanSchedule(r db.Scanner) (Schedule, error) {
	var c Schedule
	err := r.Scan(&c.ID, &c.Unit, &c.UnitName, &c.To, &c.ToName, &c.List, &c.Every, &c.Next, &c.area, &c.line)
	return c, err
}

// Schedules in scope that run.
func (s *Service) Schedules(ctx context.Context, scope authz.Scope) ([]Schedule, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.db, scanSchedule, scheduleSelect+` WHERE `+w.SQL()+` AND c.ended_on IS NULL ORDER BY c.next_due, c.id LIMIT 200`, w.Args()...)
}

// Promise begins a schedule; its first share is owed by a day.
func (s *Service) Promise(ctx context.Context, scope authz.Scope, c Schedule) (Schedule, error) {
	list, ok := s.listOf(c.List)
	switch {
	case !ok:
		return c, fault.New(fault.Invalid, "没有选择台账。").On("list", "请选择要共享的台账")
	case Named(Every, c.Every) == "":
		return c, fault.New(fault.Invalid, "没有选择周期。").On("every", "请选择每月或每年")
	case c.Next.IsZero() || c.Next.Before(calendar.DateOf(s.db.Now())):
		return c, fault.New(fault.Invalid, "首次共享日期应为今天或以后。").On("next", "请填写今天或以后的日期")
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.org.UnitTx(ctx, tx, scope, c.Unit)
		if err != nil {
			return err
		}
		to, err := s.org.UnitTx(ctx, tx, scope, c.To)
		if err != nil {
			return err
		}
		c.ID, c.UnitName, c.ToName = ulid.Make().String(), u.Name, to.Name
		_, err = tx.Exec(ctx, `INSERT INTO share_schedule (id, unit_id, to_id, list, every, next_due, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, c.ID, c.Unit, c.To, c.List, c.Every, c.Next, tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "已经约定向该单位定期共享这份台账。").On("to", "已有约定").From(err)
		}
		if err != nil {
			return err
		}
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ScheduleDue.ID, Unit: c.Unit, Subject: c.subject(list.Name), Link: c.Link(), Due: calendar.Due{On: c.Next}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.schedule.add", Target: c.target(), Basis: ScheduleDue.Citation, After: c})
	})
	return c, err
}

// EndSchedule ends a promise.
func (s *Service) EndSchedule(ctx context.Context, scope authz.Scope, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := db.One(ctx, tx, scanSchedule, scheduleSelect+` WHERE c.id = $1 AND c.ended_on IS NULL`, id)
		if db.None(err) || err == nil && !scope.Covers(c.area, c.line) {
			return fault.Missing("定期共享约定")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE share_schedule SET ended_on = $2 WHERE id = $1`, id, calendar.DateOf(tx.Now())); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, ScheduleDue.ID, c.subject(""), "约定已终止"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.schedule.end", Target: c.target(), Before: c})
	})
}

// kept discharges what a share was promised under and opens the next period.
func (s *Service) kept(ctx context.Context, tx *db.Tx, x Share) error {
	list, err := db.All(ctx, tx, scanSchedule, scheduleSelect+` WHERE c.unit_id = $1 AND c.to_id = $2 AND c.list = $3 AND c.ended_on IS NULL`, x.Unit, x.To, x.List)
	if err != nil {
		return err
	}
	today := calendar.DateOf(tx.Now())
	for _, c := range list {
		months := 1
		if c.Every == "year" {
			months = 12
		}
		// Made early within the period, it is the period's; a late one answers
		// every period up to today.
		next := c.Next
		for done := false; !done || !next.After(today); done = true {
			next = next.AddMonths(months)
		}
		if _, err := s.obligations.Discharge(ctx, tx, ScheduleDue.ID, c.subject(x.ListName), "已共享 "+today.String()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE share_schedule SET next_due = $2 WHERE id = $1`, c.ID, next); err != nil {
			return err
		}
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ScheduleDue.ID, Unit: c.Unit, Subject: c.subject(x.ListName), Link: c.Link(), Due: calendar.Due{On: next}}); err != nil {
			return err
		}
	}
	return nil
}
