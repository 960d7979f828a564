package matrix

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Citation is the article.
const Citation = sx2021.Instrument + " 第十一条"

// PlacementDue is the clock of an area without a head.
var PlacementDue = obligation.Kind{ID: "matrix_placement", Name: "矩阵归位", Clause: "S11.2", Citation: Citation,
	Says: "指定本地区矩阵的龙头网站或龙头账号，使新开设的网站、账号归入矩阵", Remind: []int{3, 0}, Escalate: 7}

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{PlacementDue} }

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Settings    func() sx2021.Settings
}

// Service is the door of the matrices.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	settings    func() sx2021.Settings
	changed     []func(ctx context.Context, tx *db.Tx, sites []registry.SiteID) error

	mu   sync.Mutex
	seen stamp
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, registry: p.Registry, obligations: p.Obligations, settings: p.Settings}
}

// OnChanged registers who is told, in the transaction, of which hosted portals
// the public page no longer fits.
func (s *Service) OnChanged(f func(ctx context.Context, tx *db.Tx, sites []registry.SiteID) error) {
	s.changed = append(s.changed, f)
}

// stamp changes whenever the matrices may have to be derived anew.
type stamp struct {
	touched, placed string
	objects, places int
	moved           int
	hour            int64
}

func (s *Service) stamp(ctx context.Context) (stamp, error) {
	st, err := db.One(ctx, s.db, func(r db.Scanner) (stamp, error) {
		var x stamp
		return x, r.Scan(&x.touched, &x.placed, &x.objects, &x.places, &x.moved)
	}, `SELECT CAST(GREATEST_OF AS TEXT), CAST(PLACED AS TEXT), N, P, M FROM (SELECT
		COALESCE((SELECT CAST(MAX(updated_at) AS TEXT) FROM site), '') || '/' || COALESCE((SELECT CAST(MAX(updated_at) AS TEXT) FROM account), '') AS GREATEST_OF,
		COALESCE((SELECT CAST(MAX(at) AS TEXT) FROM media_matrix_place), '') AS PLACED,
		(SELECT count(*) FROM site) + (SELECT count(*) FROM account) AS N, (SELECT count(*) FROM media_matrix_place) AS P, (SELECT count(*) FROM reorganisation) AS M) x`)
	st.hour = s.db.Now().Unix() / 3600
	return st, err
}

// Sweep derives the matrices anew when the ledger has changed, opens a clock
// for each area without a head and ends those of areas that have one. It
// returns how many objects stand elsewhere than before.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	st, err := s.stamp(ctx)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	same := st == s.seen
	s.mu.Unlock()
	if same {
		return 0, nil
	}
	n, err := s.Derive(ctx)
	if err == nil {
		s.mu.Lock()
		s.seen = st
		s.mu.Unlock()
	}
	return n, err
}

// inMatrix are the states in which an object stands in its matrix.
const inMatrix = `('running', 'temporarily_offline', 'exiting', 'closing')`

// Derive brings every place up. Repeating it changes nothing.
func (s *Service) Derive(ctx context.Context) (int, error) {
	changed := 0
	err := s.db.Update(audit.System(ctx, "matrix"), func(tx *db.Tx) (err error) {
		changed, err = s.derive(audit.System(ctx, "matrix"), tx)
		return err
	})
	return changed, err
}

