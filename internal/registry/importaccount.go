package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// accountFields are what a file of accounts, apps and mini-programs may tell.
var accountFields = []intake.Field{
	{Key: "platform", Name: "平台", Names: []string{"平台名称", "账号平台"}, Need: true},
	{Key: "account", Name: "账号名称", Names: []string{"name", "名称", "账号", "应用名称"}, Need: true},
	{Key: "url", Name: "网址", Names: []string{"账号网址", "链接", "下载地址"}, Code: true, Apart: true},
	{Key: "handle", Name: "账号标识", Names: []string{"微信号", "账号id"}, Code: true},
	{Key: "platform_id", Name: "平台内部标识", Names: []string{"原始id", "uid"}, Code: true},
	{Key: "code", Name: "区划代码", Code: true},
	{Key: "sponsor", Name: "主办单位", Names: []string{"开设主体"}},
	{Key: "purpose", Name: "用途", Names: []string{"账号类型", "类型"}, Hint: "发布、服务、互动"},
	{Key: "verified_as", Name: "认证主体", Names: []string{"认证名称"}},
	{Key: "verified_type", Name: "认证类型"},
	{Key: "a", Name: "A岗", Names: []string{"a 岗", "a角", "管理员a"}},
	{Key: "b", Name: "B岗", Names: []string{"b 岗", "b角", "管理员b"}},
	{Key: "leader", Name: "分管领导"},
	{Key: "national_id", Name: "全国信息报送系统编号", Names: []string{"报送系统编号"}, Code: true},
	{Key: "filed_on", Name: "备案日期"},
	{Key: "launched_on", Name: "开设日期", Names: []string{"开通日期", "开设时间"}},
	{Key: "main", Name: "主账号", Names: []string{"是否主账号"}, Hint: "是或否"},
	{Key: "necessity", Name: "开设必要性"},
	{Key: "sponsor_type", Name: "主体类别"},
	{Key: "area", Name: "区划名称"},
	{Key: "id", Name: "原编号", Code: true},
}

// accountRow is one row of an accounts file, as recognised.
type accountRow struct {
	row               int
	platform          string
	Account           // what the row tells of it
	code, sponsor     string
	a, b, leader      string
	main, filed, open string
}

// ImportAccounts takes a file of running accounts, apps and mini-programs. The
// key is platform and address, else the platform's own id, else platform, unit
// and name. A known account gains what the ledger lacks.
func (s *Service) ImportAccounts(ctx context.Context, scope authz.Scope, t *official.Table, o org.ImportOptions) (intake.Report, error) {
	return s.importAccounts(ctx, scope, t, "", o)
}

func (s *Service) importAccounts(ctx context.Context, scope authz.Scope, t *official.Table, platform string, o org.ImportOptions) (intake.Report, error) {
	rep := intake.New(o.DryRun)
	if c := intake.Recognise(t.Header, accountFields); !c.Has("platform") && platform == "" || !c.Has("account") {
		return rep, intake.Unknown(t, "账号文件要有 platform（平台）、account（账号名称）列，并有 code（区划代码）或 sponsor（主办单位）列。")
	}
	rows, err := readRows(t, accountFields, o, &rep, func(c *intake.Reader, n int) accountRow {
		r := accountRow{row: n, platform: strings.ToLower(c.Get("platform")), code: c.Get("code"), sponsor: c.Get("sponsor"), a: c.Get("a"), b: c.Get("b"), leader: c.Get("leader"),
			main: c.Get("main"), filed: c.Get("filed_on"), open: c.Get("launched_on"),
			Account: Account{Name: c.Get("account"), URL: c.Get("url"), Handle: c.Get("handle"), PlatformID: c.Get("platform_id"), Purpose: c.Get("purpose"), VerifiedAs: c.Get("verified_as"),
				VerifiedType: c.Get("verified_type"), NationalID: c.Get("national_id"), Necessity: c.Get("necessity"), SourceRef: c.Get("id"), Source: o.Source}}
		if r.sponsor == "" {
			r.sponsor = c.Get("sponsor_type")
		}
		if r.platform == "" {
			r.platform = platform
		}
		return r
	})
	if err != nil {
		return rep, err
	}
	if o.Resume != nil {
		rep = *o.Resume
	}
	return rep, s.walk(ctx, len(rows), o, &rep, &accountImport{svc: s, scope: scope, source: o.Source, rows: rows, places: newPlaces(s), seen: map[string]int{}})
}

