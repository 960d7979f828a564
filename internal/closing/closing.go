package closing

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/library"
	"zhengshu/internal/merit"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

// ID identifies one closing.
type ID string

// States of a closing.
const (
	Preparing = "preparing" // the case climbs; decisions may be prepared
	Migrating = "closing"   // the province has consented
	Closed    = "closed"
	Stopped   = "stopped"
)

// Machine is the declared states of a closing.
var Machine = passage.Machine{
	Kind: "closing", Noun: "关停迁移",
	States: map[string]string{Preparing: "准备中", Migrating: "迁移办理中", Closed: "已关停", Stopped: "已终止"},
	Moves: []passage.Move{
		{From: "", Act: "prepare", To: Preparing, Says: "开始准备", Guard: "关停申请已提出", Permit: string(authz.ClosingManage)},
		{From: Preparing, Act: "consent", To: Migrating, Says: "启动迁移", Guard: "省政府办公厅同意", Permit: "system"},
		{From: Migrating, Act: "close", To: Closed, Says: "关停", Guard: "栏目处理完毕，注销办结", Permit: "system"},
		{From: Preparing, Act: "stop", To: Stopped, Says: "终止", Guard: "不再关停", Permit: "system"},
		{From: Migrating, Act: "stop", To: Stopped, Says: "终止", Guard: "不再关停", Permit: "system"},
	},
}

// Decision is what becomes of a column.
type Decision string

// The decisions.
const (
	Undecided Decision = ""
	Migrate   Decision = "migrate"
	Archive   Decision = "archive"
	Drop      Decision = "drop"
)

// Name is the decision in Chinese.
func (d Decision) Name() string {
	return map[Decision]string{Undecided: "未确定", Migrate: "迁移", Archive: "归档", Drop: "舍弃"}[d]
}

// Decisions is the closed list in screen order.
var Decisions = []Decision{Migrate, Archive, Drop}

// Column is one column of the old site and what becomes of it.
type Column struct {
	ID        string
	Name      string
	URL       string
	Items     int // articles known there; -1: unknown
	Arrived   int // of these public elsewhere; -1: not counted
	CountedAt time.Time
	Source    string // ledger, inspection, hand
	Decision  Decision
	Target    string // where it goes: a column of a site, an address
	Reason    string
	DecidedBy string
	DecidedAt time.Time
}

// SourceName is where the column was learnt of.
func (c Column) SourceName() string {
	return map[string]string{"ledger": "台账", "inspection": "最近一次检查", "hand": "人工登记"}[c.Source]
}

// Closing is one closing with how far it is.
type Closing struct {
	ID            ID
	Object        registry.Ref
	ObjectName    string
	Unit          org.UnitID
	UnitName      string // joined
	CaseID        string
	Host          string
	State         string
	OpenedAt      time.Time
	RedirectUntil calendar.Date
	EndedAt       time.Time
	EndedWhy      string
	Columns       int // joined: how many there are and how many are decided
	Decided       int
	Redirects     int // joined: rows of the map
	portal        registry.SiteID
	handedAt      time.Time
	areaPath      string
	linePath      string
}

// StateName is the state in Chinese.
func (c Closing) StateName() string { return Machine.Name(c.State) }

// Link is the closing's page in the console.
func (c Closing) Link() string { return "/console/closings/" + string(c.ID) }

// Active reports whether it is under way.
func (c Closing) Active() bool { return c.State == Preparing || c.State == Migrating }

// In reports whether the closing lies in the scope.
func (c Closing) In(scope authz.Scope) bool { return scope.Covers(c.areaPath, c.linePath) }

// Target names the closing in the trail.
func (c Closing) Target() audit.Target {
	return audit.Target{Kind: "closing", ID: string(c.ID), Name: c.ObjectName + "关停迁移", Unit: string(c.Unit)}
}

// ItemKind is one of the named open items of a closing.
type ItemKind string

// The items. The house closes them by what it sees: articles that arrived in the
// library, figures of its own portals, answers of the old host, the page in the
// portal's release. What it cannot see a person proves, with a paper.
const (
	ContentMigration ItemKind = "content_migration"
	Traffic          ItemKind = "traffic"
	OldHost          ItemKind = "old_host"
	StaticMap        ItemKind = "static_map"
)

// ItemKinds is the closed list in screen order.
var ItemKinds = []ItemKind{ContentMigration, Traffic, OldHost, StaticMap}

