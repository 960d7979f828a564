package registry

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/net/idna"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// SiteID identifies a website.
type SiteID string

// SiteKind is portal or department site (Article 2).
type SiteKind string

// The kinds of site.
const (
	Portal         SiteKind = "portal"
	DepartmentSite SiteKind = "department"
)

// Name is the kind in Chinese.
func (k SiteKind) Name() string {
	if k == Portal {
		return "政府门户网站"
	}
	return "部门网站"
}

// States of a site.
const (
	Planned            = "planned"
	Running            = "running"
	TemporarilyOffline = "temporarily_offline"
	Exiting            = "exiting" // approved to leave supervision, within its month
	Exited             = "exited"
	Closing            = "closing" // consent to close is given, the ends are not yet proved
	Closed             = "closed"
	Struck             = "struck" // entered by mistake and taken back; the record itself is gone
)

// moves are what may become of an object once it is in the ledger (Articles 7
// and 8): the same for sites, accounts and apps. Lifecycle performs them.
var moves = []passage.Move{
	{From: "", Act: "plan", To: Planned, Says: "批准开设", Guard: "开设审批通过", Permit: "system"},
	{From: "", Act: "enter", To: Running, Says: "存量登记", Guard: "已在运行的网站、账号登记入台账", Permit: string(authz.RegistryImport)},
	{From: Planned, Act: "launch", To: Running, Says: "上线", Guard: "标识码、安全检测报告等齐备", Permit: string(authz.LaunchManage)},
	{From: Planned, Act: "abandon", To: Closed, Says: "取消筹建", Guard: "", Permit: "system"},
	{From: Running, Act: "go_offline", To: TemporarilyOffline, Says: "临时下线", Guard: "省级批准的下线时段，两处公告已发布", Permit: "system"},
	{From: Running, Act: "emergency_offline", To: TemporarilyOffline, Says: "紧急下线", Guard: "不可抗力或被责令紧急关停", Permit: "system"},
	{From: TemporarilyOffline, Act: "resume", To: Running, Says: "恢复", Guard: "", Permit: "system"},
	{From: Running, Act: "begin_exit", To: Exiting, Says: "批准退出监管", Guard: "国务院办公厅批准", Permit: "system"},
	{From: TemporarilyOffline, Act: "begin_exit", To: Exiting, Says: "批准退出监管", Guard: "国务院办公厅批准", Permit: "system"},
	{From: Exiting, Act: "exit", To: Exited, Says: "退出监管", Guard: "域名、标识已变更，标识码和找错入口已删除", Permit: "system"},
	{From: Running, Act: "begin_closing", To: Closing, Says: "启动关停", Guard: "省政府办公厅同意", Permit: "system"},
	{From: TemporarilyOffline, Act: "begin_closing", To: Closing, Says: "启动关停", Guard: "省政府办公厅同意", Permit: "system"},
	{From: Closing, Act: "keep", To: Running, Says: "终止关停", Guard: "尚未注销任何登记", Permit: "system"},
	{From: Running, Act: "strike", To: Struck, Says: "撤销登记", Guard: "整批导入有误，登记后没有再改动或使用", Permit: string(authz.RegistryImport)},
	{From: Closing, Act: "close", To: Closed, Says: "注销关停", Guard: "迁移、公告、注销逐项办结", Permit: "system"},
}

// SiteMachine declares what may become of a site.
var SiteMachine = passage.Machine{
	Kind: "site", Noun: "站点",
	States: map[string]string{Planned: "筹建", Running: "运行", TemporarilyOffline: "临时下线", Exiting: "退出办理中", Exited: "退出监管", Closing: "关停办理中", Closed: "已关停", Struck: "已撤销登记"},
	Moves:  moves,
}

// Site is one website of the ledger.
type Site struct {
	ID            SiteID
	Unit          org.UnitID // sponsor
	UnitName      string     // joined
	AreaCode      string     // joined, 12 digits
	Kind          SiteKind
	Name          string
	Host          string
	ChineseDomain string
	Slug          string
	Hosted        bool
	State         string
	SiteCode      string
	ICP           string
	PoliceFiling  string
	PartyGovMark  string
	Contact       string
	Address       string
	Monitored     bool
	LaunchedOn    calendar.Date
	Source        string
	SourceRef     string
	CaseID        string
	ConfirmedOn   calendar.Date
	CreatedAt     time.Time
	UpdatedAt     time.Time
	areaPath      string
	linePath      string
}

