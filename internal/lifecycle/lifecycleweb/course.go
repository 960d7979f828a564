package lifecycleweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// courseView is GET /console/{sites|accounts}/{id}/lifecycle.
type courseView struct {
	Heading web.Heading
	Now     web.Alert
	Stats   web.Stats
	Offers  web.Table
	Cases   web.Table
	Ending  web.Breaches
	Links   []web.Link // of the ending: notices, closing, filings
	Notices web.Table
	Filings web.Table
	Proofs  web.Table
	Duties  web.Table
	Windows web.Table
	Diagram web.States
	Moves   web.Table
	Records web.Table
	History web.Timeline
}

// Title of the document.
func (v courseView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v courseView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: v.Heading.Above, Href: v.Heading.Acts[0].Href}, {Name: "生命周期"}}
}

// places are where the states stand in the drawing.
var places = map[string][2]int{
	registry.Planned: {0, 1}, registry.Running: {1, 1}, registry.TemporarilyOffline: {1, 0}, registry.Exiting: {2, 0}, registry.Exited: {3, 0},
	registry.Closing: {2, 2}, registry.Closed: {3, 2},
}

func newCourseView(c lifecycle.Course, clock func(string) obligation.Kind, session *authz.Session) courseView {
	o := c.Object
	v := courseView{Heading: web.Heading{Title: "生命周期", Above: o.Name, Tags: []web.Tag{stateTag(o)}, Lead: "主办单位：" + o.UnitName + "；主管单位：" + c.Supervisor.Name + "。",
		Acts: []web.Act{{Text: "台账资料", Href: o.Link()}, {Text: "上线清单", Href: o.Link() + "/launch"}}}}
	v.now(c)
	v.counters(c)
	v.offers(c)
	v.Cases = web.Table{Caption: "正在办理的申请", RowHead: 0, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "编号"}, {Head: "状态"}, {Head: "办理单位"}}}
	for _, n := range c.Cases {
		v.Cases.Rows = append(v.Cases.Rows, web.Row{Cells: []web.Cell{{Text: n.Title, Href: "/console/cases/" + url.PathEscape(string(n.ID))}, web.Text(n.Number), web.Tagged(web.Tag{Kind: web.Info, Text: approval.Machine.Name(n.State)}), web.Text(n.At)}})
	}
	v.ending(c)
	v.owed(c, clock)
	v.off(c)
	v.machine(c)
	v.past(c)
	return v
}

// now says in one sentence where it stands.
func (v *courseView) now(c lifecycle.Course) {
	switch {
	case c.Window.State == lifecycle.WindowRunning && c.Window.DueOn().IsZero():
		v.Now = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("%s：第 %d 天", c.Window.KindName(), c.OffDays), Text: "主管单位已书面报备，不计入当年次数；恢复后请登记。"}
	case c.Window.State == lifecycle.WindowRunning:
		v.Now = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("%s：第 %d/%d 天", c.Window.KindName(), c.OffDays, c.Window.Days()), Text: "最迟 " + c.Window.DueOn().Chinese() + " 恢复（下线当日不计）。"}
		if c.On.After(c.Window.DueOn()) {
			v.Now.Kind, v.Now.Title = web.Danger, v.Now.Title+"，已超期"
		}
		if c.Window.Emergency != "" {
			v.Now.Text += "主管单位书面报备齐备前计入当年次数。"
		}
	case c.Window.State == lifecycle.WindowApproved:
		v.Now = web.Alert{Kind: web.Info, Title: "已批准临时下线", Text: "可于 " + c.Window.PlannedFrom.Chinese() + " 至 " + c.Window.PlannedUntil.Chinese() + " 之间下线；下线前两处公告须已发布。"}
	case c.Ending.ID != "" && c.Ending.Matter == lifecycle.ExitMatter:
		v.Now = web.Alert{Kind: web.Warn, Title: "退出监管办理中", Text: "国务院办公厅于 " + c.Ending.Began.Chinese() + " 同意（" + c.Ending.Document + "），最迟 " + sx2021.ExitBy(c.Ending.Began).Chinese() + " 完成变更和删除。"}
	case c.Ending.ID != "":
		v.Now = web.Alert{Kind: web.Warn, Title: "关停办理中", Text: "省政府办公厅于 " + c.Ending.Began.Chinese() + " 同意。关停前仍须正常更新和接受检查。"}
		if c.Ending.IntoName != "" {
			v.Now.Text = "整合到“" + c.Ending.IntoName + "”：" + v.Now.Text
		}
	}
}

