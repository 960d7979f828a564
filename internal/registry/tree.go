package registry

import (
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
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

const (
	// MaxColumns of a site, open ones: a tree nobody can oversee is no tree.
	MaxColumns = 500
	// MaxDepth of the tree.
	MaxDepth = 3
)

// ReservedSlugs are first parts of addresses that every site uses itself.
// en and its like are not among them: a column so named is the root of the
// edition in that language.
var ReservedSlugs = []string{"api", "about", "announcements", "console", "content", "data", "disclosure", "elder", "favicon", "feeds", "files", "hotline", "kiosk", "leave", "letters", "map", "media", "official", "open-data", "print", "search", "share", "sitemap", "stats", "theme", "topics", "uploads", "well-known"}

// Held is a handing over of a post of a column.
type Held struct {
	Post, From, To, Why, By string
	At                      time.Time
}

// PostName is the post in Chinese.
func (h Held) PostName() string { return columnPosts[h.Post] }

var columnPosts = map[string]string{"owner": "栏目责任人", "a": "A 岗", "b": "B 岗", "unit": "保障单位"}

// FormerColumn is a name a column bore.
type FormerColumn struct {
	Name, By string
	Until    time.Time
}

// Root is the name of the tree's root as a parent to move to.
const Root ColumnID = ""

// Ordered puts columns into the order of the tree, each below its parent, with
// its depth from 0.
func Ordered(list []Column) (out []Column, depth []int) {
	below := map[ColumnID][]Column{}
	known := map[ColumnID]bool{}
	for _, c := range list {
		known[c.ID] = true
	}
	for _, c := range list {
		p := c.Parent
		if !known[p] {
			p = Root // below one that closed
		}
		below[p] = append(below[p], c)
	}
	var walk func(ColumnID, int)
	walk = func(p ColumnID, d int) {
		for _, c := range below[p] {
			out, depth = append(out, c), append(depth, d)
			walk(c.ID, d+1)
		}
	}
	walk(Root, 0)
	return out, depth
}

// ColumnEdit is what may be changed of a column's card in one go. Its short
// name never changes: published addresses stand in it.
type ColumnEdit struct {
	Rev         int // as it was read
	Name        string
	Type        string
	Description string
	Keywords    string
	CycleDays   int
	Unit        org.UnitID
	Owner, A, B org.PersonID
	Why         string // asked for when somebody hands over
}

// errColumnMoved says that somebody else was quicker.
func errColumnMoved() error {
	return fault.New(fault.Conflict, "您打开页面后，这个栏目已被别人修改。您填写的内容还在下面，请对照栏目页核对后再保存。")
}

// MayEditCard reports how much of a column's card a person may change: what the
// column says of itself, when it is his; everything with manage.
func (c Column) MayEditCard(s *authz.Session) bool {
	if s == nil {
		return false
	}
	p := org.PersonID(s.PersonID)
	return p != "" && (p == c.Owner || p == c.A || p == c.B)
}

// DescribeColumn changes what a column says of itself: the part of the card that
// belongs to those who answer for it.
func (s *Service) DescribeColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, id ColumnID, rev int, description, keywords string) (Column, error) {
	c, err := s.openColumn(ctx, tx, scope, id)
	if err != nil {
		return Column{}, err
	}
	return s.editColumn(ctx, tx, scope, c, ColumnEdit{Rev: rev, Name: c.Name, Type: c.Type, Description: description, Keywords: keywords, CycleDays: c.CycleDays, Unit: c.Unit, Owner: c.Owner, A: c.A, B: c.B})
}

// EditColumn changes a column's card. A new name keeps the old one; whoever
// gives a post up says what he leaves to the other.
func (s *Service) EditColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, id ColumnID, e ColumnEdit) (Column, error) {
	c, err := s.openColumn(ctx, tx, scope, id)
	if err != nil {
		return Column{}, err
	}
	return s.editColumn(ctx, tx, scope, c, e)
}

func (s *Service) openColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, id ColumnID) (Column, error) {
	c, err := s.Column(ctx, tx, scope, id)
	if err == nil && !c.ClosedAt.IsZero() {
		return Column{}, fault.Newf(fault.Refused, "栏目“%s”已经关闭，不能再修改。", c.Name)
	}
	return c, err
}

