package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/budget"
	"zhengshu/internal/budget/budgetweb"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/coordination/coordinationweb"
	"zhengshu/internal/duty"
	"zhengshu/internal/obligation"
	"zhengshu/internal/operator"
	"zhengshu/internal/operator/operatorweb"
	"zhengshu/internal/org"
	"zhengshu/internal/protection"
	"zhengshu/internal/protection/protectionweb"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/tenancy"
	"zhengshu/internal/tenancy/tenancyweb"
	"zhengshu/internal/web"
)

// Records are the modules that keep what offices must be able to show: their
// operators, operating rules, protection, coordination and budget (Articles 5,
// 6, 20 to 22, 24, 28).
type Records struct {
	Operators    *operator.Service
	Tenancy      *tenancy.Service
	Protection   *protection.Service
	Coordination *coordination.Service
	Budgets      *budget.Service
}

// wireRecords makes the services and has org ask before it appoints an
// operator.
func (h *House) wireRecords() {
	settings := h.Province.Settings
	h.Operators = operator.New(operator.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Signin: h.Signin, Obligations: h.Obligations, Store: h.Blobs, Sources: []operator.Source{h.measureOrders, h.measureDuty}})
	h.Org.OnAppoint(h.Operators.Guard)
	h.Tenancy = tenancy.New(tenancy.Parts{DB: h.DB, Org: h.Org, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: settings})
	h.Protection = protection.New(protection.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Store: h.Blobs})
	h.Coordination = coordination.New(coordination.Parts{DB: h.DB, Org: h.Org, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: settings, Lists: h.sharedLists()})
	h.Budgets = budget.New(budget.Parts{DB: h.DB, Org: h.Org, Obligations: h.Obligations, Store: h.Blobs, Settings: settings})
}

func (h *House) sweepRecords(ctx context.Context) error {
	if _, err := h.Operators.Sweep(ctx); err != nil {
		return err
	}
	_, err := h.Budgets.Sweep(ctx)
	return err
}

func recordObligations() []obligation.Kind {
	return slices.Concat(operator.Obligations(), tenancy.Obligations(), protection.Obligations(), coordination.Obligations(), budget.Obligations())
}

// recordTabs are the parts beside one another, as far as the person may read
// them; each keeps the unit of the address.
var recordTabs = []struct {
	name, href string
	permit     authz.Permission
}{
	{"承办单位", "/console/operators", authz.RecordRead}, {"运维管理细则", "/console/operating-rules", authz.RecordRead}, {"等级保护", "/console/protection", authz.RecordRead}, {"设备和产品", "/console/assets", authz.RecordRead},
	{"托管", "/console/hosting", authz.RecordRead}, {"安全缺口", "/console/protection/gaps", authz.RecordRead}, {"经费", "/console/budgets", authz.RecordRead}, {"协同工作", "/console/coordination", authz.RecordRead},
	{"媒体联系人", "/console/contacts", authz.RecordRead}, {"共享台账", "/console/shares", authz.ShareRead}, {"移送事项", "/console/referrals", authz.ShareRead},
}

func recordPaths() []string {
	out := []string{"/console/records"}
	for _, t := range recordTabs {
		out = append(out, t.href)
	}
	return out
}

func tabsOfRecords(r *http.Request, current string) web.Tabs {
	t := web.Tabs{Label: "记录"}
	s := authz.SessionFrom(r.Context())
	keep := ""
	if unit := r.URL.Query().Get("unit"); unit != "" {
		keep = "?" + url.Values{"unit": {unit}}.Encode()
	}
	for _, x := range recordTabs {
		if s.May(x.permit) {
			t.Items = append(t.Items, web.Tab{Name: x.name, Href: x.href + keep, Current: x.href == current})
		}
	}
	return t
}

