package library

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
)

// Edition is one published list of sources.
type Edition struct {
	ID         string
	Name       string // 互联网新闻信息稿源单位名单（2025年6月版）
	Basis      string
	Effective  calendar.Date
	Sources    int
	PersonName string
	CreatedAt  time.Time
}

// EditionFile is an edition as it comes: a table with a column 名称 and, where
// there are any, 域名 and 类别.
type EditionFile struct {
	Name, Basis string
	Effective   calendar.Date
	// Replaces is the name of the edition it takes the place of: its entries
	// end the day before.
	Replaces string
	File     string // name of the file
	Body     []byte
}

// mostSources bounds an edition: that of June 2025 has 1,451.
const mostSources = 50_000

// ImportEdition takes in an edition of the list, whole or not at all. The list
// is the province's.
func (s *Service) ImportEdition(ctx context.Context, scope authz.Scope, n EditionFile) (Edition, intake.Report, error) {
	var rep intake.Report
	if err := s.mustKeepSources(ctx, s.db, scope); err != nil {
		return Edition{}, rep, err
	}
	n.Name, n.Basis, n.Replaces = oneLine(n.Name), oneLine(n.Basis), oneLine(n.Replaces)
	var f fault.Fields
	f.Check(n.Name != "" && len([]rune(n.Name)) <= 100, "name", "请填写名单版次，100 字以内")
	f.Check(n.Basis != "" && len([]rune(n.Basis)) <= 200, "basis", "请填写依据，例如公布机关和文号，200 字以内")
	f.Check(!n.Effective.IsZero(), "effective", "请填写生效日期")
	if err := f.Err(); err != nil {
		return Edition{}, rep, err
	}
	list, rep, err := readSources(n)
	if err != nil {
		return Edition{}, rep, err
	}
	_, name, err := writer(ctx)
	if err != nil {
		return Edition{}, rep, err
	}
	sum := sha256.Sum256(n.Body)
	e := Edition{ID: ulid.Make().String(), Name: n.Name, Basis: n.Basis, Effective: n.Effective, Sources: len(list), PersonName: name}
	return e, rep, s.db.Update(ctx, func(tx *db.Tx) error {
		e.CreatedAt = tx.Now()
		if n.Replaces != "" {
			closed, err := tx.Exec(ctx, `UPDATE repost_source SET valid_to = $2 WHERE edition = $1 AND (valid_to IS NULL OR valid_to >= $3) AND valid_from < $3`, n.Replaces, n.Effective.AddDays(-1), n.Effective)
			if err != nil {
				return err
			}
			if closed == 0 {
				return fault.New(fault.Invalid, "没有找到要替代的版次，或其中已没有有效的稿源。").On("replaces", "请从已有版次中选择")
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO source_edition (id, name, basis, effective, sources, list_sha256, person_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e.ID, e.Name, e.Basis, e.Effective, e.Sources, hex.EncodeToString(sum[:]), name, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "这个版次已经导入过。").On("name", "请核对版次名称").From(err)
			}
			return fmt.Errorf("library: edition: %w", err)
		}
		rows := [][]any{}
		for _, x := range list {
			rows = append(rows, []any{ulid.Make().String(), x.Name, x.Domain, n.Effective, n.Basis, tx.Now(), x.Category, n.Name})
		}
		added, err := tx.InsertNew(ctx, "repost_source", []string{"id", "name", "domain", "valid_from", "basis", "created_at", "category", "edition"}, rows)
		if err != nil {
			return fmt.Errorf("library: edition: %w", err)
		}
		rep.Accepted, rep.Unchanged = int(added), len(rows)-int(added)
		return audit.Record(ctx, tx, audit.Entry{Act: "library.source.import", Basis: "第十九条（三）", Target: audit.Target{Kind: "source_edition", ID: e.ID, Name: e.Name}, After: map[string]any{"effective": e.Effective, "sources": e.Sources, "replaces": n.Replaces, "sha256": hex.EncodeToString(sum[:])}})
	})
}