func (s *Service) editColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, c Column, e ColumnEdit) (Column, error) {
	if e.Rev != c.Rev {
		return Column{}, errColumnMoved()
	}
	e.Name, e.Description, e.Keywords, e.Why = strings.TrimSpace(e.Name), strings.TrimSpace(e.Description), strings.TrimSpace(e.Keywords), strings.TrimSpace(e.Why)
	var f fault.Fields
	f.Text("name", "栏目名称", e.Name, true, 40)
	f.Text("description", "栏目说明", e.Description, true, 200)
	f.Text("keywords", "关键词", e.Keywords, false, 200)
	f.Check(e.Description != e.Name, "description", "请写一句话说明栏目内容，不能与名称相同")
	f.Check(slices.Contains(ColumnTypes, e.Type), "type", "请从栏目类别中选择")
	f.Check(e.CycleDays >= 1 && e.CycleDays <= 400, "cycle_days", "更新周期请填 1 到 400 天")
	handed := e.Owner != c.Owner || e.A != c.A || e.B != c.B || e.Unit != c.Unit
	f.Check(!handed || e.Why != "", "why", "更换责任人、AB 岗或保障单位，请写明交接说明：已交代哪些事、未办完的有哪些")
	f.Text("why", "交接说明", e.Why, false, 300)
	if err := f.Err(); err != nil {
		return Column{}, err
	}
	if err := rules.Refuse(sx2021.CheckColumn(sx2021.ColumnCard{Owner: string(e.Owner), CycleDays: e.CycleDays, Unit: string(e.Unit), A: string(e.A), B: string(e.B)})); err != nil {
		return Column{}, err
	}
	now := c
	now.Name, now.Type, now.Description, now.Keywords, now.CycleDays, now.Unit, now.Owner, now.A, now.B = e.Name, e.Type, e.Description, e.Keywords, e.CycleDays, e.Unit, e.Owner, e.A, e.B
	now.Rev++
	actor, _ := audit.ActorFrom(ctx)
	for _, p := range []struct {
		post, field string
		from, to    org.PersonID
		was         string
		name        *string
	}{{"owner", "owner", c.Owner, e.Owner, c.OwnerName, &now.OwnerName}, {"a", "a", c.A, e.A, c.AName, &now.AName}, {"b", "b", c.B, e.B, c.BName, &now.BName}} {
		if p.from == p.to {
			continue
		}
		person, err := s.org.PersonByID(ctx, tx, scope, p.to)
		if fault.Is(err, fault.NotFound) {
			return Column{}, fault.New(fault.Invalid, "没有找到接手的人，请从列表中选择。").On(p.field, "没有找到这个人，请从列表中选择")
		}
		if err != nil {
			return Column{}, err
		}
		*p.name = person.Name
		if err := s.keepHeld(ctx, tx, c.ID, Held{Post: p.post, From: p.was, To: person.Name, Why: e.Why, By: actor.Name}); err != nil {
			return Column{}, err
		}
	}
	if e.Unit != c.Unit {
		u, err := s.org.UnitTx(ctx, tx, scope, e.Unit)
		if fault.Is(err, fault.NotFound) {
			return Column{}, fault.New(fault.Invalid, "没有找到保障单位，请从列表中选择。").On("unit", "没有找到这个单位，请从列表中选择")
		}
		if err != nil {
			return Column{}, err
		}
		now.UnitName = u.Name
		if err := s.keepHeld(ctx, tx, c.ID, Held{Post: "unit", From: c.UnitName, To: u.Name, Why: e.Why, By: actor.Name}); err != nil {
			return Column{}, err
		}
	}
	if e.Name != c.Name {
		if _, err := tx.Exec(ctx, `INSERT INTO column_former_name (column_id, name, until, by_name) VALUES ($1, $2, $3, $4)`, c.ID, c.Name, tx.Now(), actor.Name); err != nil {
			return Column{}, err
		}
	}
	n, err := tx.Exec(ctx, `UPDATE site_column SET name = $2, type = $3, description = $4, keywords = $5, cycle_days = $6, unit_id = $7, owner_id = $8, a_id = $9, b_id = $10, rev = $11 WHERE id = $1 AND rev = $12`,
		c.ID, now.Name, now.Type, now.Description, now.Keywords, now.CycleDays, now.Unit, now.Owner, now.A, now.B, now.Rev, c.Rev)
	if err != nil {
		return Column{}, err
	}
	if n != 1 {
		return Column{}, errColumnMoved()
	}
	return now, audit.Record(ctx, tx, audit.Entry{Act: "registry.column.edit", Basis: "第十九条（一）（二）", Target: columnTarget(c), Before: c, After: now})
}