// Live reports whether the site answers the public as an official one: while it
// runs, and while its exit or closure is on its way.
func (s Site) Live() bool { return s.State == Running || s.State == Exiting || s.State == Closing }

// StateName is the state in Chinese.
func (s Site) StateName() string { return SiteMachine.Name(s.State) }

// Gaps are the identifiers the law asks for that the ledger does not have.
func (s Site) Gaps() []string {
	var out []string
	for _, g := range []struct{ value, name string }{
		{s.SiteCode, "政府网站标识码"}, {s.ICP, "ICP备案编号"}, {s.PoliceFiling, "公安备案编号"}, {s.ChineseDomain, "中文域名"}, {s.PartyGovMark, "党政机关网站标识"},
	} {
		if g.value == "" {
			out = append(out, g.name)
		}
	}
	return out
}

// In reports whether the site lies in the scope: for showing an act that needs
// another permission than the page.
func (s Site) In(scope authz.Scope) bool {
	return s.areaPath != "" && scope.Covers(s.areaPath, s.linePath)
}

// Within reports whether the sponsor lies below an area's path.
func (s Site) Within(areaPath string) bool { return strings.HasPrefix(s.areaPath, areaPath) }

// CodeMeaning says in Chinese what the site code tells, and whether it is the
// sponsor's own (Article 7(3)); both are empty without a code.
func (s Site) CodeMeaning() (says string, wrong error) {
	if s.SiteCode == "" {
		return "", nil
	}
	if len(s.AreaCode) < 6 {
		return "", nil
	}
	wrong = checkCode(s.SiteCode, org.Unit{AreaCode: s.AreaCode})
	switch {
	case strings.HasPrefix(s.SiteCode, "bm"):
		return "bm 开头，属于国务院部门系统的编码。", wrong
	case len(s.SiteCode) == 10:
		return "前 6 位 " + s.SiteCode[:6] + " 是区划代码，后 4 位 " + s.SiteCode[6:] + " 是顺序号。", wrong
	}
	return "标识码应为 10 位：前 6 位区划代码，后 4 位顺序号。", wrong
}

// Target names the site in the trail.
func (s Site) Target() audit.Target {
	return audit.Target{Kind: "site", ID: string(s.ID), Name: s.Name, Unit: string(s.Unit)}
}

// Link is the site's page in the console.
func (s Site) Link() string { return "/console/sites/" + string(s.ID) }

// Service is the door of registry.
type Service struct {
	db       *db.DB
	org      *org.Service
	clocks   *obligation.Service // nil: no duties are opened
	settings func() sx2021.Settings

	mu          sync.Mutex
	recertified calendar.Date // the day OpenRecertification last went through
	book        *nameBook
	guard       *guard
	texts       texts
	hosting     []func(ctx context.Context, tx *db.Tx, site Site) error
	ended       []func(ctx context.Context, tx *db.Tx, o Object) error
	uses        []Hold // by modules below
}

// New makes the service.
func New(d *db.DB, o *org.Service) *Service {
	return &Service{db: d, org: o, settings: sx2021.Defaults}
}

// OnHosting registers who is asked, in the transaction, before a site is
// published by this platform: when it is set so, and when a planned one comes
// online. An error refuses the act. At start.
func (s *Service) OnHosting(f func(ctx context.Context, tx *db.Tx, site Site) error) {
	s.hosting = append(s.hosting, f)
}

// OnEnded registers what follows, in the same transaction, when a site or account
// leaves the regulation's care: closed, or exited. At start.
func (s *Service) OnEnded(f func(ctx context.Context, tx *db.Tx, o Object) error) {
	s.ended = append(s.ended, f)
}

func (s *Service) askHosting(ctx context.Context, tx *db.Tx, site Site) error {
	for _, f := range s.hosting {
		if err := f(ctx, tx, site); err != nil {
			return err
		}
	}
	return nil
}

// NormalizeHost lower-cases a host, turns an address into its host and a
// Chinese name into its ASCII form. The fault names what is wrong.
func NormalizeHost(s string) (string, error) {
	h := strings.TrimSpace(strings.ToLower(s))
	h = strings.TrimPrefix(strings.TrimPrefix(h, "http://"), "https://")
	h, _, _ = strings.Cut(h, "/")
	if name, port, ok := strings.Cut(h, ":"); ok && (port == "80" || port == "443") {
		h = name
	}
	h = strings.TrimSuffix(h, ".")
	ascii, err := idna.Lookup.ToASCII(h)
	if err != nil || !hostPattern.MatchString(ascii) {
		return "", fault.Newf(fault.Invalid, "域名“%s”不符合格式，应像 www.example.gov.cn。", s).On("host", "请只填写域名，不带空格和路径")
	}
	return ascii, nil
}

