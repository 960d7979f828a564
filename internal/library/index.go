package library

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// Index numbers have the form <统一社会信用代码 or org code>/<yyyy>-<seq5>. A
// number belongs to one content for ever, also when that is withdrawn.

// lastOfSeries is the last running number of a year.
const lastOfSeries = 99_999

// creditCode is the shape of a unified social credit code (GB 32100—2015); its
// letters leave out I, O, Z, S and V.
var creditCode = regexp.MustCompile(`^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$`)

// orgCode is what older index numbers begin with: eight figures or letters and
// a check digit, with or without its hyphen.
var orgCode = regexp.MustCompile(`^[0-9A-Z]{8}-?[0-9X]$`)

// claimIndex takes a number that was typed, or came in, for a content. A number
// of another content is a Conflict.
func claimIndex(ctx context.Context, tx *db.Tx, content ContentID, number string) error {
	if number == "" {
		return nil
	}
	owner, err := db.One(ctx, tx, db.Value[ContentID], `SELECT content_id FROM index_number WHERE number = $1`, number)
	if db.None(err) {
		n, insErr := tx.Exec(ctx, `INSERT INTO index_number (number, content_id, given, at) VALUES ($1, $2, FALSE, $3) ON CONFLICT (number) DO NOTHING`, number, content, tx.Now())
		if insErr != nil || n == 1 {
			return insErr
		}
		owner, err = db.One(ctx, tx, db.Value[ContentID], `SELECT content_id FROM index_number WHERE number = $1`, number)
	}
	if err != nil {
		return err
	}
	if owner != content {
		return fault.Newf(fault.Conflict, "索引号“%s”已经给了另一篇稿件，没有保存。", shorten(number)).On("index_no", "索引号不能重复使用，请核对；留空则在首次发布时自动编号")
	}
	return nil
}