// Name is the item in Chinese.
func (k ItemKind) Name() string {
	return map[ItemKind]string{ContentMigration: "内容迁入", Traffic: "访问量统计", OldHost: "原域名应答", StaticMap: "旧网址对照页"}[k]
}

// Says is what has to be proved.
func (k ItemKind) Says() string {
	return map[ItemKind]string{
		ContentMigration: "决定迁移的栏目内容已迁入信息资源库或目标网站，可逐栏核对。",
		Traffic:          "原网站近一年的访问量统计已留存，热门网址都在跳转表中。",
		OldHost:          "原域名由门户网站按跳转表应答，直至域名注销之日。",
		StaticMap:        "旧网址对照页已放到本级政府门户网站，长期可查。",
	}[k]
}

// Item is one open item.
type Item struct {
	Kind       ItemKind
	Proved     bool
	Proof      string
	Attachment string
	ProvedBy   string
	ProvedAt   time.Time
	Seen       string // what the house itself saw last
	SeenAt     time.Time
}

// Service is the door of closing.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	inspection  *inspection.Service
	days        calendar.Workdays
	store       blob.Store
	client      *egress.Client
	manners     *crawl.Manners
	settings    func() sx2021.Settings
	origin      func(registry.Site) string
	archive     ArchiveBudget
	library     *library.Service
	found       func(ctx context.Context, q db.Querier, host string, limit int) ([]string, error)
	figures     func(ctx context.Context, site registry.SiteID, from, to calendar.Date) (visits.Figures, error)
	notice      func(ctx context.Context, q db.Querier, ref registry.Ref) (notice.Standing, error)
	shown       func(site registry.SiteID, path string) (bool, error)
	redraw      func(ctx context.Context, tx *db.Tx, portal registry.SiteID) error
	merits      *merit.Service
}

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Inspection  *inspection.Service
	Days        calendar.Workdays
	Store       blob.Store
	Client      *egress.Client
	Settings    func() sx2021.Settings
	// Origin says at which origin a site is reached when that is not http at its
	// host; nil or "" leaves it there.
	Origin func(registry.Site) string
	// Manners are those of the house towards other hosts; nil: made here.
	Manners *crawl.Manners
	// Budget of an archive; its zero fields take their defaults.
	Budget ArchiveBudget
	// What proves the open items. Library knows what arrived; Found the articles
	// that visits of an old host found; Figures how a site hosted here was read;
	// Notice how the notice of the closing hangs; Shown whether a site's release
	// holds a page. Nil: not known here.
	Library *library.Service
	// Merits keeps what was decided of those responsible; made here when nil.
	Merits  *merit.Service
	Found   func(ctx context.Context, q db.Querier, host string, limit int) ([]string, error)
	Figures func(ctx context.Context, site registry.SiteID, from, to calendar.Date) (visits.Figures, error)
	Notice  func(ctx context.Context, q db.Querier, ref registry.Ref) (notice.Standing, error)
	Shown   func(site registry.SiteID, path string) (bool, error)
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{db: p.DB, org: p.Org, registry: p.Registry, obligations: p.Obligations, inspection: p.Inspection, days: p.Days, store: p.Store,
		client: p.Client, settings: p.Settings, origin: p.Origin, archive: p.Budget.filled(),
		library: p.Library, found: p.Found, figures: p.Figures, notice: p.Notice, shown: p.Shown, merits: p.Merits}
	if s.merits == nil {
		s.merits = merit.New(merit.Parts{DB: p.DB, Org: p.Org, Store: p.Store})
	}
	s.merits.GroundsFrom(s.inquiryGround())
	s.merits.OnChecked(s.accounted)
	if s.manners = p.Manners; s.manners == nil {
		s.manners = crawl.NewManners(p.Client, crawl.Courtesy{})
	}
	if s.inspection != nil {
		s.inspection.AskedFrom(OldKind, inspection.Afar{Ask: s.oldOf, Take: s.takeOld, Missed: s.oldMissed})
	}
	return s
}