func (v *courseView) counters(c lifecycle.Course) {
	used := web.Stat{Name: "今年已下线", Value: fmt.Sprintf("%d/%d", c.Charged, sx2021.MaxOfflinesPerYear), Unit: "次", Note: fmt.Sprintf("近12个月 %d 次；按实际下线年度计", c.Rolling)}
	if c.Charged > sx2021.MaxOfflinesPerYear {
		used.Kind = web.Danger
	} else if c.Charged == sx2021.MaxOfflinesPerYear {
		used.Kind = web.Warn
	}
	v.Stats = web.Stats{Label: "计数", Items: []web.Stat{used}}
	if c.Window.State == lifecycle.WindowRunning {
		day := fmt.Sprintf("第 %d/%d", c.OffDays, c.Window.Days())
		if c.Window.DueOn().IsZero() {
			day = fmt.Sprintf("第 %d", c.OffDays) // reported: it has no statutory end
		}
		v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "本次下线", Value: day, Unit: "天", Note: c.Window.Cause})
	}
	open, late := 0, 0
	for _, d := range c.Duties {
		if d.State == obligation.Open {
			open++
			if d.Due.Missed(c.On) {
				late++
			}
		}
	}
	duties := web.Stat{Name: "未办结时限", Value: fmt.Sprint(open), Unit: "项", Note: fmt.Sprintf("其中超期 %d 项", late)}
	if late > 0 {
		duties.Kind = web.Danger
	}
	v.Stats.Items = append(v.Stats.Items, duties)
}

func (v *courseView) offers(c lifecycle.Course) {
	v.Offers = web.Table{Caption: "可以办理的事项", RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "说明", Wide: true}, {Head: "办理方式"}, {}},
		Empty: web.Empty{Title: "没有可以办理的事项", Text: "当前状态下没有可以办理的事项。"}}
	ways := map[lifecycle.Way]string{lifecycle.ToProvince: "逐级审核，省政府办公厅批准", lifecycle.ToNation: "逐级审核，国务院办公厅审批", lifecycle.ToReviewer: "设区市政府办公厅（室）审核",
		lifecycle.ToSupervisor: "主管单位审核", lifecycle.AtOnce: "符合条件即时办理"}
	for _, group := range lifecycle.Groups {
		for _, n := range c.Offers {
			if n.Matter.Group != group {
				continue
			}
			acts := web.Cell{}
			switch {
			case n.Why != "":
				acts.Note = n.Why
			case n.May:
				acts = web.Acts(web.Link{Text: "办理", Href: formPath(n.Matter, c.Object.Ref), Note: n.Matter.Name})
			case n.Matter.By == lifecycle.Supervisor:
				acts.Note = "由主管单位办理"
			default:
				acts.Note = "由主办单位办理"
			}
			v.Offers.Rows = append(v.Offers.Rows, web.Row{Cells: []web.Cell{{Text: n.Matter.Name, Note: string(n.Matter.Group)}, {Text: n.Matter.Says, Note: n.Matter.Citation}, web.Text(ways[n.Matter.Way]), acts}})
		}
	}
}

func (v *courseView) ending(c lifecycle.Course) {
	if c.Ending.ID == "" {
		return
	}
	v.Ending.Title = "办结还缺"
	for _, b := range c.Lacks {
		v.Ending.Items = append(v.Ending.Items, web.Breach{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: b.Rule.Says, Note: b.Detail})
	}
	if len(c.Lacks) == 0 {
		v.Ending = web.Breaches{}
		v.Now.Text += "各项均已有据，可由主管单位办结。"
	}
	if c.Progress.Begun {
		v.Links = append(v.Links, web.Link{Text: fmt.Sprintf("内容迁移（已定去向 %d/%d 个栏目）", c.Progress.Decided, c.Progress.Columns), Href: c.Progress.Link()})
	}
	if c.Ending.Matter != lifecycle.ExitMatter {
		return
	}
	v.Proofs = web.Table{Caption: "变更和删除情况", RowHead: 0, Quiet: true, Columns: []web.Column{{Head: "事项"}, {Head: "结果", Wide: true}, {Head: "完成日期"}, {Head: "登记人"}}}
	for _, k := range lifecycle.ExitProofs(c.Object.Kind) {
		row := []web.Cell{web.Text(lifecycle.ProofName(k)), web.Tagged(web.Tag{Kind: web.Warn, Text: "未登记"}), {}, {}}
		for _, p := range c.Ending.Proofs {
			if p.Kind == k {
				row[1] = web.Cell{Text: p.Value}
				if p.Attachment != "" {
					row[1].Links = []web.Link{{Text: "截图", Href: c.Object.Link() + "/launch-files/" + url.PathEscape(p.Attachment)}}
				}
				row[2], row[3] = web.Day(p.On), web.Text(p.By)
			}
		}
		v.Proofs.Rows = append(v.Proofs.Rows, web.Row{Cells: row})
	}
}