type accountImport struct {
	svc    *Service
	scope  authz.Scope
	source string
	rows   []accountRow
	places *places
	seen   map[string]int
	known  map[string]Account // by each key; of the batch
	people map[string][]org.Person
	main   map[org.UnitID]bool
	fresh  []Account
	rowOf  []int
	done   []taken
}

// platformOf reads a platform by its id or its name.
func platformOf(s string) string {
	if Platforms[s] != "" {
		return s
	}
	for id, name := range Platforms {
		if strings.EqualFold(name, s) {
			return id
		}
	}
	return s
}

// keys are what an account is known by, the surest first.
func (a Account) keys() []string {
	var out []string
	if a.URL != "" {
		out = append(out, "u "+a.Platform+" "+a.URL)
	}
	if a.PlatformID != "" {
		out = append(out, "p "+a.Platform+" "+a.PlatformID)
	}
	if len(out) == 0 && a.Unit != "" {
		out = append(out, "n "+a.Platform+" "+string(a.Unit)+" "+a.Name)
	}
	return out
}

func (im *accountImport) pass(i int) {
	a := im.rows[i].Account
	a.Platform = platformOf(im.rows[i].platform)
	for _, k := range a.keys() {
		if _, ok := im.seen[k]; !ok {
			im.seen[k] = im.rows[i].row
		}
	}
}

func (im *accountImport) begin(ctx context.Context, tx *db.Tx, from, to int) error {
	im.known, im.people, im.main = map[string]Account{}, map[string][]org.Person{}, map[org.UnitID]bool{}
	im.fresh, im.rowOf, im.done = nil, nil, nil
	var sponsors, names, people []string
	urls, ids := map[string][]string{}, map[string][]string{} // by platform, as the unique indexes are
	for _, r := range im.rows[from:to] {
		sponsors = append(sponsors, r.sponsor)
		platform := platformOf(r.platform)
		if r.URL != "" {
			urls[platform] = append(urls[platform], r.URL)
		}
		if r.PlatformID != "" {
			ids[platform] = append(ids[platform], r.PlatformID)
		}
		if r.URL == "" && r.PlatformID == "" {
			names = append(names, r.Name)
		}
		for _, p := range []string{r.a, r.b, r.leader} {
			if p != "" {
				people = append(people, p)
			}
		}
	}
	if err := im.places.ready(ctx, tx, sponsors); err != nil {
		return err
	}
	read := func(w *db.Where) error {
		list, err := db.All(ctx, tx, scanAccount, accountSelect+` WHERE `+w.SQL(), w.Args()...)
		for _, a := range list {
			for _, k := range append(a.keys(), "n "+a.Platform+" "+string(a.Unit)+" "+a.Name) {
				im.known[k] = a
			}
		}
		return err
	}
	// The repeated conditions are those of the partial indexes.
	for _, q := range []struct {
		column, also string
		by           map[string][]string
	}{{"c.url", "c.url <> ''", urls}, {"c.platform_id", "c.platform_id <> '' AND c.state <> 'exited' AND c.state <> 'closed'", ids}} {
		for platform, values := range q.by {
			var w db.Where
			cond, args := db.In(q.column, values)
			if err := read(w.And("c.platform = ?", platform).And(cond, args...).And(q.also)); err != nil {
				return err
			}
		}
	}
	if len(names) > 0 {
		var w db.Where
		cond, args := db.In("c.name", names)
		if err := read(w.And(cond, args...)); err != nil {
			return err
		}
	}
	if len(people) == 0 {
		return nil
	}
	var w db.Where
	cond, args := db.In("p.name", people)
	w.And(cond, args...)
	list, err := db.All(ctx, tx, func(r db.Scanner) (org.Person, error) {
		var p org.Person
		err := r.Scan(&p.ID, &p.Unit, &p.Name)
		return p, err
	}, `SELECT p.id, p.unit_id, p.name FROM person p WHERE p.left_at IS NULL AND `+w.SQL(), w.Args()...)
	for _, p := range list {
		key := string(p.Unit) + " " + p.Name
		im.people[key] = append(im.people[key], p)
	}
	return err
}

func (im *accountImport) take(ctx context.Context, tx *db.Tx, i int, rep *intake.Report) error {
	r := im.rows[i]
	act, err := im.decide(ctx, tx, r, rep)
	switch {
	case err != nil:
		return rep.RefuseFault(r.row, err)
	case act != "":
		rep.Accepted++
	default:
		rep.Unchanged++
	}
	return nil
}

