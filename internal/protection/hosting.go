package protection

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Forms are the ways of hosting.
var Forms = []struct{ Value, Name string }{{"own", "自有机房"}, {"physical", "物理服务器"}, {"virtual", "虚拟主机"}, {"cloud", "云主机"}}

// Nations are the choices a form offers: the mainland, the three of readings
// 11 that count as abroad, and the rest of the world.
var Nations = []struct{ Value, Name string }{{sx2021.Mainland, "中国内地"}, {"HK", "中国香港"}, {"MO", "中国澳门"}, {"TW", "中国台湾"}, {"XX", "其他国家和地区"}}

// NationName is a nation in Chinese.
func NationName(v string) string { return nameOf(Nations, v) }

// Hosting is who hosts an object, and where.
type Hosting struct {
	ID             string
	Unit           org.UnitID
	UnitName       string // joined
	Of             Subject
	Provider       string
	ProviderNation string
	Form           string
	ServerNation   string
	Location       string
	Contract       string
	From, Until    calendar.Date
	FileID         string
	FileName       string
	Ended          calendar.Date
	UpdatedAt      time.Time
	// Existing says that it already is so: what stands abroad is then recorded
	// with a clock, not refused.
	Existing   bool
	area, line string
}

// FormName is the form in Chinese.
func (h Hosting) FormName() string { return nameOf(Forms, h.Form) }

// Link is the hosting's page.
func (h Hosting) Link() string { return "/console/hosting/" + h.ID }

// In reports whether it lies in the scope.
func (h Hosting) In(scope authz.Scope) bool { return h.area != "" && scope.Covers(h.area, h.line) }

// Target names it in the trail.
func (h Hosting) Target() audit.Target {
	return audit.Target{Kind: "hosting", ID: h.ID, Name: h.Of.Name + "（" + h.Provider + "）", Unit: string(h.Unit)}
}

// Breaches are what Article 24 says against it.
func (h Hosting) Breaches() []rules.Breach {
	return sx2021.CheckHosting(sx2021.Hosting{Provider: h.Provider, ProviderNation: h.ProviderNation, ServerNation: h.ServerNation})
}

func (h Hosting) subject() obligation.Subject {
	return obligation.Subject{Kind: "hosting", ID: h.ID, Name: h.Of.Name + "（" + h.Provider + "）"}
}

const hostingSelect = `
	SELECT h.id, h.unit_id, u.name, h.object_kind, h.object_id, h.object_name, h.provider, h.provider_nation, h.form, h.server_nation, h.location, h.contract, h.from_on, h.until_on,
	       COALESCE(h.file_id, ''), h.file_name, h.ended_on, h.updated_at, u.area_path, u.line_path
	  FROM hosting h JOIN unit u ON u.id = h.unit_id`

func scanHosting(r db.Scanner) (Hosting, error) {
	var h Hosting
	err := r.Scan(&h.ID, &h.Unit, &h.UnitName, &h.Of.Kind, &h.Of.ID, &h.Of.Name, &h.Provider, &h.ProviderNation, &h.Form, &h.ServerNation, &h.Location, &h.Contract, &h.From, &h.Until,
		&h.FileID, &h.FileName, &h.Ended, &h.UpdatedAt, &h.area, &h.line)
	return h, err
}

// HostingByID in scope.
func (s *Service) HostingByID(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Hosting, error) {
	h, err := db.One(ctx, q, scanHosting, hostingSelect+` WHERE h.id = $1`, id)
	if db.None(err) || err == nil && !h.In(scope) {
		return Hosting{}, fault.Missing("托管记录")
	}
	return h, err
}

