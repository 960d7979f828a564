package blueprint

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// ID identifies a template: a kept one, or one of Shipped.
type ID string

// Column is a column as a template has it.
type Column struct {
	Slug        string `json:"slug"`
	Parent      string `json:"parent,omitempty"` // short name
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Keywords    string `json:"keywords,omitempty"`
	CycleDays   int    `json:"cycle_days"`
	Position    int    `json:"position"`
}

// Body is what a template holds.
type Body struct {
	Columns []Column                   `json:"columns"`
	Parts   map[string]json.RawMessage `json:"parts,omitempty"` // of modules above
}

// Template is one template.
type Template struct {
	ID       ID
	Unit     org.UnitID
	UnitName string
	Name     string
	Says     string
	Body     Body
	FromSite registry.SiteID
	By       string
	At       time.Time
	Shipped  bool
	area     string
	line     string
}

// In reports whether its maker lies in the scope.
func (t Template) In(scope authz.Scope) bool { return t.area != "" && scope.Covers(t.area, t.line) }

func (t Template) target() audit.Target {
	return audit.Target{Kind: "blueprint", ID: string(t.ID), Name: t.Name, Unit: string(t.Unit)}
}

// Shipped are the templates that come with the house: the columns every portal
// and every department's site has by the national rules (国办发〔2017〕47号).
func Shipped() []Template {
	common := []Column{
		{Slug: "news", Name: "政务动态", Type: "政务动态", Description: "重要会议、活动和工作进展", Keywords: "要闻;政务动态", CycleDays: 14},
		{Slug: "notices", Name: "通知公告", Type: "通知公告", Description: "面向公众和下级机关的通知、公告", Keywords: "通知;公告", CycleDays: 180},
		{Slug: "policies", Name: "政策文件", Type: "政策文件", Description: "规范性文件和其他主动公开的政策文件", Keywords: "政策;文件", CycleDays: 180},
		{Slug: "interpretation", Name: "政策解读", Type: "政策解读", Description: "对政策文件的文字、图解和问答解读", Keywords: "解读;图解;问答", CycleDays: 180},
		{Slug: "institution", Name: "机构职能", Type: "机构职能", Description: "机构的职责、地址和联系方式", Keywords: "机构;职能", CycleDays: 365},
		{Slug: "leaders", Name: "负责人信息", Type: "负责人信息", Description: "负责人姓名、职务和分工", Keywords: "负责人;分工", CycleDays: 365},
		{Slug: "guide", Name: "信息公开指南", Type: "信息公开指南", Description: "政府信息公开的范围、方式和机构", Keywords: "指南;信息公开", CycleDays: 365},
		{Slug: "reports", Name: "信息公开年报", Type: "信息公开年报", Description: "政府信息公开工作年度报告", Keywords: "年报;信息公开", CycleDays: 365},
	}
	portal := slices.Concat(common, []Column{
		{Slug: "overview", Name: "概况信息", Type: "概况信息", Description: "行政区划、自然地理和经济社会基本情况", Keywords: "概况;区划", CycleDays: 365},
		{Slug: "data", Name: "数据发布", Type: "数据发布", Description: "统计数据和政府数据的发布和说明", Keywords: "数据;统计", CycleDays: 90},
		{Slug: "services", Name: "办事服务", Type: "办事服务", Description: "政务服务入口、办事指南和常用表格", Keywords: "办事;服务;指南", CycleDays: 180},
		{Slug: "interaction", Name: "互动交流", Type: "互动交流", Description: "写信、征集调查和结果反馈", Keywords: "互动;征集;信箱", CycleDays: 90},
	})
	for _, list := range [][]Column{common, portal} {
		for i := range list {
			list[i].Position = i + 1
		}
	}
	return []Template{{ID: "portal", Name: "政府门户网站", Says: "门户网站应有的栏目", Body: Body{Columns: portal}, Shipped: true}, {ID: "department", Name: "部门网站", Says: "部门网站应有的栏目", Body: Body{Columns: common}, Shipped: true}}
}

// Part is what a module above keeps of a site, as a template carries it.
type Part struct {
	Name string // look
	Says string // 外观
	Read func(ctx context.Context, q db.Querier, from registry.SiteID) (json.RawMessage, error)
	// Write puts it into a site, in the transaction that sets it up.
	Write func(ctx context.Context, tx *db.Tx, to registry.SiteID, body json.RawMessage) error
}