// Begin opens the closing of an object in the act's transaction: when the
// application to close is made (preparing) or the province has consented. The
// columns the ledger and the last inspection know are laid out. One under way is
// returned as it is.
func (s *Service) Begin(ctx context.Context, tx *db.Tx, o registry.Object, c approval.CaseID) (ID, error) {
	known, err := db.One(ctx, tx, db.Value[ID], `SELECT id FROM closing WHERE object_kind = $1 AND object_id = $2 AND state NOT IN ('closed', 'stopped')`, o.Kind, o.ID)
	if err == nil {
		if c != "" {
			if _, err := tx.Exec(ctx, `UPDATE closing SET case_id = $2 WHERE id = $1 AND case_id = ''`, known, c); err != nil {
				return "", err
			}
		}
		return known, nil
	}
	if !db.None(err) {
		return "", err
	}
	n := Closing{ID: ID(ulid.Make().String()), Object: o.Ref, ObjectName: o.Name, Unit: o.Unit, CaseID: string(c), OpenedAt: tx.Now()}
	if o.Kind == sx2021.Site {
		n.Host = o.Address
	}
	if _, n.State, err = Machine.Take(ctx, tx, string(n.ID), "prepare", passage.Note{CaseID: n.CaseID}); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO closing (id, object_kind, object_id, object_name, unit_id, case_id, host, state, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		n.ID, n.Object.Kind, n.Object.ID, n.ObjectName, n.Unit, n.CaseID, n.Host, n.State, n.OpenedAt); err != nil {
		return "", fmt.Errorf("closing: begin: %w", err)
	}
	kinds := ItemKinds
	if o.Kind != sx2021.Site {
		kinds = []ItemKind{ContentMigration}
	}
	for _, k := range kinds {
		if _, err := tx.Exec(ctx, `INSERT INTO closing_item (closing_id, kind, state) VALUES ($1, $2, 'open')`, n.ID, k); err != nil {
			return "", err
		}
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "closing.begin", Target: n.Target(), Basis: sx2021.ClosureMigration.Citation, After: n}); err != nil {
		return "", err
	}
	if o.Kind != sx2021.Site {
		_, err = s.addColumn(ctx, tx, n.ID, Column{Name: "历史发布内容", URL: o.Address, Items: -1, Source: "ledger"})
		return n.ID, err
	}
	_, err = s.layOut(ctx, tx, n)
	return n.ID, err
}

// layOut adds the columns known to the ledger and those the last inspection
// found stale or unread, and returns how many were new.
func (s *Service) layOut(ctx context.Context, tx *db.Tx, n Closing) (int, error) {
	cols, err := s.registry.Columns(ctx, tx, authz.System("closing.columns"), registry.SiteID(n.Object.ID))
	if err != nil {
		return 0, err
	}
	added := 0
	for _, c := range cols {
		ok, err := s.addColumn(ctx, tx, n.ID, Column{Name: c.Name, URL: "/" + c.Slug + "/", Items: -1, Source: "ledger"})
		if err != nil {
			return added, err
		}
		if ok {
			added++
		}
	}
	found, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT place FROM finding WHERE site_id = $1 AND check_id IN ('column.stale', 'column.blank', 'column.overdue') AND place <> '' ORDER BY place LIMIT 500`, n.Object.ID)
	if err != nil {
		return added, err
	}
	for _, place := range found {
		c := Column{Name: place, Items: -1, Source: "inspection"}
		if strings.HasPrefix(place, "http") {
			c.URL = place
		}
		ok, err := s.addColumn(ctx, tx, n.ID, c)
		if err != nil {
			return added, err
		}
		if ok {
			added++
		}
	}
	return added, nil
}

const maxColumns = 2000

func (s *Service) addColumn(ctx context.Context, tx *db.Tx, id ID, c Column) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO closing_column (id, closing_id, name, url, items, source) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (closing_id, name, url) DO NOTHING`,
		ulid.Make().String(), id, abridge.Cut(c.Name, 100), abridge.Cut(c.URL, 500), c.Items, c.Source)
	return n > 0, err
}

// Consent marks the province's consent: lifecycle calls it in the transaction of
// the approval.
func (s *Service) Consent(ctx context.Context, tx *db.Tx, ref registry.Ref, c approval.CaseID) error {
	return s.move(ctx, tx, ref, "consent", passage.Note{Says: "省政府办公厅同意关停", CaseID: string(c)})
}

// Close marks the end; Stop that the object will not close after all.
func (s *Service) Close(ctx context.Context, tx *db.Tx, ref registry.Ref, why string) error {
	return s.move(ctx, tx, ref, "close", passage.Note{Says: why})
}

