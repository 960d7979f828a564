package columns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Service is the door of columns.
type Service struct {
	db       *db.DB
	org      *org.Service
	registry *registry.Service
	library  *library.Service
	redraw   []Redraw
	counts   []Counts
	follow   []Follow
}

// New makes the service.
func New(d *db.DB, o *org.Service, r *registry.Service, l *library.Service) *Service {
	return &Service{db: d, org: o, registry: r, library: l}
}

const basis = "第二十七条"

// mostSubscriptions of one column; more are a sign of a condition too narrow.
const mostSubscriptions = 20

// Subscription is what a column asks the library for. An empty condition asks
// for nothing; one at least is set.
type Subscription struct {
	ID           string
	Site         registry.SiteID
	Column       registry.ColumnID
	Type         library.Type
	Category     string
	Area         org.AreaID // of the provider, with everything below
	Provider     org.UnitID
	Keywords     string // any of these, separated by ;
	Take         bool   // shown at once; otherwise proposed
	Top          int    // pin of what is taken
	CreatedBy    string
	CreatedName  string
	CreatedAt    time.Time
	EndedAt      time.Time
	AreaName     string // joined
	ProviderName string // joined; in Subscribe the name of the provider as it was typed
	areaPath     string
	own          org.UnitID // of the column's site, joined
}

// Says is the subscription in words.
func (n Subscription) Says() string {
	var parts []string
	if n.Type != "" {
		parts = append(parts, "类型“"+n.Type.Name()+"”")
	}
	if n.Category != "" {
		parts = append(parts, "类别“"+library.CategoryName(n.Category)+"”")
	}
	if n.Area != "" {
		parts = append(parts, n.AreaName+"各单位")
	}
	if n.Provider != "" {
		parts = append(parts, n.ProviderName)
	}
	if n.Keywords != "" {
		parts = append(parts, "含“"+strings.ReplaceAll(n.Keywords, ";", "”或“")+"”")
	}
	return strings.Join(parts, "，")
}

// Mode is what happens to what is found, in words.
func (n Subscription) Mode() string {
	if n.Take {
		return "直接显示"
	}
	return "列为建议"
}

func (n Subscription) wish() library.Wish {
	w := library.Wish{Category: n.Category, Area: n.areaPath, Unit: n.Provider, Keywords: library.List(n.Keywords), Column: n.Column, Own: n.own}
	if n.Type != "" {
		w.Types = []library.Type{n.Type}
	}
	return w
}

const subscriptionSelect = `
	SELECT n.id, n.site_id, n.column_id, n.type, n.category, COALESCE(n.area_id, ''), COALESCE(a.path, ''), COALESCE(n.provider_id, ''), n.keywords, n.take, n.top, n.created_by, n.created_name, n.created_at, n.ended_at,
	       COALESCE(a.name, ''), COALESCE(pu.name, ''), st.unit_id
	  FROM column_subscription n JOIN site st ON st.id = n.site_id LEFT JOIN area a ON a.id = n.area_id LEFT JOIN unit pu ON pu.id = n.provider_id`

func scanSubscription(r db.Scanner) (Subscription, error) {
	var n Subscription
	return n, r.Scan(&n.ID, &n.Site, &n.Column, &n.Type, &n.Category, &n.Area, &n.areaPath, &n.Provider, &n.Keywords, &n.Take, &n.Top, &n.CreatedBy, &n.CreatedName, &n.CreatedAt, &n.EndedAt,
		&n.AreaName, &n.ProviderName, &n.own)
}

// Subscriptions in force of a column in scope.
func (s *Service) Subscriptions(ctx context.Context, scope authz.Scope, column registry.ColumnID) ([]Subscription, error) {
	if _, err := s.registry.Column(ctx, s.db, scope, column); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanSubscription, subscriptionSelect+` WHERE n.column_id = $1 AND n.ended_at IS NULL ORDER BY n.created_at, n.id`, column)
}