// Parts are what the service works with.
type Parts struct {
	DB       *db.DB
	Org      *org.Service
	Registry *registry.Service
	Library  *library.Service
	// Touch asks for a whole new release of a site, in the transaction.
	Touch func(ctx context.Context, tx *db.Tx, site registry.SiteID) error
	Parts []Part
}

// Service is the door of blueprint.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

const templateSelect = `
	SELECT b.id, b.unit_id, u.name, b.name, b.says, b.body, b.from_site, b.by_name, b.created_at, u.area_path, u.line_path FROM blueprint b JOIN unit u ON u.id = b.unit_id JOIN area a ON a.id = u.area_id`

func scanTemplate(r db.Scanner) (Template, error) {
	var t Template
	var body string
	if err := r.Scan(&t.ID, &t.Unit, &t.UnitName, &t.Name, &t.Says, &body, &t.FromSite, &t.By, &t.At, &t.area, &t.line); err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(body), &t.Body)
}

// usable narrows to kept templates the reader may use: those of the scope, and
// those an office of an area above keeps for all below it.
func usable(scope authz.Scope, w *db.Where) {
	var own db.Where
	scope.Where(&own, "u")
	cond, args := "?", []any{&own}
	places, _ := scope.Subtrees()
	for _, p := range places {
		cond += " OR u.kind = 'office' AND substr(?, 1, length(a.path)) = a.path"
		args = append(args, p)
	}
	w.And(cond, args...).And("b.retired_at IS NULL")
}

// Templates that the reader may use: those shipped, and those kept in its scope
// or by an office above.
func (s *Service) Templates(ctx context.Context, scope authz.Scope) ([]Template, error) {
	if scope.Empty() {
		return nil, nil
	}
	var w db.Where
	usable(scope, &w)
	kept, err := db.All(ctx, s.DB, scanTemplate, templateSelect+` WHERE `+w.SQL()+` ORDER BY b.created_at DESC, b.id DESC LIMIT 200`, w.Args()...)
	return slices.Concat(Shipped(), kept), err
}

// template by its id; "site:ID" is a site in scope as it stands.
func (s *Service) template(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Template, error) {
	for _, t := range Shipped() {
		if t.ID == id {
			return t, nil
		}
	}
	if site, ok := strings.CutPrefix(string(id), "site:"); ok {
		return s.ofSite(ctx, q, scope, registry.SiteID(site))
	}
	var w db.Where
	usable(scope, &w)
	w.And("b.id = ?", id)
	t, err := db.One(ctx, q, scanTemplate, templateSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Template{}, fault.New(fault.Invalid, "没有找到所选的模板，请重新选择。").On("from", "请重新选择")
	}
	return t, err
}

func (s *Service) ofSite(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) (Template, error) {
	site, err := s.Registry.SiteTx(ctx, q, scope, id)
	if err != nil {
		return Template{}, err
	}
	columns, err := s.Registry.Columns(ctx, q, scope, id)
	if err != nil {
		return Template{}, err
	}
	t := Template{ID: ID("site:" + string(id)), Name: site.Name, Unit: site.Unit, FromSite: id, Body: Body{Parts: map[string]json.RawMessage{}}}
	slug := map[registry.ColumnID]string{}
	for _, c := range columns {
		slug[c.ID] = c.Slug
	}
	for _, c := range columns {
		t.Body.Columns = append(t.Body.Columns, Column{Slug: c.Slug, Parent: slug[c.Parent], Name: c.Name, Type: c.Type, Description: c.Description, Keywords: c.Keywords, CycleDays: c.CycleDays, Position: c.Position})
	}
	if len(t.Body.Columns) == 0 {
		return t, fault.Newf(fault.Refused, "“%s”还没有栏目，不能作为样板。", site.Name).On("from", "请选择已有栏目的网站")
	}
	for _, p := range s.Parts.Parts {
		body, err := p.Read(ctx, q, id)
		if err != nil {
			return t, err
		}
		if len(body) > 0 {
			t.Body.Parts[p.Name] = body
		}
	}
	return t, nil
}

