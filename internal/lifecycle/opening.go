package lifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// The matters that make a new object (Article 7(1)-(2)).
const (
	OpeningMatter        = "opening"
	AccountOpeningMatter = "account_opening"
	AppOpeningMatter     = "app_opening"
)

const whySection = "单位与事由"

var (
	reasonField = Field{Section: whySection, Name: "reason", Label: "开设事由", Kind: Paragraph, Max: 1000, Hint: "写明履职需要、主要栏目和服务内容"}
	eventField  = Field{Section: whySection, Name: "event", Label: "为重大活动或专项工作开设", Kind: Yes, Judged: true, Hint: "原则上不单独开设，请在门户网站开设专题或在已有账号设专栏"}
	contact     = Field{Section: whySection, Name: "contact", Label: "联系人", Max: 30, Narrow: true}
	phone       = Field{Section: whySection, Name: "phone", Label: "联系电话", Kind: PhoneField, Max: 30, Narrow: true}
)

// nameReason asks how a name that says neither area nor unit is tied to the duties.
func nameReason(section string) Field {
	return Field{Section: section, Name: "name_reason", Label: "名称与工作职责的关联", Max: 200, Optional: true, Judged: true, Hint: "名称中没有本地或本单位名称时必须说明（第九条）"}
}

func openingMatters() []Matter {
	citation := sx2021.OneUnitOneSite.Citation
	return []Matter{
		{
			ID: OpeningMatter, Name: "开设网站", Group: OpenGroup, Clause: "S7.2a", Citation: citation, Objects: []sx2021.ObjectKind{sx2021.Site}, Act: "plan",
			Says: "逐级审核，由省政府办公厅批准；批准后最迟1年内上线。县级政府部门原则上不开设网站，一个单位最多开设一个。",
			Way:  ToProvince, By: Sponsor, Submit: "提交申请",
			Fields: []Field{reasonField, eventField, contact, phone,
				{Section: "站点信息", Name: "name", Label: "网站名称", Max: 60, Judged: true, Hint: "简洁规范，与单位名称或职责相关联，如 西安市商务局网站"},
				nameReason("站点信息"),
				{Section: "站点信息", Name: "host", Label: "英文域名", Kind: HostField, Max: 253, Hint: "只填域名，如 swj.xa.gov.cn"},
				{Section: "站点信息", Name: "domain", Label: "中文域名", Kind: ChineseField, Max: 80, Optional: true, Hint: "可以在上线前补填，如 西安市商务局.政务"},
				{Section: "站点信息", Name: "building", Label: "建设方式", Kind: Radio, Options: []Option{{"hosted", "在集约化平台建设", ""}, {"own", "自行建设", "须说明理由和托管单位"}}},
				{Section: "站点信息", Name: "hosting", Label: "建设和托管说明", Kind: Paragraph, Max: 500, Optional: true, Hint: "自行建设的必须填写",
					need: func(a *Application) bool { return a.Text("building") == "own" }},
			},
			Files: []File{otherFile},
			title: func(f *facts) string { return f.unit.Name + "申请开设“" + f.app.Text("name") + "”" },
			judge: judgeSite, ready: hostIsFree, outcome: siteOpened,
			prefill: func(context.Context, *Service, db.Querier, *facts) (map[string]string, error) {
				return map[string]string{"building": "hosted"}, nil
			},
		},
		{
			ID: AccountOpeningMatter, Name: "开设政务新媒体账号", Group: OpenGroup, Clause: "S7.2a", Citation: sx2021.OneAccountPlatform.Citation,
			Objects: []sx2021.ObjectKind{sx2021.Account}, Act: "plan",
			Says: "逐级审核，由省政府办公厅批准；一个单位（含内设机构）在同一平台只开设一个账号。开通后须实名认证并及时备案。",
			Way:  ToProvince, By: Sponsor, Submit: "提交申请",
			Fields: []Field{reasonField, eventField, contact, phone,
				{Section: "账号信息", Name: "platform", Label: "平台", Kind: Choice, Judged: true, choices: platformChoices(sx2021.Account)},
				{Section: "账号信息", Name: "name", Label: "账号名称", Max: 60, Judged: true, Hint: "同一单位在不同平台的账号原则上名称一致（第九条）"},
				nameReason("账号信息"),
				{Section: "账号信息", Name: "purpose", Label: "主要用途", Kind: Radio, Options: []Option{{"发布", "信息发布", ""}, {"服务", "办事服务", ""}, {"互动", "互动交流", ""}}},
				{Section: "账号信息", Name: "leader", Label: "总负责人", Max: 30, Narrow: true},
				{Section: "账号信息", Name: "upkeep", Label: "内容保障和运维安排", Kind: Paragraph, Max: 500, Hint: "写明更新频次、审核流程和A、B岗"},
			},
			Files: []File{otherFile},
			title: func(f *facts) string {
				return f.unit.Name + "申请在" + registry.Platforms[f.app.Text("platform")] + "开设“" + f.app.Text("name") + "”"
			},
			judge: judgeAccount, outcome: accountOpened,
		},
		{
			ID: AppOpeningMatter, Name: "开设移动客户端（小程序）", Group: OpenGroup, Clause: "S7.2a", Citation: sx2021.AppNecessity.Citation,
			Objects: []sx2021.ObjectKind{sx2021.App}, Act: "plan",
			Says: "逐级审核，由省政府办公厅批准；须说明必要性，能在已有网站、账号或应用中实现的不单独建设。上线前须有安全检测报告。",
			Way:  ToProvince, By: Sponsor, Submit: "提交申请",
			Fields: []Field{reasonField, eventField, contact, phone,
				{Section: "应用信息", Name: "platform", Label: "类型", Kind: Choice, Judged: true, choices: platformChoices(sx2021.App)},
				{Section: "应用信息", Name: "name", Label: "应用名称", Max: 60, Judged: true},
				nameReason("应用信息"),
				{Section: "应用信息", Name: "necessity", Label: "必要性说明", Kind: Paragraph, Max: 1000, Optional: true, Judged: true, Hint: "写明为什么不能在已有网站、账号或应用中实现（第二十七条）"},
				{Section: "应用信息", Name: "services", Label: "拟提供的服务和用户规模", Kind: Paragraph, Max: 500},
				{Section: "应用信息", Name: "leader", Label: "总负责人", Max: 30, Narrow: true},
			},
			Files: []File{otherFile},
			title: func(f *facts) string { return f.unit.Name + "申请开设应用“" + f.app.Text("name") + "”" },
			judge: judgeAccount, outcome: accountOpened,
		},
	}
}