// Subscribe enters what a column in scope asks for. What is published from now
// on and meets it is proposed, or shown at once.
func (s *Service) Subscribe(ctx context.Context, scope authz.Scope, n Subscription) (Subscription, error) {
	n.Keywords = strings.Join(library.List(n.Keywords), ";")
	var f fault.Fields
	f.Check(n.Type == "" || n.Type.Name() != "", "type", "请从列表中选择信息类型")
	f.Check(n.Category == "" || library.CategoryOf(n.Category) == n.Category, "category", "请从列表中选择资源类别")
	f.Check(len([]rune(n.Keywords)) <= 200, "keywords", "关键词不能超过 200 字")
	f.Check(len(library.List(n.Keywords)) <= 10, "keywords", "关键词最多 10 个，请分成几条订阅")
	for _, k := range library.List(n.Keywords) {
		f.Check(len([]rune(k)) >= 2, "keywords", "关键词“"+k+"”太短，至少两个字")
	}
	f.Check(n.Top >= 0 && n.Top <= 9, "top", "置顶请填 0 到 9")
	if err := f.Err(); err != nil {
		return Subscription{}, err
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Subscription{}, audit.ErrNoActor
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.registry.Column(ctx, tx, scope, n.Column)
		if err != nil {
			return err
		}
		if !c.ClosedAt.IsZero() {
			return fault.New(fault.Conflict, "这个栏目已经停用，不能订阅。")
		}
		site, err := s.registry.SiteTx(ctx, tx, scope, c.Site)
		if err != nil {
			return err
		}
		if !site.Hosted {
			return fault.Newf(fault.Conflict, "“%s”不在本平台发布，不能订阅。", site.Name)
		}
		if n.Area != "" {
			a, err := s.org.Area(ctx, tx, n.Area)
			if err != nil {
				return fault.New(fault.Invalid, "没有这个地区。").On("area", "请从列表中选择地区").From(err)
			}
			n.areaPath, n.AreaName = a.Path, a.Name
		}
		if n.ProviderName = strings.TrimSpace(n.ProviderName); n.ProviderName != "" {
			found, err := s.org.UnitsNamed(ctx, tx, authz.System("columns.provider"), []string{n.ProviderName}) // which units there are is public
			if err != nil {
				return err
			}
			switch len(found) {
			case 0:
				return fault.New(fault.Invalid, "没有这个单位。").On("provider", "“"+n.ProviderName+"”没有登记，请填写单位全称")
			case 1:
				n.Provider = found[0].ID
			default:
				return fault.New(fault.Invalid, "单位名称有重复。").On("provider", fmt.Sprintf("有 %d 个单位叫“%s”，请加选地区，或用关键词", len(found), n.ProviderName))
			}
		}
		if n.Type == "" && n.Category == "" && n.Area == "" && n.Provider == "" && n.Keywords == "" {
			return fault.New(fault.Invalid, "订阅没有条件。").On("type", "至少设定一个条件，否则全库的稿件都会进来")
		}
		others, err := db.All(ctx, tx, scanSubscription, subscriptionSelect+` WHERE n.column_id = $1 AND n.ended_at IS NULL`, n.Column)
		if err != nil {
			return err
		}
		if len(others) >= mostSubscriptions {
			return fault.Newf(fault.Conflict, "一个栏目最多 %d 条订阅，请先停用不需要的。", mostSubscriptions)
		}
		for _, o := range others {
			if o.Type == n.Type && o.Category == n.Category && o.Area == n.Area && o.Provider == n.Provider && o.Keywords == n.Keywords {
				return fault.New(fault.Conflict, "这个栏目已有条件相同的订阅。")
			}
		}
		n.ID, n.Site, n.CreatedBy, n.CreatedName, n.CreatedAt = ulid.Make().String(), c.Site, actor.ID, actor.Name, tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO column_subscription (id, site_id, column_id, type, category, area_id, provider_id, keywords, take, top, created_by, created_name, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, n.ID, n.Site, n.Column, n.Type, n.Category, db.Null(n.Area), db.Null(n.Provider), n.Keywords, n.Take, n.Top, n.CreatedBy, n.CreatedName, n.CreatedAt); err != nil {
			return fmt.Errorf("columns: subscribe: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "columns.subscribe", Basis: basis, Target: audit.Target{Kind: "column", ID: string(c.ID), Name: site.Name + " / " + c.Name, Unit: string(site.Unit)},
			After: map[string]any{"subscription": n.ID, "asks": n.Says(), "mode": n.Mode()}})
	})
	return n, err
}

// Regions are the areas to choose a provider's from, for a column in scope:
// its own, those above, and those beside and below.
func (s *Service) Regions(ctx context.Context, scope authz.Scope, column registry.ColumnID) ([]org.Area, error) {
	_, site, err := s.Column(ctx, scope, column)
	if err != nil {
		return nil, err
	}
	everywhere := authz.System("columns.regions") // divisions are public
	u, err := s.org.UnitTx(ctx, s.db, everywhere, site.Unit)
	if err != nil {
		return nil, err
	}
	a, err := s.org.Area(ctx, s.db, u.Area)
	if err != nil {
		return nil, err
	}
	out := []org.Area{a}
	for up := a; up.Parent != ""; {
		if up, err = s.org.Area(ctx, s.db, up.Parent); err != nil {
			return nil, err
		}
		out = append(out, up)
	}
	parents := []org.AreaID{a.ID}
	if a.Parent != "" {
		parents = append(parents, a.Parent)
	}
	if top := out[len(out)-1].ID; !slices.Contains(parents, top) {
		parents = append(parents, top)
	}
	for _, p := range parents {
		list, err := s.org.Areas(ctx, everywhere, p)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			if !slices.ContainsFunc(out, func(o org.Area) bool { return o.ID == n.ID }) {
				out = append(out, n)
			}
		}
	}
	return out, nil
}