func readSources(n EditionFile) ([]Source, intake.Report, error) {
	var rep intake.Report
	t, err := official.ReadTable(bytes.NewReader(n.Body), int64(len(n.Body)), n.File, official.Limits{File: 8 << 20, Unpacked: 64 << 20, Rows: mostSources})
	if err != nil {
		return nil, rep, err
	}
	column := func(names ...string) int {
		return slices.IndexFunc(t.Header, func(h string) bool { return slices.Contains(names, strings.TrimSpace(h)) })
	}
	name, domain, category := column("名称", "单位名称", "稿源单位", "稿源单位名称"), column("域名", "网址", "网站域名"), column("类别", "分类")
	if name < 0 {
		return nil, rep, fault.New(fault.Invalid, "名单里没有“名称”列。").On("file", "表头应有“名称”，可以有“域名”“类别”")
	}
	seen := map[string]bool{}
	var list []Source
	for row, err := range t.Rows() {
		if err != nil {
			return nil, rep, err
		}
		rep.Read++
		cell := func(i int) string {
			if i < 0 || i >= len(row.Cells) {
				return ""
			}
			return oneLine(row.Cells[i])
		}
		x := Source{Name: cell(name), Domain: hostText(cell(domain)), Category: cell(category)}
		says := ""
		switch {
		case len(row.Wrong) > 0:
			says = row.Wrong[0]
		case x.Name == "":
			says = "没有填写名称"
		case len([]rune(x.Name)) > 200:
			says = "名称超过 200 字"
		case strings.ContainsAny(x.Domain, " /:@") || x.Domain != "" && !strings.Contains(x.Domain, "."):
			says = "域名“" + x.Domain + "”不完整"
		case seen[x.Name]:
			says = "与前面的行重名：" + x.Name
		}
		if says != "" {
			rep.Refused = append(rep.Refused, intake.Refusal{Row: row.Number, Field: "名称", Says: says})
			continue
		}
		seen[x.Name] = true
		list = append(list, x)
	}
	switch {
	case len(rep.Refused) > 0:
		f := fault.Newf(fault.Invalid, "名单有 %d 行不能识别，没有导入；请改正后重新导入。", len(rep.Refused))
		for _, x := range rep.Refused[:min(5, len(rep.Refused))] {
			f.On("file", fmt.Sprintf("第 %d 行：%s", x.Row, x.Says))
		}
		return nil, rep, f
	case len(list) == 0:
		return nil, rep, fault.New(fault.Invalid, "名单里没有稿源单位。").On("file", "请选择有内容的名单")
	}
	return list, rep, nil
}

// hostText is the host of what people write as a domain.
func hostText(s string) string {
	s = strings.ToLower(s)
	for _, p := range []string{"https://", "http://", "www."} {
		s = strings.TrimPrefix(s, p)
	}
	s, _, _ = strings.Cut(s, "/")
	return strings.TrimSuffix(s, ".")
}

// MayKeepSources reports whether a scope reaches a whole province: the list is
// the province's.
func (s *Service) MayKeepSources(ctx context.Context, scope authz.Scope) (bool, error) {
	return s.keepsSources(ctx, s.db, scope)
}

// Editions are the editions taken in, newest first. Public: the list is
// published.
func (s *Service) Editions(ctx context.Context) ([]Edition, error) {
	return db.All(ctx, s.db, func(r db.Scanner) (Edition, error) {
		var e Edition
		return e, r.Scan(&e.ID, &e.Name, &e.Basis, &e.Effective, &e.Sources, &e.PersonName, &e.CreatedAt)
	}, `SELECT id, name, basis, effective, sources, person_name, created_at FROM source_edition ORDER BY effective DESC, id DESC LIMIT 200`)
}

// Sources finds entries of the list, whatever day they are in force, by name or
// domain. Public: the list is published.
func (s *Service) Sources(ctx context.Context, text string, limit, offset int) ([]Source, int, error) {
	var w db.Where
	like := db.Contains(text)
	w.AndIf(text != "", `(lower(name) LIKE ? ESCAPE '\' OR domain LIKE ? ESCAPE '\')`, like, like)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM repost_source WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanSource, sourceSelect+` WHERE `+w.SQL()+` ORDER BY valid_from DESC, name, id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Source is one entry of the list. Public: the list is published.
func (s *Service) Source(ctx context.Context, id string) (Source, error) {
	return source(ctx, s.db, id)
}

func source(ctx context.Context, q db.Querier, id string) (Source, error) {
	n, err := db.One(ctx, q, scanSource, sourceSelect+` WHERE id = $1`, id)
	if db.None(err) {
		return n, fault.Missing("稿源单位")
	}
	return n, err
}

// FreezeSource stops reposts of a body from today on; an empty reason thaws it.
func (s *Service) FreezeSource(ctx context.Context, scope authz.Scope, id, why string) error {
	if err := s.mustKeepSources(ctx, s.db, scope); err != nil {
		return err
	}
	if why = oneLine(why); len([]rune(why)) > 200 {
		return fault.New(fault.Invalid, "理由超过 200 字。").On("why", "请压缩到 200 字以内")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := source(ctx, tx, id)
		if err != nil {
			return err
		}
		act, on := "library.source.freeze", calendar.DateOf(tx.Now())
		if why == "" {
			act, on = "library.source.thaw", calendar.Date{}
		}
		if _, err := tx.Exec(ctx, `UPDATE repost_source SET frozen_on = $2, frozen_why = $3 WHERE id = $1`, id, on, why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Basis: "第十九条（三）", Target: audit.Target{Kind: "source", ID: id, Name: n.Name}, After: map[string]any{"why": why}})
	})
}