func (v *courseView) owed(c lifecycle.Course, clock func(string) obligation.Kind) {
	v.Notices = web.Table{Caption: "公告", RowHead: 0, Columns: []web.Column{{Head: "公告"}, {Head: "发布单位"}, {Head: "还缺", Wide: true}, {Head: "悬挂至"}, {Head: "状态"}}}
	for _, k := range notice.KindOrder {
		for _, n := range c.Notices[k].Notices {
			state := web.Tag{Text: n.StateName()}
			if n.Seen {
				state.Kind = web.Good
			}
			v.Notices.Rows = append(v.Notices.Rows, web.Row{Cells: []web.Cell{{Text: notice.KindName(k), Href: n.Link()}, web.Text(n.PublisherName), web.Text(strings.Join(slices.Concat(n.Missing, n.Unconfirmed), "、")), web.Day(n.HangUntil), web.Tagged(state)}})
		}
	}
	v.Filings = web.Table{Caption: "注册、备案和注销登记", RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "受理单位"}, {Head: "编号"}, {Head: "时限"}, {Head: "状态"}}}
	for _, i := range c.Filings {
		state := web.Tag{Text: i.StateName()}
		if i.Done() {
			state.Kind = web.Good
		}
		v.Filings.Rows = append(v.Filings.Rows, web.Row{Cells: []web.Cell{{Text: i.Name(), Href: i.Link()}, web.Text(i.BodyName), web.Text(i.Number), web.Day(i.Due.On), web.Tagged(state)}})
	}
	v.Duties = web.Table{Caption: "时限", RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "责任单位"}, {Head: "到期"}, {Head: "状态"}, {Head: "依据", Wide: true}}}
	for _, d := range c.Duties {
		k := clock(d.Kind)
		due := web.Day(d.Due.On)
		if d.State == obligation.Open {
			due = web.DueCell(d.Due.On, c.On)
		}
		if d.Due.Provisional {
			due.Tags = append(due.Tags, web.Tag{Kind: web.Info, Text: "暂定"})
		}
		state := web.Tag{Text: map[string]string{obligation.Open: "进行中", obligation.Discharged: "已办结", obligation.Void: "已终止"}[d.State]}
		if d.State == obligation.Discharged {
			state.Kind = web.Good
		}
		v.Duties.Rows = append(v.Duties.Rows, web.Row{Cells: []web.Cell{{Text: k.Name, Note: k.Says}, web.Text(d.UnitName), due, web.Tagged(state), {Text: k.Citation, Note: d.Evidence}}})
	}
}