// Unsubscribe ends a subscription of a column in scope; what it brought stays.
func (s *Service) Unsubscribe(ctx context.Context, scope authz.Scope, column registry.ColumnID, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.registry.Column(ctx, tx, scope, column)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE column_subscription SET ended_at = $3 WHERE id = $1 AND column_id = $2 AND ended_at IS NULL`, id, column, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing("订阅")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "columns.unsubscribe", Basis: basis, Target: audit.Target{Kind: "column", ID: string(c.ID), Name: c.Name}, After: map[string]any{"subscription": id}})
	})
}

// Offered is the job that lays a newly public item before the columns that
// asked for such.
type Offered struct {
	Item library.ItemID `json:"item"`
}

// Kind names the job.
func (Offered) Kind() string { return "columns.offered" }

// Changed is the library's outcome, in the transaction of the act: what became
// public is offered, what was withdrawn is proposed no more.
func (s *Service) Changed(ctx context.Context, tx *db.Tx, c library.Change) error {
	if c.Withdrawn {
		_, err := tx.Exec(ctx, `UPDATE column_proposal SET state = 'gone', settled_at = $2, says = '稿件已撤稿' WHERE item_id = $1 AND state = 'open'`, c.Item, tx.Now())
		return err
	}
	if a, _ := audit.ActorFrom(ctx); a.ID == offering {
		return nil // what a subscription showed was offered already
	}
	return jobs.Enqueue(ctx, tx, Offered{c.Item}, jobs.Unique(string(c.Item)))
}

// offering names the duty that answers subscriptions.
const offering = "columns.offered"

// Register lets the workers answer subscriptions.
func (s *Service) Register(w *jobs.Workers) {
	jobs.HandleTx(w, func(ctx context.Context, tx *db.Tx, a Offered) error {
		return s.offer(audit.System(ctx, offering), tx, a.Item)
	})
}

// heads are a code or a path with everything it lies below, and the empty one:
// the conditions it can meet.
func heads(s string, ends func(i int) bool) []string {
	out := []string{""}
	for i := 1; i <= len(s); i++ {
		if ends(i) {
			out = append(out, s[:i])
		}
	}
	return out
}

// Asking are the subscriptions in force that a public item meets; the path is
// that of its unit.
func (s *Service) Asking(ctx context.Context, q db.Querier, it library.Item) ([]Subscription, error) {
	path, err := db.One(ctx, q, db.Value[string], `SELECT area_path FROM unit WHERE id = $1`, it.Unit)
	if err != nil {
		return nil, err
	}
	code := it.Coded()
	paths := heads(path, func(i int) bool { return path[i-1] == '/' && i > 1 })
	cond, args := db.In("path", paths)
	var in db.Where
	areas, err := db.All(ctx, q, db.Value[org.AreaID], `SELECT id FROM area WHERE `+in.And(cond, args...).SQL(), in.Args()...)
	if err != nil {
		return nil, err
	}
	within, ids := db.In("n.area_id", areas)
	coded, codes := db.In("n.category", heads(code, func(i int) bool { return i%2 == 0 }))
	var w db.Where
	w.And("n.ended_at IS NULL").And("n.type IN ('', ?)", it.Type).And("n.area_id IS NULL OR "+within, ids...).And(coded, codes...).
		And("n.provider_id IS NULL OR n.provider_id = ?", it.Unit).
		And("NOT EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = ? AND p.column_id = n.column_id)", it.ID).
		And("NOT EXISTS (SELECT 1 FROM column_proposal o WHERE o.item_id = ? AND o.column_id = n.column_id)", it.ID).
		And("EXISTS (SELECT 1 FROM site_column c WHERE c.id = n.column_id AND c.closed_at IS NULL)").
		And("st.hosted AND st.state NOT IN ('closed', 'exited')")
	list, err := db.All(ctx, q, scanSubscription, subscriptionSelect+` WHERE `+w.SQL()+` ORDER BY n.take DESC, n.created_at, n.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	seen := map[registry.ColumnID]bool{} // one column, one proposal: what shows at once goes first
	return slices.DeleteFunc(list, func(n Subscription) bool {
		fits := n.wish().Matches(it) && !seen[n.Column] && (it.Share != library.NoShare || n.own == it.Unit)
		seen[n.Column] = seen[n.Column] || fits
		return !fits
	}), nil
}