var hostPattern = regexp.MustCompile(`^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$`)

// PlanSite enters a newly approved site as planned. Lifecycle calls it in the
// transaction of the last approval.
func (s *Service) PlanSite(ctx context.Context, tx *db.Tx, site Site) (Site, error) {
	return s.insert(ctx, tx, site, "plan", Why{CaseID: site.CaseID, Says: "开设申请获批", Ref: site.SourceRef})
}

// EnterSite enters a site that already runs: cut-over of the ledger.
func (s *Service) EnterSite(ctx context.Context, tx *db.Tx, site Site) (Site, error) {
	return s.insert(ctx, tx, site, "enter", Why{Says: "存量登记：" + site.Source, Source: ByImport, Ref: strings.TrimSpace(site.Source + " " + site.SourceRef)})
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, site Site, act string, w Why) (Site, error) {
	if strings.TrimSpace(site.Name) == "" {
		return Site{}, fault.New(fault.Invalid, "站点名称没有填写。").On("name", "请填写站点名称")
	}
	if site.Host != "" {
		h, err := NormalizeHost(site.Host)
		if err != nil {
			return Site{}, err
		}
		site.Host = h
	}
	site.ChineseDomain = chineseOf(site.ChineseDomain).Shown
	site.ID = SiteID(ulid.Make().String())
	site.CreatedAt, site.UpdatedAt = tx.Now(), tx.Now()
	var err error
	if _, site.State, err = SiteMachine.Take(ctx, tx, string(site.ID), act, passage.Note{Says: w.Says, CaseID: w.CaseID}); err != nil {
		return Site{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO site (id, unit_id, kind, name, host, chinese_domain, slug, hosted, state, site_code, icp, police_filing, party_gov_mark,
		       contact, address, monitored, launched_on, source, source_ref, case_id, created_at, updated_at, area_path)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, (SELECT area_path FROM unit WHERE id = $2))`,
		site.ID, site.Unit, site.Kind, site.Name, site.Host, site.ChineseDomain, site.Slug, site.Hosted, site.State, site.SiteCode, site.ICP,
		site.PoliceFiling, site.PartyGovMark, site.Contact, site.Address, site.Monitored, site.LaunchedOn, site.Source, site.SourceRef, site.CaseID,
		site.CreatedAt, site.UpdatedAt)
	if where, dup := db.UniqueViolation(err); dup {
		field, says := "host", "这个域名已登记给另一个站点"
		if strings.Contains(where, "slug") {
			field, says = "slug", "这个站点简称已被使用"
		}
		return Site{}, fault.New(fault.Conflict, says+"，请核对后再填。").On(field, says).From(err)
	}
	if err != nil {
		return Site{}, fmt.Errorf("registry: insert site: %w", err)
	}
	if err := s.entered(ctx, tx, "site", string(site.ID), site.Name, w); err != nil {
		return Site{}, err
	}
	if err := s.adopt(ctx, tx, site, w); err != nil {
		return Site{}, err
	}
	return site, audit.Record(ctx, tx, audit.Entry{Act: "registry.site." + act, Target: site.Target(), After: site})
}

// Launch marks the site as formally online on the day of the transaction;
// lifecycle has checked the bars of Article 7(3).
func (s *Service) Launch(ctx context.Context, tx *db.Tx, scope authz.Scope, id SiteID, note passage.Note) (Site, error) {
	site, err := s.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return Site{}, err
	}
	before := site
	if site.Hosted {
		if err := s.askHosting(ctx, tx, site); err != nil {
			return Site{}, err
		}
	}
	tx.AfterCommit(s.forget)
	if _, site.State, err = SiteMachine.Take(ctx, tx, string(id), "launch", note); err != nil {
		return Site{}, err
	}
	site.LaunchedOn = calendar.DateOf(tx.Now())
	if _, err := tx.Exec(ctx, `UPDATE site SET state = $2, launched_on = $3, updated_at = $4 WHERE id = $1`, id, site.State, site.LaunchedOn, tx.Now()); err != nil {
		return Site{}, err
	}
	if err := s.domainsFollow(ctx, tx, id, "launch", note); err != nil {
		return Site{}, err
	}
	return site, audit.Record(ctx, tx, audit.Entry{Act: "registry.site.launch", Target: site.Target(), Basis: "第七条（三）（四）", Before: before, After: site})
}

// Identifiers are the fields of a site that staff fill in and mend.
type Identifiers struct {
	Name, Host, ChineseDomain, SiteCode, ICP, PoliceFiling, PartyGovMark, Contact, Address, Slug string
	Hosted                                                                                       bool
	Why                                                                                          Why
}

// check holds the form of the identifiers; an empty one is a gap, not a wrong.
func (n Identifiers) check() error {
	var f fault.Fields
	f.Check(strings.TrimSpace(n.Name) != "", "name", "请填写站点名称")
	for _, t := range []struct {
		field, label, value string
		max                 int
	}{
		{"name", "站点名称", n.Name, 100}, {"chinese_domain", "中文域名", n.ChineseDomain, 100}, {"icp", "ICP备案编号", n.ICP, 60},
		{"police_filing", "公安备案编号", n.PoliceFiling, 60}, {"party_gov_mark", "党政机关网站标识", n.PartyGovMark, 100},
		{"contact", "联系方式", n.Contact, 200}, {"address", "办公地址", n.Address, 200},
	} {
		f.Check(len([]rune(t.value)) <= t.max, t.field, fmt.Sprintf("%s最多 %d 个字", t.label, t.max))
	}
	f.Check(n.Slug == "" || slugPattern.MatchString(n.Slug), "slug", "站点简称只能用小写字母、数字和短横线，最多 40 个字符，例如 yanta")
	f.Check(!n.Hosted || n.Slug != "", "slug", "由本平台承载的站点要有站点简称，作为预览和发布的目录名")
	return f.Err()
}

// SetIdentifiers replaces a site's identifiers; every changed field is in the
// trail with its value before and after.
func (s *Service) SetIdentifiers(ctx context.Context, tx *db.Tx, scope authz.Scope, id SiteID, n Identifiers) (Site, error) {
	site, err := s.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return Site{}, err
	}
	if err := n.check(); err != nil {
		return Site{}, err
	}
	if n.Host != "" {
		if n.Host, err = NormalizeHost(n.Host); err != nil {
			return Site{}, err
		}
	}
	// A Chinese name that is no host is kept as it was typed, to be mended.
	if h, err := NormalizeHost(n.ChineseDomain); err == nil {
		n.ChineseDomain = ShownHost(h)
	}
	if n.SiteCode != site.SiteCode {
		unit, err := s.org.UnitTx(ctx, tx, authz.System("the sponsor of a site in scope"), site.Unit)
		if err != nil {
			return Site{}, err
		}
		if err := checkCode(n.SiteCode, unit); err != nil {
			return Site{}, err
		}
	}
	if err := n.Why.check(); err != nil {
		return Site{}, err
	}
	before := site
	list := site.diff(n)
	if len(list) == 0 {
		return site, nil
	}
	if n.Hosted && !site.Hosted && site.State != Planned {
		if err := s.askHosting(ctx, tx, site); err != nil {
			return Site{}, err
		}
	}
	_, err = tx.Exec(ctx, `
		UPDATE site SET name = $2, site_code = $3, icp = $4, police_filing = $5, party_gov_mark = $6,
		       contact = $7, address = $8, slug = $9, hosted = $10, updated_at = $11 WHERE id = $1`,
		id, n.Name, n.SiteCode, n.ICP, n.PoliceFiling, n.PartyGovMark, n.Contact, n.Address, n.Slug, n.Hosted, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return Site{}, fault.New(fault.Conflict, "站点简称已被另一个站点使用，请核对后再填。").On("slug", "已被使用").From(err)
	}
	if err != nil {
		return Site{}, err
	}
	// Monitoring was switched on for the old host: nobody has agreed to the new
	// one being contacted (writeHosts switches it off).
	for _, c := range []struct {
		kind     DomainKind
		was, now string
	}{{EnglishDomain, site.Host, n.Host}, {ChineseDomain, site.ChineseDomain, n.ChineseDomain}} {
		if c.was != c.now {
			if err := s.correctMain(ctx, tx, site, c.kind, c.now, n.Why); err != nil {
				return Site{}, err
			}
		}
	}
	if n.Name != site.Name {
		if err := s.keepName(ctx, tx, "site", string(id), site.Name, n.Why); err != nil {
			return Site{}, err
		}
	}
	if err := s.keep(ctx, tx, "site", string(id), n.Why, list...); err != nil {
		return Site{}, err
	}
	if site, err = s.SiteTx(ctx, tx, scope, id); err != nil {
		return Site{}, err
	}
	return site, audit.Record(ctx, tx, audit.Entry{Act: "registry.site.change", Target: site.Target(), Basis: n.Why.Document, Before: before, After: site})
}

// diff are the fields that n changes.
func (s Site) diff(n Identifiers) []pair {
	return changedOf([]pair{
		{"name", s.Name, n.Name}, {"host", s.Host, n.Host}, {"chinese_domain", s.ChineseDomain, n.ChineseDomain}, {"site_code", s.SiteCode, n.SiteCode}, {"icp", s.ICP, n.ICP},
		{"police_filing", s.PoliceFiling, n.PoliceFiling}, {"party_gov_mark", s.PartyGovMark, n.PartyGovMark}, {"contact", s.Contact, n.Contact}, {"address", s.Address, n.Address},
		{"slug", s.Slug, n.Slug}, {"hosted", boolWord(s.Hosted), boolWord(n.Hosted)},
	})
}

// Diff is what SetIdentifiers would change, as the person reads it before
// saving.
func (s Site) Diff(n Identifiers) []Change {
	if h, err := NormalizeHost(n.Host); err == nil {
		n.Host = h
	}
	if h, err := NormalizeHost(n.ChineseDomain); err == nil {
		n.ChineseDomain = ShownHost(h)
	}
	return asChanges(s.diff(n))
}

// SetMonitored switches monitoring. An imported site is not contacted until a
// person has switched it on.
func (s *Service) SetMonitored(ctx context.Context, tx *db.Tx, scope authz.Scope, id SiteID, on bool) error {
	site, err := s.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if on && site.Host == "" {
		return fault.New(fault.Invalid, "这个站点还没有登记域名，无法监测；请先补上域名。").On("host", "请先登记域名")
	}
	if on && (site.State == Exited || site.State == Closed) {
		return fault.Newf(fault.Conflict, "站点已%s，不再监测。", site.StateName())
	}
	if _, err := tx.Exec(ctx, `UPDATE site SET monitored = $2, updated_at = $3 WHERE id = $1`, id, on, tx.Now()); err != nil {
		return err
	}
	if err := s.keep(ctx, tx, "site", string(id), Why{Says: "监测开关"}, pair{"monitored", boolWord(site.Monitored), boolWord(on)}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.site.monitor", Target: site.Target(), Before: site.Monitored, After: on})
}

const siteSelect = `
	SELECT s.id, s.unit_id, u.name, a.code, s.kind, s.name, s.host, s.chinese_domain, s.slug, s.hosted, s.state, s.site_code, s.icp,
	       s.police_filing, s.party_gov_mark, s.contact, s.address, s.monitored, s.launched_on, s.source, s.source_ref, s.case_id,
	       s.confirmed_on, s.created_at, s.updated_at, u.area_path, u.line_path
	  FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id`

func scanSite(r db.Scanner) (Site, error) {
	var s Site
	err := r.Scan(&s.ID, &s.Unit, &s.UnitName, &s.AreaCode, &s.Kind, &s.Name, &s.Host, &s.ChineseDomain, &s.Slug, &s.Hosted, &s.State, &s.SiteCode, &s.ICP,
		&s.PoliceFiling, &s.PartyGovMark, &s.Contact, &s.Address, &s.Monitored, &s.LaunchedOn, &s.Source, &s.SourceRef, &s.CaseID,
		&s.ConfirmedOn, &s.CreatedAt, &s.UpdatedAt, &s.areaPath, &s.linePath)
	return s, err
}

// Site in scope.
func (s *Service) Site(ctx context.Context, scope authz.Scope, id SiteID) (Site, error) {
	return s.SiteTx(ctx, s.db, scope, id)
}

// SiteTx is Site within a transaction or on the database.
func (s *Service) SiteTx(ctx context.Context, q db.Querier, scope authz.Scope, id SiteID) (Site, error) {
	return s.one(ctx, q, scope, `s.id = $1`, string(id))
}

// SiteByHost finds the site of a host.
func (s *Service) SiteByHost(ctx context.Context, q db.Querier, scope authz.Scope, host string) (Site, error) {
	return s.one(ctx, q, scope, `s.host = $1`, host)
}

// KnowsHost reports whether a host is that of a site of the ledger, of its
// Chinese domain or of a domain on record. Public: the ledger of official hosts
// is.
func (s *Service) KnowsHost(ctx context.Context, q db.Querier, host string) (bool, error) {
	n, err := db.One(ctx, q, db.Value[int], `SELECT (SELECT count(*) FROM site WHERE host = $1) + (SELECT count(*) FROM domain WHERE host = $1 AND site_id IS NOT NULL AND state = 'active')`, host)
	return n > 0, err
}

// HasIPv6 reports whether the record of a site's domains has an IPv6 address.
// Public: name servers say it to anybody.
func (s *Service) HasIPv6(ctx context.Context, q db.Querier, id SiteID) (bool, error) {
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM domain WHERE site_id = $1 AND state = 'active' AND addresses LIKE '%:%'`, id)
	return n > 0, err
}

