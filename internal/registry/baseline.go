package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// BaselineBases are what an object that was there before the system can stand
// on (readings 10), in screen order.
var BaselineBases = []struct{ ID, Name string }{
	{"approval", "有批准文件"}, {"filing", "有备案文件"}, {"national", "全国系统已有登记"}, {"unknown", "2021-06-07 前开设，批准情况不明"},
}

// BaselineBasisName is the basis in Chinese.
func BaselineBasisName(id string) string {
	for _, b := range BaselineBases {
		if b.ID == id {
			return b.Name
		}
	}
	return id
}

// BaselineRecord says on what an existing object stands, and what it used of
// this year's offline allowance before the system counted.
type BaselineRecord struct {
	Ref
	Basis        string
	Document     string
	On           calendar.Date // of the document
	OfflineYear  int
	OfflineTimes int // temporary offline already used in that year
	OfflineDays  int
	Note         string
	ConfirmedBy  string // name
	ConfirmedAt  time.Time
}

const baselineSelect = `SELECT object_kind, object_id, basis, document, document_on, offline_year, offline_times, offline_days, note, confirmed_by_name, confirmed_at FROM baseline`

func scanBaseline(r db.Scanner) (BaselineRecord, error) {
	var b BaselineRecord
	err := r.Scan(&b.Kind, &b.ID, &b.Basis, &b.Document, &b.On, &b.OfflineYear, &b.OfflineTimes, &b.OfflineDays, &b.Note, &b.ConfirmedBy, &b.ConfirmedAt)
	return b, err
}

// Baseline is the record of an object whose scope the caller has checked; ok is
// false for one that has none: opened through the system, or not yet confirmed.
func Baseline(ctx context.Context, q db.Querier, ref Ref) (b BaselineRecord, ok bool, err error) {
	b, err = db.One(ctx, q, scanBaseline, baselineSelect+` WHERE object_kind = $1 AND object_id = $2`, ref.Kind, ref.ID)
	if db.None(err) {
		return BaselineRecord{}, false, nil
	}
	return b, err == nil, err
}

// check holds the form of a record.
func (b *BaselineRecord) check(today calendar.Date) error {
	b.Document, b.Note = strings.TrimSpace(b.Document), strings.TrimSpace(b.Note)
	if b.OfflineYear == 0 {
		b.OfflineYear = today.Year
	}
	var f fault.Fields
	f.Check(BaselineBasisName(b.Basis) != b.Basis, "basis", "请选择认定依据")
	f.Check(b.Basis != "approval" && b.Basis != "filing" || b.Document != "", "document", "请填写批准或备案文号")
	f.Check(b.Basis != "approval" && b.Basis != "filing" || !b.On.IsZero(), "document_on", "请填写文件日期")
	f.Check(!b.On.After(today), "document_on", "文件日期还没有到，请核对")
	f.Check(len([]rune(b.Document)) <= 100, "document", "文号最多 100 个字")
	f.Check(len([]rune(b.Note)) <= 500, "note", "说明最多 500 个字")
	f.Check(b.OfflineTimes >= 0 && b.OfflineTimes <= 12, "offline_times", "已用下线次数请填 0 到 12")
	f.Check(b.OfflineDays >= 0 && b.OfflineDays <= 366, "offline_days", "已用下线天数请填 0 到 366")
	f.Check((b.OfflineTimes == 0) == (b.OfflineDays == 0), "offline_days", "下线次数和天数要一致：没有下线都填 0")
	return f.Err()
}