func (s *Service) keepHeld(ctx context.Context, tx *db.Tx, id ColumnID, h Held) error {
	_, err := tx.Exec(ctx, `INSERT INTO column_handover (id, column_id, post, from_name, to_name, why, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		ulid.Make().String(), id, h.Post, h.From, h.To, h.Why, h.By, tx.Now())
	return err
}

func columnTarget(c Column) audit.Target {
	return audit.Target{Kind: "column", ID: string(c.ID), Name: c.Name, Unit: string(c.Unit)}
}

// ColumnHistory are the former names and the hand-overs of a column in scope,
// newest first.
func (s *Service) ColumnHistory(ctx context.Context, scope authz.Scope, id ColumnID) ([]FormerColumn, []Held, error) {
	if _, err := s.Column(ctx, s.db, scope, id); err != nil {
		return nil, nil, err
	}
	names, err := db.All(ctx, s.db, func(r db.Scanner) (FormerColumn, error) {
		var n FormerColumn
		return n, r.Scan(&n.Name, &n.By, &n.Until)
	}, `SELECT name, by_name, until FROM column_former_name WHERE column_id = $1 ORDER BY until DESC LIMIT 50`, id)
	if err != nil {
		return nil, nil, err
	}
	held, err := db.All(ctx, s.db, func(r db.Scanner) (Held, error) {
		var h Held
		return h, r.Scan(&h.Post, &h.From, &h.To, &h.Why, &h.By, &h.At)
	}, `SELECT post, from_name, to_name, why, by_name, at FROM column_handover WHERE column_id = $1 ORDER BY at DESC, id DESC LIMIT 50`, id)
	return names, held, err
}

// Step is a way to move a column.
type Step string

// The steps.
const (
	Up   Step = "up"
	Down Step = "down"
	Into Step = "into" // below another column, or the root, at its end
	Next Step = "next" // right before another column of whatever parent
)

// MoveColumn moves a column in its site's tree. rev is that of the tree as it
// was read, see TreeRev. to is the other column of Into and Next.
func (s *Service) MoveColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, id ColumnID, step Step, to ColumnID, rev string) error {
	c, err := s.openColumn(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	list, err := s.Columns(ctx, tx, scope, c.Site)
	if err != nil {
		return err
	}
	if rev != "" && rev != TreeRev(list) {
		return fault.New(fault.Conflict, "您打开页面后，栏目的次序已被别人调整，请在刷新后的页面上再移动。")
	}
	byID := map[ColumnID]Column{}
	for _, o := range list {
		byID[o.ID] = o
	}
	c.Parent = effectiveParent(byID, c)
	siblings := func(parent ColumnID) []Column {
		var out []Column
		for _, o := range list {
			if effectiveParent(byID, o) == parent && o.ID != c.ID {
				out = append(out, o)
			}
		}
		return out
	}
	parent, at := c.Parent, 0
	place := 0 // among the siblings now
	for _, o := range list {
		if o.ID == c.ID {
			break
		}
		if effectiveParent(byID, o) == c.Parent {
			place++
		}
	}
	switch step {
	case Up:
		at = place - 1
	case Down:
		at = place + 1
	case Into:
		if _, ok := byID[to]; to != Root && !ok {
			return fault.New(fault.Invalid, "没有找到要移到的栏目，请重新选择。").On("to", "请从列表中选择")
		}
		parent, at = to, len(siblings(to))
	case Next:
		o, ok := byID[to]
		if !ok || to == c.ID {
			return fault.New(fault.Invalid, "没有找到要移到的位置，请重新选择。").On("to", "请从列表中选择")
		}
		parent = effectiveParent(byID, o)
		for i, b := range siblings(parent) {
			if b.ID == to {
				at = i
			}
		}
	default:
		return fault.New(fault.Invalid, "没有说明怎样移动，请重新选择。")
	}
	for p := parent; p != Root; p = effectiveParent(byID, byID[p]) {
		if p == c.ID {
			return fault.Newf(fault.Refused, "“%s”不能移到自己或自己的下级栏目里，请选择别的栏目。", c.Name).On("to", "不能选自己的下级")
		}
	}
	if parent != c.Parent {
		if depthOf(byID, parent)+1+heightOf(list, byID, c.ID) > MaxDepth {
			return fault.Newf(fault.Refused, "栏目最多 %d 级，移过去会超过，请选择上一级的栏目。", MaxDepth).On("to", "层级过深")
		}
	}
	around := siblings(parent)
	at = min(max(at, 0), len(around))
	around = slices.Insert(around, at, c)
	for i, o := range around {
		if o.ID != c.ID && o.Position == i+1 {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE site_column SET position = $2, parent_id = $3 WHERE id = $1`, o.ID, i+1, db.Null(parent)); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.column.move", Target: columnTarget(c), Before: map[string]any{"parent": c.Parent, "place": place + 1}, After: map[string]any{"parent": parent, "place": at + 1}})
}

