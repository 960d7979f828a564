package registry

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// siteFields are what a file of websites may tell.
var siteFields = []intake.Field{
	{Key: "host", Name: "域名", Names: []string{"网站域名", "英文域名"}, Need: true, Code: true, Apart: true, Hint: "不带 http:// 和路径"},
	{Key: "url", Name: "网址", Names: []string{"首页网址", "网站网址"}, Code: true, Apart: true, Hint: "没有域名列时由此得出域名"},
	{Key: "name", Name: "网站名称", Names: []string{"名称"}},
	{Key: "kind", Name: "网站类别", Names: []string{"类别"}, Hint: "政府门户网站或部门网站"},
	{Key: "code", Name: "区划代码", Code: true},
	{Key: "sponsor", Name: "主办单位"},
	{Key: "site_code", Name: "政府网站标识码", Names: []string{"site_id", "标识码", "网站标识码"}, Code: true},
	{Key: "icp", Name: "ICP备案编号", Names: []string{"icp备案号"}, Code: true},
	{Key: "police_filing", Name: "公安备案编号", Names: []string{"公安备案号"}, Code: true},
	{Key: "chinese_domain", Name: "中文域名", Code: true, Apart: true},
	{Key: "party_gov_mark", Name: "党政机关网站标识", Code: true},
	{Key: "contact", Name: "联系方式", Names: []string{"联系电话"}},
	{Key: "address", Name: "办公地址", Names: []string{"地址"}},
	{Key: "launched_on", Name: "上线日期", Names: []string{"开通日期"}},
	{Key: "province", Name: "省份"},
	{Key: "government_organ", Name: "是否行政机关", Hint: "Y 或 N"},
	{Key: "unit", Name: "部门名称"},
	{Key: "area", Name: "区划名称"},
	{Key: "id", Name: "原编号", Code: true},
}

// siteRow is one row of a sites file, as recognised.
type siteRow struct {
	row                                              int
	ref, name, kind, code, province, host, sponsor   string
	organ                                            string // Y, N or empty: government_organ
	siteCode, icp, police, chinese, mark, unit, area string
	contact, address, launched                       string
}

// ImportSites takes a file of running websites into the ledger. The key is the
// host: a known one is unchanged, or gains the identifiers the ledger lacks. A
// site without site code is accepted and the gap shows in the ledger. Bodies
// outside Article 2 (government_organ = N) are refused with it. Nothing is
// contacted: monitoring stays off until a person switches it on.
func (s *Service) ImportSites(ctx context.Context, scope authz.Scope, t *official.Table, o org.ImportOptions) (intake.Report, error) {
	rep := intake.New(o.DryRun)
	if c := intake.Recognise(t.Header, siteFields); !c.Has("host", "url") {
		return rep, intake.Unknown(t, "站点文件至少要有 host（域名）列，并有 code（区划代码）或 sponsor（主办单位）列。")
	}
	rows, err := readRows(t, siteFields, o, &rep, func(c *intake.Reader, n int) siteRow {
		r := siteRow{
			row: n, ref: c.Get("id"), name: c.Get("name"), kind: c.Get("kind"), code: c.Get("code"), province: c.Get("province"), host: c.Get("host"),
			sponsor: c.Get("sponsor"), organ: strings.ToUpper(c.Get("government_organ")), siteCode: strings.ToLower(c.Get("site_code")), icp: c.Get("icp"),
			police: c.Get("police_filing"), chinese: c.Get("chinese_domain"), mark: c.Get("party_gov_mark"), unit: c.Get("unit"), area: c.Get("area"),
			contact: c.Get("contact"), address: c.Get("address"), launched: c.Get("launched_on"),
		}
		if r.host == "" {
			r.host = c.Get("url")
		}
		return r
	})
	if err != nil {
		return rep, err
	}
	if o.Resume != nil {
		rep = *o.Resume
	}
	im := &siteImport{svc: s, scope: scope, source: o.Source, rows: rows, places: newPlaces(s), seen: map[string]int{}, codes: map[string]int{}, wary: wary{field: "host"}}
	for _, r := range rows {
		im.wary.file = append(im.wary.file, r.host)
	}
	return rep, s.walk(ctx, len(rows), o, &rep, im)
}

type siteImport struct {
	svc    *Service
	scope  authz.Scope
	source string
	rows   []siteRow
	places *places
	seen   map[string]int    // host → row
	codes  map[string]int    // site code → row
	held   map[string]string // site code → name of the site that has it; of the batch
	wary   wary
	done   []taken
}

func (im *siteImport) pass(i int) {
	r := im.rows[i]
	if host, err := NormalizeHost(r.host); err == nil {
		im.note(im.seen, host, r.row)
		im.note(im.codes, r.siteCode, r.row)
	}
}

func (im *siteImport) note(in map[string]int, key string, row int) {
	if _, ok := in[key]; !ok && key != "" {
		in[key] = row
	}
}