func (s *Service) derive(ctx context.Context, tx *db.Tx) (int, error) {
	facts, err := db.All(ctx, tx, func(r db.Scanner) (fact, error) {
		var f fact
		return f, r.Scan(&f.Kind, &f.ID, &f.name, &f.siteKind, &f.main, &f.unitKind, &f.area, &f.unit, &f.path)
	}, `SELECT 'site', s.id, s.name, s.kind, FALSE, u.kind, u.area_id, u.id, u.area_path FROM site s JOIN unit u ON u.id = s.unit_id WHERE s.state IN `+inMatrix+`
	     UNION ALL SELECT c.kind, c.id, c.name, '', c.main, u.kind, u.area_id, u.id, u.area_path FROM account c JOIN unit u ON u.id = c.unit_id WHERE c.state IN `+inMatrix)
	if err != nil {
		return 0, err
	}
	type area struct {
		id, parent org.AreaID
		level      org.Level
	}
	areas, err := db.All(ctx, tx, func(r db.Scanner) (area, error) {
		var a area
		return a, r.Scan(&a.id, &a.parent, &a.level)
	}, `SELECT id, COALESCE(parent_id, ''), level FROM area`)
	if err != nil {
		return 0, err
	}
	parent, level := make(map[org.AreaID]org.AreaID, len(areas)), make(map[org.AreaID]org.Level, len(areas))
	for _, a := range areas {
		parent[a.id], level[a.id] = a.parent, a.level
	}
	places, err := places(ctx, tx)
	if err != nil {
		return 0, err
	}
	nodes := derive(facts, places, parent, level)
	before, err := db.All(ctx, tx, func(r db.Scanner) (node, error) {
		var n node
		return n, r.Scan(&n.Kind, &n.ID, &n.area, &n.standing, &n.parent.Kind, &n.parent.ID, &n.gap, &n.unit, &n.path)
	}, `SELECT object_kind, object_id, area_id, standing, parent_kind, parent_id, gap_id, unit_id, area_path FROM media_matrix_node`)
	if err != nil {
		return 0, err
	}
	was := make(map[registry.Ref]node, len(before))
	for _, n := range before {
		was[n.Ref] = n
	}
	touched := map[org.AreaID]bool{}
	var rows [][]any
	n := 0
	for _, x := range nodes {
		old, ok := was[x.Ref]
		delete(was, x.Ref)
		switch {
		case ok && old == x:
			continue
		case ok:
			if _, err := tx.Exec(ctx, `UPDATE media_matrix_node SET area_id = $3, standing = $4, parent_kind = $5, parent_id = $6, gap_id = $7, since = $8, unit_id = $9, area_path = $10, placed = $11 WHERE object_kind = $1 AND object_id = $2`,
				x.Kind, x.ID, x.area, x.standing, x.parent.Kind, x.parent.ID, x.gap, tx.Now(), x.unit, x.path, b2i(x.standing != Missing)); err != nil {
				return 0, err
			}
			touched[old.area] = true
		default:
			rows = append(rows, []any{x.Kind, x.ID, Of(x.Kind), x.area, x.standing, x.parent.Kind, x.parent.ID, x.gap, tx.Now(), x.unit, x.path, b2i(x.standing != Missing)})
		}
		touched[x.area] = true
		n++
	}
	if err := tx.InsertAll(ctx, "media_matrix_node", []string{"object_kind", "object_id", "matrix", "area_id", "standing", "parent_kind", "parent_id", "gap_id", "since", "unit_id", "area_path", "placed"}, rows); err != nil {
		return 0, err
	}
	for ref, old := range was {
		if _, err := tx.Exec(ctx, `DELETE FROM media_matrix_node WHERE object_kind = $1 AND object_id = $2`, ref.Kind, ref.ID); err != nil {
			return 0, err
		}
		touched[old.area] = true
		n++
	}
	if err := s.clocks(ctx, tx, gaps(nodes), parent); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	if err := s.tell(ctx, tx, touched, parent); err != nil {
		return 0, err
	}
	return n, audit.Record(ctx, tx, audit.Entry{Act: "matrix.derive", Basis: Citation, Target: audit.Target{Kind: "media_matrix", ID: "all", Name: "两大矩阵"}, After: map[string]any{"objects": len(nodes), "changed": n}})
}