// Keep makes a template of a site in scope.
func (s *Service) Keep(ctx context.Context, scope authz.Scope, site registry.SiteID, name, says string) (Template, error) {
	name, says = strings.TrimSpace(name), strings.TrimSpace(says)
	var f fault.Fields
	f.Text("name", "模板名称", name, true, 60)
	f.Text("says", "说明", says, false, 200)
	if err := f.Err(); err != nil {
		return Template{}, err
	}
	var t Template
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if t, err = s.ofSite(ctx, tx, scope, site); err != nil {
			return err
		}
		body, err := json.Marshal(t.Body)
		if err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		t.ID, t.Name, t.Says, t.By, t.At = ID(ulid.Make().String()), name, says, actor.Name, tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO blueprint (id, unit_id, name, says, body, from_site, by_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, t.ID, t.Unit, t.Name, t.Says, string(body), t.FromSite, t.By, t.At); err != nil {
			return fmt.Errorf("blueprint: keep: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blueprint.keep", Target: t.target(), After: map[string]any{"columns": len(t.Body.Columns), "from": t.FromSite}})
	})
	return t, err
}

// Retire puts a kept template away; what was made from it stays.
func (s *Service) Retire(ctx context.Context, scope authz.Scope, id ID) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		t, err := db.One(ctx, tx, scanTemplate, templateSelect+` WHERE b.id = $1 AND b.retired_at IS NULL`, id)
		if db.None(err) || err == nil && !t.In(scope) {
			return fault.Missing("模板")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE blueprint SET retired_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blueprint.retire", Target: t.target()})
	})
}

// Row is one site to be set up, as it was typed.
type Row struct {
	No          int
	Site        string // host, short name or whole name
	Slug        string
	Owner, A, B string // people of the sponsor, by name
}

// MaxRows bounds a batch.
const MaxRows = 200

// ParseRows reads lines of 网站,站点简称,栏目责任人,A岗,B岗.
func ParseRows(text string) ([]Row, error) {
	var out []Row
	no := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		no++
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells := strings.FieldsFunc(strings.NewReplacer("，", ",", "\t", ",").Replace(line), func(r rune) bool { return r == ',' })
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 5 {
			return nil, fault.Newf(fault.Invalid, "第 %d 行应有 5 项：网站、站点简称、栏目责任人、A 岗、B 岗，用逗号分开。", no).On("rows", fmt.Sprintf("第 %d 行有 %d 项", no, len(cells)))
		}
		out = append(out, Row{no, cells[0], cells[1], cells[2], cells[3], cells[4]})
	}
	switch {
	case len(out) == 0:
		return nil, fault.New(fault.Invalid, "没有填写要建的网站。").On("rows", "每行一个网站")
	case len(out) > MaxRows:
		return nil, fault.Newf(fault.Invalid, "一次最多建 %d 个网站，请分几次办理。", MaxRows).On("rows", "请分几次")
	}
	return out, nil
}

// Outcome is what a row makes, or would.
type Outcome struct {
	Row     Row
	Site    registry.Site
	Columns int      // new
	Kept    int      // already there
	Parts   []string // in Chinese
	Hosts   bool     // is now published by this platform
	Adopted int      // items shown by reference
	Wrong   string   // why nothing is made
}

// Order is what is to be made.
type Order struct {
	From  ID
	Rows  []Row
	Items bool // show the items of the site it is copied from, by reference
}

// maxAdopted bounds the items shown by reference for each site.
const maxAdopted = 500

// errRehearsed ends a rehearsal's transaction without a trace.
var errRehearsed = fmt.Errorf("blueprint: rehearsed")

// Rehearse says what an order would make, and what is wrong with its rows;
// nothing is written.
func (s *Service) Rehearse(ctx context.Context, scope authz.Scope, o Order) ([]Outcome, error) {
	var out []Outcome
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if out, err = s.build(ctx, tx, scope, o); err != nil {
			return err
		}
		return errRehearsed
	})
	if err == errRehearsed { //nolint:errorlint // our own, unwrapped
		err = nil
	}
	return out, err
}

