package auditweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home       = "/console"
	auditPath  = "/console/audit"
	verifyPath = "/console/audit/verify"
	perPage    = 50

	evidencePath = verifyPath + "/evidence"
)

// Verify holds the whole trail against the head kept outside the database.
type Verify func(ctx context.Context) (audit.Report, error)

// VerifyEvidence holds every look at a finding against its hash in the trail.
type VerifyEvidence func(ctx context.Context) (inspection.EvidenceReport, error)

// Handler answers the routes of this door.
type Handler struct {
	db       *db.DB
	org      *org.Service
	verify   Verify
	evidence VerifyEvidence
	running  sync.Mutex // one verification at a time in this process
}

// New makes the door.
func New(d *db.DB, o *org.Service, v Verify, e VerifyEvidence) *Handler {
	return &Handler{db: d, org: o, verify: v, evidence: e}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/audit", Permit: authz.AuditRead, Handle: h.entries},
		{Pattern: "GET /console/audit/verify", Permit: authz.AuditRead, Handle: h.showVerify},
		{Pattern: "POST /console/audit/verify", Permit: authz.AuditRead, Handle: h.runVerify},
		{Pattern: "POST /console/audit/verify/evidence", Permit: authz.AuditRead, Handle: h.runEvidence},
		{Pattern: "GET /console/audit/{id}", Permit: authz.AuditRead, Handle: h.entry},
	}
}

// within limits f to what the reader may see. The house's own duties belong to
// no unit; they are shown to whoever sees a whole tree from its top.
func (h *Handler) within(ctx context.Context, f audit.Filter) (audit.Filter, error) {
	scope := authz.ScopeFrom(ctx)
	f.Within = scope
	tops, err := h.org.Areas(ctx, scope, "")
	if err != nil {
		return f, err
	}
	for _, a := range tops {
		f.House = f.House || scope.Covers(a.Path, "")
	}
	return f, nil
}

// entriesView is GET /console/audit.
type entriesView struct {
	Heading      web.Heading
	Wrong        web.ErrorSummary
	Filter       web.Filter
	Table        web.Table
	Newer, Older string // addresses, "" for none
}

// Title of the document.
func (entriesView) Title() string { return "审计记录" }

// Crumbs of the page.
func (entriesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "审计记录"}}
}

// areas of the house whose acts a filter can pick, by the beginning of the act.
var areas = []web.Option{{Value: "", Label: "全部"}, {Value: "signin.", Label: "登录和账号"}, {Value: "org.", Label: "单位和人员"}, {Value: "registry.", Label: "台账"}, {Value: "approval.", Label: "审批"},
	{Value: "lifecycle.", Label: "站点生命周期"}, {Value: "library.", Label: "信息资源库"}, {Value: "publishing.", Label: "发布"}, {Value: "letters.", Label: "来信"}, {Value: "inspection.", Label: "检查"}, {Value: "duty.", Label: "值班和事件"}, {Value: "vigil.", Label: "重要保障期"},
	{Value: "assessment.", Label: "整改和考核"}, {Value: "reporting.", Label: "报告"}, {Value: "obligation.", Label: "时限"}, {Value: "audit.", Label: "审计"}}

var kinds = []web.Option{{Value: "", Label: "全部"}, {Value: "site", Label: "站点"}, {Value: "account", Label: "账号"}, {Value: "column", Label: "栏目"}, {Value: "unit", Label: "单位"}, {Value: "person", Label: "人员"},
	{Value: "area", Label: "区划"}, {Value: "login", Label: "登录账号"}, {Value: "case", Label: "审批事项"}, {Value: "item", Label: "稿件"}, {Value: "letter", Label: "来信"}, {Value: "order", Label: "整改通知"}, {Value: "finding", Label: "检查问题"}, {Value: "alarm", Label: "告警"}, {Value: "incident", Label: "事件"}, {Value: "takedown", Label: "应急撤下"}, {Value: "protected_period", Label: "重要保障期"}, {Value: "intake_file", Label: "导入文件"}}

