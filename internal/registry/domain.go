package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/net/idna"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/gbh2018"
)

// DomainID identifies a domain.
type DomainID string

// DomainKind is chinese, english or other.
type DomainKind string

// The kinds of domain. Other is under no suffix that Article 10 provides for.
const (
	ChineseDomain DomainKind = "chinese"
	EnglishDomain DomainKind = "english"
	OtherDomain   DomainKind = "other"
)

// Name is the kind in Chinese.
func (k DomainKind) Name() string {
	switch k {
	case ChineseDomain:
		return "中文域名"
	case EnglishDomain:
		return "英文域名"
	}
	return "其他域名"
}

// States of a domain.
const (
	DomainApplying   = "applying"
	DomainActive     = "active"
	DomainSuspended  = "suspended"
	DomainCancelling = "cancelling"
	DomainCancelled  = "cancelled" // a tombstone: given up, kept under watch
)

// DomainMachine declares what may become of a domain (Article 10). Migration
// 0101 writes the same moves.
var DomainMachine = passage.Machine{
	Kind: "domain", Noun: "域名",
	States: map[string]string{DomainApplying: "申请中", DomainActive: "在用", DomainSuspended: "暂停解析", DomainCancelling: "注销办理中", DomainCancelled: "已注销"},
	Moves: []passage.Move{
		{From: "", Act: "apply", To: DomainApplying, Says: "申请登记", Guard: "开设或域名审批通过", Permit: "system"},
		{From: "", Act: "enter", To: DomainActive, Says: "存量登记", Guard: "已在使用的域名登记入台账", Permit: string(authz.RegistryManage)},
		{From: DomainApplying, Act: "activate", To: DomainActive, Says: "启用", Guard: "注册完成或站点上线", Permit: string(authz.RegistryManage)},
		{From: DomainActive, Act: "suspend", To: DomainSuspended, Says: "暂停解析", Permit: string(authz.RegistryManage)},
		{From: DomainSuspended, Act: "restore", To: DomainActive, Says: "恢复解析", Permit: string(authz.RegistryManage)},
		{From: DomainActive, Act: "begin_cancel", To: DomainCancelling, Says: "启动注销", Guard: "停止使用（第十条）", Permit: string(authz.RegistryManage)},
		{From: DomainSuspended, Act: "begin_cancel", To: DomainCancelling, Says: "启动注销", Guard: "停止使用（第十条）", Permit: string(authz.RegistryManage)},
		{From: DomainCancelling, Act: "keep", To: DomainActive, Says: "终止注销", Guard: "尚未注销", Permit: string(authz.RegistryManage)},
		{From: DomainCancelling, Act: "cancel", To: DomainCancelled, Says: "注销完成", Guard: "有注销证明", Permit: string(authz.RegistryManage)},
		{From: DomainApplying, Act: "strike", To: DomainCancelled, Says: "撤销登记", Guard: "登记有误", Permit: string(authz.RegistryManage)},
		{From: DomainActive, Act: "strike", To: DomainCancelled, Says: "撤销登记", Guard: "登记有误", Permit: string(authz.RegistryManage)},
		{From: DomainSuspended, Act: "strike", To: DomainCancelled, Says: "撤销登记", Guard: "登记有误", Permit: string(authz.RegistryManage)},
		{From: DomainCancelling, Act: "strike", To: DomainCancelled, Says: "撤销登记", Guard: "登记有误", Permit: string(authz.RegistryManage)},
	},
}

// Domain is one name of the domain ledger (Article 10).
type Domain struct {
	ID            DomainID
	Host          string // ASCII, lower case; empty when what was typed is no host
	Shown         string // as people read it: 西安.政务
	Kind          DomainKind
	Main          bool
	Site          SiteID // empty: a candidate, or for another use
	SiteName      string // joined
	Unit          org.UnitID
	UnitName      string // joined
	AreaCode      string // joined, 12 digits
	Purpose       string
	Registrar     string
	RegisteredOn  calendar.Date
	ExpiresOn     calendar.Date
	NS            []string // expected name servers
	Addresses     []string // expected A and AAAA
	CNAME         []string // aliases that are allowed
	CertIssuer    string
	CertExpiresOn calendar.Date
	CertSource    string
	ICP           string
	CaseID        string
	State         string
	ReleasedOn    calendar.Date // given up
	WatchUntil    calendar.Date // a given-up name is watched until then
	LastSeen      string        // what the last look found, in words
	LastSeenAt    time.Time
	LastSeenAlarm bool
	Source        string
	SourceRef     string
	ConfirmedOn   calendar.Date
	CreatedAt     time.Time
	UpdatedAt     time.Time
	areaPath      string
	linePath      string
}

