package registry

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
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// VersionID identifies a version of an app.
type VersionID string

// Download is where a version is had.
type Download struct{ Store, URL string }

// Version is one version of an app or mini-program with its security test
// (Article 7(3): no report, no release).
type Version struct {
	ID         VersionID
	App        AccountID
	Number     string
	ReleasedOn calendar.Date
	Downloads  []Download
	Tester     string
	TestedOn   calendar.Date
	Passed     bool
	Note       string
	CaseID     string
	CreatedAt  time.Time
}

// ReportOwner is the kind under which a version's security report is attached
// (approval.Attach).
const ReportOwner = "app_version"

// maxDownloads bounds the stores of a version.
const maxDownloads = 20

// AddVersion enters a version of an app. A released version needs a passed
// test by a named tester.
func (s *Service) AddVersion(ctx context.Context, tx *db.Tx, scope authz.Scope, v Version, w Why) (Version, error) {
	a, err := s.Account(ctx, tx, scope, v.App)
	if err != nil {
		return Version{}, err
	}
	if ObjectKindOf(a.Platform) != sx2021.App {
		return Version{}, fault.New(fault.Invalid, "只有移动客户端和小程序登记版本。").On("number", "这个账号不是移动客户端或小程序")
	}
	if err := w.check(); err != nil {
		return Version{}, err
	}
	v.Number = strings.TrimSpace(v.Number)
	var f fault.Fields
	f.Check(v.Number != "" && len([]rune(v.Number)) <= 40, "number", "版本号应为 1 到 40 个字，例如 2.3.1")
	f.Check(!v.ReleasedOn.IsZero(), "released_on", "请填写发布日期")
	f.Check(v.Tester != "" && len([]rune(v.Tester)) <= 100, "tester", "请填写安全检测机构（第七条（三）：未提交安全检测报告的，不得上线）")
	f.Check(!v.TestedOn.IsZero(), "tested_on", "请填写检测日期")
	f.Check(v.Passed, "passed", "安全检测未通过的版本不得发布（第七条（三））")
	f.Check(v.TestedOn.IsZero() || v.ReleasedOn.IsZero() || !v.TestedOn.After(v.ReleasedOn), "tested_on", "检测日期应不晚于发布日期")
	f.Check(len([]rune(v.Note)) <= 1000, "note", "说明最多 1000 个字")
	f.Check(len(v.Downloads) <= maxDownloads, "downloads", fmt.Sprintf("下载地址最多 %d 个", maxDownloads))
	stores := map[string]bool{}
	for _, d := range v.Downloads {
		f.Check(d.Store != "" && len([]rune(d.Store)) <= 40 && !stores[d.Store], "downloads", "每个应用商店写一次，名称不超过 40 个字")
		f.Check((strings.HasPrefix(d.URL, "https://") || strings.HasPrefix(d.URL, "http://")) && len(d.URL) <= 500, "downloads", "“"+d.Store+"”的下载地址要以 https:// 开头，最多 500 个字符")
		stores[d.Store] = true
	}
	if err := f.Err(); err != nil {
		return Version{}, err
	}
	v.ID, v.CreatedAt, v.CaseID = VersionID(ulid.Make().String()), tx.Now(), w.CaseID
	_, err = tx.Exec(ctx, `INSERT INTO app_version (id, account_id, number, released_on, tester, tested_on, passed, note, case_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		v.ID, v.App, v.Number, v.ReleasedOn, v.Tester, v.TestedOn, v.Passed, v.Note, v.CaseID, v.CreatedAt)
	if _, dup := db.UniqueViolation(err); dup {
		return Version{}, fault.Newf(fault.Conflict, "版本 %s 已登记，请核对版本号。", v.Number).On("number", "这个版本已登记").From(err)
	}
	if err != nil {
		return Version{}, fmt.Errorf("registry: version: %w", err)
	}
	for _, d := range v.Downloads {
		if _, err := tx.Exec(ctx, `INSERT INTO app_download (version_id, store, url) VALUES ($1, $2, $3)`, v.ID, d.Store, d.URL); err != nil {
			return Version{}, err
		}
	}
	if err := s.keep(ctx, tx, "account", string(a.ID), w, pair{"version", "", v.Number}); err != nil {
		return Version{}, err
	}
	return v, audit.Record(ctx, tx, audit.Entry{Act: "registry.account.version", Basis: "第七条（三）", Target: a.Target(), After: v})
}

// Versions of an app in scope, newest first, with their downloads.
func (s *Service) Versions(ctx context.Context, q db.Querier, scope authz.Scope, app AccountID) ([]Version, error) {
	if _, err := s.Account(ctx, q, scope, app); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (Version, error) {
		var v Version
		err := r.Scan(&v.ID, &v.App, &v.Number, &v.ReleasedOn, &v.Tester, &v.TestedOn, &v.Passed, &v.Note, &v.CaseID, &v.CreatedAt)
		return v, err
	}, `SELECT id, account_id, number, released_on, tester, tested_on, passed, note, case_id, created_at FROM app_version WHERE account_id = $1 ORDER BY released_on DESC, id DESC LIMIT 200`, app)
	if err != nil {
		return nil, err
	}
	at := map[VersionID]int{}
	for i, v := range list {
		at[v.ID] = i
	}
	type row struct {
		version VersionID
		Download
	}
	downloads, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var d row
		err := r.Scan(&d.version, &d.Store, &d.URL)
		return d, err
	}, `SELECT d.version_id, d.store, d.url FROM app_download d JOIN app_version v ON v.id = d.version_id WHERE v.account_id = $1 ORDER BY d.store`, app)
	for _, d := range downloads {
		if i, ok := at[d.version]; ok {
			list[i].Downloads = append(list[i].Downloads, d.Download)
		}
	}
	return list, err
}

// LowUse is an app that few people use: for merging (Article 27 with
// 国办发〔2018〕123号).
type LowUse struct {
	Account
	Siblings int // other running apps of the same unit
}

// LowUseApps are the running apps in scope with fewer active users a month
// than the province's number, or without any record, fewest first.
func (s *Service) LowUseApps(ctx context.Context, scope authz.Scope, limit, offset int) ([]LowUse, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("c.kind = 'app' AND c.state IN ('running', 'temporarily_offline')").And("c.active_on IS NULL OR c.active_users < ?", s.settings().LowUseMonthly)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM account c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanAccount, accountSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN c.active_on IS NULL THEN 0 ELSE 1 END, c.active_users, c.name, c.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	if err != nil || len(list) == 0 {
		return nil, total, err
	}
	units := map[org.UnitID]int{}
	var in db.Where
	cond := ""
	for _, a := range list {
		if _, ok := units[a.Unit]; !ok {
			if cond != "" {
				cond += ", "
			}
			cond += in.Arg(a.Unit)
			units[a.Unit] = 0
		}
	}
	type count struct {
		unit org.UnitID
		n    int
	}
	counts, err := db.All(ctx, s.db, func(r db.Scanner) (count, error) {
		var c count
		err := r.Scan(&c.unit, &c.n)
		return c, err
	}, `SELECT unit_id, count(*) FROM account WHERE unit_id IN (`+cond+`) AND kind = 'app' AND state NOT IN ('exited', 'closed') GROUP BY unit_id`, in.Args()...)
	for _, c := range counts {
		units[c.unit] = c.n
	}
	out := make([]LowUse, len(list))
	for i, a := range list {
		out[i] = LowUse{a, units[a.Unit] - 1}
	}
	return out, total, err
}
