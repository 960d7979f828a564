package registry

import (
	"context"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// siteRow is one row of a sites file, as recognised.
type siteRow struct {
	row                                              int
	ref, name, kind, code, province, host, sponsor   string
	organ                                            string // Y, N or empty: government_organ
	siteCode, icp, police, chinese, mark, unit, area string
}

// ImportSites takes a file of running websites into the ledger. The key is the
// host: a known one is unchanged, or gains the identifiers the ledger lacks. A
// site without site code is accepted and the gap shows in the ledger. Bodies
// outside Article 2 (government_organ = N) are refused with it. Nothing is
// contacted: monitoring stays off until a person switches it on.
func (s *Service) ImportSites(ctx context.Context, scope authz.Scope, t *official.Table, o org.ImportOptions) (intake.Report, error) {
	rep := intake.New(o.DryRun)
	h := intake.ReadHeader(t)
	if !h.Has("host", "域名", "网站域名", "url", "网址") {
		return rep, intake.Unknown(t, "站点文件至少要有 host（域名）列，并有 code（区划代码）或 sponsor（主办单位）列。")
	}
	var rows []siteRow
	for row, err := range t.Rows() {
		if err != nil {
			return rep, fault.New(fault.Invalid, err.Error())
		}
		rep.Read++
		r := siteRow{
			row: row.Number, ref: h.Get(row, "id"), name: h.Get(row, "name", "名称", "网站名称"), kind: h.Get(row, "kind", "类别", "网站类别"),
			code: h.Get(row, "code", "区划代码"), province: h.Get(row, "province", "省份"), host: h.Get(row, "host", "域名", "网站域名"),
			sponsor: h.Get(row, "sponsor", "主办单位"), organ: strings.ToUpper(h.Get(row, "government_organ")),
			siteCode: strings.ToLower(h.Get(row, "site_code", "site_id", "标识码", "网站标识码", "政府网站标识码")),
			icp:      h.Get(row, "icp", "icp备案编号"), police: h.Get(row, "police_filing", "公安备案编号"),
			chinese: h.Get(row, "chinese_domain", "中文域名"), mark: h.Get(row, "party_gov_mark", "党政机关网站标识"),
			unit: h.Get(row, "unit"), area: h.Get(row, "area"),
		}
		if r.host == "" {
			r.host = h.Get(row, "url", "网址")
		}
		rows = append(rows, r)
	}
	imp := &siteImport{svc: s, scope: scope, source: o.Source, seen: map[string]int{}}
	err := org.Batches(ctx, s.db, len(rows), o.DryRun, &rep, func(tx *db.Tx, i int, rep *intake.Report) error {
		added, err := imp.take(ctx, tx, rows[i], rep)
		switch {
		case err != nil:
			return rep.RefuseFault(rows[i].row, err)
		case added:
			rep.Accepted++
		default:
			rep.Unchanged++
		}
		return nil
	})
	return rep, err
}

type siteImport struct {
	svc    *Service
	scope  authz.Scope
	source string
	seen   map[string]int // host → row
}

func (im *siteImport) take(ctx context.Context, tx *db.Tx, r siteRow, rep *intake.Report) (bool, error) {
	host, err := NormalizeHost(r.host)
	if err != nil {
		return false, err
	}
	if first, dup := im.seen[host]; dup && first != r.row {
		return false, fault.Newf(fault.Conflict, "域名 %s 与第 %d 行重复，一个域名只能登记一个站点，请删去一行。", host, first).On("host", "")
	}
	im.seen[host] = r.row
	if r.organ == "N" {
		return false, rules.Refuse(sx2021.CheckScope(sx2021.Holding{Unit: sx2021.Unit{OutsideGovernment: true}, Object: sx2021.Site, SiteKind: sx2021.DepartmentSite}))
	}
	known, err := im.svc.SiteByHost(ctx, tx, authz.System("registry.import"), host)
	if err == nil {
		return im.fill(ctx, tx, known, r)
	}
	if !fault.Is(err, fault.NotFound) {
		return false, err
	}
	unit, kind, err := im.sponsor(ctx, tx, r)
	if err != nil {
		return false, err
	}
	if !im.scope.Covers(unit.AreaPath, unit.LinePath) {
		return false, fault.Newf(fault.Forbidden, "主办单位“%s”不在您的管辖范围内。", unit.Name).On("sponsor", "")
	}
	if err := checkCode(r.siteCode, unit); err != nil {
		return false, err
	}
	name := r.name
	if name == "" {
		name = unit.Name
	}
	site := Site{Unit: unit.ID, Kind: kind, Name: name, Host: host, SiteCode: r.siteCode, ICP: r.icp, PoliceFiling: r.police,
		ChineseDomain: r.chinese, PartyGovMark: r.mark, Source: im.source, SourceRef: r.ref}
	if _, err := im.svc.EnterSite(ctx, tx, site); err != nil {
		return false, err
	}
	if !strings.HasSuffix(host, ".gov.cn") && !strings.HasSuffix(host, ".xn--zfr164b") {
		rep.Note(r.row, "域名 %s 不是 .gov.cn 结尾，已登记，请核对。", host)
	}
	return true, nil
}

// fill adds to a known site the identifiers the ledger lacks; one that differs
// is refused, for a person to decide.
func (im *siteImport) fill(ctx context.Context, tx *db.Tx, site Site, r siteRow) (bool, error) {
	if !im.scope.Covers(site.areaPath, site.linePath) {
		return false, fault.New(fault.Forbidden, "这个域名登记在别的管辖范围内。").On("host", "")
	}
	n := site.Identifiers()
	changed := false
	for _, f := range []struct {
		field, name, value string
		to                 *string
	}{
		{"site_code", "标识码", r.siteCode, &n.SiteCode}, {"icp", "ICP备案编号", r.icp, &n.ICP}, {"police_filing", "公安备案编号", r.police, &n.PoliceFiling},
		{"chinese_domain", "中文域名", r.chinese, &n.ChineseDomain}, {"party_gov_mark", "党政机关网站标识", r.mark, &n.PartyGovMark},
	} {
		switch {
		case f.value == "" || f.value == *f.to:
		case *f.to == "":
			*f.to, changed = f.value, true
		default:
			return false, fault.Newf(fault.Conflict, "%s与台账不同：台账“%s”，文件“%s”。请核实后在站点页面修改。", f.name, *f.to, f.value).On(f.field, "")
		}
	}
	if !changed {
		return false, nil
	}
	n.Why = Why{Says: "导入文件补充", Source: ByImport, Ref: strings.TrimSpace(im.source + " " + r.ref)}
	_, err := im.svc.SetIdentifiers(ctx, tx, im.scope, site.ID, n)
	return true, err
}

// Identifiers are the site's fields that staff mend.
func (s Site) Identifiers() Identifiers {
	return Identifiers{Name: s.Name, Host: s.Host, ChineseDomain: s.ChineseDomain, SiteCode: s.SiteCode, ICP: s.ICP, PoliceFiling: s.PoliceFiling,
		PartyGovMark: s.PartyGovMark, Contact: s.Contact, Address: s.Address, Slug: s.Slug, Hosted: s.Hosted}
}

// checkCode holds a site code against Article 7(3); an empty one is a gap, not
// a wrong.
func checkCode(code string, unit org.Unit) error {
	if code == "" {
		return nil
	}
	err := rules.Refuse(sx2021.CheckSiteCode(sx2021.SiteCodeOf{Code: code, Divisions: []string{unit.AreaCode[:6]}, StateCouncilSystem: strings.HasPrefix(code, "bm")}))
	if err != nil {
		return fault.Of(err).On("site_code", "标识码要与下发的一致")
	}
	return nil
}

// sponsor finds whose site it is: the named unit; for a portal without a named
// one the office of its area; for a department the department, which is
// registered when it is not there yet.
func (im *siteImport) sponsor(ctx context.Context, tx *db.Tx, r siteRow) (org.Unit, SiteKind, error) {
	if r.organ == "Y" {
		return im.department(ctx, tx, r)
	}
	if r.kind == "zone_committee" {
		return im.zone(ctx, tx, r)
	}
	if r.code == "" && r.sponsor == "" {
		return org.Unit{}, "", fault.New(fault.Invalid, "没有区划代码，也没有主办单位，无法确定是谁的网站；请补上 code 或 sponsor。").On("code", "")
	}
	area, err := im.svc.org.AreaByCode(ctx, tx, r.code)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Newf(fault.Invalid, "区划代码 %s 没有登记，请先导入这个区划，或核对代码是否已变更。", r.code).On("code", "")
		}
		return org.Unit{}, "", err
	}
	kind := Portal
	if r.kind == string(DepartmentSite) || r.kind == "部门网站" {
		kind = DepartmentSite
	}
	if r.sponsor != "" {
		u, err := im.svc.org.UnitNamed(ctx, tx, authz.System("registry.import"), area.ID, r.sponsor)
		if fault.Is(err, fault.NotFound) {
			err = fault.Newf(fault.Invalid, "主办单位“%s”没有登记，请先在单位台账登记。", r.sponsor).On("sponsor", "")
		}
		return u, kind, err
	}
	u, err := im.svc.org.SameLevelOffice(ctx, tx, org.Unit{Area: area.ID})
	if fault.Is(err, fault.NotFound) {
		err = fault.Newf(fault.Invalid, "%s没有登记政府办公厅（室），请写明主办单位。", area.Name).On("sponsor", "")
	}
	return u, kind, err
}