// ConfirmBaseline writes the record of one object, or replaces it; both stand
// in the trail. An object opened by an approval of the system needs none.
func (s *Service) ConfirmBaseline(ctx context.Context, tx *db.Tx, scope authz.Scope, b BaselineRecord) (Object, error) {
	today := calendar.DateOf(tx.Now())
	if err := b.check(today); err != nil {
		return Object{}, err
	}
	o, err := s.Object(ctx, tx, scope, b.Ref)
	if err != nil {
		return Object{}, err
	}
	switch {
	case o.CaseID != "":
		return o, fault.Newf(fault.Refused, "%s是经本系统批准开设的，不需要存量认定。", o.Name)
	case o.Ended():
		return o, fault.Newf(fault.Conflict, "%s已%s，不需要存量认定。", o.Name, o.StateName())
	case b.Basis == "unknown" && !o.LaunchedOn.IsZero() && !o.LaunchedOn.Before(sx2021.Effective):
		return o, fault.Newf(fault.Refused, "%s于%s上线，在细则施行（%s）之后，不能按“批准情况不明”认定。", o.Name, o.LaunchedOn.Chinese(), sx2021.Effective.Chinese()).On("basis", "请选择批准或备案文件")
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return o, audit.ErrNoActor
	}
	before, had, err := Baseline(ctx, tx, b.Ref)
	if err != nil {
		return o, err
	}
	b.ConfirmedBy, b.ConfirmedAt = actor.Name, tx.Now()
	if _, err := tx.Exec(ctx, `
		INSERT INTO baseline (object_kind, object_id, basis, document, document_on, offline_year, offline_times, offline_days, note, confirmed_by, confirmed_by_name, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (object_kind, object_id) DO UPDATE SET basis = excluded.basis, document = excluded.document, document_on = excluded.document_on,
		       offline_year = excluded.offline_year, offline_times = excluded.offline_times, offline_days = excluded.offline_days, note = excluded.note,
		       confirmed_by = excluded.confirmed_by, confirmed_by_name = excluded.confirmed_by_name, confirmed_at = excluded.confirmed_at`,
		b.Kind, b.ID, b.Basis, b.Document, b.On, b.OfflineYear, b.OfflineTimes, b.OfflineDays, b.Note, actor.ID, actor.Name, tx.Now()); err != nil {
		return o, fmt.Errorf("registry: confirm baseline: %w", err)
	}
	e := audit.Entry{Act: "registry.baseline.confirm", Target: o.Target(), Basis: sx2021.DepartmentLevels.Citation, After: b}
	if had {
		e.Before = before
	}
	return o, audit.Record(ctx, tx, e)
}

// BaselineRow is an existing object and its record, where it has one.
type BaselineRow struct {
	Object
	Record    BaselineRecord
	Confirmed bool
}

// BaselineFilter narrows BaselineRows.
type BaselineFilter struct {
	Kind   sx2021.ObjectKind
	Under  org.AreaID
	Unit   org.UnitID
	Text   string
	State  string // pending, confirmed; all when empty
	Limit  int    // 50 when zero
	Offset int
}

// existing are the objects of the ledger that no approval of the system
// brought.
const existing = `(
	SELECT 'site' AS kind, s.id, s.unit_id, s.kind AS site_kind, '' AS platform, s.name, s.host AS address, s.hosted, s.state, s.launched_on FROM site s WHERE s.case_id = '' AND s.state NOT IN ('exited', 'closed')
	UNION ALL
	SELECT c.kind, c.id, c.unit_id, '', c.platform, c.name, c.url, FALSE, c.state, c.launched_on FROM account c WHERE c.case_id = '' AND c.state NOT IN ('exited', 'closed'))`

// BaselineRows are the existing objects in scope, sites first, by division
// code, and how many.
func (s *Service) BaselineRows(ctx context.Context, scope authz.Scope, f BaselineFilter) ([]BaselineRow, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Kind != "", "o.kind = ?", f.Kind).AndIf(f.Unit != "", "o.unit_id = ?", f.Unit).
		AndIf(f.Text != "", `(lower(o.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text), db.Contains(f.Text)).
		AndIf(f.State == "pending", "b.object_id IS NULL").AndIf(f.State == "confirmed", "b.object_id IS NOT NULL")
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	from := ` FROM ` + existing + ` o JOIN unit u ON u.id = o.unit_id JOIN area a ON a.id = u.area_id LEFT JOIN baseline b ON b.object_kind = o.kind AND b.object_id = o.id WHERE `
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (BaselineRow, error) {
		var x BaselineRow
		o, b := &x.Object, &x.Record
		err := r.Scan(&o.Kind, &o.ID, &o.Unit, &o.UnitName, &o.AreaCode, &o.SiteKind, &o.Platform, &o.Name, &o.Address, &o.Hosted, &o.State, &o.LaunchedOn, &o.areaPath, &o.linePath,
			&x.Confirmed, &b.Basis, &b.Document, &b.On, &b.OfflineYear, &b.OfflineTimes, &b.OfflineDays, &b.ConfirmedBy, &b.ConfirmedAt)
		b.Ref = o.Ref
		return x, err
	}, `SELECT o.kind, o.id, o.unit_id, u.name, a.code, o.site_kind, o.platform, o.name, o.address, o.hosted, o.state, o.launched_on, u.area_path, u.line_path,
	           b.object_id IS NOT NULL, COALESCE(b.basis, ''), COALESCE(b.document, ''), b.document_on, COALESCE(b.offline_year, 0), COALESCE(b.offline_times, 0), COALESCE(b.offline_days, 0),
	           COALESCE(b.confirmed_by_name, ''), b.confirmed_at`+from+w.SQL()+` ORDER BY CASE WHEN o.kind = 'site' THEN 0 ELSE 1 END, a.code, u.name, o.name, o.id
	     LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return rows, total, err
}