// giveIndex gives the item its index number at its first release, where its
// type has one and none was typed. The language versions of a content share it.
func (s *Service) giveIndex(ctx context.Context, tx *db.Tx, it Item, v Version) error {
	if !v.Type.Sort().Indexed || v.IndexNo != "" {
		return nil
	}
	have, err := db.One(ctx, tx, db.Value[string], `SELECT index_no FROM item WHERE id = $1`, it.ID)
	if err != nil || have != "" {
		return err
	}
	number, err := db.One(ctx, tx, db.Value[string], `SELECT number FROM index_number WHERE content_id = $1 ORDER BY given DESC, at LIMIT 1`, it.Content)
	if db.None(err) {
		number, err = s.nextIndex(ctx, tx, it)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE item SET index_no = $2 WHERE id = $1`, it.ID, number)
	return err
}

// nextIndex draws the next number of the unit's series: the row of the series
// is held until the transaction ends, so that two processes never draw one.
func (s *Service) nextIndex(ctx context.Context, tx *db.Tx, it Item) (string, error) {
	code, err := s.indexCode(ctx, tx, it.Unit)
	if err != nil {
		return "", err
	}
	year := calendar.DateOf(tx.Now()).Year
	for {
		n, err := tx.Exec(ctx, `
			INSERT INTO index_series (code, year, last) VALUES ($1, $2, 1)
			ON CONFLICT (code, year) DO UPDATE SET last = index_series.last + 1 WHERE index_series.last < $3`, code, year, lastOfSeries)
		if err != nil {
			return "", fmt.Errorf("library: index series: %w", err)
		}
		if n == 0 {
			return "", fault.Newf(fault.Refused, "“%s”%d 年的索引号已用完（%d 个），不能再自动编号。请人工填写索引号，并联系系统管理人员。", code, year, lastOfSeries).On("index_no", "请人工填写索引号")
		}
		seq, err := db.One(ctx, tx, db.Value[int], `SELECT last FROM index_series WHERE code = $1 AND year = $2`, code, year)
		if err != nil {
			return "", err
		}
		number := fmt.Sprintf("%s/%d-%05d", code, year, seq)
		if n, err = tx.Exec(ctx, `INSERT INTO index_number (number, content_id, given, at) VALUES ($1, $2, TRUE, $3) ON CONFLICT (number) DO NOTHING`, number, it.Content, tx.Now()); err != nil {
			return "", err
		}
		if n == 1 {
			return number, nil
		} // somebody typed this number before: the next one
	}
}

// indexCode is what the unit's index numbers begin with. Until its credit code
// is recorded it is a code of the house's own, made once: the division and the
// end of the unit's id.
func (s *Service) indexCode(ctx context.Context, tx *db.Tx, unit org.UnitID) (string, error) {
	code, err := db.One(ctx, tx, db.Value[string], `SELECT code FROM index_authority WHERE unit_id = $1`, unit)
	if !db.None(err) {
		return code, err
	}
	u, err := s.org.UnitTx(ctx, tx, authz.System("the index number of a unit's item"), unit)
	if err != nil {
		return "", err
	}
	id := strings.ToUpper(string(unit))
	code = (u.AreaCode + "000000")[:6] + "-" + id[max(0, len(id)-8):]
	if _, err := tx.Exec(ctx, `INSERT INTO index_authority (unit_id, code, created_at) VALUES ($1, $2, $3) ON CONFLICT (unit_id) DO NOTHING`, unit, code, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); !dup {
			return "", err
		}
		return "", fault.New(fault.Conflict, "这个单位还没有索引号机构代码，自动编制的代码与其他单位重复；请先登记本单位的统一社会信用代码。").From(err)
	}
	return db.One(ctx, tx, db.Value[string], `SELECT code FROM index_authority WHERE unit_id = $1`, unit)
}

// IndexAuthority is what a unit's index numbers begin with.
type IndexAuthority struct {
	Unit     org.UnitID
	UnitName string // in a list
	Code     string
	Recorded bool // a credit or organisation code, not one of the house's own
	Numbers  int  // given under it; in a list
}

// IndexAuthority of a unit in scope; zero Code before the first number.
func (s *Service) IndexAuthority(ctx context.Context, scope authz.Scope, unit org.UnitID) (IndexAuthority, error) {
	u, err := s.org.UnitTx(ctx, s.db, scope, unit)
	if err != nil {
		return IndexAuthority{}, err
	}
	a, err := db.One(ctx, s.db, func(r db.Scanner) (IndexAuthority, error) {
		a := IndexAuthority{Unit: unit, UnitName: u.Name}
		return a, r.Scan(&a.Code, &a.Recorded)
	}, `SELECT code, recorded FROM index_authority WHERE unit_id = $1`, unit)
	if db.None(err) {
		return IndexAuthority{Unit: unit, UnitName: u.Name}, nil
	}
	return a, err
}

// RecordIndexCode records the code a unit's index numbers begin with from now
// on; numbers given before stay.
func (s *Service) RecordIndexCode(ctx context.Context, scope authz.Scope, unit org.UnitID, code string) error {
	code = strings.ToUpper(strings.ReplaceAll(oneLine(code), " ", ""))
	if !creditCode.MatchString(code) && !orgCode.MatchString(code) {
		return fault.New(fault.Invalid, "机构代码没有保存。").On("code", "请填写 18 位统一社会信用代码（不含字母 I、O、Z、S、V），或 9 位组织机构代码")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO index_authority (unit_id, code, recorded, created_at) VALUES ($1, $2, TRUE, $3)
			ON CONFLICT (unit_id) DO UPDATE SET code = excluded.code, recorded = TRUE`, unit, code, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "这个机构代码已由另一个单位登记。").On("code", "请核对代码").From(err)
			}
			return fmt.Errorf("library: record index code: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.index.code", Target: audit.Target{Kind: "unit", ID: string(u.ID), Name: u.Name, Unit: string(u.ID)}, After: map[string]any{"code": code}})
	})
}

// IndexAuthorities lists the units in scope with what their index numbers begin
// with, those with numbers of the house's own first, and how many there are.
// text narrows to a part of the name.
func (s *Service) IndexAuthorities(ctx context.Context, scope authz.Scope, text string, limit, offset int) ([]IndexAuthority, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("u.abolished_on IS NULL").AndIf(text != "", `lower(u.name) LIKE ? ESCAPE '\'`, db.Contains(text))
	from := ` FROM unit u LEFT JOIN index_authority a ON a.unit_id = u.id WHERE ` + w.SQL()
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+from, w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (IndexAuthority, error) {
		var a IndexAuthority
		return a, r.Scan(&a.Unit, &a.UnitName, &a.Code, &a.Recorded, &a.Numbers)
	}, `SELECT u.id, u.name, COALESCE(a.code, ''), COALESCE(a.recorded, FALSE), COALESCE((SELECT sum(n.last) FROM index_series n WHERE n.code = a.code), 0)`+from+
		` ORDER BY CASE WHEN a.recorded THEN 2 WHEN a.code IS NULL THEN 1 ELSE 0 END, u.name, u.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}