func (im *accountImport) decide(ctx context.Context, tx *db.Tx, r accountRow, rep *intake.Report) (act string, err error) {
	a := r.Account
	a.Platform = platformOf(r.platform)
	a.Kind = ObjectKindOf(a.Platform)
	var f fault.Fields
	f.Check(Platforms[a.Platform] != "", "platform", "平台“"+a.Platform+"”无法识别，应为微博、微信公众号、抖音、头条等")
	f.Check(a.Name != "", "account", "账号名称没有填写")
	f.Check(r.code != "" || r.sponsor != "", "sponsor", "没有主办单位，也没有区划代码")
	if err := f.Err(); err != nil {
		return "", err
	}
	for _, k := range a.keys() {
		if first, dup := im.seen[k]; dup && first != r.row {
			return "", fault.Newf(fault.Conflict, "与第 %d 行是同一个账号（平台和网址或内部标识相同），请删去一行。", first).On("url", "")
		}
		im.seen[k] = r.row
	}
	if a.FiledOn, err = dateOf(r.filed, "filed_on", "备案日期"); err != nil {
		return "", err
	}
	if a.LaunchedOn, err = dateOf(r.open, "launched_on", "开设日期"); err != nil {
		return "", err
	}
	if a.Main, err = yesNo(r.main); err != nil {
		return "", err
	}
	if a.Purpose != "" {
		if a.Purpose, err = purposeOf(a.Purpose); err != nil {
			return "", err
		}
	}
	for _, k := range a.keys() {
		if known, ok := im.known[k]; ok {
			return im.fill(ctx, tx, known, a, r)
		}
	}
	unit, err := im.sponsor(ctx, tx, r)
	if err != nil {
		return "", err
	}
	if !im.scope.Covers(unit.AreaPath, unit.LinePath) {
		return "", fault.Newf(fault.Forbidden, "主办单位“%s”不在您的管辖范围内。", unit.Name).On("sponsor", "")
	}
	a.Unit = unit.ID
	if a.URL == "" && a.PlatformID == "" {
		k := a.keys()[0]
		if first, dup := im.seen[k]; dup && first != r.row {
			return "", fault.Newf(fault.Conflict, "与第 %d 行是同一个账号（平台、主办单位和名称相同），请删去一行。", first).On("account", "")
		}
		im.seen[k] = r.row
		if known, ok := im.known[k]; ok {
			return im.fill(ctx, tx, known, a, r)
		}
	}
	if err := im.holders(&a, r); err != nil {
		return "", err
	}
	n := a.Fields()
	if a.Kind == sx2021.App && n.Necessity == "" {
		n.Necessity = "存量" // an existing app is entered with the gap; a new one is not
		rep.Note(r.row, "“%s”没有开设必要性说明，已登记，台账列为缺项（第二十七条）。", a.Name)
	}
	if err := im.svc.checkAccount(ctx, tx, im.scope, a.Unit, a.Platform, n); err != nil {
		return "", err
	}
	if a.Main {
		if err := im.onlyMain(ctx, tx, unit); err != nil {
			return "", err
		}
	}
	a.ID = AccountID(ulid.Make().String())
	im.fresh, im.rowOf = append(im.fresh, a), append(im.rowOf, r.row)
	return "enter", nil
}

