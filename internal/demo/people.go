package demo

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/signin"
)

// Password of every demo login; shown on the landing and login pages.
const Password = "yanshi-2026-zs"

// The divisions of Shaanxi (National Bureau of Statistics, as of 2023-06-30)
// and the units its code does not show.
var (
	//go:embed divisions.csv
	divisions []byte
	//go:embed specials.csv
	specials []byte
)

// place names the units the demo's people work at.
type place string

const (
	provinceOffice place = "陕西省人民政府办公厅"
	cityOffice     place = "西安市人民政府办公厅"
	countyOffice   place = "雁塔区人民政府办公室"
	cityCommerce   place = "西安市商务局"
	cityCulture    place = "西安市文化和旅游局"
	cityEducation  place = "西安市教育局"
	cityHealth     place = "西安市卫生健康委员会"
	cityCivil      place = "西安市民政局"
	cityJustice    place = "西安市司法局"
	cityLabour     place = "西安市人力资源和社会保障局"
	citySupplies   place = "西安市粮食和物资储备局"
	countyCulture  place = "临潼区文化和旅游局"
	countyCommerce place = "雁塔区商务局"
	provincePolice place = "陕西省公安厅"
	provinceCyber  place = "陕西省互联网信息办公室"
	provincePubl   place = "陕西省委宣传部"
	provinceEstab  place = "陕西省委机构编制委员会办公室"
	provinceTele   place = "陕西省通信管理局"
	provinceAudit  place = "陕西省审计厅"
)

// departments are the units the demo adds to those the divisions bring.
var departments = []struct {
	name place
	area org.AreaID
	kind org.Kind
	line string
}{
	{cityCommerce, "city-610100000000", org.Department, "commerce"},
	{cityCulture, "city-610100000000", org.Department, "culture"},
	{cityEducation, "city-610100000000", org.Department, "education"},
	{cityHealth, "city-610100000000", org.Department, "health"},
	{cityCivil, "city-610100000000", org.Department, "civil"},
	{cityJustice, "city-610100000000", org.Department, "justice"},
	{cityLabour, "city-610100000000", org.Department, "labour"},
	{citySupplies, "city-610100000000", org.Department, ""},
	{"咸阳市农业农村局", "city-610400000000", org.Department, "agriculture"},
	{countyCommerce, "county-610113000000", org.Department, "commerce"},
	{countyCulture, "county-610115000000", org.Department, "culture"},
	{provincePolice, "province-610000000000", org.Department, "police"},
	{provinceCyber, "province-610000000000", org.Department, "cyberspace"},
	{provincePubl, "province-610000000000", org.Department, "publicity"},
	{provinceEstab, "province-610000000000", org.Department, "establishment"},
	{provinceTele, "province-610000000000", org.Department, "telecom"},
	{provinceAudit, "province-610000000000", org.Department, "audit"},
}

// Login is one demo login as the landing page shows it.
type Login struct {
	Name   string // login name
	Person string
	Unit   place
	Role   string // in Chinese
	Does   string // what to try with it
	roles  []authz.Role
}