// Stop ends a closing because the object stays or the case was given up.
func (s *Service) Stop(ctx context.Context, tx *db.Tx, ref registry.Ref, why string) error {
	return s.move(ctx, tx, ref, "stop", passage.Note{Says: why})
}

func (s *Service) move(ctx context.Context, tx *db.Tx, ref registry.Ref, act string, note passage.Note) error {
	n, err := s.of(ctx, tx, ref)
	if db.None(err) {
		if act == "stop" {
			return nil
		}
		return fault.Missing("关停迁移")
	}
	if err != nil {
		return err
	}
	before := n.State
	if _, n.State, err = Machine.Take(ctx, tx, string(n.ID), act, note); err != nil {
		return err
	}
	var ended any
	if !n.Active() {
		ended = tx.Now()
	}
	if _, err := tx.Exec(ctx, `UPDATE closing SET state = $2, ended_at = $3, ended_why = $4 WHERE id = $1`, n.ID, n.State, ended, note.Says); err != nil {
		return err
	}
	if err := s.given(ctx, tx, n); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "closing." + act, Target: n.Target(), Basis: sx2021.ClosureConsent.Citation, Before: before, After: map[string]string{"state": n.State, "why": note.Says}})
}

const closingSelect = `
	SELECT c.id, c.object_kind, c.object_id, c.object_name, c.unit_id, u.name, c.case_id, c.host, c.state, c.opened_at, c.redirect_until, c.ended_at, c.ended_why,
	       (SELECT count(*) FROM closing_column k WHERE k.closing_id = c.id), (SELECT count(*) FROM closing_column k WHERE k.closing_id = c.id AND k.decision <> ''),
	       (SELECT count(*) FROM closing_redirect r WHERE r.closing_id = c.id), c.portal_id, c.handed_at, u.area_path, u.line_path
	  FROM closing c JOIN unit u ON u.id = c.unit_id`

func scanClosing(r db.Scanner) (Closing, error) {
	var c Closing
	err := r.Scan(&c.ID, &c.Object.Kind, &c.Object.ID, &c.ObjectName, &c.Unit, &c.UnitName, &c.CaseID, &c.Host, &c.State, &c.OpenedAt, &c.RedirectUntil, &c.EndedAt, &c.EndedWhy,
		&c.Columns, &c.Decided, &c.Redirects, &c.portal, &c.handedAt, &c.areaPath, &c.linePath)
	return c, err
}

func (s *Service) of(ctx context.Context, q db.Querier, ref registry.Ref) (Closing, error) {
	return db.One(ctx, q, scanClosing, closingSelect+` WHERE c.object_kind = $1 AND c.object_id = $2 AND c.state NOT IN ('closed', 'stopped')`, ref.Kind, ref.ID)
}

// Of is the closing of an object in scope that is under way, or the last one.
func (s *Service) Of(ctx context.Context, q db.Querier, scope authz.Scope, ref registry.Ref) (Closing, error) {
	c, err := db.One(ctx, q, scanClosing, closingSelect+` WHERE c.object_kind = $1 AND c.object_id = $2 ORDER BY CASE WHEN c.state IN ('closed', 'stopped') THEN 1 ELSE 0 END, c.opened_at DESC LIMIT 1`, ref.Kind, ref.ID)
	if db.None(err) || err == nil && !c.In(scope) {
		return Closing{}, fault.Missing("关停迁移")
	}
	return c, err
}

// Closing in scope.
func (s *Service) Closing(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Closing, error) {
	c, err := db.One(ctx, q, scanClosing, closingSelect+` WHERE c.id = $1`, id)
	if db.None(err) || err == nil && !c.In(scope) {
		return Closing{}, fault.Missing("关停迁移")
	}
	return c, err
}

// Filter narrows Closings.
type Filter struct {
	Text   string
	State  string // "" for those under way; "all"
	Limit  int    // 50 when zero
	Offset int
}

