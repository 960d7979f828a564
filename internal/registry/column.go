package registry

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// ColumnID identifies a column.
type ColumnID string

// ColumnTypes are the standard class words of the page tags (国办发〔2017〕47号);
// the list is open in law and closed on our forms.
var ColumnTypes = []string{"概况信息", "机构职能", "负责人信息", "政务动态", "通知公告", "政策文件", "政策解读", "信息公开指南", "信息公开制度", "信息公开目录", "信息公开年报", "依申请公开", "数据发布", "办事服务", "互动交流", "专题"}

// Column is a column of a site (Article 19(1)-(2): owner, A/B, cycle, unit).
type Column struct {
	ID          ColumnID
	Site        SiteID
	Parent      ColumnID
	Slug        string
	Name        string
	Type        string
	Description string
	Keywords    string // separated by ;
	Unit        org.UnitID
	UnitName    string // joined
	Owner       org.PersonID
	OwnerName   string // joined
	A, B        org.PersonID
	AName       string // joined
	BName       string // joined
	CycleDays   int
	Position    int
	ClosedAt    time.Time
	MergedInto  ColumnID // of a closed one, where its content went
	Rev         int
}

var slugPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$`)

// AddColumn adds a column. Owner, A and B posts, unit and cycle are required;
// A and B are two people.
func (s *Service) AddColumn(ctx context.Context, tx *db.Tx, scope authz.Scope, c Column) (Column, error) {
	site, err := s.SiteTx(ctx, tx, scope, c.Site)
	if err != nil {
		return Column{}, err
	}
	var f fault.Fields
	f.Check(strings.TrimSpace(c.Name) != "", "name", "请填写栏目名称")
	f.Check(slugPattern.MatchString(c.Slug), "slug", "网址简称只能用小写字母、数字和短横线，例如 notices")
	f.Check(!contains(ReservedSlugs, c.Slug), "slug", "这个网址简称由系统页面使用，请换一个")
	f.Text("name", "栏目名称", c.Name, false, 40)
	f.Text("description", "栏目说明", c.Description, false, 200)
	f.Text("keywords", "关键词", c.Keywords, false, 200)
	f.Check(c.Description != "" && c.Description != c.Name, "description", "请写一句话说明栏目内容，不能与名称相同")
	f.Check(c.Owner != "", "owner", "每个栏目都要有栏目责任人（第十九条（一））")
	f.Check(c.A != "" && c.B != "" && c.A != c.B, "b", "A 岗和 B 岗要由两个人担任（第十九条（二））")
	f.Check(c.CycleDays > 0 && c.CycleDays <= 400, "cycle_days", "更新周期请填 1 到 400 天")
	f.Check(contains(ColumnTypes, c.Type), "type", "请从栏目类别中选择")
	if err := f.Err(); err != nil {
		return Column{}, err
	}
	for _, who := range []struct {
		field  string
		person org.PersonID
	}{{"owner", c.Owner}, {"a", c.A}, {"b", c.B}} {
		if _, err := s.org.PersonByID(ctx, tx, scope, who.person); err != nil {
			if !fault.Is(err, fault.NotFound) {
				return Column{}, err
			}
			f.Add(who.field, "没有找到这个人，请从列表中选择")
		}
	}
	if err := f.Err(); err != nil {
		return Column{}, err
	}
	if c.Unit == "" {
		c.Unit = site.Unit
	}
	open, err := s.Columns(ctx, tx, scope, c.Site)
	if err != nil {
		return Column{}, err
	}
	if len(open) >= MaxColumns {
		return Column{}, fault.Newf(fault.Refused, "一个站点最多 %d 个栏目，请先关闭或合并不再使用的栏目。", MaxColumns)
	}
	byID := map[ColumnID]Column{}
	last := 0
	for _, o := range open {
		byID[o.ID] = o
		if o.Parent == c.Parent {
			last = max(last, o.Position)
		}
	}
	if _, ok := byID[c.Parent]; c.Parent != "" && !ok {
		return Column{}, fault.New(fault.Invalid, "没有找到上级栏目，请从本站现有栏目中选择。").On("parent", "请从列表中选择")
	}
	if depthOf(byID, c.Parent) >= MaxDepth {
		return Column{}, fault.Newf(fault.Refused, "栏目最多 %d 级，请选择上一级的栏目。", MaxDepth).On("parent", "层级过深")
	}
	if c.Position == 0 {
		c.Position = last + 1
	}
	c.Rev = 1
	c.ID = ColumnID(ulid.Make().String())
	taken, err := db.All(ctx, tx, db.Value[string], `SELECT name FROM site_column WHERE site_id = $1 AND slug = $2`, c.Site, c.Slug)
	if err != nil {
		return Column{}, err
	}
	if len(taken) > 0 {
		return Column{}, fault.Newf(fault.Conflict, "网址简称“%s”已由本站栏目“%s”使用；即使栏目已关闭，发布过的网址也不能再给别的栏目。", c.Slug, taken[0]).On("slug", "请换一个简称")
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO site_column (id, site_id, parent_id, slug, name, type, description, keywords, unit_id, owner_id, a_id, b_id, cycle_days, position, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		c.ID, c.Site, db.Null(c.Parent), c.Slug, c.Name, c.Type, c.Description, c.Keywords, c.Unit, c.Owner, c.A, c.B, c.CycleDays, c.Position, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return Column{}, fault.Newf(fault.Conflict, "这个站点已有网址简称为“%s”的栏目。", c.Slug).On("slug", "请换一个简称").From(err)
	}
	if err != nil {
		return Column{}, fmt.Errorf("registry: add column: %w", err)
	}
	return c, audit.Record(ctx, tx, audit.Entry{Act: "registry.column.add", Basis: "第十九条（一）（二）",
		Target: audit.Target{Kind: "column", ID: string(c.ID), Name: site.Name + " / " + c.Name, Unit: string(site.Unit)}, After: c})
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

const columnSelect = `
	SELECT c.id, c.site_id, COALESCE(c.parent_id, ''), c.slug, c.name, c.type, c.description, c.keywords, c.unit_id, cu.name,
	       c.owner_id, o.name, c.a_id, pa.name, c.b_id, pb.name, c.cycle_days, c.position, c.closed_at, COALESCE(c.merged_into, ''), c.rev, u.area_path, u.line_path
	  FROM site_column c JOIN site s ON s.id = c.site_id JOIN unit u ON u.id = s.unit_id JOIN unit cu ON cu.id = c.unit_id
	  JOIN person o ON o.id = c.owner_id JOIN person pa ON pa.id = c.a_id JOIN person pb ON pb.id = c.b_id`

func scanColumn(scope authz.Scope) func(db.Scanner) (Column, error) {
	return func(r db.Scanner) (Column, error) {
		var c Column
		var area, line string
		err := r.Scan(&c.ID, &c.Site, &c.Parent, &c.Slug, &c.Name, &c.Type, &c.Description, &c.Keywords, &c.Unit, &c.UnitName,
			&c.Owner, &c.OwnerName, &c.A, &c.AName, &c.B, &c.BName, &c.CycleDays, &c.Position, &c.ClosedAt, &c.MergedInto, &c.Rev, &area, &line)
		if err == nil && !scope.Covers(area, line) {
			return Column{}, fault.Missing("栏目")
		}
		return c, err
	}
}

// Columns of a site in scope, open ones, in their order.
func (s *Service) Columns(ctx context.Context, q db.Querier, scope authz.Scope, site SiteID) ([]Column, error) {
	if _, err := s.SiteTx(ctx, q, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, q, scanColumn(scope), columnSelect+` WHERE c.site_id = $1 AND c.closed_at IS NULL ORDER BY c.position, c.name, c.id`, site)
}

// Column in scope.
func (s *Service) Column(ctx context.Context, q db.Querier, scope authz.Scope, id ColumnID) (Column, error) {
	c, err := db.One(ctx, q, scanColumn(scope), columnSelect+` WHERE c.id = $1`, id)
	if db.None(err) {
		return Column{}, fault.Missing("栏目")
	}
	return c, err
}

// ColumnBySlug finds an open column of a site by its short name.
func (s *Service) ColumnBySlug(ctx context.Context, q db.Querier, scope authz.Scope, site SiteID, slug string) (Column, error) {
	c, err := db.One(ctx, q, scanColumn(scope), columnSelect+` WHERE c.site_id = $1 AND c.slug = $2 AND c.closed_at IS NULL`, site, slug)
	if db.None(err) {
		return Column{}, fault.Missing("栏目")
	}
	return c, err
}