// Hostings in scope, those that end first on top.
func (s *Service) Hostings(ctx context.Context, scope authz.Scope, f Filter) ([]Hosting, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(h.object_name) LIKE ? ESCAPE '\' OR lower(h.provider) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	w.AndIf(!f.Gone, "h.ended_on IS NULL").AndIf(f.Unit != "", "h.unit_id = ?", f.Unit).AndIf(f.Of.ID != "", "h.object_kind = ? AND h.object_id = ?", f.Of.Kind, f.Of.ID).AndIf(f.Kind != "", "h.form = ?", f.Kind).
		AndIf(f.Ends > 0, "h.until_on <= ?", s.today().AddDays(f.Ends)).AndIf(f.Wrong, "h.provider_nation <> 'CN' OR h.server_nation <> 'CN'")
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM hosting h JOIN unit u ON u.id = h.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanHosting, hostingSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN h.until_on IS NULL THEN 1 ELSE 0 END, h.until_on, h.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

func cleanHosting(h *Hosting) error {
	for _, p := range []*string{&h.Provider, &h.Location, &h.Contract} {
		*p = strings.TrimSpace(*p)
		if len([]rune(*p)) > 100 {
			return fault.New(fault.Invalid, "服务商、部署地和合同编号各不超过 100 字。").On("provider", "请缩短")
		}
	}
	switch {
	case h.Provider == "":
		return fault.New(fault.Invalid, "服务商没有填写。").On("provider", "请填写服务商名称；自有机房填写本单位名称")
	case nameOf(Forms, h.Form) == "":
		return fault.New(fault.Invalid, "没有选择托管方式。").On("form", "请选择托管方式")
	case NationName(h.ProviderNation) == "":
		return fault.New(fault.Invalid, "没有选择服务商属地。").On("provider_nation", "请选择服务商属地")
	case NationName(h.ServerNation) == "":
		return fault.New(fault.Invalid, "没有选择服务器部署地。").On("server_nation", "请选择服务器部署地")
	case h.Location == "":
		return fault.New(fault.Invalid, "部署地点没有填写。").On("location", "请填写机房或可用区所在地，如 西安市某机房")
	case !h.Until.IsZero() && !h.From.IsZero() && h.Until.Before(h.From):
		return fault.New(fault.Invalid, "合同截止日期早于开始日期。").On("until", "截止日期不能早于 "+h.From.String())
	case h.Form != "own" && h.Until.IsZero():
		return fault.New(fault.Invalid, "合同截止日期没有填写。").On("until", "请填写合同截止日期")
	}
	return nil
}

// SaveHosting records who hosts an object, or changes it. What stands abroad is
// refused, unless it already is so.
func (s *Service) SaveHosting(ctx context.Context, scope authz.Scope, n Hosting, file *approval.Upload) (Hosting, error) {
	if err := cleanHosting(&n); err != nil {
		return n, err
	}
	if !n.Existing {
		if err := rules.Refuse(n.Breaches()); err != nil {
			return n, err
		}
	}
	taken, err := s.take(ctx, file, "hosting_contract")
	if err != nil {
		return n, err
	}
	h := n
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		var before any
		act := "protection.hosting.add"
		h = n
		if n.ID == "" {
			u, err := s.org.UnitTx(ctx, tx, scope, n.Unit)
			if err != nil {
				return err
			}
			if h.Of, err = s.object(ctx, tx, scope, u.ID, n.Of); err != nil {
				return err
			}
			h.ID, h.UnitName, h.area, h.line = ulid.Make().String(), u.Name, u.AreaPath, u.LinePath
			if _, err := tx.Exec(ctx, `
				INSERT INTO hosting (id, unit_id, object_kind, object_id, object_name, provider, provider_nation, form, server_nation, location, contract, from_on, until_on, file_name, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14, $14)`,
				h.ID, h.Unit, h.Of.Kind, h.Of.ID, h.Of.Name, h.Provider, h.ProviderNation, h.Form, h.ServerNation, h.Location, h.Contract, h.From, h.Until, tx.Now()); err != nil {
				return fmt.Errorf("protection: add hosting: %w", err)
			}
		} else {
			old, err := s.HostingByID(ctx, tx, scope, n.ID)
			if err != nil {
				return err
			}
			if !old.Ended.IsZero() {
				return fault.New(fault.Conflict, "托管已经终止，不能再修改。")
			}
			before, act = old, "protection.hosting.change"
			h.Unit, h.UnitName, h.Of, h.FileID, h.FileName, h.area, h.line = old.Unit, old.UnitName, old.Of, old.FileID, old.FileName, old.area, old.line
			if _, err := tx.Exec(ctx, `UPDATE hosting SET provider = $2, provider_nation = $3, form = $4, server_nation = $5, location = $6, contract = $7, from_on = $8, until_on = $9, updated_at = $10 WHERE id = $1`,
				h.ID, h.Provider, h.ProviderNation, h.Form, h.ServerNation, h.Location, h.Contract, h.From, h.Until, tx.Now()); err != nil {
				return err
			}
		}
		h.UpdatedAt = tx.Now()
		kept := taken
		if kept, err = attach(ctx, tx, "hosting", h.ID, kept); err != nil {
			return err
		}
		if kept.ID != "" {
			h.FileID, h.FileName = kept.ID, kept.Name
			if _, err := tx.Exec(ctx, `UPDATE hosting SET file_id = $2, file_name = $3 WHERE id = $1`, h.ID, h.FileID, h.FileName); err != nil {
				return err
			}
		}
		if err := s.owe(ctx, tx, ContractDue.ID, h.Unit, h.subject(), h.Link(), h.Until, "合同信息已更新"); err != nil {
			return err
		}
		if len(h.Breaches()) == 0 {
			if _, err := s.obligations.Discharge(ctx, tx, AbroadDue.ID, h.subject(), "已改为境内"); err != nil {
				return err
			}
		} else if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: AbroadDue.ID, Unit: h.Unit, Subject: h.subject(), Link: h.Link(), Due: calendar.Due{On: calendar.DateOf(tx.Now()).AddDays(AbroadDays)}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: h.Target(), Basis: ContractDue.Citation, Before: before, After: h})
	})
	return h, err
}