// SiteBySlug finds a hosted site by its short name.
func (s *Service) SiteBySlug(ctx context.Context, q db.Querier, scope authz.Scope, slug string) (Site, error) {
	return s.one(ctx, q, scope, `s.slug = $1`, slug)
}

func (s *Service) one(ctx context.Context, q db.Querier, scope authz.Scope, cond, arg string) (Site, error) {
	site, err := db.One(ctx, q, scanSite, siteSelect+` WHERE `+cond, arg)
	if db.None(err) || err == nil && !scope.Covers(site.areaPath, site.linePath) {
		return Site{}, fault.Missing("站点")
	}
	return site, err
}

// SiteFilter narrows Sites.
type SiteFilter struct {
	Text      string // name, host, code, unit, pinyin initials of the unit
	Kind      SiteKind
	State     string
	Unit      org.UnitID
	Under     org.AreaID // the area and everything below
	Gap       string     // a key of GapNames: only sites that lack it; any: that lack one
	Hosted    bool
	Monitored bool
	Live      bool // as Site.Live
	// Unmonitored keeps to sites that are not monitored.
	Unmonitored bool
	Limit       int // 50 when zero
	Offset      int
}

// GapNames are the identifiers the law asks for, by their column.
var GapNames = map[string]string{
	"site_code": "政府网站标识码", "icp": "ICP备案编号", "police_filing": "公安备案编号", "chinese_domain": "中文域名", "party_gov_mark": "党政机关网站标识",
}