func newEntriesView(rows []audit.Row) entriesView {
	v := entriesView{
		Heading: web.Heading{Title: "审计记录", Lead: "谁、何时、对什么、做了什么；记录只增不改，连成一条可校验的链。", Acts: []web.Act{{Text: "校验审计", Href: verifyPath}}},
		Filter: web.Filter{Action: auditPath, Total: -1,
			Fields: []web.Field{
				{Kind: web.SearchBox, Name: "q", Label: "操作人或对象"}, {Kind: web.Select, Name: "act", Label: "业务", Options: areas},
				{Kind: web.DateField, Name: "from", Label: "自", Narrow: true}, {Kind: web.DateField, Name: "until", Label: "至", Narrow: true},
			},
			More: []web.Field{{Kind: web.Select, Name: "kind", Label: "对象类别", Options: kinds}, {Name: "id", Label: "对象编号", Max: 100}},
		},
		Table: web.Table{Caption: "审计记录", Quiet: true, Columns: []web.Column{{Head: "时间"}, {Head: "操作人"}, {Head: "操作"}, {Head: "对象", Wide: true}, {Head: "依据"}}, RowHead: 2,
			Empty: web.Empty{Title: "没有符合条件的记录", Text: "请放宽时间或换一个条件。"}},
	}
	for _, r := range rows {
		target := web.Text(r.Target.Name)
		if target.Text == "" {
			target.Text = r.Target.ID
		}
		target.Note = audit.KindName(r.Target.Kind)
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.When(r.At), web.Text(r.Actor.Name), web.Linked(audit.ActName(r.Act), auditPath+"/"+url.PathEscape(r.ID)), target, web.Text(inspection.BasisName(r.Basis))}})
	}
	return v
}

var (
	sampleRow  = audit.Row{ID: "01JDE", Actor: audit.Actor{Kind: "person", Name: "林知远"}, Act: "registry.site.change", Target: audit.Target{Kind: "site", ID: "01JDS", Name: "雁塔区人民政府"}, Basis: "第七条（三）", Before: `{"ICP":""}`, After: `{"ICP":"陕ICP备05000001号"}`, Hash: "sha256:00"}
	hostileRow = audit.Row{ID: `"><script>`, Actor: audit.Actor{Kind: `<b>`, Name: `<script>`}, Act: `<i>`, Target: audit.Target{Kind: `"`, Name: `</td>`}, Basis: `'`, Before: `not json`, After: `{"<b>":"<script>"}`, RequestID: `"`}
)

var entriesPage = web.Define(views, "views/entries.html", newEntriesView(nil),
	func() entriesView {
		v := newEntriesView([]audit.Row{sampleRow})
		v.Newer, v.Older = auditPath+"?page=1", auditPath+"?page=3"
		return v
	}(), newEntriesView([]audit.Row{hostileRow}))

// filterOf reads the conditions of the address. A date that is none is told.
func filterOf(q url.Values) (audit.Filter, error) {
	f := audit.Filter{Text: strings.TrimSpace(q.Get("q")), Act: q.Get("act"), TargetKind: q.Get("kind"), TargetID: strings.TrimSpace(q.Get("id"))}
	var wrong fault.Fields
	day := func(name string) calendar.Date {
		text := strings.TrimSpace(q.Get(name))
		if text == "" {
			return calendar.Date{}
		}
		d, err := calendar.ParseDate(text)
		wrong.Check(err == nil, name, "日期应像 2026-11-23")
		return d
	}
	from, until := day("from"), day("until")
	wrong.Check(from.IsZero() || until.IsZero() || !until.Before(from), "until", "结束日期不能早于开始日期")
	if !from.IsZero() {
		f.From = from.Start()
	}
	if !until.IsZero() {
		f.Until = until.AddDays(1).Start()
	}
	return f, wrong.Err()
}

func (h *Handler) entries(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	f, wrong := filterOf(q)
	if wrong != nil {
		v := newEntriesView(nil)
		form := web.Form{Sections: []web.Section{{Fields: v.Filter.Fields}}}
		v.Filter.Fill(q)
		form.Wrong(wrong)
		v.Wrong = form.Summary
		return entriesPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	f, err := h.within(ctx, f)
	if err != nil {
		return err
	}
	page := web.PageOf(r)
	f.Limit, f.Offset = perPage+1, (page-1)*perPage
	rows, err := audit.Entries(ctx, h.db, f)
	if err != nil {
		return err
	}
	more := len(rows) > perPage
	v := newEntriesView(rows[:min(len(rows), perPage)])
	v.Filter.Fill(q)
	at := func(n int) string {
		next := url.Values{}
		for k, x := range q {
			next[k] = x
		}
		next.Set("page", strconv.Itoa(n))
		return auditPath + "?" + next.Encode()
	}
	if page > 1 {
		v.Newer = at(page - 1)
	}
	if more {
		v.Older = at(page + 1)
	}
	return entriesPage.Render(w, r, v)
}

// entryView is GET /console/audit/{id}.
type entryView struct {
	Heading web.Heading
	Facts   web.Summary
	Changes web.Table
}

// Title of the document.
func (v entryView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v entryView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "审计记录", Href: auditPath}, {Name: v.Heading.Title}}
}