func (im *siteImport) begin(ctx context.Context, tx *db.Tx, from, to int) error {
	im.done, im.held = nil, map[string]string{}
	var names, codes []string
	for _, r := range im.rows[from:to] {
		names = append(names, r.sponsor)
		if r.siteCode != "" {
			codes = append(codes, r.siteCode)
		}
	}
	if err := im.places.ready(ctx, tx, names); err != nil {
		return err
	}
	if len(codes) == 0 {
		return nil
	}
	var w db.Where
	cond, args := db.In("site_code", codes)
	w.And(cond, args...).And("state NOT IN ('exited', 'closed')")
	_, err := db.All(ctx, tx, func(r db.Scanner) (struct{}, error) {
		var code, host, name string
		err := r.Scan(&code, &host, &name)
		im.held[code+" "+host] = name
		if _, several := im.held[code]; !several {
			im.held[code] = host
		}
		return struct{}{}, err
	}, `SELECT site_code, host, name FROM site WHERE `+w.SQL()+` ORDER BY id`, w.Args()...)
	return err
}

func (im *siteImport) end(context.Context, *db.Tx) ([]taken, error) { return im.done, nil }

func (im *siteImport) take(ctx context.Context, tx *db.Tx, i int, rep *intake.Report) error {
	r := im.rows[i]
	v, err := im.decide(ctx, tx, r, rep)
	switch {
	case err != nil:
		return rep.RefuseFault(r.row, err)
	case v.act != "":
		v.row = r.row
		im.done = append(im.done, v)
		rep.Accepted++
	default:
		rep.Unchanged++
	}
	return nil
}

func (im *siteImport) decide(ctx context.Context, tx *db.Tx, r siteRow, rep *intake.Report) (taken, error) {
	host, err := NormalizeHost(r.host)
	if err != nil {
		return taken{}, err
	}
	if first, dup := im.seen[host]; dup && first != r.row {
		return taken{}, fault.Newf(fault.Conflict, "域名 %s 与第 %d 行重复，一个域名只能登记一个站点，请删去一行。", host, first).On("host", "")
	}
	im.seen[host] = r.row
	if r.organ == "N" {
		return taken{}, rules.Refuse(sx2021.CheckScope(sx2021.Holding{Unit: sx2021.Unit{OutsideGovernment: true}, Object: sx2021.Site, SiteKind: sx2021.DepartmentSite}))
	}
	if err := longCode(r.siteCode); err != nil {
		return taken{}, err
	}
	if first, dup := im.codes[r.siteCode]; r.siteCode != "" && dup && first != r.row {
		return taken{}, fault.Newf(fault.Conflict, "标识码 %s 与第 %d 行重复，一个标识码只属于一个网站，请核对。", r.siteCode, first).On("site_code", "")
	}
	im.note(im.codes, r.siteCode, r.row)
	if other := im.held[r.siteCode]; r.siteCode != "" && other != "" && other != host {
		return taken{}, fault.Newf(fault.Conflict, "标识码 %s 已登记给“%s”（%s），请核对是哪个网站的。", r.siteCode, im.held[r.siteCode+" "+other], other).On("site_code", "")
	}
	launched, err := dateOf(r.launched, "launched_on", "上线日期")
	if err != nil {
		return taken{}, err
	}
	known, err := im.svc.SiteByHost(ctx, tx, authz.System("registry.import"), host)
	if err == nil {
		return im.fill(ctx, tx, known, r)
	}
	if !fault.Is(err, fault.NotFound) {
		return taken{}, err
	}
	if err := im.wary.check(ctx, tx, host, r.row, rep); err != nil {
		return taken{}, err
	}
	if !strings.HasSuffix(host, ".gov.cn") && !strings.HasSuffix(host, ".xn--zfr164b") {
		rep.Note(r.row, "域名 %s 不是 .gov.cn 结尾，已登记，请核对；政府网站应使用 .gov.cn 和 .政务 域名（第十条）。", host)
	}
	unit, kind, err := im.sponsor(ctx, tx, r)
	if err != nil {
		return taken{}, err
	}
	if !im.scope.Covers(unit.AreaPath, unit.LinePath) {
		return taken{}, fault.Newf(fault.Forbidden, "主办单位“%s”不在您的管辖范围内。", unit.Name).On("sponsor", "")
	}
	if err := checkCode(r.siteCode, unit); err != nil {
		return taken{}, err
	}
	name := r.name
	if name == "" {
		name = unit.Name
	}
	n := Identifiers{Name: name, Host: host, ChineseDomain: r.chinese, SiteCode: r.siteCode, ICP: r.icp, PoliceFiling: r.police, PartyGovMark: r.mark, Contact: r.contact, Address: r.address}
	if err := n.check(); err != nil {
		return taken{}, err
	}
	if err := im.free(ctx, tx, host, "host"); err != nil {
		return taken{}, err
	}
	if r.chinese != "" {
		if err := im.free(ctx, tx, chineseOf(r.chinese).Host, "chinese_domain"); err != nil {
			return taken{}, err
		}
	}
	site, err := im.svc.EnterSite(ctx, tx, Site{Unit: unit.ID, Kind: kind, Name: name, Host: host, SiteCode: r.siteCode, ICP: r.icp, PoliceFiling: r.police,
		ChineseDomain: r.chinese, PartyGovMark: r.mark, Contact: r.contact, Address: r.address, LaunchedOn: launched, Source: im.source, SourceRef: r.ref})
	if err != nil {
		return taken{}, err
	}
	return taken{kind: "site", id: string(site.ID), name: site.Name, act: "enter", stamp: site.UpdatedAt}, nil
}