// Logins are the demo's people. They are invented.
var Logins = []Login{
	{"sheng", "林知远", provinceOffice, "省级主管", "批准开设、看全省台账、采用指标包、看通报", []authz.Role{authz.Supervisor}},
	{"shengbian", "苏晓禾", provinceOffice, "省门户采编", "写稿送审、处理退回", []authz.Role{authz.Editor, authz.Sponsor}},
	{"shengchu", "何立新", provinceOffice, "省门户初审", "初审稿件", []authz.Role{authz.FirstReviewer}},
	{"shengzhong", "郑怀民", provinceOffice, "省门户终审", "过五关、签发、撤稿、审核答复", []authz.Role{authz.FinalReviewer}},
	{"shi", "马会宁", cityOffice, "市级主管", "审核上报、下发整改、编季度通报", []authz.Role{authz.Supervisor, authz.Reviewer}},
	{"shibian", "高翔宇", cityOffice, "市门户采编", "写稿、答复来信、回复整改", []authz.Role{authz.Editor, authz.Sponsor}},
	{"shichu", "冯雅琴", cityOffice, "市门户初审", "初审稿件", []authz.Role{authz.FirstReviewer}},
	{"shizhong", "曹建业", cityOffice, "市门户终审", "过五关、签发、审核答复", []authz.Role{authz.FinalReviewer}},
	{"xian", "白若溪", countyOffice, "县级主管", "管理本区单位和账号", []authz.Role{authz.Supervisor, authz.Reviewer, authz.Sponsor}},
	{"xianshen", "柳青原", countyOffice, "县级审核", "区门户终审、批准和补审应急撤下", []authz.Role{authz.FirstReviewer, authz.FinalReviewer}},
	{"bumen", "周启明", cityCommerce, "市级部门经办", "申请开设部门网站、办理上线", []authz.Role{authz.Sponsor}},
	{"bumenshen", "钱若兰", cityCommerce, "部门审核", "部门稿件终审", []authz.Role{authz.FirstReviewer, authz.FinalReviewer}},
	{"xianbumen", "吴思源", countyCommerce, "县级部门经办", "试一试申请开设（会被第七条拒绝）", []authz.Role{authz.Sponsor}},
	{"pingtai", "池远航", cityOffice, "平台运维", "管理集约化平台、进驻单位和限额（不涉及内容）", []authz.Role{authz.PlatformOperator}},
	{"xundu", "田守一", cityOffice, "读网值班", "发起检查、看问题和证据", []authz.Role{authz.Inspector}},
	{"chengban", "江一帆", cityOffice, "承办单位", "回复整改、采编", []authz.Role{authz.Operator}},
	{"xuanchuan", "沈文博", provincePubl, "协同监管·宣传", "查看台账和时限", []authz.Role{authz.Publicity}},
	{"wangxin", "陆云帆", provinceCyber, "协同监管·网信", "查看检查结果", []authz.Role{authz.Cyberspace}},
	{"bianzhi", "严方正", provinceEstab, "协同监管·编制", "核对标识和中文域名", []authz.Role{authz.Establishment}},
	{"gongan", "雷震东", provincePolice, "协同监管·公安", "核对公安备案", []authz.Role{authz.Police}},
	{"tongxin", "简一鸣", provinceTele, "协同监管·通信", "核对ICP备案", []authz.Role{authz.Telecom}},
	{"shenji", "章明镜", provinceAudit, "审计人员", "查询并校验审计", []authz.Role{authz.Auditor}},
	{"xitong", "安平", provinceOffice, "系统管理员", "系统运行和令牌", []authz.Role{authz.SystemAdmin}},
	{"anquan", "卫国强", provinceOffice, "安全管理员", "登录账号和授权", []authz.Role{authz.SecurityAdmin}},
	{"shenjiguan", "明察", provinceOffice, "审计管理员", "审计记录", []authz.Role{authz.AuditAdmin}},
}

// phone is an invented office number: the page that says whom to call has one.
func phone(l Login) string {
	n := slices.IndexFunc(slices.Concat(Logins, others), func(o Login) bool { return o.Name == l.Name })
	return fmt.Sprintf("029-00000%03d", 101+n)
}

// others work at the demo's units without a login: second persons of columns,
// and those who handled the applications that stand in the house already.
var others = []Login{
	{"kaohe", "顾长宁", provinceOffice, "考核经办", "", []authz.Role{authz.Supervisor}},
	{"yanta-a", "贺小满", countyOffice, "栏目 A 岗", "", nil},
	{"yanta-b", "罗静怡", countyOffice, "栏目 B 岗", "", nil},
	{"wenlv", "温书言", cityCulture, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"jiaoyu", "袁知行", cityEducation, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"weijian", "康予安", cityHealth, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"minzheng", "向春和", cityCivil, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"sifa", "程正言", cityJustice, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"renshe", "宁致远", cityLabour, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"liangshi", "谷丰年", citySupplies, "部门经办", "", []authz.Role{authz.Sponsor}},
	{"beilin", "卫知秋", "碑林区人民政府办公室", "县级经办", "", []authz.Role{authz.Sponsor}},
	{"weiyang", "司南山", "未央区人民政府办公室", "县级经办", "", []authz.Role{authz.Sponsor}},
	{"tongchuan", "柏思远", "铜川市人民政府办公厅", "市级经办", "", []authz.Role{authz.Sponsor}},
}

// people are the demo's units and persons once made.
type people struct {
	units   map[place]org.Unit
	persons map[string]org.Person // by login name
}

// called are those of the demo's people who have these logins, wherever the
// others have gone: a visitor may abolish a unit, and nobody is made anew. found
// is false when one of them has left too.
func called(ctx context.Context, s Services, names ...string) (p people, found bool, err error) {
	p = people{units: map[place]org.Unit{}, persons: map[string]org.Person{}}
	found, err = p.find(ctx, s.DB, s, slices.DeleteFunc(slices.Concat(Logins, others), func(l Login) bool { return !slices.Contains(names, l.Name) }))
	return p, found, err
}