// Closings in scope, the latest first, and how many there are.
func (s *Service) Closings(ctx context.Context, scope authz.Scope, f Filter) ([]Closing, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Text != "", `(lower(c.object_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR c.host LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text), db.Contains(f.Text)).
		AndIf(f.State == "", "c.state IN ('preparing', 'closing')").
		AndIf(f.State != "" && f.State != "all", "c.state = ?", f.State)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM closing c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanClosing, closingSelect+` WHERE `+w.SQL()+` ORDER BY c.opened_at DESC, c.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Columns of a closing in scope: undecided ones first.
func (s *Service) Columns(ctx context.Context, q db.Querier, scope authz.Scope, id ID) ([]Column, error) {
	if _, err := s.Closing(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, q, scanColumn, columnSelect+` WHERE closing_id = $1
		ORDER BY CASE WHEN decision = '' THEN 0 ELSE 1 END, id LIMIT $2`, id, maxColumns)
}

const columnSelect = `SELECT id, name, url, items, arrived, counted_at, source, decision, target, reason, decided_by, decided_at FROM closing_column`

func scanColumn(r db.Scanner) (Column, error) {
	var c Column
	err := r.Scan(&c.ID, &c.Name, &c.URL, &c.Items, &c.Arrived, &c.CountedAt, &c.Source, &c.Decision, &c.Target, &c.Reason, &c.DecidedBy, &c.DecidedAt)
	return c, err
}

// change runs fn over an active closing in scope.
func (s *Service) change(ctx context.Context, scope authz.Scope, id ID, fn func(tx *db.Tx, c Closing) error) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Closing(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !c.Active() {
			return fault.New(fault.Conflict, "关停迁移现在的状态是“"+c.StateName()+"”，不能再改。")
		}
		return fn(tx, c)
	})
}

// AddColumn enters a column by hand: for sites the ledger knows little of.
func (s *Service) AddColumn(ctx context.Context, scope authz.Scope, id ID, name, address string) error {
	name, address = strings.TrimSpace(name), strings.TrimSpace(address)
	var f fault.Fields
	f.Check(name != "", "name", "请填写栏目名称")
	f.Check(len([]rune(name)) <= 100, "name", "栏目名称最多 100 个字")
	f.Check(len(address) <= 500, "url", "网址最多 500 个字符")
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		if c.Columns >= maxColumns {
			return fault.Newf(fault.Refused, "栏目已有 %d 个，不能再加；请合并登记。", c.Columns)
		}
		ok, err := s.addColumn(ctx, tx, id, Column{Name: name, URL: address, Items: -1, Source: "hand"})
		if err != nil || !ok {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.column.add", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, After: map[string]string{"name": name, "url": address}})
	})
}

// Relay lays out again what ledger and inspection know by now.
func (s *Service) Relay(ctx context.Context, scope authz.Scope, id ID) (added int, err error) {
	err = s.change(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		if c.Object.Kind != sx2021.Site {
			return nil
		}
		if added, err = s.layOut(ctx, tx, c); err != nil || added == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.column.relay", Target: c.Target(), After: added})
	})
	return added, err
}

// Decide says what becomes of columns; all in one act. Migrating needs a target,
// dropping a reason.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, id ID, columns []string, d Decision, target, reason string) error {
	target, reason = strings.TrimSpace(target), strings.TrimSpace(reason)
	var f fault.Fields
	f.Check(len(columns) > 0, "column", "请选择栏目")
	f.Check(len(columns) <= maxColumns, "column", "一次选择的栏目过多")
	f.Check(slices.Contains(Decisions, d), "decision", "请选择迁移、归档或舍弃")
	f.Check(d != Migrate || target != "", "target", "迁移要写明去向，如 市政府门户网站“政务动态”栏目")
	f.Check(d != Drop || len([]rune(reason)) >= 4, "reason", "舍弃要写明理由，不少于 4 个字")
	f.Check(len([]rune(target)) <= 200, "target", "去向最多 200 个字")
	f.Check(len([]rune(reason)) <= 500, "reason", "理由最多 500 个字")
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		n := int64(0)
		for _, col := range columns {
			k, err := tx.Exec(ctx, `UPDATE closing_column SET decision = $3, target = $4, reason = $5, decided_by = $6, decided_at = $7 WHERE id = $1 AND closing_id = $2`,
				col, id, d, target, reason, actor.Name, tx.Now())
			if err != nil {
				return err
			}
			n += k
		}
		if n != int64(len(columns)) {
			return fault.Missing("栏目")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.column.decide", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation,
			After: map[string]any{"columns": columns, "decision": d, "target": target, "reason": reason}})
	})
}