// onlyMain refuses a second main account of a unit before the index does.
func (im *accountImport) onlyMain(ctx context.Context, tx *db.Tx, unit org.Unit) error {
	taken, read := im.main[unit.ID]
	if !read {
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM account WHERE unit_id = $1 AND main AND state <> 'exited' AND state <> 'closed'`, unit.ID)
		if err != nil {
			return err
		}
		taken = n > 0
	}
	if taken {
		return fault.Newf(fault.Refused, "%s已有主账号，一个单位只设一个主账号（第二十七条）；请把这一行的“主账号”改为否。", unit.Name).On("main", "")
	}
	im.main[unit.ID] = true
	return nil
}

func (im *accountImport) holders(a *Account, r accountRow) error {
	for _, h := range []struct {
		field, label, name string
		to                 *org.PersonID
	}{{"a", "A 岗", r.a, &a.A}, {"b", "B 岗", r.b, &a.B}, {"leader", "分管领导", r.leader, &a.Leader}} {
		if h.name == "" {
			continue
		}
		switch list := im.people[string(a.Unit)+" "+h.name]; len(list) {
		case 0:
			return fault.Newf(fault.Invalid, "%s“%s”没有在主办单位登记，请先在单位页面登记这个人，或留空。", h.label, h.name).On(h.field, "")
		case 1:
			*h.to = list[0].ID
		default:
			return fault.Newf(fault.Invalid, "主办单位有 %d 个“%s”，不能确定%s是哪一位；请留空，登记后在账号页面选择。", len(list), h.name, h.label).On(h.field, "")
		}
	}
	return nil
}

// fill adds to a known account what the ledger lacks; what differs is refused,
// for a person to decide.
func (im *accountImport) fill(ctx context.Context, tx *db.Tx, known, a Account, r accountRow) (string, error) {
	if !known.In(im.scope) {
		return "", fault.New(fault.Forbidden, "这个账号登记在别的管辖范围内。").On("url", "")
	}
	a.Unit = known.Unit
	if err := im.holders(&a, r); err != nil {
		return "", err
	}
	n := known.Fields()
	before := n
	for _, f := range []struct {
		field, value string
		to           *string
	}{
		{"handle", a.Handle, &n.Handle}, {"platform_id", a.PlatformID, &n.PlatformID}, {"purpose", a.Purpose, &n.Purpose}, {"verified_as", a.VerifiedAs, &n.VerifiedAs},
		{"verified_type", a.VerifiedType, &n.VerifiedType}, {"a", string(a.A), (*string)(&n.A)}, {"b", string(a.B), (*string)(&n.B)}, {"leader", string(a.Leader), (*string)(&n.Leader)},
		{"national_id", a.NationalID, &n.NationalID}, {"necessity", a.Necessity, &n.Necessity}, {"url", a.URL, &n.URL},
	} {
		switch {
		case f.value == "" || f.value == *f.to:
		case *f.to == "":
			*f.to = f.value
		case f.field == "a" || f.field == "b" || f.field == "leader":
			return "", fault.Newf(fault.Conflict, "%s与台账不同，请核实后在账号页面修改。", FieldName(f.field)).On(f.field, "")
		default:
			return "", fault.Newf(fault.Conflict, "%s与台账不同：台账“%s”，文件“%s”。请核实后在账号页面修改。", FieldName(f.field), *f.to, f.value).On(f.field, "")
		}
	}
	if n.FiledOn.IsZero() {
		n.FiledOn = a.FiledOn
	}
	if n == before {
		return "", nil
	}
	after, err := im.svc.SetAccount(ctx, tx, im.scope, known.ID, n, Why{Says: "导入文件补充", Source: ByImport, Ref: strings.TrimSpace(im.source + " " + a.SourceRef)}, known.UpdatedAt)
	if err != nil {
		return "", err
	}
	im.done = append(im.done, taken{row: r.row, kind: "account", id: string(known.ID), name: known.Name, act: "change", stamp: after.UpdatedAt, before: before})
	return "change", nil
}

func yesNo(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "", "否", "n", "no", "false", "0":
		return false, nil
	case "是", "y", "yes", "true", "1", "主账号":
		return true, nil
	}
	return false, fault.Newf(fault.Invalid, "主账号一列应填“是”或“否”，不能是“%s”。", s).On("main", "")
}

func purposeOf(s string) (string, error) {
	if slices.Contains(Purposes, s) {
		return s, nil
	}
	if p := strings.TrimSuffix(s, "类"); slices.Contains(Purposes, p) {
		return p, nil
	}
	return "", fault.Newf(fault.Invalid, "用途“%s”无法识别，应为%s之一。", s, strings.Join(Purposes, "、")).On("purpose", "")
}

// end enters the new accounts of the batch together.
func (im *accountImport) end(ctx context.Context, tx *db.Tx) ([]taken, error) {
	w := Why{Says: "存量登记：" + im.source, Source: ByImport, Ref: im.source}
	if err := im.svc.enterAccounts(ctx, tx, im.fresh, w); err != nil {
		return nil, err
	}
	for i, a := range im.fresh {
		im.done = append(im.done, taken{row: im.rowOf[i], kind: "account", id: string(a.ID), name: a.Name, act: "enter", stamp: tx.Now()})
	}
	return im.done, nil
}

// enterAccounts enters accounts that already run, together: what enterAccount
// does for each, in a handful of statements.
func (s *Service) enterAccounts(ctx context.Context, tx *db.Tx, list []Account, w Why) error {
	if len(list) == 0 {
		return nil
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	ids := make([]string, len(list))
	for i, a := range list {
		ids[i] = string(a.ID)
	}
	state, err := AccountMachine.Begin(ctx, tx, ids, "enter", passage.Note{Says: w.Says, CaseID: w.CaseID})
	if err != nil {
		return err
	}
	var rows, changes [][]any
	var entries []audit.Entry
	var texts []spoken
	paths, err := pathsOf(ctx, tx, list)
	if err != nil {
		return err
	}
	for i := range list {
		a := &list[i]
		a.State, a.CreatedAt, a.UpdatedAt = state, tx.Now(), tx.Now()
		rows = append(rows, []any{a.ID, a.Unit, a.Kind, a.Platform, a.Name, a.Handle, a.URL, a.PlatformID, a.Purpose, a.VerifiedAs, a.VerifiedType, db.Null(a.A), db.Null(a.B), db.Null(a.Leader),
			a.NationalID, a.FiledOn, a.Main, a.Necessity, a.State, a.LaunchedOn, a.Source, a.SourceRef, a.CreatedAt, a.UpdatedAt, paths[a.Unit]})
		changes = append(changes, []any{ulid.Make().String(), "account", string(a.ID), ulid.Make().String(), "", "", a.Name, w.Says, w.CaseID, w.Document, w.source(), w.Ref, actor.ID, actor.Name, tx.Now()})
		entries = append(entries, audit.Entry{Act: "registry.account.enter", Target: a.Target(), After: *a})
		texts = append(texts, spoken{kind: "account", id: string(a.ID), names: []string{a.Name}, numbers: []string{a.URL, a.Handle, a.PlatformID, a.NationalID}, at: a.UpdatedAt})
	}
	err = tx.InsertAll(ctx, "account", []string{"id", "unit_id", "kind", "platform", "name", "handle", "url", "platform_id", "purpose", "verified_as", "verified_type", "a_id", "b_id", "leader_id",
		"national_id", "filed_on", "main", "necessity", "state", "launched_on", "source", "source_ref", "created_at", "updated_at", "area_path"}, rows)
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "导入时台账刚被别人改动，这一批没有写入；请再导入一次，已登记的行不会重复。").From(err)
	}
	if err != nil {
		return fmt.Errorf("registry: enter accounts: %w", err)
	}
	if err := tx.InsertAll(ctx, "record_change", []string{"id", "kind", "object_id", "act_id", "field", "was", "now", "why", "case_id", "document", "source", "source_ref", "actor_id", "actor_name", "at"}, changes); err != nil {
		return err
	}
	if err := index(ctx, tx, texts...); err != nil {
		return err
	}
	return audit.RecordAll(ctx, tx, entries)
}

// pathsOf are the places of the accounts' units.
func pathsOf(ctx context.Context, q db.Querier, list []Account) (map[org.UnitID]string, error) {
	var ids []string
	out := map[org.UnitID]string{}
	for _, a := range list {
		if _, ok := out[a.Unit]; !ok {
			out[a.Unit] = ""
			ids = append(ids, string(a.Unit))
		}
	}
	var w db.Where
	cond, args := db.In("id", ids)
	w.And(cond, args...)
	_, err := db.All(ctx, q, func(r db.Scanner) (struct{}, error) {
		var id org.UnitID
		var path string
		err := r.Scan(&id, &path)
		out[id] = path
		return struct{}{}, err
	}, `SELECT id, area_path FROM unit WHERE `+w.SQL(), w.Args()...)
	return out, err
}

// sponsor finds whose account it is (谁开设、谁主办): the area's office when no
// unit is named, the named unit, or the area's 公安局 and its like when the file
// gives only the kind of body.
func (im *accountImport) sponsor(ctx context.Context, tx *db.Tx, r accountRow) (org.Unit, error) {
	var area org.Area
	var err error
	if r.code != "" {
		area, err = im.places.area(ctx, tx, r.code)
		if fault.Is(err, fault.NotFound) {
			return org.Unit{}, fault.Newf(fault.Invalid, "区划代码“%s”没有登记，请先导入区划。", r.code).On("code", "")
		}
		if err != nil {
			return org.Unit{}, err
		}
	}
	if r.sponsor == "" {
		return im.places.office(ctx, tx, area.ID)
	}
	u, err := im.places.unit(ctx, tx, area, r.sponsor)
	if err == nil || !fault.Is(err, fault.NotFound) {
		return u, err
	}
	if r.sponsor != "公安机关" || area.ID == "" {
		return org.Unit{}, fault.Newf(fault.Invalid, "主办单位“%s”没有登记，请先在单位台账登记。", r.sponsor).On("sponsor", "")
	}
	name := "公安局"
	if area.Level == org.Province && !strings.HasSuffix(area.Name, "市") {
		name = "公安厅"
	}
	u, _, err = im.svc.org.AddUnit(ctx, tx, org.Unit{Area: area.ID, Kind: org.Department, Name: area.Name + name, ShortName: name, Line: "police", Source: im.source})
	return u, err
}