// Build makes an order: all of its sites, or, when one row is wrong, none.
func (s *Service) Build(ctx context.Context, scope authz.Scope, o Order) ([]Outcome, error) {
	var out []Outcome
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if out, err = s.build(ctx, tx, scope, o); err != nil {
			return err
		}
		bad := 0
		for _, x := range out {
			if x.Wrong != "" {
				bad++
			}
		}
		if bad > 0 {
			return fault.Newf(fault.Refused, "有 %d 行不能建站，全部没有办理；请按下面的说明改正后再办。", bad).On("rows", out[slices.IndexFunc(out, func(x Outcome) bool { return x.Wrong != "" })].Wrong)
		}
		return nil
	})
	if err != nil || !o.Items {
		return out, err
	}
	site, ok := strings.CutPrefix(string(o.From), "site:")
	if !ok {
		return out, nil
	}
	for i := range out {
		if out[i].Adopted, err = s.adopt(ctx, scope, registry.SiteID(site), out[i].Site.ID); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Service) build(ctx context.Context, tx *db.Tx, scope authz.Scope, o Order) ([]Outcome, error) {
	t, err := s.template(ctx, tx, scope, o.From)
	if err != nil {
		return nil, err
	}
	if o.Items && t.FromSite == "" {
		return nil, fault.New(fault.Invalid, "模板不含内容，只有从网站复制时才能引用内容。").On("items", "请去掉，或改为复制网站")
	}
	out := make([]Outcome, len(o.Rows))
	seen := map[registry.SiteID]int{}
	for i, row := range o.Rows {
		out[i].Row = row
		err := s.buildOne(ctx, tx, scope, t, row, &out[i])
		if before, twice := seen[out[i].Site.ID]; err == nil && twice {
			err = fault.Newf(fault.Invalid, "与第 %d 行是同一个网站。", before)
		}
		if err == nil {
			seen[out[i].Site.ID] = row.No
			continue
		}
		// What a person can mend is said beside the row; anything else ends it all.
		f := fault.Of(err)
		if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
			return nil, err
		}
		out[i].Wrong = fmt.Sprintf("第 %d 行“%s”：%s", row.No, row.Site, f.Says)
		if len(f.Fields) > 0 && !strings.Contains(f.Says, f.Fields[0].Says) {
			out[i].Wrong += f.Fields[0].Says + "。"
		}
	}
	return out, nil
}

// find is the site of the ledger a row names.
func (s *Service) find(ctx context.Context, tx *db.Tx, scope authz.Scope, name string) (registry.Site, error) {
	if host, err := registry.NormalizeHost(name); err == nil {
		site, err := s.Registry.SiteByHost(ctx, tx, scope, host)
		if !fault.Is(err, fault.NotFound) {
			return site, err
		}
	}
	site, err := s.Registry.SiteBySlug(ctx, tx, scope, name)
	if !fault.Is(err, fault.NotFound) {
		return site, err
	}
	ids, err := db.All(ctx, tx, db.Value[registry.SiteID], `SELECT id FROM site WHERE name = $1 AND state NOT IN ('exited', 'closed') ORDER BY id LIMIT 20`, name)
	if err != nil {
		return site, err
	}
	var found []registry.Site
	for _, id := range ids {
		x, err := s.Registry.SiteTx(ctx, tx, scope, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return site, err
		}
		found = append(found, x)
	}
	switch len(found) {
	case 0:
		return site, fault.New(fault.Refused, "台账中没有这个网站，或不在您的管辖范围内。开设网站要先报批（第七条），批准后再建站。")
	case 1:
		return found[0], nil
	}
	return site, fault.Newf(fault.Invalid, "有 %d 个网站叫这个名称，请改写域名。", len(found))
}