// lines are the departments' lines of business that a name tells.
var lines = []struct{ word, line string }{
	{"公安", "police"}, {"司法", "justice"}, {"法律服务", "justice"}, {"监狱", "prison"}, {"审计", "audit"}, {"药监", "drug"}, {"药品", "drug"},
}

func (im *siteImport) department(ctx context.Context, tx *db.Tx, r siteRow) (org.Unit, SiteKind, error) {
	area, err := im.svc.org.AreaByCode(ctx, tx, r.code)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Newf(fault.Invalid, "区划代码 %s 没有登记，请先导入这个区划。", r.code).On("code", "")
		}
		return org.Unit{}, "", err
	}
	name := strings.TrimPrefix(r.unit, "省级")
	if r.unit == "" {
		return org.Unit{}, "", fault.New(fault.Invalid, "没有写明部门名称。").On("unit", "")
	}
	u := org.Unit{Area: area.ID, Kind: org.Department, Name: area.Name + name, ShortName: name, Source: im.source}
	for _, l := range lines {
		if strings.Contains(name, l.word) {
			u.Line = l.line
			break
		}
	}
	u, _, err = im.svc.org.AddUnit(ctx, tx, u)
	return u, DepartmentSite, err
}

// zone enters a development zone's committee as 待认定 (readings 9): portal rules
// bind it only once the national approval is on file.
func (im *siteImport) zone(ctx context.Context, tx *db.Tx, r siteRow) (org.Unit, SiteKind, error) {
	if r.sponsor == "" {
		return org.Unit{}, "", fault.New(fault.Invalid, "开发区网站要写明主办单位。").On("sponsor", "")
	}
	var area org.Area
	var err error
	if r.code != "" {
		area, err = im.svc.org.AreaByCode(ctx, tx, r.code)
	} else {
		area, err = im.svc.org.ProvinceNamed(ctx, tx, r.province)
	}
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Newf(fault.Invalid, "区划“%s%s”没有登记，请先导入区划。", r.code, r.province).On("code", "")
		}
		return org.Unit{}, "", err
	}
	u, _, err := im.svc.org.AddUnit(ctx, tx, org.Unit{Area: area.ID, Kind: org.ZoneCommittee, Level: org.City, Name: r.sponsor, ShortName: r.name, Source: im.source})
	return u, Portal, err
}
