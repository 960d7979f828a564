package registry

import (
	"context"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// domainFields are what a file of domains may tell.
var domainFields = []intake.Field{
	{Key: "domain", Name: "域名", Names: []string{"host"}, Need: true, Code: true, Apart: true},
	{Key: "site", Name: "所属网站", Names: []string{"所属网站域名", "网站域名"}, Code: true, Apart: true, Hint: "网站的主域名"},
	{Key: "code", Name: "区划代码", Code: true},
	{Key: "sponsor", Name: "持有单位", Names: []string{"主办单位"}},
	{Key: "purpose", Name: "用途"},
	{Key: "registrar", Name: "注册服务机构", Names: []string{"注册商"}},
	{Key: "registered_on", Name: "注册日期"},
	{Key: "expires_on", Name: "到期日期", Names: []string{"域名到期日期"}},
	{Key: "ns", Name: "域名服务器"},
	{Key: "addresses", Name: "解析地址"},
	{Key: "cname", Name: "允许的别名"},
	{Key: "icp", Name: "ICP备案编号", Code: true},
	{Key: "id", Name: "原编号", Code: true},
}

type domainRow struct {
	row                          int
	d                            Domain
	site, code, sponsor          string
	ns, addresses, cname, on, to string
}

// ImportDomains takes a file of domains in use. The key is the host; a known
// one is unchanged.
func (s *Service) ImportDomains(ctx context.Context, scope authz.Scope, t *official.Table, o org.ImportOptions) (intake.Report, error) {
	rep := intake.New(o.DryRun)
	if c := intake.Recognise(t.Header, domainFields); !c.Has("domain") {
		return rep, intake.Unknown(t, "域名文件至少要有 domain（域名）列，并有 site（所属网站）或 sponsor（持有单位）列。")
	}
	rows, err := readRows(t, domainFields, o, &rep, func(c *intake.Reader, n int) domainRow {
		return domainRow{row: n, site: c.Get("site"), code: c.Get("code"), sponsor: c.Get("sponsor"), ns: c.Get("ns"), addresses: c.Get("addresses"), cname: c.Get("cname"),
			on: c.Get("registered_on"), to: c.Get("expires_on"),
			d: Domain{Host: c.Get("domain"), Purpose: c.Get("purpose"), Registrar: c.Get("registrar"), ICP: c.Get("icp"), Source: o.Source, SourceRef: c.Get("id")}}
	})
	if err != nil {
		return rep, err
	}
	if o.Resume != nil {
		rep = *o.Resume
	}
	im := &domainImport{svc: s, scope: scope, source: o.Source, rows: rows, places: newPlaces(s), seen: map[string]int{}, wary: wary{field: "domain"}}
	for _, r := range rows {
		im.wary.file = append(im.wary.file, r.d.Host)
	}
	return rep, s.walk(ctx, len(rows), o, &rep, im)
}

type domainImport struct {
	svc    *Service
	scope  authz.Scope
	source string
	rows   []domainRow
	places *places
	seen   map[string]int
	wary   wary
	done   []taken
}

func (im *domainImport) pass(i int) {
	if h, err := NormalizeHost(im.rows[i].d.Host); err == nil {
		im.seen[h] = im.rows[i].row
	}
}

func (im *domainImport) begin(ctx context.Context, tx *db.Tx, from, to int) error {
	im.done = nil
	var names []string
	for _, r := range im.rows[from:to] {
		names = append(names, r.sponsor)
	}
	return im.places.ready(ctx, tx, names)
}

func (im *domainImport) end(context.Context, *db.Tx) ([]taken, error) { return im.done, nil }

func (im *domainImport) take(ctx context.Context, tx *db.Tx, i int, rep *intake.Report) error {
	r := im.rows[i]
	added, err := im.decide(ctx, tx, r, rep)
	switch {
	case err != nil:
		return rep.RefuseFault(r.row, err)
	case added:
		rep.Accepted++
	default:
		rep.Unchanged++
	}
	return nil
}

func (im *domainImport) decide(ctx context.Context, tx *db.Tx, r domainRow, rep *intake.Report) (bool, error) {
	d := r.d
	host, err := NormalizeHost(d.Host)
	if err != nil {
		return false, fault.Of(err).On("domain", "")
	}
	d.Host, d.Shown, d.Kind = host, ShownHost(host), DomainKindOf(host)
	if first, dup := im.seen[host]; dup && first != r.row {
		return false, fault.Newf(fault.Conflict, "域名 %s 与第 %d 行重复，请删去一行。", d.Shown, first).On("domain", "")
	}
	im.seen[host] = r.row
	for _, v := range []struct {
		text, field, name string
		to                *calendar.Date
	}{{r.on, "registered_on", "注册日期", &d.RegisteredOn}, {r.to, "expires_on", "到期日期", &d.ExpiresOn}} {
		if *v.to, err = dateOf(v.text, v.field, v.name); err != nil {
			return false, err
		}
	}
	d.NS, d.Addresses, d.CNAME = list(r.ns), list(r.addresses), list(r.cname)
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM domain WHERE host = $1 AND host <> '' AND state <> 'cancelled'`, host)
	if err != nil || n > 0 {
		return false, err
	}
	if err := im.wary.check(ctx, tx, host, r.row, rep); err != nil {
		return false, err
	}
	if r.site != "" {
		h, err := NormalizeHost(r.site)
		if err != nil {
			return false, fault.Of(err).On("site", "")
		}
		site, err := im.svc.SiteByHost(ctx, tx, im.scope, h)
		if fault.Is(err, fault.NotFound) {
			return false, fault.Newf(fault.Invalid, "所属网站 %s 没有登记，请先登记网站。", ShownHost(h)).On("site", "")
		}
		if err != nil {
			return false, err
		}
		d.Site, d.Unit = site.ID, site.Unit
	} else if d.Unit, err = im.holder(ctx, tx, r); err != nil {
		return false, err
	}
	if d.Kind == OtherDomain {
		rep.Note(r.row, "域名 %s 不是 .gov.cn 或 .政务、.公益 域名，已登记，请核对（第十条）。", d.Shown)
	}
	if err := d.check(); err != nil {
		return false, err
	}
	d, err = im.svc.AddDomain(ctx, tx, im.scope, d, Why{Says: "存量登记：" + im.source, Source: ByImport, Ref: strings.TrimSpace(im.source + " " + d.SourceRef)})
	if err != nil {
		return false, err
	}
	im.done = append(im.done, taken{row: r.row, kind: "domain", id: string(d.ID), name: d.Shown, act: "enter", stamp: d.UpdatedAt})
	return true, nil
}

func (im *domainImport) holder(ctx context.Context, tx *db.Tx, r domainRow) (org.UnitID, error) {
	if r.sponsor == "" {
		return "", fault.New(fault.Invalid, "没有所属网站，也没有持有单位，无法确定是谁的域名。").On("sponsor", "")
	}
	var area org.Area
	var err error
	if r.code != "" {
		if area, err = im.places.area(ctx, tx, r.code); fault.Is(err, fault.NotFound) {
			return "", fault.Newf(fault.Invalid, "区划代码“%s”没有登记，请先导入区划。", r.code).On("code", "")
		}
		if err != nil {
			return "", err
		}
	}
	u, err := im.places.unit(ctx, tx, area, r.sponsor)
	if fault.Is(err, fault.NotFound) {
		return "", fault.Newf(fault.Invalid, "持有单位“%s”没有登记，请先在单位台账登记。", r.sponsor).On("sponsor", "")
	}
	return u.ID, err
}

// list reads several values of one cell.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;、，；\n\t", r) })
}