func effectiveParent(byID map[ColumnID]Column, c Column) ColumnID {
	if _, ok := byID[c.Parent]; !ok {
		return Root
	}
	return c.Parent
}

// depthOf is 0 for the root and 1 for its columns.
func depthOf(byID map[ColumnID]Column, id ColumnID) int {
	n := 0
	for ; id != Root && n <= MaxColumns; id = effectiveParent(byID, byID[id]) {
		n++
	}
	return n
}

// heightOf is how many levels hang below a column.
func heightOf(list []Column, byID map[ColumnID]Column, id ColumnID) int {
	h := 0
	for _, o := range list {
		if effectiveParent(byID, o) == id {
			h = max(h, 1+heightOf(list, byID, o.ID))
		}
	}
	return h
}

// TreeRev changes when somebody moves, adds or closes a column.
func TreeRev(list []Column) string {
	h := sha256.New()
	for _, c := range list {
		fmt.Fprintf(h, "%s %s %d;", c.ID, c.Parent, c.Position)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// CloseColumn closes a column, whose content has gone to into ("" for one that
// was empty), in the transaction that moved it: see columns.Close. What is
// below it goes up one level, and its short name stays taken.
func (s *Service) CloseColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, id, into ColumnID, why string) error {
	c, err := s.openColumn(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Text("why", "原因", why, true, 300)
	if err := f.Err(); err != nil {
		return err
	}
	if into != "" {
		o, err := s.Column(ctx, tx, scope, into)
		if fault.Is(err, fault.NotFound) || err == nil && (o.Site != c.Site || !o.ClosedAt.IsZero() || o.ID == c.ID) {
			return fault.New(fault.Invalid, "没有找到要并入的栏目，请从本站现有栏目中选择。").On("into", "请从列表中选择")
		}
		if err != nil {
			return err
		}
		for p := o; p.Parent != ""; {
			if p.Parent == c.ID {
				return fault.Newf(fault.Refused, "“%s”是“%s”的下级栏目，请先把它移到别处，再并入。", o.Name, c.Name).On("into", "不能并入自己的下级")
			}
			if p, err = s.Column(ctx, tx, scope, p.Parent); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE site_column SET closed_at = $2, closed_why = $3, merged_into = $4, rev = rev + 1 WHERE id = $1`, id, tx.Now(), why, db.Null(into)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE site_column SET parent_id = $2 WHERE parent_id = $1 AND closed_at IS NULL`, id, db.Null(c.Parent)); err != nil {
		return err
	}
	// Whoever was redirected here before goes where this one went.
	if into != "" {
		if _, err := tx.Exec(ctx, `UPDATE site_column SET merged_into = $2 WHERE merged_into = $1`, id, into); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.column.close", Basis: "第十九条（二）", Target: columnTarget(c), Before: c, After: map[string]any{"into": into, "why": why}})
}

// ColumnsOf is Columns on the database.
func (s *Service) ColumnsOf(ctx context.Context, scope authz.Scope, site SiteID) ([]Column, error) {
	return s.Columns(ctx, s.db, scope, site)
}

// ClosedColumn is a column that is no more, with where its address leads now.
type ClosedColumn struct {
	Column
	Why  string
	Into string // short name of the column it went into; "" for none
}

// ClosedColumns of a site, newest first. Public: an address that was published
// says where it went.
func (s *Service) ClosedColumns(ctx context.Context, q db.Querier, site SiteID) ([]ClosedColumn, error) {
	return db.All(ctx, q, func(r db.Scanner) (ClosedColumn, error) {
		var c ClosedColumn
		return c, r.Scan(&c.ID, &c.Site, &c.Slug, &c.Name, &c.Why, &c.MergedInto, &c.Into, &c.ClosedAt)
	}, `SELECT c.id, c.site_id, c.slug, c.name, c.closed_why, COALESCE(c.merged_into, ''), COALESCE(t.slug, ''), c.closed_at
	      FROM site_column c LEFT JOIN site_column t ON t.id = c.merged_into AND t.closed_at IS NULL
	     WHERE c.site_id = $1 AND c.closed_at IS NOT NULL ORDER BY c.closed_at DESC, c.id`, site)
}