// tell names the hosted portals whose page shows one of the areas.
func (s *Service) tell(ctx context.Context, tx *db.Tx, touched map[org.AreaID]bool, parent map[org.AreaID]org.AreaID) error {
	if len(s.changed) == 0 {
		return nil
	}
	all := map[org.AreaID]bool{}
	for a := range touched {
		for ; a != "" && !all[a]; a = parent[a] {
			all[a] = true
		}
	}
	type portal struct {
		id   registry.SiteID
		area org.AreaID
	}
	list, err := db.All(ctx, tx, func(r db.Scanner) (portal, error) {
		var p portal
		return p, r.Scan(&p.id, &p.area)
	}, `SELECT s.id, u.area_id FROM site s JOIN unit u ON u.id = s.unit_id WHERE s.hosted AND s.kind = 'portal' AND s.state IN `+inMatrix+` ORDER BY s.id`)
	if err != nil {
		return err
	}
	var sites []registry.SiteID
	for _, p := range list {
		if all[p.area] {
			sites = append(sites, p.id)
		}
	}
	for _, f := range s.changed {
		if len(sites) > 0 {
			if err := f(ctx, tx, sites); err != nil {
				return err
			}
		}
	}
	return nil
}

func gapSubject(k Kind, id org.AreaID, name string) obligation.Subject {
	return obligation.Subject{Kind: "media_matrix_gap", ID: string(k) + ":" + string(id), Name: name + "的" + k.Name()}
}