// StateName is the state in Chinese.
func (d Domain) StateName() string { return DomainMachine.Name(d.State) }

// Link is the domain's page in the console.
func (d Domain) Link() string { return "/console/domains/" + string(d.ID) }

// Target names the domain in the trail.
func (d Domain) Target() audit.Target {
	return audit.Target{Kind: "domain", ID: string(d.ID), Name: d.Shown, Unit: string(d.Unit)}
}

// In reports whether the domain lies in the scope.
func (d Domain) In(scope authz.Scope) bool {
	return d.areaPath != "" && scope.Covers(d.areaPath, d.linePath)
}

// Tombstone reports whether the name was given up and is still watched.
func (d Domain) Tombstone(today calendar.Date) bool {
	return d.State == DomainCancelled && !d.WatchUntil.IsZero() && !today.After(d.WatchUntil)
}

// DomainKindOf tells the kind by the suffix: .政务 and .公益 are Chinese,
// gov.cn is English; everything else is neither.
func DomainKindOf(ascii string) DomainKind { return DomainKind(gbh2018.KindOf(ascii)) }

// ShownHost is a host as people read it: Chinese labels in characters.
func ShownHost(ascii string) string {
	if u, err := idna.Punycode.ToUnicode(ascii); err == nil {
		return u
	}
	return ascii
}

// AddDomain enters a domain: in use, or applied for when d.State says so. One
// that rests on an approval must have the form of 国办函〔2018〕55号; without a case
// it is the entry of one that exists already, whose form is shown as advice. A
// main one becomes the site's host or Chinese domain in the same transaction.
func (s *Service) AddDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, d Domain, w Why) (Domain, error) {
	u, err := s.org.UnitTx(ctx, tx, scope, d.Unit)
	if err != nil {
		return Domain{}, err
	}
	if err := w.check(); err != nil {
		return Domain{}, err
	}
	if d.Site != "" {
		site, err := s.SiteTx(ctx, tx, scope, d.Site)
		if err != nil {
			return Domain{}, err
		}
		if site.Unit != d.Unit {
			return Domain{}, fault.Newf(fault.Invalid, "网站“%s”的主办单位是%s，不是%s；域名由主办单位持有。", site.Name, site.UnitName, u.Name).On("unit", "请选择网站的主办单位")
		}
	}
	if w.CaseID != "" {
		if d.Host == "" {
			d.Host = d.Shown
		}
		wrong, err := s.DomainBreaches(ctx, tx, scope, d)
		if err != nil {
			return Domain{}, err
		}
		if err := rules.Refuse(wrong); err != nil {
			return Domain{}, fault.Of(err).On("host", "域名不符合规定的形式")
		}
	}
	return s.addDomain(ctx, tx, d, w)
}

func (s *Service) addDomain(ctx context.Context, tx *db.Tx, d Domain, w Why) (Domain, error) {
	if d.Host == "" {
		d.Host = d.Shown
	}
	host, err := NormalizeHost(d.Host)
	if err != nil {
		return Domain{}, err
	}
	d.Host, d.Shown = host, ShownHost(host)
	if d.Kind == "" {
		d.Kind = DomainKindOf(host)
	}
	if err := d.check(); err != nil {
		return Domain{}, err
	}
	if d.Main && d.Site == "" {
		return Domain{}, fault.New(fault.Invalid, "主域名要写明是哪个网站的。").On("site", "请选择网站")
	}
	act := "enter"
	if d.State == DomainApplying {
		act = "apply"
	}
	return s.insertDomain(ctx, tx, d, act, w)
}