func (s *Service) offer(ctx context.Context, tx *db.Tx, id library.ItemID) error {
	it, _, err := s.library.LiveItem(ctx, tx, id)
	if fault.Is(err, fault.NotFound) {
		return nil // withdrawn since
	}
	if err != nil || it.Language != library.Chinese {
		return err
	}
	list, err := s.Asking(ctx, tx, it)
	if err != nil {
		return err
	}
	for _, n := range list {
		state, says := "open", ""
		if n.Take {
			// The scope was held when it was subscribed.
			_, err := s.library.AdoptTx(ctx, tx, authz.System(offering), library.Adoption{Item: id, Column: n.Column, Top: n.Top})
			switch {
			case err == nil:
				state = "taken"
			case fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict):
				says = fault.Of(err).Says
			default:
				return err
			}
		}
		var settled any
		if state == "taken" {
			settled = tx.Now()
		}
		if _, err := tx.Exec(ctx, `INSERT INTO column_proposal (column_id, item_id, subscription_id, state, says, at, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (column_id, item_id) DO NOTHING`,
			n.Column, id, n.ID, state, says, tx.Now(), settled); err != nil {
			return err
		}
		title, body := "订阅有新稿件："+it.Title, it.UnitName+"发布，可以采用到本单位栏目。"
		if state == "taken" {
			title, body = "订阅已显示："+it.Title, it.UnitName+"发布，已按订阅显示在本单位栏目。"
		}
		if err := notify.SendAll(ctx, tx, []notify.Message{{Key: "proposal:" + string(n.Column) + ":" + string(id), Unit: string(n.own), Title: title, Body: body, Link: Link(n.Column)}}); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "columns.offer", Basis: basis, Target: it.Target(), After: map[string]any{"columns": len(list)}})
}

// Link is a column's page.
func Link(c registry.ColumnID) string { return "/console/columns/" + string(c) }

// Proposal is an item that a subscription laid before a column.
type Proposal struct {
	Column   registry.ColumnID
	Item     library.Item
	State    string
	Says     string
	At       time.Time
	Asked    string // the subscription in words
	OwnSite  registry.SiteID
	ItemLive bool
}

// Proposals open before a column in scope, newest first.
func (s *Service) Proposals(ctx context.Context, scope authz.Scope, column registry.ColumnID, limit int) ([]Proposal, error) {
	if _, err := s.registry.Column(ctx, s.db, scope, column); err != nil {
		return nil, err
	}
	type row struct {
		Proposal
		id  library.ItemID
		sub string
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.Column, &v.id, &v.sub, &v.State, &v.Says, &v.At)
	}, `SELECT column_id, item_id, subscription_id, state, says, at FROM column_proposal WHERE column_id = $1 AND state = 'open' ORDER BY at DESC, item_id LIMIT $2`, column, limit)
	if err != nil {
		return nil, err
	}
	asked := map[string]string{}
	var out []Proposal
	for _, v := range rows {
		if v.Item, _, err = s.library.LiveItem(ctx, s.db, v.id); fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, ok := asked[v.sub]; !ok {
			n, err := db.One(ctx, s.db, scanSubscription, subscriptionSelect+` WHERE n.id = $1`, v.sub)
			if err != nil {
				return nil, err
			}
			asked[v.sub] = n.Says()
		}
		v.Asked = asked[v.sub]
		out = append(out, v.Proposal)
	}
	return out, nil
}

// Adopt shows an item in a column in scope and settles its proposal.
func (s *Service) Adopt(ctx context.Context, scope authz.Scope, a library.Adoption) (library.Placement, error) {
	var p library.Placement
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = s.library.AdoptTx(ctx, tx, scope, a); err != nil {
			return err
		}
		return settle(ctx, tx, a.Column, a.Item, "taken", "")
	})
	return p, err
}

// Decline puts a proposal of a column in scope aside; it does not come again.
func (s *Service) Decline(ctx context.Context, scope authz.Scope, column registry.ColumnID, item library.ItemID, says string) error {
	if len([]rune(says)) > 200 {
		return fault.New(fault.Invalid, "说明超过 200 字。").On("says", "请压缩到 200 字以内")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.registry.Column(ctx, tx, scope, column)
		if err != nil {
			return err
		}
		if err := settle(ctx, tx, column, item, "declined", says); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "columns.decline", Target: audit.Target{Kind: "column", ID: string(column), Name: c.Name}, After: map[string]any{"item": item, "says": says}})
	})
}

func settle(ctx context.Context, tx *db.Tx, column registry.ColumnID, item library.ItemID, state, says string) error {
	who := ""
	if a, ok := audit.ActorFrom(ctx); ok {
		who = a.Name
	}
	_, err := tx.Exec(ctx, `UPDATE column_proposal SET state = $3, says = $4, settled_by = $5, settled_at = $6 WHERE column_id = $1 AND item_id = $2 AND state = 'open'`, column, item, state, says, who, tx.Now())
	return err
}