// GapOrder is GapNames in screen order.
var GapOrder = []string{"site_code", "icp", "police_filing", "chinese_domain", "party_gov_mark"}

// Sites in scope, by division code and kind, and how many there are.
func (s *Service) Sites(ctx context.Context, scope authz.Scope, f SiteFilter) ([]Site, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR s.site_code LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\')`, text, text, text, text, text).
		AndIf(f.Kind != "", "s.kind = ?", f.Kind).
		AndIf(f.State != "", "s.state = ?", f.State).
		AndIf(f.Unit != "", "s.unit_id = ?", f.Unit).
		AndIf(f.Live, "s.state IN ('running', 'exiting', 'closing')").
		AndIf(f.Hosted, "s.hosted").
		AndIf(f.Monitored, "s.monitored").
		AndIf(f.Unmonitored, "NOT s.monitored")
	switch {
	case f.Gap == "":
	case f.Gap == "any":
		w.And("s.site_code = '' OR s.icp = '' OR s.police_filing = '' OR s.chinese_domain = '' OR s.party_gov_mark = ''")
	case GapNames[f.Gap] != "":
		w.And("s." + f.Gap + " = ''")
	default:
		return nil, 0, fault.New(fault.Invalid, "缺项筛选条件无法识别。").On("gap", "请从列表中选择")
	}
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	sites, err := db.All(ctx, s.db, scanSite, siteSelect+` WHERE `+w.SQL()+`
		ORDER BY a.code, s.kind DESC, s.name, s.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return sites, total, err
}

// CountRunning counts the unit's sites that are planned or not yet ended, for
// “一个单位最多开设一个网站” (Article 7(1)).
func (s *Service) CountRunning(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) (int, error) {
	if _, err := s.org.UnitTx(ctx, q, scope, unit); err != nil {
		return 0, err
	}
	return db.One(ctx, q, db.Value[int], `SELECT count(*) FROM site WHERE unit_id = $1 AND state NOT IN ('exited', 'closed')`, unit)
}

// AreaPath is the place of the site's sponsor on the area axis.
func (s Site) AreaPath() string { return s.areaPath }

// LinePath is the place of the site's sponsor on the line axis.
func (s Site) LinePath() string { return s.linePath }