func (s *Service) insertDomain(ctx context.Context, tx *db.Tx, d Domain, act string, w Why) (Domain, error) {
	d.ID = DomainID(ulid.Make().String())
	d.CreatedAt, d.UpdatedAt = tx.Now(), tx.Now()
	if d.CaseID == "" {
		d.CaseID = w.CaseID
	}
	var err error
	if _, d.State, err = DomainMachine.Take(ctx, tx, string(d.ID), act, passage.Note{Says: w.Says, CaseID: w.CaseID}); err != nil {
		return Domain{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO domain (id, host, shown, kind, main, site_id, unit_id, purpose, registrar, registered_on, expires_on, ns, addresses, cname,
		       cert_issuer, cert_expires_on, cert_source, icp, case_id, state, source, source_ref, created_at, updated_at, area_path)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $23, (SELECT area_path FROM unit WHERE id = $7))`,
		d.ID, d.Host, d.Shown, d.Kind, d.Main, db.Null(d.Site), d.Unit, d.Purpose, d.Registrar, d.RegisteredOn, d.ExpiresOn,
		strings.Join(d.NS, " "), strings.Join(d.Addresses, " "), strings.Join(d.CNAME, " "), d.CertIssuer, d.CertExpiresOn, d.CertSource, d.ICP, d.CaseID,
		d.State, d.Source, d.SourceRef, d.CreatedAt)
	if err := domainTaken(err, d); err != nil {
		return Domain{}, err
	}
	if err := s.entered(ctx, tx, "domain", string(d.ID), d.Shown, w); err != nil {
		return Domain{}, err
	}
	if err := s.follow(ctx, tx, d); err != nil {
		return Domain{}, err
	}
	if err := s.writeHosts(ctx, tx, d.Site); err != nil {
		return Domain{}, err
	}
	return d, audit.Record(ctx, tx, audit.Entry{Act: "registry.domain." + act, Basis: "第十条", Target: d.Target(), After: d})
}

// domainTaken says what a unique index refused.
func domainTaken(err error, d Domain) error {
	where, dup := db.UniqueViolation(err)
	switch {
	case err == nil:
		return nil
	case !dup:
		return fmt.Errorf("registry: domain: %w", err)
	case strings.Contains(where, "domain_main"):
		return fault.Newf(fault.Conflict, "这个网站已有主%s，请先更换主域名。", d.Kind.Name()).On("main", "已有主域名").From(err)
	}
	return fault.Newf(fault.Conflict, "域名 %s 已在台账中登记，请核对后再填。", d.Shown).On("host", "这个域名已登记").From(err)
}

// check holds the form of a domain's fields.
func (d Domain) check() error {
	var f fault.Fields
	f.Check(slices.Contains([]DomainKind{ChineseDomain, EnglishDomain, OtherDomain}, d.Kind), "kind", "请选择域名类别")
	for _, t := range []struct {
		field, label, value string
		max                 int
	}{
		{"purpose", "用途", d.Purpose, 200}, {"registrar", "注册服务机构", d.Registrar, 100}, {"cert_issuer", "证书颁发机构", d.CertIssuer, 100}, {"icp", "ICP备案编号", d.ICP, 60},
		{"ns", "域名服务器", strings.Join(d.NS, " "), 1000}, {"addresses", "解析地址", strings.Join(d.Addresses, " "), 1000}, {"cname", "允许的别名", strings.Join(d.CNAME, " "), 1000},
	} {
		f.Check(len([]rune(t.value)) <= t.max, t.field, fmt.Sprintf("%s最多 %d 个字", t.label, t.max))
	}
	f.Check(d.ExpiresOn.IsZero() || d.RegisteredOn.IsZero() || d.ExpiresOn.After(d.RegisteredOn), "expires_on", "到期日期应晚于注册日期")
	return f.Err()
}

// writeHosts writes a site's host and Chinese domain from its main domains: the
// domain ledger is the one source of truth. A host that changed is no longer
// contacted until somebody switches monitoring on again.
func (s *Service) writeHosts(ctx context.Context, tx *db.Tx, site SiteID) error {
	if site == "" {
		return nil
	}
	mains, err := db.All(ctx, tx, scanDomain, domainSelect+` WHERE d.site_id = $1 AND d.main AND d.state <> 'cancelled'`, site)
	if err != nil {
		return err
	}
	var host, chinese string
	for _, d := range mains {
		if d.Kind == ChineseDomain {
			chinese = d.Shown
		} else {
			host = cmp.Or(host, d.Host)
		}
	}
	_, err = tx.Exec(ctx, `
		UPDATE site SET host = $2, chinese_domain = $3, monitored = CASE WHEN host = $2 THEN monitored ELSE FALSE END, updated_at = $4
		 WHERE id = $1 AND (host <> $2 OR chinese_domain <> $3)`, site, host, chinese, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "这个域名已登记给另一个站点，请核对后再填。").On("host", "这个域名已登记给另一个站点").From(err)
	}
	return err
}

// ChangeDomain puts a new domain in the place of an old one: the new one takes
// its site, kind and main mark, the old one goes into cancellation
// (「停止使用的中英文域名，应……申请注销」).
func (s *Service) ChangeDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, old DomainID, next Domain, w Why) (Domain, error) {
	was, err := s.Domain(ctx, tx, scope, old)
	if err != nil {
		return Domain{}, err
	}
	if err := w.check(); err != nil {
		return Domain{}, err
	}
	main := was.Main
	if main {
		if _, err := tx.Exec(ctx, `UPDATE domain SET main = FALSE, updated_at = $2 WHERE id = $1`, old, tx.Now()); err != nil {
			return Domain{}, err
		}
		if err := s.keep(ctx, tx, "domain", string(old), w, pair{"main", boolWord(true), boolWord(false)}); err != nil {
			return Domain{}, err
		}
	}
	next.Site, next.Unit, next.Main = was.Site, was.Unit, main
	if next.Kind == "" {
		next.Kind = was.Kind
	}
	if next, err = s.addDomain(ctx, tx, next, w); err != nil {
		return Domain{}, err
	}
	_, err = s.BeginCancel(ctx, tx, scope, old, w)
	return next, err
}

// BeginCancel begins to give a domain up.
func (s *Service) BeginCancel(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	return s.moveDomain(ctx, tx, scope, id, "begin_cancel", w, nil)
}

// CancelDomain ends the cancellation with its proof (Document): the name
// becomes a tombstone and is watched on, because given-up names are bought by
// others.
func (s *Service) CancelDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	if strings.TrimSpace(w.Document) == "" {
		return Domain{}, fault.New(fault.Invalid, "注销完成要有证明，请填写注销回执的文号或名称。").On("document", "请填写注销证明")
	}
	return s.moveDomain(ctx, tx, scope, id, "cancel", w, func(d *Domain) {
		d.ReleasedOn = calendar.DateOf(tx.Now())
		d.WatchUntil = d.ReleasedOn.AddYears(s.settings().TombstoneYears)
	})
}

// KeepDomain ends a cancellation that was not carried through.
func (s *Service) KeepDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	return s.moveDomain(ctx, tx, scope, id, "keep", w, nil)
}

// ActivateDomain marks an applied-for domain as registered and in use.
func (s *Service) ActivateDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	return s.moveDomain(ctx, tx, scope, id, "activate", w, nil)
}

// SuspendDomain marks a domain that no longer resolves but is still held.
func (s *Service) SuspendDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	return s.moveDomain(ctx, tx, scope, id, "suspend", w, nil)
}

// RestoreDomain ends a suspension.
func (s *Service) RestoreDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	return s.moveDomain(ctx, tx, scope, id, "restore", w, nil)
}

// StrikeDomain takes out of the ledger what should never have stood in it: no
// tombstone is kept.
func (s *Service) StrikeDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, w Why) (Domain, error) {
	return s.moveDomain(ctx, tx, scope, id, "strike", w, nil)
}

func (s *Service) moveDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, act string, w Why, effect func(*Domain)) (Domain, error) {
	d, err := s.Domain(ctx, tx, scope, id)
	if err != nil {
		return Domain{}, err
	}
	if err := w.check(); err != nil {
		return Domain{}, err
	}
	before := d
	tx.AfterCommit(s.forget)
	if _, d.State, err = DomainMachine.Take(ctx, tx, string(id), act, passage.Note{Says: w.Says, CaseID: w.CaseID}); err != nil {
		return Domain{}, err
	}
	if effect != nil {
		effect(&d)
	}
	if d.State == DomainCancelled {
		d.Main = false
	}
	_, err = tx.Exec(ctx, `UPDATE domain SET state = $2, main = $3, released_on = $4, watch_until = $5, updated_at = $6 WHERE id = $1`,
		id, d.State, d.Main, d.ReleasedOn, d.WatchUntil, tx.Now())
	if err := domainTaken(err, d); err != nil {
		return Domain{}, err
	}
	if d.State == DomainCancelled {
		if err := s.unfollow(ctx, tx, d, cmp.Or(w.Document, w.Says)); err != nil {
			return Domain{}, err
		}
	}
	if err := s.writeHosts(ctx, tx, d.Site); err != nil {
		return Domain{}, err
	}
	return d, audit.Record(ctx, tx, audit.Entry{Act: "registry.domain." + act, Basis: cmp.Or(w.Document, "第十条"), Target: d.Target(),
		Before: map[string]any{"state": before.State}, After: map[string]any{"state": d.State, "why": w.Says, "case": w.CaseID, "document": w.Document}})
}

const domainSelect = `
	SELECT d.id, d.host, d.shown, d.kind, d.main, COALESCE(d.site_id, ''), COALESCE(s.name, ''), d.unit_id, u.name, a.code, d.purpose, d.registrar,
	       d.registered_on, d.expires_on, d.ns, d.addresses, d.cname, d.cert_issuer, d.cert_expires_on, d.cert_source, d.icp, d.case_id, d.state,
	       d.released_on, d.watch_until, d.last_seen, d.last_seen_at, d.last_seen_alarm, d.source, d.source_ref, d.confirmed_on, d.created_at, d.updated_at,
	       u.area_path, u.line_path
	  FROM domain d JOIN unit u ON u.id = d.unit_id JOIN area a ON a.id = u.area_id LEFT JOIN site s ON s.id = d.site_id`

func scanDomain(r db.Scanner) (Domain, error) {
	var d Domain
	var ns, addresses, cname string
	err := r.Scan(&d.ID, &d.Host, &d.Shown, &d.Kind, &d.Main, &d.Site, &d.SiteName, &d.Unit, &d.UnitName, &d.AreaCode, &d.Purpose, &d.Registrar,
		&d.RegisteredOn, &d.ExpiresOn, &ns, &addresses, &cname, &d.CertIssuer, &d.CertExpiresOn, &d.CertSource, &d.ICP, &d.CaseID, &d.State,
		&d.ReleasedOn, &d.WatchUntil, &d.LastSeen, &d.LastSeenAt, &d.LastSeenAlarm, &d.Source, &d.SourceRef, &d.ConfirmedOn, &d.CreatedAt, &d.UpdatedAt,
		&d.areaPath, &d.linePath)
	d.NS, d.Addresses, d.CNAME = strings.Fields(ns), strings.Fields(addresses), strings.Fields(cname)
	return d, err
}

// Domain in scope.
func (s *Service) Domain(ctx context.Context, q db.Querier, scope authz.Scope, id DomainID) (Domain, error) {
	d, err := db.One(ctx, q, scanDomain, domainSelect+` WHERE d.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(d.areaPath, d.linePath) {
		return Domain{}, fault.Missing("域名")
	}
	return d, err
}

// DomainsOf are a site's domains: main ones first, given-up ones last.
func (s *Service) DomainsOf(ctx context.Context, q db.Querier, scope authz.Scope, site SiteID) ([]Domain, error) {
	if _, err := s.SiteTx(ctx, q, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, q, scanDomain, domainSelect+` WHERE d.site_id = $1
		ORDER BY CASE WHEN d.state = 'cancelled' THEN 1 ELSE 0 END, CASE WHEN d.main THEN 0 ELSE 1 END, d.kind DESC, d.host, d.id`, site)
}

// MainDomains are a site's main English and Chinese domains; zero where there
// is none.
func (s *Service) MainDomains(ctx context.Context, q db.Querier, scope authz.Scope, site SiteID) (english, chinese Domain, err error) {
	list, err := s.DomainsOf(ctx, q, scope, site)
	for _, d := range list {
		switch {
		case !d.Main || d.State == DomainCancelled:
		case d.Kind == ChineseDomain:
			chinese = d
		default:
			english = d
		}
	}
	return english, chinese, err
}

// DomainFilter narrows Domains.
type DomainFilter struct {
	Text     string // host, shown form, site, unit
	Kind     DomainKind
	State    string // "held": not cancelled
	Unit     org.UnitID
	Under    org.AreaID
	Expiring int           // days: expires, or its certificate does, within as many
	Today    calendar.Date // for Expiring and Watched
	Watched  bool          // tombstones under watch only
	NoSite   bool
	IDs      []string // only these: what a person has ticked
	Limit    int      // 50 when zero
	Offset   int
}

// Domains in scope, by division code and host, and how many there are.
func (s *Service) Domains(ctx context.Context, scope authz.Scope, f DomainFilter) ([]Domain, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(d.host LIKE ? ESCAPE '\' OR lower(d.shown) LIKE ? ESCAPE '\' OR lower(COALESCE(s.name, '')) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\')`, text, text, text, text, text).
		AndIf(f.Kind != "", "d.kind = ?", f.Kind).
		AndIf(f.State == "held", "d.state <> 'cancelled'").
		AndIf(f.State != "" && f.State != "held", "d.state = ?", f.State).
		AndIf(f.Unit != "", "d.unit_id = ?", f.Unit).
		AndIf(f.NoSite, "d.site_id IS NULL").
		AndIf(f.Expiring > 0, "d.state <> 'cancelled' AND (d.expires_on <= ? OR d.cert_expires_on <= ?)", f.Today.AddDays(f.Expiring), f.Today.AddDays(f.Expiring)).
		AndIf(f.Watched, "d.state = 'cancelled' AND d.watch_until >= ?", f.Today)
	if len(f.IDs) > 0 {
		cond, args := db.In("d.id", f.IDs)
		w.And(cond, args...)
	}
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM domain d JOIN unit u ON u.id = d.unit_id LEFT JOIN site s ON s.id = d.site_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	order := "a.code, d.host, d.id"
	if f.Expiring > 0 {
		order = "CASE WHEN d.expires_on IS NULL OR d.cert_expires_on < d.expires_on THEN d.cert_expires_on ELSE d.expires_on END, d.host, d.id"
	}
	if f.Watched {
		order = "CASE WHEN d.last_seen_alarm THEN 0 ELSE 1 END, d.watch_until, d.host, d.id"
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanDomain, domainSelect+` WHERE `+w.SQL()+` ORDER BY `+order+` LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// DomainList lists the domains in scope.
func (s *Service) DomainList(ctx context.Context, scope authz.Scope, n ListQuery) (ListPage[Domain], error) {
	f := n.Domain
	f.Text, f.Under, f.IDs, f.Limit, f.Offset = n.Text, n.Under, n.IDs, n.Limit, n.Offset
	switch n.State {
	case "":
		f.State = "held"
	case "all":
		f.State = ""
	default:
		f.State = n.State
	}
	rows, total, err := s.Domains(ctx, scope, f)
	return ListPage[Domain]{Rows: rows, Total: total, Over: total > len(rows) && n.Limit == MaxExport}, err
}

// adopt enters the host and the Chinese domain of a site as its main domains.
// What is no host is kept as it was written, to be mended.
func (s *Service) adopt(ctx context.Context, tx *db.Tx, site Site, w Why) error {
	act := "enter"
	if site.State == Planned {
		act = "apply"
	}
	if site.Host != "" {
		d := Domain{Host: site.Host, Shown: ShownHost(site.Host), Kind: DomainKindOf(site.Host), Main: true, Site: site.ID, Unit: site.Unit,
			ICP: site.ICP, CaseID: site.CaseID, Source: site.Source, SourceRef: site.SourceRef}
		if d.Kind == ChineseDomain {
			d.Kind = OtherDomain // a Chinese name in the place of the English one
		}
		if _, err := s.insertDomain(ctx, tx, d, act, w); err != nil {
			return err
		}
	}
	if site.ChineseDomain == "" {
		return nil
	}
	d := chineseOf(site.ChineseDomain)
	d.Site, d.Unit, d.CaseID, d.Source, d.SourceRef = site.ID, site.Unit, site.CaseID, site.Source, site.SourceRef
	_, err := s.insertDomain(ctx, tx, d, act, w)
	if fault.Is(err, fault.Conflict) {
		return fault.Newf(fault.Conflict, "中文域名“%s”已在台账中登记，请核对后再填。", d.Shown).On("chinese_domain", "这个域名已登记").From(err)
	}
	return err
}

func chineseOf(text string) Domain {
	d := Domain{Shown: strings.TrimSpace(text), Kind: ChineseDomain, Main: true}
	if h, err := NormalizeHost(text); err == nil {
		d.Host, d.Shown = h, ShownHost(h)
	}
	return d
}

// correctMain mends the main domain of a kind: the same row with another name.
// An emptied one is struck out.
func (s *Service) correctMain(ctx context.Context, tx *db.Tx, site Site, kind DomainKind, value string, w Why) error {
	mains, err := db.All(ctx, tx, scanDomain, domainSelect+` WHERE d.site_id = $1 AND d.main AND d.state <> 'cancelled'`, site.ID)
	if err != nil {
		return err
	}
	var next Domain
	if kind == ChineseDomain {
		next = chineseOf(value)
	} else {
		next = Domain{Host: value, Shown: ShownHost(value), Kind: DomainKindOf(value), Main: true}
		if next.Kind == ChineseDomain {
			next.Kind = OtherDomain
		}
	}
	next.Site, next.Unit, next.Source = site.ID, site.Unit, SourceName(w.source())
	i := slices.IndexFunc(mains, func(d Domain) bool { return (d.Kind == ChineseDomain) == (kind == ChineseDomain) })
	switch {
	case i < 0 && value == "":
		return s.writeHosts(ctx, tx, site.ID)
	case i < 0:
		act := "enter"
		if site.State == Planned {
			act = "apply"
		}
		_, err := s.insertDomain(ctx, tx, next, act, w)
		return err
	case value == "":
		_, err := s.StrikeDomain(ctx, tx, authz.System("the domain of a site in scope"), mains[i].ID, w)
		return err
	}
	was := mains[i]
	_, err = tx.Exec(ctx, `UPDATE domain SET host = $2, shown = $3, kind = $4, updated_at = $5 WHERE id = $1`, was.ID, next.Host, next.Shown, next.Kind, tx.Now())
	if err := domainTaken(err, next); err != nil {
		return err
	}
	if err := s.keep(ctx, tx, "domain", string(was.ID), w, changedOf([]pair{{"shown", was.Shown, next.Shown}, {"kind", was.Kind.Name(), next.Kind.Name()}})...); err != nil {
		return err
	}
	return s.writeHosts(ctx, tx, site.ID)
}

// domainsFollow carries a site's act to its domains: those applied for are in
// use once the site is launched, and struck out when it is never built.
func (s *Service) domainsFollow(ctx context.Context, tx *db.Tx, site SiteID, act string, note passage.Note) error {
	way := map[string]string{"launch": "activate", "abandon": "strike"}[act]
	if way == "" {
		return nil
	}
	ids, err := db.All(ctx, tx, db.Value[DomainID], `SELECT id FROM domain WHERE site_id = $1 AND state = 'applying' ORDER BY id`, site)
	if err != nil {
		return err
	}
	for _, id := range ids {
		says := note.Says
		if says == "" {
			says = SiteMachine.ActName(act)
		}
		if _, err := s.moveDomain(ctx, tx, authz.System("the domains of a site in scope"), id, way, Why{Says: says, CaseID: note.CaseID, Source: BySystem}, nil); err != nil {
			return err
		}
	}
	return nil
}

// AdoptDomains enters the hosts of sites that came into the ledger before there
// was a domain ledger; at start, idempotent. A Chinese domain that stands at
// two sites is entered once; the other is named by its record.
func (s *Service) AdoptDomains(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "registry.domains")
	total := 0
	for {
		n := 0
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			n = 0
			sites, err := db.All(ctx, tx, scanSite, siteSelect+`
				WHERE (s.host <> '' OR s.chinese_domain <> '') AND NOT EXISTS (SELECT 1 FROM domain d WHERE d.site_id = s.id) ORDER BY s.id LIMIT 200`)
			if err != nil {
				return err
			}
			for _, site := range sites {
				if c := chineseOf(site.ChineseDomain); c.Host != "" {
					taken, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM domain WHERE host = $1 AND state <> 'cancelled'`, c.Host)
					if err != nil {
						return err
					}
					if taken > 0 {
						site.ChineseDomain = ""
					}
				}
				if site.Host == "" && site.ChineseDomain == "" {
					// Only a doubled Chinese name: the ledger keeps it as a gap.
					if _, err := tx.Exec(ctx, `UPDATE site SET chinese_domain = '', updated_at = $2 WHERE id = $1`, site.ID, tx.Now()); err != nil {
						return err
					}
					if err := audit.Record(ctx, tx, audit.Entry{Act: "registry.site.change", Target: site.Target(), After: map[string]string{"ChineseDomain": ""}}); err != nil {
						return err
					}
				} else if err := errors.Join(s.adopt(ctx, tx, site, Why{Says: "存量站点的域名转入域名台账", Source: BySystem}), s.writeHosts(ctx, tx, site.ID)); err != nil {
					return fmt.Errorf("registry: domains of site %s: %w", site.ID, err)
				}
				n++
			}
			return nil
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