var actorKinds = map[string]string{"person": "人员", "system": "系统", "citizen": "公众", "token": "接口令牌"}

// longest is how much of one value a page shows, in characters.
const longest = 2000

func newEntryView(r audit.Row) entryView {
	v := entryView{Heading: web.Heading{Title: audit.ActName(r.Act)},
		Facts: web.Summary{Terms: []web.Term{
			{Name: "时间", Text: r.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05.000")}, {Name: "操作人", Text: r.Actor.Name, Note: actorKinds[r.Actor.Kind]}, {Name: "对象", Text: r.Target.Name, Note: audit.KindName(r.Target.Kind) + " " + r.Target.ID},
			{Name: "依据", Text: inspection.BasisName(r.Basis)}, {Name: "请求编号", Text: r.RequestID}, {Name: "记录编号", Text: r.ID}, {Name: "摘要", Text: r.Hash},
		}},
		Changes: web.Table{Caption: "改动", Columns: []web.Column{{Head: "字段"}, {Head: "原值", Wide: true}, {Head: "新值", Wide: true}}, Empty: web.Empty{Title: "这一操作没有改动字段"}}}
	for _, c := range r.Changes() {
		v.Changes.Rows = append(v.Changes.Rows, web.Row{Cells: []web.Cell{web.Text(fieldName(c.Field)), web.Text(short(c.Before)), web.Text(short(c.After))}})
	}
	return v
}

// fields names the parts of a change; a part without a name is shown as it is
// written.
var fields = map[string]string{
	"address": "来源地址", "how": "登录方式", "person": "人员", "reason": "理由", "reasons": "理由", "version": "版本", "due": "时限", "run": "检查", "round": "轮次",
	"opinion": "意见", "kind": "类别", "evidence": "证据", "state": "状态", "says": "说明", "site": "站点", "placements": "位置", "pages": "页数",
	"first": "首次", "finding": "问题", "findings": "问题", "column": "栏目", "name": "名称", "icp": "ICP备案", "whole": "全站", "url": "网址", "until": "有效期至",
	"unit": "单位", "unchanged": "未变", "type": "类型", "token": "令牌", "title": "标题", "step": "步骤", "stage": "环节", "stages": "环节", "severity": "严重程度",
	"second_factor_off": "未启用二次验证", "rows": "行数", "role": "岗位", "repost_reason": "转载理由", "refused": "不接受", "ref": "凭据", "read": "已阅", "public": "公开",
	"provisional": "暂定", "place": "位置", "outcome": "结果", "on": "日期", "number": "编号", "note": "备注", "no": "序号", "label": "标签", "items": "稿件数",
	"interpretation": "解读", "indicator": "指标", "hash": "摘要", "gates": "五关", "fresh": "新发现", "found": "发现", "form": "表单", "filter": "筛选条件", "files": "文件",
	"closed": "已消除", "changes": "改动", "basis": "依据", "accepted": "采信", "sha256": "摘要", "from": "起", "to": "至", "area": "区划", "level": "级别", "owner": "责任人",
	"host": "域名", "slug": "简称", "monitored": "监测", "days": "天数", "at": "时间", "sponsor": "主办单位", "code": "代码", "short": "简称", "line": "条线", "parent": "上级",
}

func fieldName(field string) string {
	if field == "" { // the whole value, which has no fields
		return "内容"
	}
	if name, ok := fields[strings.ToLower(field)]; ok {
		return name
	}
	return field
}

func short(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "……（共 " + strconv.Itoa(len(r)) + " 字）"
	}
	return s
}

var entryPage = web.Define(views, "views/entry.html", newEntryView(audit.Row{Act: "signin.in"}), newEntryView(sampleRow), newEntryView(hostileRow))

func (h *Handler) entry(w http.ResponseWriter, r *http.Request) error {
	f, err := h.within(r.Context(), audit.Filter{ID: r.PathValue("id"), Limit: 1})
	if err != nil {
		return err
	}
	rows, err := audit.Entries(r.Context(), h.db, f)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fault.Missing("审计记录")
	}
	return entryPage.Render(w, r, newEntryView(rows[0]))
}