// EndHosting ends a hosting.
func (s *Service) EndHosting(ctx context.Context, scope authz.Scope, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		h, err := s.HostingByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !h.Ended.IsZero() {
			return fault.New(fault.Conflict, "托管已经终止。")
		}
		if _, err := tx.Exec(ctx, `UPDATE hosting SET ended_on = $2, updated_at = $3 WHERE id = $1`, id, calendar.DateOf(tx.Now()), tx.Now()); err != nil {
			return err
		}
		for _, k := range []string{ContractDue.ID, AbroadDue.ID} {
			if _, err := s.obligations.Annul(ctx, tx, k, h.subject(), "托管已终止"); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "protection.hosting.end", Target: h.Target(), Before: h})
	})
}

// HostingHistory is the trail of one hosting in scope.
func (s *Service) HostingHistory(ctx context.Context, scope authz.Scope, id string) ([]audit.Row, error) {
	if _, err := s.HostingByID(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: "hosting", TargetID: id, Limit: 40})
}

// UnitGaps are what a unit's record lacks.
type UnitGaps struct {
	Unit        org.UnitID
	UnitName    string
	Ungraded    int // running sites and clients without a grade
	Unfiled     int
	Late        int // never assessed, or later than due
	Uncertified int // devices and products without a valid certificate
	Unhosted    int // running sites and clients without a hosting record
	Abroad      int
}

// Total is how many gaps there are.
func (g UnitGaps) Total() int {
	return g.Ungraded + g.Unfiled + g.Late + g.Uncertified + g.Unhosted + g.Abroad
}