// recordDoors are the screens of these modules.
func (h *House) recordDoors() []web.Route {
	return slices.Concat(
		[]web.Route{{Pattern: "GET /console/records", Permit: authz.SignedIn, Handle: firstRecord}},
		operatorweb.New(h.DB, h.Operators, h.Org, h.Registry, tabsOfRecords).Routes(),
		tenancyweb.New(h.DB, h.Tenancy, h.Org, tabsOfRecords).Routes(),
		protectionweb.New(h.DB, h.Protection, h.Org, h.Registry, tabsOfRecords).Routes(),
		coordinationweb.New(h.DB, h.Coordination, h.Org, tabsOfRecords).Routes(),
		budgetweb.New(h.Budgets, h.Org, tabsOfRecords).Routes(),
	)
}

// firstRecord leads to the first part that the person may read.
func firstRecord(w http.ResponseWriter, r *http.Request) error {
	tabs := tabsOfRecords(r, "")
	to := "/console"
	if len(tabs.Items) > 0 {
		to = tabs.Items[0].Href
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// most bounds the rows that a scorecard counts for one month and site.
const most = 500

// measureOrders counts what a contractor's sites were told to put right in a
// month: how many in time, and how long it took.
func (h *House) measureOrders(ctx context.Context, scope authz.Scope, d operator.Dossier, m operator.Month) ([]operator.Measure, error) {
	onTime := operator.Measure{Name: "按期整改", Unit: "件", Link: "/console/orders"}
	took := operator.Measure{Name: "平均响应时间", Unit: "小时", Link: "/console/orders"}
	today := calendar.Today(h.Config.Clock)
	var hours, answered int
	for _, o := range d.Objects {
		if o.Kind != sx2021.Site {
			continue
		}
		list, _, err := h.Assessment.Orders(ctx, h.DB, scope, assessment.OrderFilter{Site: registry.SiteID(o.ID), Limit: most})
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			on := calendar.DateOf(x.IssuedAt)
			if on.Before(m.First) || on.After(m.Last) || on.Before(o.Since) || !o.Ended.IsZero() && on.After(o.Ended) {
				continue
			}
			good := !x.Overdue(today)
			onTime.Of++
			if good {
				onTime.Value++
			}
			onTime.Rows = append(onTime.Rows, operator.Row{Text: x.Number, Note: x.SiteName + "，期限 " + x.Due.On.String(), At: x.IssuedAt, Link: x.Link(), Good: good})
			if !x.AnsweredAt.IsZero() {
				n := int(x.AnsweredAt.Sub(x.IssuedAt).Hours())
				hours, answered = hours+n, answered+1
				took.Rows = append(took.Rows, operator.Row{Text: x.Number, Note: fmt.Sprintf("%d 小时后答复", n), At: x.AnsweredAt, Link: x.Link(), Good: !calendar.DateOf(x.AnsweredAt).After(x.Due.On)})
			}
		}
	}
	if onTime.Of == 0 {
		onTime.None, onTime.Note = true, "本月没有向承办的网站下发整改通知"
	}
	if answered == 0 {
		took.None, took.Note = true, "本月没有已答复的整改通知"
	} else {
		took.Value, took.Note = hours/answered, fmt.Sprintf("%d 件答复", answered)
	}
	return []operator.Measure{onTime, took}, nil
}

// measureDuty counts the turns that a contractor's staff stood in a month: a
// turn is in order when its day was recorded and the next signed for it.
func (h *House) measureDuty(ctx context.Context, scope authz.Scope, d operator.Dossier, m operator.Month) ([]operator.Measure, error) {
	var people []org.PersonID
	for _, p := range d.Staff {
		people = append(people, p.Person)
	}
	list, err := h.Duty.StoodBy(ctx, h.DB, scope, people, m.First.Start(), m.Last.End())
	if err != nil {
		return nil, err
	}
	x := operator.Measure{Name: "值班记录", Unit: "班", Link: "/console/duty"}
	for _, t := range list {
		good := t.Recorded && t.HandedOver
		x.Of++
		if good {
			x.Value++
		}
		note := t.UnitName
		if !t.Recorded {
			note += "，当日没有确认巡检记录"
		}
		if !t.HandedOver {
			note += "，没有双方签字交班"
		}
		who := t.LeadName
		if t.SecondName != "" {
			who += "、" + t.SecondName
		}
		x.Rows = append(x.Rows, operator.Row{Text: who + " " + t.Span(), Note: note, At: t.Until, Link: duty.RosterLink(t.Unit, duty.MonthOf(calendar.DateOf(t.From))), Good: good})
	}
	if x.Of == 0 {
		x.None, x.Note = true, "本月没有承办人员值班"
	}
	return []operator.Measure{x}, nil
}

// sharedLists are the ledgers that may be shared with co-regulators.
func (h *House) sharedLists() []coordination.List {
	var siteStates []coordination.Partner
	for _, s := range []string{registry.Running, registry.TemporarilyOffline, registry.Planned, registry.Exiting, registry.Exited, registry.Closing, registry.Closed} {
		siteStates = append(siteStates, coordination.Partner{Value: s, Name: registry.SiteMachine.Name(s)})
	}
	var domainStates []coordination.Partner
	for _, s := range []string{registry.DomainActive, registry.DomainApplying, registry.DomainSuspended, registry.DomainCancelling, registry.DomainCancelled} {
		domainStates = append(domainStates, coordination.Partner{Value: s, Name: registry.DomainMachine.Name(s)})
	}
	return []coordination.List{
		{ID: "sites", Name: "网站台账", States: siteStates, Columns: []string{"网站名称", "域名", "中文域名", "主办单位", "类别", "状态", "网站标识码", "ICP备案编号", "公安备案编号", "党政机关网站标识", "联系方式", "上线日期"},
			Rows: func(ctx context.Context, scope authz.Scope, area org.AreaID, state string, limit int) ([][]any, int, error) {
				list, total, err := h.Registry.Sites(ctx, scope, registry.SiteFilter{Under: area, State: state, Limit: limit})
				rows := make([][]any, len(list))
				for i, s := range list {
					rows[i] = []any{s.Name, s.Host, s.ChineseDomain, s.UnitName, s.Kind.Name(), s.StateName(), s.SiteCode, s.ICP, s.PoliceFiling, s.PartyGovMark, s.Contact, s.LaunchedOn}
				}
				return rows, total, err
			}},
		{ID: "domains", Name: "域名台账", States: domainStates, Columns: []string{"域名", "类别", "主域名", "网站名称", "主办单位", "状态", "注册服务机构", "到期日期", "ICP备案编号"},
			Rows: func(ctx context.Context, scope authz.Scope, area org.AreaID, state string, limit int) ([][]any, int, error) {
				list, total, err := h.Registry.Domains(ctx, scope, registry.DomainFilter{Under: area, State: state, Limit: limit})
				rows := make([][]any, len(list))
				for i, d := range list {
					main := "否"
					if d.Main {
						main = "是"
					}
					rows[i] = []any{d.Shown, d.Kind.Name(), main, d.SiteName, d.UnitName, d.StateName(), d.Registrar, d.ExpiresOn, d.ICP}
				}
				return rows, total, err
			}},
		{ID: "accounts", Name: "政务新媒体台账", Columns: []string{"账号名称", "平台", "主办单位", "状态", "网址", "认证主体"},
			Rows: func(ctx context.Context, scope authz.Scope, area org.AreaID, _ string, limit int) ([][]any, int, error) {
				list, total, err := h.Registry.Accounts(ctx, scope, registry.AccountFilter{Under: area, Limit: limit})
				rows := make([][]any, len(list))
				for i, a := range list {
					rows[i] = []any{a.Name, registry.Platforms[a.Platform], a.UnitName, registry.AccountMachine.Name(a.State), a.URL, a.VerifiedAs}
				}
				return rows, total, err
			}},
	}
}