func (v *courseView) off(c lifecycle.Course) {
	v.Windows = web.Table{Caption: "下线记录", RowHead: 0, Columns: []web.Column{{Head: "类别"}, {Head: "批准时段"}, {Head: "实际下线"}, {Head: "实际恢复"}, {Head: "计次"}, {Head: "原因", Wide: true}}}
	for _, w := range c.Windows {
		charged := web.Tag{Text: "不计"}
		if w.Charged() {
			charged = web.Tag{Kind: web.Warn, Text: fmt.Sprintf("计入%d年", w.From.Year)}
		}
		plan := web.Cell{}
		if !w.PlannedFrom.IsZero() {
			plan.Text = w.PlannedFrom.String() + " 至 " + w.PlannedUntil.String()
		}
		kind := web.Cell{Text: w.KindName(), Note: w.StateName()}
		if w.Case != "" {
			kind.Href = "/console/cases/" + url.PathEscape(string(w.Case))
		}
		cause := web.Cell{Text: w.Cause}
		if w.Emergency != "" {
			cause.Note = "书面报备：" + w.Report.Number
			if m := w.Report.Missing(); m != "" {
				cause.Note = "书面报备未齐：" + m
			}
			if w.ReportScan != "" {
				cause.Links = []web.Link{{Text: "报备扫描件", Href: c.Object.Link() + "/launch-files/" + url.PathEscape(w.ReportScan)}}
			}
		}
		v.Windows.Rows = append(v.Windows.Rows, web.Row{Cells: []web.Cell{kind, plan, web.Day(w.From), web.Day(w.Until), web.Tagged(charged), cause}})
	}
	if b := c.Before; b.OfflineTimes > 0 {
		v.Windows.Rows = append(v.Windows.Rows, web.Row{Cells: []web.Cell{{Text: "临时下线", Note: "系统启用前"}, {}, {Text: fmt.Sprintf("%d年 %d 次", b.OfflineYear, b.OfflineTimes), Note: fmt.Sprintf("共 %d 天", b.OfflineDays)}, {},
			web.Tagged(web.Tag{Kind: web.Warn, Text: fmt.Sprintf("计入%d年", b.OfflineYear)}), {Text: "存量认定时登记", Note: strings.TrimSpace(b.Document + " " + b.ConfirmedBy)}}})
	}
}

// machine draws the declared table: what is now, what may come.
func (v *courseView) machine(c lifecycle.Course) {
	m := c.Object.Machine()
	v.Diagram.Label = "状态图：现在是“" + c.Object.StateName() + "”"
	v.Moves = web.Table{Caption: "状态转换表", RowHead: 1, Columns: []web.Column{{Head: "编号", Number: true}, {Head: "办理"}, {Head: "从"}, {Head: "到"}, {Head: "条件", Wide: true}}}
	for _, key := range []string{registry.Planned, registry.Running, registry.TemporarilyOffline, registry.Exiting, registry.Exited, registry.Closing, registry.Closed} {
		at := places[key]
		v.Diagram.Boxes = append(v.Diagram.Boxes, web.StateBox{Key: key, Name: m.Name(key), Col: at[0], Row: at[1], Now: key == c.Object.State,
			Was: slices.ContainsFunc(c.History, func(s passage.Step) bool { return s.To == key })})
	}
	n := 0
	for _, move := range m.Moves {
		if move.From == "" {
			continue
		}
		n++
		open := move.From == c.Object.State
		v.Diagram.Moves = append(v.Diagram.Moves, web.StateMove{From: move.From, To: move.To, N: n, Open: open, Low: move.Act == "abandon"})
		act := web.Cell{Text: move.Says}
		if open {
			act.Tags = []web.Tag{{Kind: web.Info, Text: "可能的下一步"}}
		}
		v.Moves.Rows = append(v.Moves.Rows, web.Row{Cells: []web.Cell{web.Figure(n), act, web.Text(m.Name(move.From)), web.Text(m.Name(move.To)), web.Text(move.Guard)}})
	}
}

func (v *courseView) past(c lifecycle.Course) {
	v.Records = web.Table{Caption: "即时办理记录", RowHead: 0, Columns: []web.Column{{Head: "编号"}, {Head: "事项"}, {Head: "办理人"}, {Head: "时间"}, {Head: "附件", Wide: true}}}
	for _, n := range c.Records {
		row := []web.Cell{web.Text(n.Number), {Text: n.Name, Note: strings.Join(n.Says, "；")}, {Text: n.Person, Note: n.Unit}, web.When(n.At), {}}
		for _, f := range n.Files {
			row[4].Links = append(row[4].Links, web.Link{Text: f.Name, Href: c.Object.Link() + "/launch-files/" + url.PathEscape(f.ID)})
		}
		v.Records.Rows = append(v.Records.Rows, web.Row{Cells: row})
	}
	v.History = web.Timeline{Title: "状态变更"}
	m := c.Object.Machine()
	for _, s := range slices.Backward(c.History) {
		e := web.Event{At: s.At, Title: m.ActName(s.Act) + "：" + m.Name(s.To), Who: s.ActorName, Text: s.Note, Kind: web.Info}
		if s.CaseID != "" {
			e.Links = []web.Link{{Text: "审批事项", Href: "/console/cases/" + url.PathEscape(s.CaseID), Note: m.ActName(s.Act)}}
		}
		v.History.Events = append(v.History.Events, e)
	}
}