// BaselineProgress is how far an area has come.
type BaselineProgress struct {
	Area             org.AreaID
	Name             string
	Total, Confirmed int
}

// BaselineProgress counts the existing objects in scope by the areas below
// parent; those of the parent's own level stand first.
func (s *Service) BaselineProgress(ctx context.Context, scope authz.Scope, parent org.AreaID) ([]BaselineProgress, error) {
	a, err := s.org.Area(ctx, s.db, parent)
	if err != nil {
		return nil, err
	}
	scan := func(r db.Scanner) (BaselineProgress, error) {
		var p BaselineProgress
		err := r.Scan(&p.Area, &p.Name, &p.Total, &p.Confirmed)
		return p, err
	}
	var own, below db.Where
	scope.Where(&own, "u")
	own.And("u.area_id = ?", parent)
	const joins = ` JOIN ` + existing + ` o ON o.unit_id = u.id LEFT JOIN baseline b ON b.object_kind = o.kind AND b.object_id = o.id WHERE `
	first, err := db.All(ctx, s.db, scan, `SELECT a.id, a.name, count(*), count(b.object_id) FROM area a JOIN unit u ON u.area_id = a.id`+joins+own.SQL()+` GROUP BY a.id, a.name`, own.Args()...)
	if err != nil {
		return nil, err
	}
	for i := range first {
		first[i].Name = a.Name + "本级"
	}
	scope.Where(&below, "u")
	below.And("a.parent_id = ?", parent)
	rest, err := db.All(ctx, s.db, scan, `SELECT a.id, a.name, count(*), count(b.object_id)
	     FROM area a JOIN unit u ON u.area_path >= a.path AND u.area_path < substr(a.path, 1, length(a.path) - 1) || '0'`+joins+below.SQL()+`
	    GROUP BY a.id, a.name, a.code ORDER BY a.code, a.id`, below.Args()...)
	return append(first, rest...), err
}

// holders are the standing units whose objects count as one unit's against the
// quotas of Article 7(1): a government and its office, any other unit with its
// internal bodies (readings 9).
func (s *Service) holders(ctx context.Context, q db.Querier, u org.Unit) ([]org.UnitID, error) {
	root := u.ID
	if u.Kind == org.Internal && u.Parent != "" {
		root = u.Parent
	}
	if u.Governs() && u.Parent == "" && u.Kind != org.ZoneCommittee {
		return db.All(ctx, q, db.Value[org.UnitID], `SELECT id FROM unit WHERE area_id = $1 AND abolished_on IS NULL AND kind IN ('government', 'office', 'committee') AND parent_id IS NULL
			UNION SELECT c.id FROM unit c JOIN unit o ON o.id = c.parent_id WHERE o.area_id = $1 AND c.kind = 'internal' AND c.abolished_on IS NULL AND o.kind IN ('government', 'office', 'committee')`, u.Area)
	}
	return db.All(ctx, q, db.Value[org.UnitID], `SELECT id FROM unit WHERE id = $1 UNION SELECT id FROM unit WHERE parent_id = $1 AND kind = 'internal' AND abolished_on IS NULL`, root)
}

// Earlier counts the running objects of the same kind, and for an account of
// the same platform, that the object's holder entered before it: of two sites
// the second is the one too many.
func (s *Service) Earlier(ctx context.Context, q db.Querier, scope authz.Scope, o Object) (int, error) {
	u, err := s.org.UnitTx(ctx, q, scope, o.Unit)
	if err != nil {
		return 0, err
	}
	units, err := s.holders(ctx, q, u)
	if err != nil {
		return 0, err
	}
	var w db.Where
	cond, args := db.In("unit_id", units)
	w.And(cond, args...).And(stillHere).And("id < ?", o.ID)
	table := "site"
	if o.Kind != sx2021.Site {
		table = "account"
		w.And("platform = ? AND kind = ?", o.Platform, o.Kind)
	}
	return db.One(ctx, q, db.Value[int], `SELECT count(*) FROM `+table+` WHERE `+w.SQL(), w.Args()...)
}