// Items of a closing in scope.
func (s *Service) Items(ctx context.Context, q db.Querier, scope authz.Scope, id ID) ([]Item, error) {
	if _, err := s.Closing(ctx, q, scope, id); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (Item, error) {
		var i Item
		var state string
		err := r.Scan(&i.Kind, &state, &i.Proof, &i.Attachment, &i.ProvedBy, &i.ProvedAt, &i.Seen, &i.SeenAt)
		i.Proved = state == "proved"
		return i, err
	}, `SELECT kind, state, proof, COALESCE(attachment_id, ''), proved_by, proved_at, seen, seen_at FROM closing_item WHERE closing_id = $1`, id)
	slices.SortFunc(list, func(a, b Item) int { return slices.Index(ItemKinds, a.Kind) - slices.Index(ItemKinds, b.Kind) })
	return list, err
}

// Prove marks an open item as done, with its proof in words and, where there is
// one, a file.
func (s *Service) Prove(ctx context.Context, scope authz.Scope, id ID, k ItemKind, proof string, upload *approval.Upload) error {
	proof = strings.TrimSpace(proof)
	if n := len([]rune(proof)); n < 4 || n > 500 {
		return fault.New(fault.Invalid, "没有写明依据，请用 4 到 500 个字说明（材料、网址或编号）。").On("proof-"+string(k), "请用 4 到 500 个字写明依据")
	}
	if _, err := s.Closing(ctx, s.db, scope, id); err != nil {
		return err
	}
	var file approval.Attachment
	if upload != nil {
		upload.Kind = "closing_" + string(k)
		var err error
		if file, err = approval.Take(ctx, s.store, *upload); err != nil {
			return err
		}
	}
	return s.after(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if k == Traffic && upload == nil {
			return fault.New(fault.Invalid, "访问量统计没有材料，请上传统计表或截图。").On("file-"+string(k), "请上传统计表或截图")
		}
		attachment := ""
		if upload != nil {
			file.OwnerKind, file.OwnerID = "closing", string(id)
			kept, err := approval.Attach(ctx, tx, file)
			if err != nil {
				return err
			}
			attachment = kept.ID
		}
		n, err := tx.Exec(ctx, `UPDATE closing_item SET state = 'proved', proof = $3, attachment_id = $4, proved_by = $5, proved_at = $6 WHERE closing_id = $1 AND kind = $2 AND state = 'open'`,
			id, k, proof, db.Null(attachment), actor.Name, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这一项已经办结，或不在清单中。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.item.prove", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, After: map[string]any{"item": k, "proof": proof}})
	})
}

// Progress is what lifecycle's guards ask of a closing.
type Progress struct {
	Closing
	// Begun: there is one.
	Begun bool
	// MigrationComplete: there are columns, and every one is decided
	// (sx2021.Closure).
	MigrationComplete bool
	Open              []Item // items not proved
	Archived          bool   // there is an archive that was read back whole
}

// Progress of the closing of an object; zero when there is none. The caller has
// the object in scope.
func (s *Service) Progress(ctx context.Context, q db.Querier, ref registry.Ref) (Progress, error) {
	system := authz.System("closing.progress")
	c, err := s.Of(ctx, q, system, ref)
	if fault.Is(err, fault.NotFound) {
		return Progress{}, nil
	}
	if err != nil {
		return Progress{}, err
	}
	out := Progress{Closing: c, Begun: true, MigrationComplete: c.Columns > 0 && c.Decided == c.Columns}
	items, err := s.Items(ctx, q, system, c.ID)
	if err != nil {
		return out, err
	}
	for _, i := range items {
		if !i.Proved {
			out.Open = append(out.Open, i)
		}
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM closing_archive WHERE closing_id = $1 AND state = 'done' AND checked_at IS NOT NULL`, c.ID)
	out.Archived = n > 0
	return out, err
}

// Wanting says in law what the closing still lacks for the deregistrations.
func (p Progress) Wanting() []rules.Breach {
	if p.MigrationComplete {
		return nil
	}
	return []rules.Breach{sx2021.ClosureMigration.Breachf("栏目已确定去向%d个，共%d个；请把其余栏目逐一确定为迁移、归档或舍弃。", p.Decided, p.Columns)}
}

// OpenFile reads the proof of an item in scope.
func (s *Service) OpenFile(ctx context.Context, scope authz.Scope, id ID, attachment string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.Closing(ctx, s.db, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "closing", string(id), attachment)
}