// Gaps is the board by unit: units that sponsor something running or have a
// record, and what each lacks. With f.Wrong only those that have a gap in
// grades or hosting of what runs. It reads the page's units and counts those
// alone.
func (s *Service) Gaps(ctx context.Context, scope authz.Scope, f Filter) ([]UnitGaps, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like)
	}
	w.AndIf(f.Unit != "", "u.id = ?", f.Unit)
	if f.Wrong {
		w.And(`u.id IN (SELECT x.unit_id FROM site x WHERE x.state = 'running' AND (NOT EXISTS (SELECT 1 FROM protection_grade g WHERE g.object_kind = 'site' AND g.object_id = x.id) OR NOT EXISTS (SELECT 1 FROM hosting h WHERE h.object_kind = 'site' AND h.object_id = x.id AND h.ended_on IS NULL)))
			OR u.id IN (SELECT x.unit_id FROM hosting x WHERE x.ended_on IS NULL AND (x.provider_nation <> 'CN' OR x.server_nation <> 'CN'))
			OR u.id IN (SELECT x.unit_id FROM protection_grade x WHERE x.next_due < ? OR (x.level >= 2 AND x.filing = '') OR (x.level >= 3 AND x.assessed_on IS NULL))
			OR u.id IN (SELECT x.unit_id FROM security_asset x WHERE x.retired_on IS NULL AND (x.certificate = '' OR x.expires_on < ?))`, s.today(), s.today())
	} else {
		w.And(`u.id IN (SELECT x.unit_id FROM site x WHERE x.state = 'running') OR u.id IN (SELECT x.unit_id FROM account x WHERE x.kind = 'app' AND x.state = 'running')
			OR u.id IN (SELECT x.unit_id FROM protection_grade x) OR u.id IN (SELECT x.unit_id FROM hosting x WHERE x.ended_on IS NULL) OR u.id IN (SELECT x.unit_id FROM security_asset x WHERE x.retired_on IS NULL)`)
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM unit u WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (UnitGaps, error) {
		var g UnitGaps
		err := r.Scan(&g.Unit, &g.UnitName)
		return g, err
	}, `SELECT u.id, u.name FROM unit u WHERE `+w.SQL()+` ORDER BY u.area_path LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil || len(list) == 0 {
		return nil, total, err
	}
	at := map[org.UnitID]int{}
	var in db.Where
	marks := make([]string, len(list))
	for i, g := range list {
		at[g.Unit] = i
		marks[i] = in.Arg(g.Unit)
	}
	today := in.Arg(s.today())
	ids := "(" + strings.Join(marks, ", ") + ")"
	type row struct {
		unit org.UnitID
		what string
		n    int
	}
	// One statement for the page's units, whatever their number.
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.unit, &x.what, &x.n)
		return x, err
	}, `
		SELECT x.unit_id, 'ungraded', count(*) FROM site x WHERE x.unit_id IN `+ids+` AND x.state = 'running' AND NOT EXISTS (SELECT 1 FROM protection_grade g WHERE g.object_kind = 'site' AND g.object_id = x.id) GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'ungraded', count(*) FROM account x WHERE x.unit_id IN `+ids+` AND x.kind = 'app' AND x.state = 'running' AND NOT EXISTS (SELECT 1 FROM protection_grade g WHERE g.object_kind = 'app' AND g.object_id = x.id) GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'unhosted', count(*) FROM site x WHERE x.unit_id IN `+ids+` AND x.state = 'running' AND NOT EXISTS (SELECT 1 FROM hosting h WHERE h.object_kind = 'site' AND h.object_id = x.id AND h.ended_on IS NULL) GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'unhosted', count(*) FROM account x WHERE x.unit_id IN `+ids+` AND x.kind = 'app' AND x.state = 'running' AND NOT EXISTS (SELECT 1 FROM hosting h WHERE h.object_kind = 'app' AND h.object_id = x.id AND h.ended_on IS NULL) GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'abroad', count(*) FROM hosting x WHERE x.unit_id IN `+ids+` AND x.ended_on IS NULL AND (x.provider_nation <> 'CN' OR x.server_nation <> 'CN') GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'unfiled', count(*) FROM protection_grade x WHERE x.unit_id IN `+ids+` AND x.level >= 2 AND x.filing = '' GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'late', count(*) FROM protection_grade x WHERE x.unit_id IN `+ids+` AND (x.next_due < `+today+` OR (x.level >= 3 AND x.assessed_on IS NULL)) GROUP BY x.unit_id
		UNION ALL SELECT x.unit_id, 'uncertified', count(*) FROM security_asset x WHERE x.unit_id IN `+ids+` AND x.retired_on IS NULL AND (x.certificate = '' OR x.expires_on < `+today+`) GROUP BY x.unit_id`, in.Args()...)
	for _, x := range rows {
		g := &list[at[x.unit]]
		switch x.what {
		case "ungraded":
			g.Ungraded += x.n
		case "unhosted":
			g.Unhosted += x.n
		case "abroad":
			g.Abroad += x.n
		case "unfiled":
			g.Unfiled += x.n
		case "late":
			g.Late += x.n
		case "uncertified":
			g.Uncertified += x.n
		}
	}
	return list, total, err
}