// platformChoices are the platforms on which objects of the kind stand.
func platformChoices(kind sx2021.ObjectKind) func(context.Context, *Service, db.Querier, *facts) ([]Option, error) {
	return func(context.Context, *Service, db.Querier, *facts) ([]Option, error) {
		var out []Option
		for id, name := range registry.Platforms {
			if registry.ObjectKindOf(id) == kind {
				out = append(out, Option{Value: id, Label: name})
			}
		}
		slices.SortFunc(out, func(a, b Option) int { return strings.Compare(a.Value, b.Value) })
		return out, nil
	}
}

// judgeSite asks Articles 2, 7(1), 9 and 33 about a site to be opened.
func judgeSite(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	kind := siteKind(f.law)
	holder, quota := sx2021.DeptSiteHolder, []rules.Rule{sx2021.CountyDeptNoSite}
	if kind == sx2021.Portal {
		holder, quota = sx2021.PortalHolder, nil
	}
	var v verdict
	v.ask(sx2021.CheckScope(sx2021.Holding{Unit: f.law, Object: sx2021.Site, SiteKind: kind, HasParent: f.unit.Parent != ""}), sx2021.SiteHolder, holder)
	v.held = append(v.held, append(quota, sx2021.OneUnitOneSite, sx2021.NothingForEvents)...)
	if v.outside = len(v.breaches) > 0; v.outside {
		return v, nil
	}
	held, err := s.heldSites(ctx, q, f.holder)
	if err != nil {
		return v, err
	}
	v.ask(sx2021.CheckZone(f.law, kind))
	v.ask(sx2021.CheckOpening(sx2021.Opening{Unit: f.law, Object: sx2021.Site, SiteKind: kind, Event: f.app.Ticked("event"), Sites: held}))
	return v, s.askName(ctx, q, f, &v)
}