func sampleCourse(state string) lifecycle.Course {
	o := sampleObject
	o.State = state
	return lifecycle.Course{Object: o, Supervisor: org.Unit{Name: "西安市人民政府办公厅"}, On: sampleToday, Charged: 1, Rolling: 1, OffDays: 12,
		History: []passage.Step{{Act: "enter", To: registry.Running, At: time.Date(2026, 1, 3, 1, 0, 0, 0, time.UTC), ActorName: "林知远", CaseID: "01JC"}},
		Offers:  []lifecycle.Offer{{Matter: sampleMatter(), May: true}, {Matter: sampleMatter(), Why: "没有批准的下线时段"}, {Matter: lifecycle.Matter{Name: "办结退出监管", Group: lifecycle.EndGroup, By: lifecycle.Supervisor}}},
		Cases:   []lifecycle.OpenCase{{ID: "01JC", Number: "SP-2026-0001", Title: "西安市商务局申请临时下线", State: approval.InReview, At: "西安市人民政府办公厅"}},
		Windows: []lifecycle.Window{{ID: "w", Cause: "机房搬迁", State: lifecycle.WindowRunning, From: sampleToday.AddDays(-12), PlannedFrom: sampleToday.AddDays(-12), PlannedUntil: sampleToday.AddDays(18)}},
		Window:  lifecycle.Window{ID: "w", Cause: "机房搬迁", State: lifecycle.WindowRunning, From: sampleToday.AddDays(-12), PlannedFrom: sampleToday.AddDays(-12), PlannedUntil: sampleToday.AddDays(18)},
		Notices: map[sx2021.NoticeKind]notice.Standing{sx2021.OfflineNotice: {Notices: []notice.Stand{{Notice: notice.Notice{ID: "n", PublisherName: "西安市商务局"}, Seen: true}}}},
		Filings: []filing.Item{{ID: "f", Kind: filing.ICP, Act: filing.Register, State: filing.Recorded, Number: "陕ICP备1号"}},
		Duties:  []obligation.Obligation{{Kind: "offline_end", UnitName: "西安市商务局", State: obligation.Open, Due: calendar.Due{On: sampleToday.AddDays(18), Provisional: true}}},
		Records: []lifecycle.Record{{ID: "r", Number: "BL-2026-0001", Name: "开始下线", Person: "李建国", Unit: "西安市商务局", At: time.Date(2026, 3, 8, 1, 0, 0, 0, time.UTC), Files: []approval.Attachment{{ID: "a", Name: "公告.pdf"}}}}}
}

func sampleClock(string) obligation.Kind { return lifecycle.OfflineEnd }

var coursePage = web.Define(views, "views/course.html",
	newCourseView(lifecycle.Course{Object: sampleObject, On: sampleToday}, sampleClock, nil),
	newCourseView(sampleCourse(registry.TemporarilyOffline), sampleClock, sampleSession()),
	func() courseView {
		c := sampleCourse(registry.Exiting)
		c.Window = lifecycle.Window{}
		c.Ending = lifecycle.Ending{ID: "e", Matter: lifecycle.ExitMatter, Document: "<b>国办函</b>", Began: sampleToday, Proofs: []lifecycle.Proof{{Kind: "mark", Value: "<script>", On: sampleToday, Attachment: "x"}}}
		c.Lacks = append(c.Lacks, sx2021.ExitDomain.Breach("域名尚未变更。"))
		c.Object.Name = "<script>alert(1)</script>"
		return newCourseView(c, sampleClock, nil)
	}(),
)

func (h *Handler) showCourse(w http.ResponseWriter, r *http.Request, ref registry.Ref) error {
	c, err := h.lifecycle.Course(r.Context(), authz.ScopeFrom(r.Context()), ref)
	if err != nil {
		return err
	}
	return coursePage.Render(w, r, newCourseView(c, h.lifecycle.Clock, authz.SessionFrom(r.Context())))
}

// Pages are what this face holds of an object, for the object's own page.
func Pages(_ *http.Request, ref registry.Ref) []web.Link {
	out := []web.Link{{Text: "生命周期", Href: lifecycle.CourseLink(ref)}}
	if ref.Kind != sx2021.Site {
		out = append(out, web.Link{Text: "上线清单", Href: ref.Link() + "/launch"})
	}
	return append(out, web.Link{Text: "发出中断核实单", Href: "/console/inquiries/new?" + url.Values{"kind": {string(ref.Kind)}, "object": {ref.ID}}.Encode()})
}