// clocks opens and ends the clocks of areas without a head.
func (s *Service) clocks(ctx context.Context, tx *db.Tx, now map[Kind][]org.AreaID, parent map[org.AreaID]org.AreaID) error {
	type gap struct {
		k    Kind
		area org.AreaID
		name string
	}
	open, err := db.All(ctx, tx, func(r db.Scanner) (gap, error) {
		var g gap
		return g, r.Scan(&g.k, &g.area, &g.name)
	}, `SELECT g.matrix, g.area_id, a.name FROM media_matrix_gap g JOIN area a ON a.id = g.area_id`)
	if err != nil {
		return err
	}
	for _, g := range open {
		if slices.Contains(now[g.k], g.area) {
			continue
		}
		if _, err := tx.Exec(ctx, `DELETE FROM media_matrix_gap WHERE matrix = $1 AND area_id = $2`, g.k, g.area); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, PlacementDue.ID, gapSubject(g.k, g.area, g.name), "矩阵已有龙头，网站、账号已归位"); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "matrix.gap.close", Basis: Citation, Target: audit.Target{Kind: "media_matrix", ID: string(g.k), Name: g.name + "的" + g.k.Name()}}); err != nil {
			return err
		}
	}
	for k, areas := range now {
		for _, a := range areas {
			if slices.ContainsFunc(open, func(g gap) bool { return g.k == k && g.area == a }) {
				continue
			}
			unit, ok, err := officeOf(ctx, tx, a, parent)
			if err != nil {
				return err
			}
			if !ok {
				continue // nobody to ask: the list of the missing shows it all the same
			}
			name, err := db.One(ctx, tx, db.Value[string], `SELECT name FROM area WHERE id = $1`, a)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO media_matrix_gap (matrix, area_id, unit_id, since) VALUES ($1, $2, $3, $4)`, k, a, unit, tx.Now()); err != nil {
				return err
			}
			due := calendar.DateOf(tx.Now()).AddDays(s.settings().MatrixDays)
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: PlacementDue.ID, Unit: unit, Subject: gapSubject(k, a, name), Link: "/console/matrix?matrix=" + string(k) + "&state=missing", Due: calendar.Due{On: due}}); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "matrix.gap.open", Basis: Citation, Target: audit.Target{Kind: "media_matrix", ID: string(k), Name: name + "的" + k.Name(), Unit: string(unit)}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// officeOf is the government's office of an area, or the nearest one above.
func officeOf(ctx context.Context, q db.Querier, a org.AreaID, parent map[org.AreaID]org.AreaID) (org.UnitID, bool, error) {
	for ; a != ""; a = parent[a] {
		id, err := db.One(ctx, q, db.Value[org.UnitID], `SELECT id FROM unit WHERE area_id = $1 AND kind = 'office' AND abolished_on IS NULL ORDER BY id LIMIT 1`, a)
		if err == nil || !db.None(err) {
			return id, err == nil, err
		}
	}
	return "", false, nil
}

func places(ctx context.Context, q db.Querier) (map[registry.Ref]decision, error) {
	type row struct {
		ref registry.Ref
		d   decision
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.ref.Kind, &x.ref.ID, &x.d.head, &x.d.parent.Kind, &x.d.parent.ID)
	}, `SELECT object_kind, object_id, COALESCE(area_id, ''), parent_kind, parent_id FROM media_matrix_place`)
	out := make(map[registry.Ref]decision, len(list))
	for _, x := range list {
		out[x.ref] = x.d
	}
	return out, err
}

// Place is what a person decides of one object: that it heads the matrix of
// its area, or below what it stands, or (neither) that the ledger decides.
type Place struct {
	Head   bool
	Parent registry.Ref
	Reason string
}

// Decide records a person's decision and brings the matrices up. scope is of
// matrix.manage and covers the object.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, ref registry.Ref, p Place) error {
	p.Reason = strings.TrimSpace(p.Reason)
	if n := len([]rune(p.Reason)); n < 2 || n > 200 {
		return fault.New(fault.Invalid, "没有写明理由，或超过 200 字。").On("reason", "请用 2 到 200 个字写明理由")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.registry.Object(ctx, tx, scope, ref)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{registry.Running, registry.TemporarilyOffline, registry.Exiting, registry.Closing}, o.State) {
			return fault.Newf(fault.Conflict, "“%s”现在的状态是“%s”，不在矩阵中。", o.Name, o.StateName())
		}
		u, err := s.org.UnitTx(ctx, tx, authz.System("the sponsor of an object in scope"), o.Unit)
		if err != nil {
			return err
		}
		var area org.AreaID
		switch {
		case p.Head && p.Parent.ID != "":
			return fault.New(fault.Invalid, "龙头和上级只能选一项。").On("parent", "请只选一项")
		case p.Head && o.Kind == sx2021.App:
			return fault.New(fault.Refused, "移动客户端不能作为政务新媒体矩阵的龙头，请指定账号。").On("place", "请改选")
		case p.Head:
			area = u.Area
			a, err := s.org.Area(ctx, tx, area)
			if err != nil {
				return err
			}
			if a.Level == org.Township {
				area = a.Parent
			}
			// The head is one: who headed it by a person's word does no longer.
			if _, err := tx.Exec(ctx, `DELETE FROM media_matrix_place WHERE area_id = $1 AND (CASE WHEN object_kind = 'site' THEN 'sites' ELSE 'accounts' END) = $2`, area, Of(ref.Kind)); err != nil {
				return err
			}
		case p.Parent.ID != "":
			if err := s.above(ctx, tx, scope, u, p.Parent); err != nil {
				return err
			}
			if err := s.below(ctx, tx, ref, p.Parent); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM media_matrix_place WHERE object_kind = $1 AND object_id = $2`, ref.Kind, ref.ID); err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		act := "matrix.release"
		if p.Head || p.Parent.ID != "" {
			act = "matrix.place"
			if _, err := tx.Exec(ctx, `INSERT INTO media_matrix_place (object_kind, object_id, area_id, parent_kind, parent_id, reason, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				ref.Kind, ref.ID, db.Null(area), p.Parent.Kind, p.Parent.ID, p.Reason, actor.Name, tx.Now()); err != nil {
				return fmt.Errorf("matrix: place: %w", err)
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: act, Basis: Citation, Target: o.Target(), After: map[string]any{"head": p.Head, "parent": p.Parent, "reason": p.Reason}}); err != nil {
			return err
		}
		_, err = s.derive(ctx, tx)
		return err
	})
}

// above refuses a parent that is neither in the scope nor the head of an area
// above.
func (s *Service) above(ctx context.Context, tx *db.Tx, scope authz.Scope, u org.Unit, parent registry.Ref) error {
	n, err := db.One(ctx, tx, scanNode, nodeSelect+` WHERE n.object_kind = $1 AND n.object_id = $2`, parent.Kind, parent.ID)
	if err != nil && !db.None(err) {
		return err
	}
	if err == nil && !n.In(scope) {
		a, err := s.org.Area(ctx, tx, n.Area)
		if err != nil {
			return err
		}
		if n.Standing == Head && strings.HasPrefix(u.AreaPath, a.Path) {
			return nil
		}
	}
	if err == nil && n.In(scope) {
		return nil
	}
	return fault.New(fault.Invalid, "没有找到所选的上级，请从列表中选择在用的网站或账号。").On("parent", "请重新选择")
}

// below refuses a parent of the other matrix, one that is not there, and one
// that stands below the object.
func (s *Service) below(ctx context.Context, tx *db.Tx, ref, parent registry.Ref) error {
	at := parent
	for i := 0; at.ID != ""; i++ {
		if at == ref {
			return fault.New(fault.Refused, "所选上级在本身之下，不能互为上下级。").On("parent", "请另选上级")
		}
		if i > 50 {
			return fmt.Errorf("matrix: %s %s stands too deep", parent.Kind, parent.ID)
		}
		n, err := db.One(ctx, tx, func(r db.Scanner) (node, error) {
			var n node
			return n, r.Scan(&n.Kind, &n.parent.Kind, &n.parent.ID)
		}, `SELECT object_kind, parent_kind, parent_id FROM media_matrix_node WHERE object_kind = $1 AND object_id = $2`, at.Kind, at.ID)
		if db.None(err) || err == nil && Of(n.Kind) != Of(ref.Kind) {
			return fault.New(fault.Invalid, "没有找到所选的上级，请从列表中选择在用的网站或账号。").On("parent", "请重新选择")
		}
		if err != nil {
			return err
		}
		at = n.parent
	}
	return nil
}

// Node is one object in its matrix, as screens show it.
type Node struct {
	registry.Ref
	Matrix     Kind
	Name       string
	Address    string
	Platform   string // of an account, in Chinese
	UnitName   string
	Area       org.AreaID
	AreaName   string
	Level      org.Level
	Line       string
	Standing   string
	Parent     registry.Ref
	ParentName string
	GapName    string
	Since      time.Time
	Reason     string
	By         string
	Children   int
	areaPath   string
	linePath   string
}

// In reports whether the object lies in the scope.
func (n Node) In(scope authz.Scope) bool {
	return n.areaPath != "" && scope.Covers(n.areaPath, n.linePath)
}

// StandingName is how it stands, in Chinese.
func (n Node) StandingName() string {
	return map[string]string{Head: "龙头", Derived: "按台账归位", Placed: "指定归位", Missing: "未归位"}[n.Standing]
}

// Todo says what is to be done for a missing one.
func (n Node) Todo() string {
	if n.Standing != Missing {
		return ""
	}
	if n.Matrix == Sites {
		return n.GapName + "没有可作龙头的政府门户网站：请登记门户网站，或为它指定上级。"
	}
	return n.GapName + "没有龙头账号：请把政府（办公厅、室）的主账号登记为主账号，或指定一个龙头账号。"
}

const nodeSelect = `
	SELECT n.object_kind, n.object_id, n.matrix, COALESCE(s.name, c.name), COALESCE(s.host, c.url), COALESCE(c.platform, ''), u.name, a.id, a.name, a.level, u.line,
	       n.standing, n.parent_kind, n.parent_id, COALESCE(ps.name, pc.name, ''), COALESCE(g.name, ''), n.since, COALESCE(p.reason, ''), COALESCE(p.by_name, ''),
	       (SELECT count(*) FROM media_matrix_node x WHERE x.parent_id = n.object_id AND x.parent_kind = n.object_kind), u.area_path, u.line_path
	  FROM media_matrix_node n
	  LEFT JOIN site s ON n.object_kind = 'site' AND s.id = n.object_id
	  LEFT JOIN account c ON n.object_kind <> 'site' AND c.id = n.object_id
	  JOIN unit u ON u.id = COALESCE(s.unit_id, c.unit_id) JOIN area a ON a.id = n.area_id
	  LEFT JOIN site ps ON n.parent_kind = 'site' AND ps.id = n.parent_id
	  LEFT JOIN account pc ON n.parent_kind <> 'site' AND pc.id = n.parent_id
	  LEFT JOIN area g ON g.id = n.gap_id
	  LEFT JOIN media_matrix_place p ON p.object_kind = n.object_kind AND p.object_id = n.object_id`

func scanNode(r db.Scanner) (Node, error) {
	var n Node
	err := r.Scan(&n.Kind, &n.ID, &n.Matrix, &n.Name, &n.Address, &n.Platform, &n.UnitName, &n.Area, &n.AreaName, &n.Level, &n.Line, &n.Standing, &n.Parent.Kind, &n.Parent.ID,
		&n.ParentName, &n.GapName, &n.Since, &n.Reason, &n.By, &n.Children, &n.areaPath, &n.linePath)
	if n.Platform != "" {
		n.Platform = registry.Platforms[n.Platform]
	}
	return n, err
}

// Filter narrows Nodes.
type Filter struct {
	Matrix   Kind
	Text     string
	Standing string
	Under    org.AreaID
	Limit    int
	Offset   int
}

// Figures count a matrix in scope by standing.
type Figures struct{ Head, Derived, Placed, Missing int }

// All is the sum.
func (f Figures) All() int { return f.Head + f.Derived + f.Placed + f.Missing }

// Nodes in scope, missing ones first, then by division, and how many there are.
func (s *Service) Nodes(ctx context.Context, scope authz.Scope, f Filter) ([]Node, int, error) {
	var w db.Where
	scope.WhereHeld(&w, "n")
	w.And("n.matrix = ?", f.Matrix).AndIf(f.Standing != "", "n.standing = ?", f.Standing)
	from := ` FROM media_matrix_node n`
	if f.Text != "" {
		like := db.Contains(f.Text)
		if f.Matrix == Accounts {
			from += ` JOIN account o ON o.id = n.object_id JOIN unit u ON u.id = o.unit_id`
			w.And(`lower(o.name) LIKE ? ESCAPE '\' OR lower(o.url) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like)
		} else {
			from += ` JOIN site o ON o.id = n.object_id JOIN unit u ON u.id = o.unit_id`
			w.And(`lower(o.name) LIKE ? ESCAPE '\' OR o.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like)
		}
	}
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).WhereHeld(&w, "n")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+from+` WHERE `+w.SQL(), w.Args()...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	ids, err := db.All(ctx, s.db, db.Value[string], `SELECT n.object_id`+from+` WHERE `+w.SQL()+` ORDER BY n.placed, n.area_path, n.object_id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil || len(ids) == 0 {
		return nil, total, err
	}
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	var out []Node
	for part := range slices.Chunk(ids, 1000) {
		var some db.Where
		cond, args := db.In("n.object_id", part)
		some.And(cond, args...)
		list, err := db.All(ctx, s.db, scanNode, nodeSelect+` WHERE `+some.SQL(), some.Args()...)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b Node) int { return at[a.ID] - at[b.ID] })
	return out, total, nil
}

// Figures of a matrix in scope.
func (s *Service) Figures(ctx context.Context, scope authz.Scope, k Kind) (Figures, error) {
	var w db.Where
	scope.WhereHeld(&w, "n")
	w.And("n.matrix = ?", k)
	var f Figures
	type pair struct {
		standing string
		n        int
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (pair, error) {
		var p pair
		return p, r.Scan(&p.standing, &p.n)
	}, `SELECT n.standing, count(*) FROM media_matrix_node n WHERE `+w.SQL()+` GROUP BY n.standing`, w.Args()...)
	for _, p := range list {
		switch p.standing {
		case Head:
			f.Head = p.n
		case Derived:
			f.Derived = p.n
		case Placed:
			f.Placed = p.n
		case Missing:
			f.Missing = p.n
		}
	}
	return f, err
}

// Branch is an object with what stands right below it.
type Branch struct {
	Node  Node
	Above []Node // from the head of all down
	Below []Node // at most mostBelow of Node.Children
}

const mostBelow = 500

// Branch of an object in scope; without one, of the head of all, whom everybody
// with the permission may see.
func (s *Service) Branch(ctx context.Context, scope authz.Scope, k Kind, ref registry.Ref) (b Branch, ok bool, err error) {
	get := func(r registry.Ref) (Node, error) {
		return db.One(ctx, s.db, scanNode, nodeSelect+` WHERE n.object_kind = $1 AND n.object_id = $2`, r.Kind, r.ID)
	}
	if ref.ID == "" {
		b.Node, err = db.One(ctx, s.db, scanNode, nodeSelect+` WHERE n.matrix = $1 AND n.standing = 'head' AND n.parent_id = '' ORDER BY length(u.area_path), n.object_id LIMIT 1`, k)
	} else {
		b.Node, err = get(ref)
	}
	if db.None(err) {
		if ref.ID == "" {
			return b, false, nil
		}
		return b, false, fault.Missing("矩阵中的网站或账号")
	}
	if err != nil {
		return b, false, err
	}
	// Above the reader's own place only the line that leads there is shown.
	for up := b.Node.Parent; up.ID != "" && len(b.Above) < 50; {
		n, err := get(up)
		if db.None(err) {
			break
		}
		if err != nil {
			return b, false, err
		}
		b.Above = append([]Node{n}, b.Above...)
		up = n.Parent
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("n.parent_kind = ? AND n.parent_id = ?", b.Node.Kind, b.Node.ID)
	b.Below, err = db.All(ctx, s.db, scanNode, nodeSelect+` WHERE `+w.SQL()+` ORDER BY CASE n.standing WHEN 'head' THEN 0 ELSE 1 END, a.code, u.line, COALESCE(s.name, c.name), n.object_id LIMIT `+w.Arg(mostBelow), w.Args()...)
	if err != nil {
		return b, false, err
	}
	if ref.ID != "" && !b.Node.In(scope) && len(b.Below) == 0 {
		return Branch{}, false, fault.Missing("矩阵中的网站或账号")
	}
	return b, true, nil
}

// Node of an object in scope.
func (s *Service) Node(ctx context.Context, scope authz.Scope, ref registry.Ref) (Node, error) {
	n, err := db.One(ctx, s.db, scanNode, nodeSelect+` WHERE n.object_kind = $1 AND n.object_id = $2`, ref.Kind, ref.ID)
	if db.None(err) || err == nil && !n.In(scope) {
		return Node{}, fault.Missing("矩阵中的网站或账号")
	}
	return n, err
}

// Parents are objects that may stand above one: of the same matrix and the
// reader's own scope, and the heads of the areas above.
func (s *Service) Parents(ctx context.Context, scope authz.Scope, ref registry.Ref, text string, limit int) ([]Node, error) {
	n, err := s.Node(ctx, scope, ref)
	if err != nil {
		return nil, err
	}
	var w, own db.Where
	scope.Where(&own, "u")
	w.And("? OR n.standing = 'head' AND substr(?, 1, length(a.path)) = a.path", &own, n.areaPath)
	w.And("n.matrix = ? AND n.object_id <> ?", n.Matrix, n.ID)
	if text != "" {
		like := db.Contains(text)
		w.And(`lower(COALESCE(s.name, c.name)) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like)
	} else {
		w.And("n.standing = 'head'")
	}
	return db.All(ctx, s.db, scanNode, nodeSelect+` WHERE `+w.SQL()+` ORDER BY length(u.area_path), u.area_path, n.object_id LIMIT `+w.Arg(limit), w.Args()...)
}