// askName asks Article 9 of the name, once there is one.
func (s *Service) askName(ctx context.Context, q db.Querier, f *facts, v *verdict) error {
	if f.app.Text("name") == "" {
		return nil
	}
	ties, err := s.ties(ctx, q, f.unit)
	if err != nil {
		return err
	}
	v.held = append(v.held, sx2021.NameTied)
	if f.app.Text("name_reason") == "" {
		v.ask(sx2021.TiedTo(f.app.Text("name"), ties...))
	}
	return nil
}

// ties are the words of area and unit a name can be tied to, the short ones of
// at least two characters.
func (s *Service) ties(ctx context.Context, q db.Querier, u org.Unit) ([]string, error) {
	area, err := s.org.Area(ctx, q, u.Area)
	if err != nil {
		return nil, err
	}
	words := []string{sx2021.ShortArea(area.Name), strings.TrimSuffix(area.Name, "示范区"), u.Name, u.ShortName, strings.TrimPrefix(u.Name, area.Name)}
	if u.Parent != "" {
		parent, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.ties"), u.Parent)
		if err != nil {
			return nil, err
		}
		words = append(words, parent.Name, parent.ShortName, strings.TrimPrefix(parent.Name, area.Name))
	}
	var out []string
	for _, w := range words {
		if len([]rune(w)) >= 2 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out, nil
}

// judgeAccount asks Articles 2, 7(1), 9 and 27 about an account or app to be
// opened.
func judgeAccount(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	v.ask(sx2021.CheckScope(sx2021.Holding{Unit: f.law, Object: f.kind, HasParent: f.unit.Parent != ""}), sx2021.AccountHolder)
	if v.outside = len(v.breaches) > 0; v.outside {
		return v, nil
	}
	units, err := s.accountUnits(ctx, q, f.holder)
	if err != nil {
		return v, err
	}
	held, err := s.heldAccounts(ctx, q, units, "")
	if err != nil {
		return v, err
	}
	platform := f.app.Text("platform")
	count := map[string]int{}
	apps := 0
	var others []string
	for _, h := range held {
		count[registry.Platforms[h.platform]]++
		switch {
		case h.kind == sx2021.App:
			apps++
		case h.platform != platform:
			others = append(others, h.name)
		}
	}
	o := sx2021.Opening{Unit: f.law, Object: f.kind, Event: f.app.Ticked("event")}
	if platform != "" {
		o.Platform, o.Accounts = registry.Platforms[platform], count
	}
	v.ask(sx2021.CheckOpening(o), sx2021.NothingForEvents)
	if f.kind == sx2021.App {
		v.held = append(v.held, sx2021.AppNecessity)
		if f.final || f.app.Text("necessity") != "" {
			v.ask(sx2021.CheckApp(sx2021.AppPlan{Necessity: f.app.Text("necessity"), Apps: apps}))
		}
		return v, s.askName(ctx, q, f, &v)
	}
	v.held = append(v.held, sx2021.OneAccountPlatform, sx2021.SameName)
	if name := f.app.Text("name"); name != "" && platform != "" {
		// Not yet verified: it is not open. Only the name is asked here.
		v.ask(sx2021.CheckNaming(sx2021.Naming{Name: name, Sponsor: f.unit.Name, Verification: f.unit.Name, OtherNames: others}))
	}
	return v, s.askName(ctx, q, f, &v)
}

// hostIsFree keeps one host to one site.
func hostIsFree(ctx context.Context, s *Service, q db.Querier, f *facts) error {
	host := f.app.Text("host")
	_, err := s.registry.SiteByHost(ctx, q, authz.System("lifecycle.host"), host)
	switch {
	case err == nil:
		return fault.Newf(fault.Invalid, "域名 %s 已登记给另一个网站，请核对。", host).On("host", "这个域名已登记给另一个网站")
	case !fault.Is(err, fault.NotFound):
		return err
	}
	return nil
}

func siteKind(u sx2021.Unit) sx2021.SiteKind {
	if k, ok := sx2021.SiteKindFor(u); ok {
		return k
	}
	return sx2021.DepartmentSite
}

// siteOpened plans the site, its year and its checklist.
func siteOpened(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	a := f.app
	hosted, slug := a.Text("building") == "hosted", ""
	var err error
	if hosted {
		if slug, err = s.slugFor(ctx, tx, a.Text("host"), f.number); err != nil {
			return "", err
		}
	}
	site, err := s.registry.PlanSite(ctx, tx, registry.Site{
		Unit: f.unit.ID, Kind: registry.SiteKind(siteKind(f.law)), Name: a.Text("name"), Host: a.Text("host"), ChineseDomain: a.Text("domain"), Hosted: hosted, Slug: slug,
		Contact: a.Text("phone"), Source: "开设审批", SourceRef: f.number, CaseID: string(f.caseID),
	})
	if err != nil {
		return "", err
	}
	return s.planned(ctx, tx, registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}, a)
}