// lay makes the divisions, the departments, the people and their logins. People
// are made in one transaction: those of this version are all there or none.
func lay(ctx context.Context, s Services) (people, error) {
	p := people{units: map[place]org.Unit{}, persons: map[string]org.Person{}}
	scope := authz.System("demo")
	found, err := p.find(ctx, s.DB, s, slices.Concat(Logins, others))
	if err != nil || found {
		if found {
			_, err = p.unit(ctx, s.DB, s, countyCulture)
		}
		return p, err
	}
	for _, f := range []struct {
		name string
		body []byte
	}{{"divisions.csv", divisions}, {"specials.csv", specials}} {
		t, err := table(f.name, f.body)
		if err != nil {
			return p, err
		}
		rep, err := s.Org.ImportUnits(ctx, scope, t, org.ImportOptions{Source: "国家统计局 2023 年统计用区划代码"})
		if err := whole(f.name, rep, err); err != nil {
			return p, err
		}
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, d := range departments {
			if _, _, err := s.Org.AddUnit(ctx, tx, org.Unit{Area: d.area, Kind: d.kind, Name: string(d.name), Line: d.line, Source: "演示"}); err != nil {
				return err
			}
		}
		for _, l := range slices.Concat(Logins, others) {
			if err := p.admit(ctx, tx, s, l); err != nil {
				return fmt.Errorf("demo: %s: %w", l.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	if _, err = p.find(ctx, s.DB, s, slices.Concat(Logins, others)); err == nil {
		_, err = p.unit(ctx, s.DB, s, countyCulture)
	}
	return p, err
}

func table(name string, body []byte) (*official.Table, error) {
	return official.ReadTable(bytes.NewReader(body), int64(len(body)), name, official.Limits{})
}

// whole refuses an import of our own file of which a row was refused.
func whole(name string, rep intake.Report, err error) error {
	if err == nil && len(rep.Refused) > 0 {
		return fmt.Errorf("demo: %s: row %d refused: %s", name, rep.Refused[0].Row, rep.Refused[0].Says)
	}
	return err
}

// find looks up units and persons that were made before; found is false when
// the people are not there yet.
func (p people) find(ctx context.Context, q db.Querier, s Services, logins []Login) (found bool, err error) {
	scope := authz.System("demo")
	staff := map[org.UnitID][]org.Person{}
	for _, l := range logins {
		u, err := p.unit(ctx, q, s, l.Unit)
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if staff[u.ID] == nil {
			if staff[u.ID], err = s.Org.People(ctx, q, scope, u.ID); err != nil {
				return false, err
			}
		}
		i := slices.IndexFunc(staff[u.ID], func(o org.Person) bool { return o.Name == l.Person })
		if i < 0 {
			return false, nil
		}
		p.persons[l.Name] = staff[u.ID][i]
	}
	return true, nil
}

func (p people) unit(ctx context.Context, q db.Querier, s Services, name place) (org.Unit, error) {
	if u, ok := p.units[name]; ok {
		return u, nil
	}
	u, err := s.Org.UnitByName(ctx, q, authz.System("demo"), string(name))
	if err == nil {
		p.units[name] = u
	}
	return u, err
}

func (p people) admit(ctx context.Context, tx *db.Tx, s Services, l Login) error {
	scope := authz.System("demo")
	u, err := s.Org.UnitByName(ctx, tx, scope, string(l.Unit))
	if err != nil {
		return err
	}
	// A folder made by an earlier version has the people of that version.
	staff, err := s.Org.People(ctx, tx, scope, u.ID)
	if err != nil || slices.ContainsFunc(staff, func(o org.Person) bool { return o.Name == l.Person }) {
		return err
	}
	who, err := s.Org.AddPerson(ctx, tx, scope, org.Person{Unit: u.ID, Name: l.Person, Title: l.Role, Phone: phone(l)})
	if err != nil {
		return err
	}
	for _, r := range l.roles {
		if r == authz.Operator {
			continue // only under agreements in force: see records.go
		}
		if err := s.Org.Appoint(ctx, tx, scope, who.ID, u.ID, r); err != nil {
			return err
		}
	}
	if l.Does == "" {
		return nil
	}
	_, err = s.Signin.CreateLogin(ctx, tx, scope, who.ID, l.Name, Password, signin.SecondFactor{Off: signin.DemoSecondFactorOff})
	return err
}

// as is the context of one of the demo's people acting, with the posts held
// now.
func (d *province) as(ctx context.Context, login string) (context.Context, *authz.Session, error) {
	who, ok := d.persons[login]
	if !ok {
		return nil, nil, fmt.Errorf("nobody is called %s", login)
	}
	posts, err := d.Org.PostsOf(ctx, d.DB, who.ID)
	if err != nil {
		return nil, nil, err
	}
	session := &authz.Session{PersonID: string(who.ID), Login: login, Name: who.Name, Posts: posts}
	ctx = audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(who.ID), Name: who.Name, Unit: string(who.Unit)})
	return authz.WithSession(ctx, session), session, nil
}

// scoped is as, with where the person may use a permission. Whoever may not
// use it anywhere is a mistake of the demo's script.
func (d *province) scoped(ctx context.Context, login string, need authz.Permission) (context.Context, authz.Scope, error) {
	ctx, session, err := d.as(ctx, login)
	if err != nil {
		return nil, authz.Scope{}, err
	}
	if !session.May(need) {
		return nil, authz.Scope{}, fmt.Errorf("%s may not %s", login, need)
	}
	return ctx, session.ScopeFor(need), nil
}