func (s *Service) buildOne(ctx context.Context, tx *db.Tx, scope authz.Scope, t Template, row Row, out *Outcome) error {
	site, err := s.find(ctx, tx, scope, row.Site)
	if err != nil {
		return err
	}
	out.Site = site
	switch {
	case site.State == registry.Exited || site.State == registry.Closed:
		return fault.Newf(fault.Refused, "网站已%s，不能再建。", site.StateName())
	case site.ID == t.FromSite:
		return fault.New(fault.Invalid, "不能把网站复制到它自己。")
	}
	people, err := s.Org.People(ctx, tx, scope, site.Unit)
	if err != nil {
		return err
	}
	who := func(label, name string) (org.PersonID, error) {
		var found []org.PersonID
		for _, p := range people {
			if p.Name == name {
				found = append(found, p.ID)
			}
		}
		switch len(found) {
		case 1:
			return found[0], nil
		case 0:
			return "", fault.Newf(fault.Invalid, "%s“%s”不在主办单位%s登记的人员中。", label, name, site.UnitName)
		}
		return "", fault.Newf(fault.Invalid, "主办单位%s有 %d 个“%s”，请先在人员台账中区分。", site.UnitName, len(found), name)
	}
	c := registry.Column{Site: site.ID, Unit: site.Unit}
	if c.Owner, err = who("栏目责任人", row.Owner); err != nil {
		return err
	}
	if c.A, err = who("A 岗", row.A); err != nil {
		return err
	}
	if c.B, err = who("B 岗", row.B); err != nil {
		return err
	}
	// Asked before it is written: a statement that fails would end the whole batch.
	if n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM site WHERE slug = $1 AND id <> $2`, row.Slug, site.ID); err != nil {
		return err
	} else if n > 0 {
		return fault.Newf(fault.Conflict, "站点简称“%s”已被另一个网站使用。", row.Slug)
	}
	if !site.Hosted || site.Slug != row.Slug {
		n := registry.Identifiers{Name: site.Name, Host: site.Host, ChineseDomain: site.ChineseDomain, SiteCode: site.SiteCode, ICP: site.ICP, PoliceFiling: site.PoliceFiling, PartyGovMark: site.PartyGovMark, Contact: site.Contact, Address: site.Address,
			Slug: row.Slug, Hosted: true, Why: registry.Why{Says: "建站：" + t.Name}}
		if site, err = s.Registry.SetIdentifiers(ctx, tx, scope, site.ID, n); err != nil {
			return err
		}
		out.Hosts, out.Site = true, site
	}
	have, err := s.Registry.Columns(ctx, tx, scope, site.ID)
	if err != nil {
		return err
	}
	made := map[string]registry.ColumnID{}
	for _, x := range have {
		made[x.Slug] = x.ID
	}
	closed, err := db.All(ctx, tx, db.Value[string], `SELECT slug FROM site_column WHERE site_id = $1 AND closed_at IS NOT NULL`, site.ID)
	if err != nil {
		return err
	}
	left := slices.Clone(t.Body.Columns)
	for len(left) > 0 {
		n := len(left)
		left = slices.DeleteFunc(left, func(x Column) bool {
			if err != nil {
				return false
			}
			if slices.Contains(closed, x.Slug) && made[x.Slug] == "" {
				err = fault.Newf(fault.Conflict, "网站有一个已停用的栏目，网址简称也是“%s”。", x.Slug)
				return false
			}
			if made[x.Slug] != "" {
				out.Kept++
				return true
			}
			if x.Parent != "" && made[x.Parent] == "" {
				return false
			}
			add := c
			add.Slug, add.Name, add.Type, add.Description, add.Keywords, add.CycleDays, add.Position, add.Parent = x.Slug, x.Name, x.Type, x.Description, x.Keywords, x.CycleDays, x.Position, made[x.Parent]
			var got registry.Column
			if got, err = s.Registry.AddColumn(ctx, tx, scope, add); err != nil {
				return false
			}
			made[x.Slug] = got.ID
			out.Columns++
			return true
		})
		if err != nil {
			return err
		}
		if len(left) == n {
			return fault.Newf(fault.Invalid, "栏目“%s”的上级栏目不在模板中。", left[0].Name)
		}
	}
	for _, p := range s.Parts.Parts {
		body, ok := t.Body.Parts[p.Name]
		if !ok {
			continue
		}
		if err := p.Write(ctx, tx, site.ID, body); err != nil {
			return err
		}
		out.Parts = append(out.Parts, p.Says)
	}
	if s.Touch != nil {
		if err := s.Touch(ctx, tx, site.ID); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "blueprint.build", Target: site.Target(), After: map[string]any{"from": t.ID, "template": t.Name, "columns": out.Columns, "parts": out.Parts}})
}

// adopt shows the live items of one site on another, by reference, in columns
// of the same short name. What may not be shown there is left out.
func (s *Service) adopt(ctx context.Context, scope authz.Scope, from, to registry.SiteID) (int, error) {
	columns, err := s.Registry.Columns(ctx, s.DB, scope, to)
	if err != nil {
		return 0, err
	}
	at := map[string]registry.ColumnID{}
	for _, c := range columns {
		at[c.Slug] = c.ID
	}
	n := 0
	for after := library.PlacementID(""); n < maxAdopted; {
		list, err := s.Library.LiveOnSite(ctx, s.DB, from, after, 100)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, e := range list {
			after = e.Placement.ID
			column := at[e.Placement.ColumnSlug]
			if column == "" || n >= maxAdopted {
				continue
			}
			_, err := s.Library.Adopt(ctx, scope, library.Adoption{Item: e.Item.ID, Column: column})
			if fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Invalid) {
				continue
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