// accountOpened plans the account or app, its year and its checklist.
func accountOpened(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	a := f.app
	account, err := s.registry.PlanAccount(ctx, tx, registry.Account{
		Unit: f.unit.ID, Platform: a.Text("platform"), Name: a.Text("name"), Purpose: a.Text("purpose"), Necessity: a.Text("necessity"),
		Source: "开设审批", SourceRef: f.number, CaseID: string(f.caseID),
	})
	if err != nil {
		return "", err
	}
	return s.planned(ctx, tx, registry.Ref{Kind: f.kind, ID: string(account.ID)}, a)
}

// planned starts what follows the province's consent: one year, and the
// checklist of the launch.
func (s *Service) planned(ctx context.Context, tx *db.Tx, ref registry.Ref, a *Application) (string, error) {
	o, err := s.registry.Object(ctx, tx, authz.System("lifecycle.planned"), ref)
	if err != nil {
		return "", err
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{
		Kind: LaunchObligation.ID, Unit: o.Unit, Subject: subjectOf(o), Link: launchLink(ref), Due: calendar.Due{On: sx2021.LaunchBy(calendar.DateOf(tx.Now()))},
	}); err != nil {
		return "", err
	}
	return launchLink(ref), s.startChecklist(ctx, tx, o, a)
}

// madeBy is the object an opening brought.
func (s *Service) madeBy(ctx context.Context, q db.Querier, m Matter, id approval.CaseID) (registry.Ref, error) {
	table := "account"
	if m.ID == OpeningMatter {
		table = "site"
	}
	have, err := db.One(ctx, q, db.Value[string], `SELECT id FROM `+table+` WHERE case_id = $1`, id)
	if db.None(err) {
		return registry.Ref{}, nil
	}
	return registry.Ref{Kind: m.Objects[0], ID: have}, err
}

var noSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slugFor is the short name of a hosted site, until its people choose another:
// the name in the domain, the whole domain, or the number of the case,
// whichever is free first.
func (s *Service) slugFor(ctx context.Context, tx *db.Tx, host, number string) (string, error) {
	label, _, _ := strings.Cut(strings.TrimPrefix(host, "www."), ".")
	for _, name := range []string{label, host, number} {
		slug := strings.Trim(noSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
		if slug == "" || len(slug) > 40 {
			continue
		}
		_, err := s.registry.SiteBySlug(ctx, tx, authz.System("lifecycle.slug"), slug)
		if fault.Is(err, fault.NotFound) {
			return slug, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("lifecycle: no free short name for %s", host)
}

// firstForm reads an application of the time when only sites were opened here.
func firstForm(c approval.Case) (Application, error) {
	var o struct {
		Unit                                                           org.UnitID
		Name, Host, Domain, Hosting, Reason, Contact, Phone, Principal string
		Hosted, Event                                                  bool
		ByPrincipal                                                    bool          `json:"by_principal"`
		ConsentOn                                                      calendar.Date `json:"consent_on"`
	}
	if err := json.Unmarshal(c.Form, &o); err != nil {
		return Application{}, fmt.Errorf("lifecycle: read opening %s: %w", c.ID, err)
	}
	a := Application{Matter: OpeningMatter, Unit: o.Unit, Principal: o.Principal, ByPrincipal: o.ByPrincipal, ConsentOn: o.ConsentOn,
		Values: map[string]string{"reason": o.Reason, "contact": o.Contact, "phone": o.Phone, "name": o.Name, "host": o.Host, "domain": o.Domain, "hosting": o.Hosting, "building": "own"}}
	if o.Hosted {
		a.set("building", "hosted")
	}
	if o.Event {
		a.set("event", "yes")
	}
	return a, nil
}

// isChineseDomain reports whether the name is a domain and written in Chinese:
// an English one in the wrong field would be registered as the unit's 中文域名.
func isChineseDomain(name string) bool {
	_, err := registry.NormalizeHost(name)
	return err == nil && strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// isAddress reports whether s is a whole web address.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(s) <= 500
}