// free refuses a name that the domain ledger gives to another: asked first,
// because a refused insert would break the batch's transaction.
func (im *siteImport) free(ctx context.Context, tx *db.Tx, host, field string) error {
	if host == "" {
		return nil
	}
	name, err := db.One(ctx, tx, db.Value[string], `SELECT u.name FROM domain d JOIN unit u ON u.id = d.unit_id WHERE d.host = $1 AND d.host <> '' AND d.state <> 'cancelled'`, host)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.Newf(fault.Conflict, "域名 %s 已在域名台账中登记，持有单位是%s，请核对。", ShownHost(host), name).On(field, "")
}

// longCode names the commonest wrong site code: a division code of 12 digits.
func longCode(code string) error {
	if len(code) != 12 || strings.Trim(code, "0123456789") != "" {
		return nil
	}
	err := rules.Refuse(sx2021.CheckSiteCode(sx2021.SiteCodeOf{Code: code}))
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	f.Says = fmt.Sprintf("网站标识码“%s”有 12 位，像是区划代码；标识码是 10 位（前 6 位区划代码、后 4 位顺序号），请按全国政府网站信息报送系统核对。", code)
	return f.On("site_code", "标识码是 10 位")
}

// dateOf reads a date of a file; an empty one is no date.
func dateOf(s, field, name string) (calendar.Date, error) {
	if s == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return calendar.Date{}, fault.Newf(fault.Invalid, "%s：%s", name, err.Error()).On(field, "")
	}
	return d, nil
}

// fill adds to a known site the identifiers the ledger lacks; one that differs
// is refused, for a person to decide.
func (im *siteImport) fill(ctx context.Context, tx *db.Tx, site Site, r siteRow) (taken, error) {
	if !im.scope.Covers(site.areaPath, site.linePath) {
		return taken{}, fault.New(fault.Forbidden, "这个域名登记在别的管辖范围内。").On("host", "")
	}
	n := site.Identifiers()
	before := n
	changed := false
	for _, f := range []struct {
		field, name, value string
		to                 *string
	}{
		{"site_code", "标识码", r.siteCode, &n.SiteCode}, {"icp", "ICP备案编号", r.icp, &n.ICP}, {"police_filing", "公安备案编号", r.police, &n.PoliceFiling},
		{"chinese_domain", "中文域名", r.chinese, &n.ChineseDomain}, {"party_gov_mark", "党政机关网站标识", r.mark, &n.PartyGovMark},
		{"contact", "联系方式", r.contact, &n.Contact}, {"address", "办公地址", r.address, &n.Address},
	} {
		switch {
		case f.value == "" || f.value == *f.to:
		case f.field == "chinese_domain" && *f.to == chineseOf(f.value).Shown:
		case *f.to == "":
			*f.to, changed = f.value, true
		default:
			return taken{}, fault.Newf(fault.Conflict, "%s与台账不同：台账“%s”，文件“%s”。请核实后在站点页面修改。", f.name, *f.to, f.value).On(f.field, "")
		}
	}
	if !changed {
		return taken{}, nil
	}
	n.Why = Why{Says: "导入文件补充", Source: ByImport, Ref: strings.TrimSpace(im.source + " " + r.ref)}
	if n.ChineseDomain != before.ChineseDomain {
		if err := im.free(ctx, tx, chineseOf(n.ChineseDomain).Host, "chinese_domain"); err != nil {
			return taken{}, err
		}
	}
	after, err := im.svc.SetIdentifiers(ctx, tx, im.scope, site.ID, n)
	return taken{kind: "site", id: string(site.ID), name: site.Name, act: "change", stamp: after.UpdatedAt, before: before}, err
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
	var area org.Area
	var err error
	if r.code != "" {
		area, err = im.places.area(ctx, tx, r.code)
	}
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
		u, err := im.places.unit(ctx, tx, area, r.sponsor)
		if fault.Is(err, fault.NotFound) {
			err = fault.Newf(fault.Invalid, "主办单位“%s”没有登记，请先在单位台账登记。", r.sponsor).On("sponsor", "")
		}
		return u, kind, err
	}
	u, err := im.places.office(ctx, tx, area.ID)
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
	area, err := im.places.area(ctx, tx, r.code)
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
		area, err = im.places.area(ctx, tx, r.code)
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
