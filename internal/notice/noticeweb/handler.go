package noticeweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/notice"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	db      *db.DB
	notices *notice.Service
}

// New makes the handler.
func New(d *db.DB, n *notice.Service) *Handler { return &Handler{d, n} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/notices", Permit: authz.NoticeRead, Handle: h.list},
		{Pattern: "GET /console/notices/{id}", Permit: authz.NoticeRead, Handle: h.show},
		{Pattern: "POST /console/notices/{id}/post", Permit: authz.NoticePost, Handle: h.post},
		{Pattern: "POST /console/notices/{id}/look", Permit: authz.NoticeRead, Handle: h.look},
		{Pattern: "POST /console/notices/{id}/receipt", Permit: authz.NoticePost, Handle: h.receipt, MaxBody: web.UploadBody},
		{Pattern: "GET /console/notices/{id}/looks/{look}", Permit: authz.NoticeRead, Handle: h.evidence},
	}
}

// listView is GET /console/notices.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "公告悬挂" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "公告悬挂"}}
}

const perPage = 20

func path(id notice.ID) string { return "/console/notices/" + url.PathEscape(string(id)) }

func stateTag(s notice.Stand) web.Tag {
	switch s.State {
	case notice.Owed:
		return web.Tag{Kind: web.Warn, Text: "未挂齐"}
	case notice.Hanging:
		if !s.Seen {
			return web.Tag{Kind: web.Warn, Text: "待确认"}
		}
		return web.Tag{Kind: web.Info, Text: "悬挂中"}
	case notice.Complete:
		return web.Tag{Kind: web.Good, Text: "期满"}
	}
	return web.Tag{Text: s.StateName()}
}

// left says how long it must still hang.
func left(s notice.Stand) web.Cell {
	switch {
	case s.State == notice.Complete:
		return web.Cell{Text: "已满", Note: "至 " + s.HangUntil.String()}
	case !s.Active():
		return web.Text("—")
	case s.Days == 0:
		return web.Cell{Text: "至恢复", Note: "恢复前不得撤下"}
	case s.HangUntil.IsZero():
		return web.Cell{Text: strconv.Itoa(s.Days) + " 天", Note: "挂齐后起算"}
	}
	return web.Cell{Text: fmt.Sprintf("还有 %d 天", s.DaysLeft()), Note: "至 " + s.HangUntil.String()}
}

func newListView(list []notice.Stand, total int) listView {
	kinds := []web.Option{{Label: "全部"}}
	for _, k := range notice.KindOrder {
		kinds = append(kinds, web.Option{Value: string(k), Label: notice.KindName(k)})
	}
	v := listView{Heading: web.Heading{Title: "公告悬挂", Lead: "开通、下线、关停、去向公告由谁挂在哪里、挂到哪天，系统每天到各处查看并留证。"},
		Filter: web.Filter{Action: "/console/notices", Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "网站、单位"},
			{Kind: web.Select, Name: "kind", Label: "公告", Options: kinds},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "待发布和悬挂中"}, {Value: notice.Owed, Label: "待发布"}, {Value: notice.Hanging, Label: "悬挂中"}, {Value: notice.Complete, Label: "期满"}, {Value: "all", Label: "全部"}}},
			{Kind: web.Check, Name: "trouble", Label: "只看未挂或有缺失的"}}},
		Table: web.Table{Caption: "公告悬挂", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "公告", Wide: true}, {Head: "发布单位"}, {Head: "位置"}, {Head: "状态"}, {Head: "剩余"}, {Head: "缺失", Number: true}},
			Empty: web.Empty{Title: "没有需要悬挂的公告", Text: "网站、账号开通、临时下线、关停后，公告义务会自动列在这里。"}}}
	for _, s := range list {
		r := web.Row{}
		gone := len(s.AbsentDays())
		if gone > 0 && s.Active() {
			r.Kind = web.Danger
		} else if s.State == notice.Owed {
			r.Kind = web.Warn
		}
		where := web.Cell{}
		for _, a := range s.Places {
			state := "未登记"
			switch {
			case a.Confirmed():
				state = "已看到"
			case a.URL != "":
				state = "待确认"
			}
			if where.Text != "" {
				where.Text += "；"
			}
			where.Text += a.Name() + "（" + state + "）"
		}
		r.Cells = []web.Cell{{Text: notice.KindName(s.Kind), Href: path(s.ID), Note: s.ObjectName}, web.Text(s.PublisherName), where, web.Tagged(stateTag(s)), left(s), web.Figure(gone)}
		v.Table.Rows = append(v.Table.Rows, r)
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := notice.Filter{Text: q.Get("q"), Kind: sx2021.NoticeKind(q.Get("kind")), State: q.Get("state"), Publisher: org.UnitID(q.Get("publisher")), Trouble: q.Has("trouble"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.notices.Notices(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newListView(list, total)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// noticeView is GET /console/notices/{id}.
type noticeView struct {
	Heading web.Heading
	Alert   web.Alert
	Facts   web.Summary
	Strips  []web.DayStrip
	Places  web.Table
	Post    web.Form
	MayPost bool
	Receipt web.Form
	MayShot bool
	Look    string // action of the button
	MayLook bool
	Looks   web.Table
	Down    web.Breaches
	History web.Timeline
}

// Title of the document.
func (v noticeView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v noticeView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "公告悬挂", Href: "/console/notices"}, {Name: v.Heading.Title}}
}

func basis(a notice.At) string {
	switch a.Basis {
	case notice.ByRelease:
		return "按本平台发布记录"
	case notice.ByFetch:
		return "登记后经查看确认"
	case notice.ByReceipt:
		return "人工留证"
	case notice.ByRecord:
		return "按原登记转入"
	}
	return ""
}

var outcomeWord = map[string]string{notice.Seen: "看到", notice.Absent: "缺失", notice.Untested: "未能查看"}

func outcomeTone(o string) web.Tone {
	switch o {
	case notice.Seen:
		return web.Good
	case notice.Absent:
		return web.Danger
	}
	return web.Warn
}

// strip draws the days of one place, from its first to its last.
func strip(s notice.Stand, a notice.At) web.DayStrip {
	out := web.DayStrip{Label: a.Name()}
	judged := map[calendar.Date]notice.Day{}
	from := a.FirstOn
	for _, d := range a.Days {
		judged[d.On] = d
		if from.IsZero() {
			from = d.On
		}
	}
	if from.IsZero() {
		return out
	}
	last := s.On
	if ended := calendar.DateOf(s.EndedAt); !ended.IsZero() {
		last = ended
	}
	if a.HangUntil.After(last) && s.Active() {
		last = a.HangUntil
	}
	if last.Sub(from) > 120 {
		from = last.AddDays(-120)
	}
	for d := from; !d.After(last); d = d.AddDays(1) {
		m := web.DayMark{On: d}
		j, ok := judged[d]
		switch {
		case ok && j.Outcome == notice.Untested && !j.AbsentAt.IsZero():
			m.Kind, m.Says = web.Warn, "一次未找到，待复查"
		case ok:
			m.Kind, m.Says = outcomeTone(j.Outcome), outcomeWord[j.Outcome]
		case d.After(s.On):
			m.Says = "未到"
		case d == s.On:
			m.Says = "今天尚未查看"
		default:
			m.Kind, m.Says = web.Warn, "未能查看"
		}
		if ok {
			m.Href = path(s.ID) + "?day=" + d.String() + "#looks"
		}
		out.Days = append(out.Days, m)
	}
	return out
}

func newNoticeView(s notice.Stand, looks []notice.Look, steps []passage.Step, posts bool) noticeView {
	base := path(s.ID)
	v := noticeView{
		Heading: web.Heading{Title: notice.KindName(s.Kind), Above: s.ObjectName, Tags: []web.Tag{stateTag(s)}},
		Facts: web.Summary{Title: "公告义务", Terms: []web.Term{
			{Name: "公告标题", Text: s.Title}, {Name: "发布单位", Text: s.PublisherName}, {Name: "主办单位", Text: s.UnitName},
			{Name: "依据", Text: notice.Citation(s.Kind)}}},
		Places: web.Table{Caption: "悬挂位置", RowHead: 0, Columns: []web.Column{{Head: "位置", Wide: true}, {Head: "网址"}, {Head: "首日"}, {Head: "悬挂至"}, {Head: "登记人"}}},
		Looks: web.Table{Caption: "查看记录", RowHead: 0, Compact: true, Columns: []web.Column{{Head: "时间"}, {Head: "位置"}, {Head: "结果"}, {Head: "说明", Wide: true}, {Head: "证据"}},
			Empty: web.Empty{Title: "还没有查看", Text: "登记网址后即开始查看，以后每天一次。"}},
		Look: base + "/look",
	}
	period := "不少于 " + strconv.Itoa(s.Days) + " 天（首次发布当日不计，缺失一天顺延一天）"
	if s.Days == 0 {
		period = "悬挂至网站（账号）恢复"
	}
	v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "悬挂要求", Text: period})
	if s.Pinned {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "置顶", Text: "首页公告栏置顶", Note: fmt.Sprintf("查看的是：公告栏第一条，或首页前 %d 字内", notice.PinnedRunes)})
	}
	if s.CaseID != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "审批事项", Text: "查看", Href: "/console/cases/" + url.PathEscape(s.CaseID)})
	}
	v.alert(s)
	var post, shot []web.Option
	registered := false
	for _, a := range s.Places {
		name := web.Cell{Text: a.Name()}
		if a.SiteName != "" {
			name.Note = a.SiteName
		}
		if a.Alternative {
			name.Note += "（两处任选其一）"
		}
		address := web.Cell{Text: brief(a.URL), Note: basis(a)}
		if a.URL == "" {
			address = web.Tagged(web.Tag{Kind: web.Warn, Text: "未登记"})
		} else if !a.Confirmed() {
			address.Tags, address.Note = []web.Tag{{Kind: web.Warn, Text: "尚未看到"}}, ""
		}
		if a.Shut {
			address.Tags = append(address.Tags, web.Tag{Kind: web.Danger, Text: "页面不公开，没有悬挂"})
		}
		if strings.HasPrefix(a.URL, "http://") || strings.HasPrefix(a.URL, "https://") {
			address.Links = append(address.Links, web.Link{Text: "打开", Href: a.URL, Note: a.Name() + "的公告"})
		}
		if s.Pinned && a.Confirmed() && a.OnSite() {
			tag := web.Tag{Kind: web.Good, Text: "已置顶"}
			if !a.Pinned {
				tag = web.Tag{Kind: web.Warn, Text: "未置顶"}
			}
			address.Tags = append(address.Tags, tag)
		}
		until := web.Day(a.HangUntil)
		if !a.ReceiptDue.IsZero() {
			until.Note = "下次人工留证 " + a.ReceiptDue.String() + " 前"
		}
		v.Places.Rows = append(v.Places.Rows, web.Row{Cells: []web.Cell{name, address, web.Day(a.FirstOn), until, {Text: a.PostedBy}}})
		if st := strip(s, a); len(st.Days) > 0 {
			v.Strips = append(v.Strips, st)
		}
		post = append(post, web.Option{Value: string(a.Place.Place), Label: a.Name()})
		if a.URL != "" {
			registered = true
			if !a.OnSite() {
				shot = append(shot, web.Option{Value: string(a.Place.Place), Label: a.Name()})
			}
		}
	}
	if len(v.Strips) > 0 {
		v.Strips[len(v.Strips)-1].Legend = "绿色为看到；红色为缺失（两次查看均未找到，顺延一天）；黄色为未能查看（视同悬挂）；空白为未到。"
	}
	names := map[notice.PlaceID]string{}
	for _, a := range s.Places {
		names[a.Place.ID] = a.Name()
	}
	for _, l := range looks {
		proof := web.Cell{}
		if l.Ref != "" {
			word := "公告页"
			if l.How == "receipt" {
				word = "截图"
			}
			proof.Links = append(proof.Links, web.Link{Text: word, Href: base + "/looks/" + url.PathEscape(l.ID), Note: web.Minute(l.At)})
		}
		if l.HomeRef != "" {
			proof.Links = append(proof.Links, web.Link{Text: "首页", Href: base + "/looks/" + url.PathEscape(l.ID) + "?page=home", Note: web.Minute(l.At)})
		}
		says := web.Cell{Text: l.Says}
		if l.Ref != "" {
			says.Note = "SHA-256 " + short(l.Ref.Hash())
		}
		v.Looks.Rows = append(v.Looks.Rows, web.Row{Cells: []web.Cell{{Text: web.Minute(l.At), Note: l.Actor, Keep: true}, web.Text(names[l.Place]), web.Tagged(web.Tag{Kind: outcomeTone(l.Outcome), Text: outcomeWord[l.Outcome]}), says, proof}})
	}
	v.History = web.Timeline{Title: "办理过程"}
	for _, st := range steps {
		v.History.Events = append(v.History.Events, web.Event{At: st.At, Title: notice.Machine.ActName(st.Act), Who: st.ActorName, Text: st.Note})
	}
	if !s.Active() {
		return v
	}
	v.MayLook = registered
	if b := s.MayTakeDown(); len(b) > 0 && s.Seen {
		v.Down = web.Breaches{Title: "现在不能撤下"}
		for _, x := range b {
			v.Down.Items = append(v.Down.Items, web.Breach{ID: x.Rule.ID, Citation: x.Rule.Citation, Says: x.Rule.Says, Note: x.Detail})
		}
	}
	if !posts {
		return v
	}
	v.MayPost = true
	v.Post = web.Form{Action: base + "/post", Sections: []web.Section{{Legend: "登记公告网址", Hint: "登记后系统立即到该网址和首页查看；24 小时内看到，才按所填首日起算。", Fields: []web.Field{
		{Kind: web.Select, Name: "place", Label: "悬挂位置", Options: post, Required: true},
		{Kind: web.Address, Name: "url", Label: "公告网址", Required: true, Max: 500},
		{Kind: web.DateField, Name: "first", Label: "首次发布日期", Required: true, Narrow: true, Value: s.On.String()},
	}}}, Buttons: []web.Button{{Label: "登记公告"}}}
	if len(shot) > 0 {
		v.MayShot = true
		v.Receipt = web.Form{Action: base + "/receipt", Upload: true, Sections: []web.Section{{Legend: "人工留证", Hint: "账号页面无法自动查看时，由本单位人员按期留存置顶截图，记录姓名和时间。", Fields: []web.Field{
			{Kind: web.Select, Name: "shot_place", Label: "悬挂位置", Options: shot, Required: true},
			{Kind: web.File, Name: "file", Label: "截图", Required: true, Accept: ".png,.jpg,.jpeg,.pdf", Hint: "PNG、JPG、PDF，不超过 20 MB，要能看到账号名称和公告"},
			{Name: "note", Label: "说明", Max: 200},
		}}}, Buttons: []web.Button{{Label: "留存截图"}}}
	}
	return v
}

// brief is an address short enough for a table: its host and its end.
func brief(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || len(address) <= 40 {
		return address
	}
	return u.Hostname() + "/…" + address[len(address)-12:]
}

func short(hash string) string {
	if len(hash) > 16 {
		return hash[:16] + "…"
	}
	return hash
}

// alert is the one sentence that says how it stands.
func (v *noticeView) alert(s notice.Stand) {
	gone := len(s.AbsentDays())
	switch {
	case s.State == notice.Complete:
		v.Alert = web.Alert{Kind: web.Good, Title: "悬挂期满，义务已办结", Text: s.EndedWhy}
	case !s.Active():
		v.Alert = web.Alert{Kind: web.Info, Title: s.StateName(), Text: s.EndedWhy}
	case slices.ContainsFunc(s.Places, func(a notice.At) bool { return a.Shut }):
		v.Alert = web.Alert{Kind: web.Danger, Title: "公告页面不公开，没有悬挂", Text: "公告页面的稿件已经撤下或者还没有发布，公告栏、公告列表不链接它，缺失的日期不计入悬挂期。请恢复公开，或者另发公告并登记新网址。"}
	case len(s.Missing) > 0:
		v.Alert = web.Alert{Kind: web.Warn, Title: "还没有挂齐", Text: "缺：" + join(s.Missing) + "。请" + s.PublisherName + "发布后登记网址。"}
	case len(s.Unconfirmed) > 0:
		v.Alert = web.Alert{Kind: web.Warn, Title: "还没有看到公告", Text: join(s.Unconfirmed) + "已登记网址，尚未查看到。看到之日起计算悬挂天数。"}
	case gone > 0:
		v.Alert = web.Alert{Kind: web.Danger, Title: fmt.Sprintf("缺失 %d 天，已顺延", gone), Text: untilText(s)}
	default:
		v.Alert = web.Alert{Kind: web.Info, Title: "正常悬挂", Text: untilText(s)}
	}
}

func untilText(s notice.Stand) string {
	if s.Days == 0 {
		return "恢复前不得撤下。"
	}
	return fmt.Sprintf("须悬挂至 %s，还有 %d 天。", s.HangUntil.Chinese(), s.DaysLeft())
}

func join(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += "、"
		}
		out += s
	}
	return out
}

// sampleStand is a notice in its second week, with a day lost.
func sampleStand(state string) notice.Stand {
	on := calendar.Date{Year: 2026, Month: 3, Day: 20}
	first := on.AddDays(-9)
	n := notice.Notice{ID: "01JNOTICE", Kind: sx2021.OpeningNotice, ObjectName: "西安市商务局网站", UnitName: "西安市商务局", PublisherName: "西安市人民政府办公厅", Title: "关于西安市商务局网站开通的公告", Days: 30, State: state, OpenedOn: first, CaseID: "01JCASE"}
	a := notice.At{Place: notice.Place{ID: "P1", Place: sx2021.LevelPortal, Site: "S1", SiteName: "西安市人民政府", URL: "https://www.xa.gov.cn/gg/1.html", FirstOn: first, Basis: notice.ByFetch, PostedBy: "王秀兰"}, HangUntil: first.AddDays(31), Absent: []calendar.Date{first.AddDays(4)}}
	for i := range 9 {
		o := notice.Seen
		if i == 4 {
			o = notice.Absent
		} else if i == 6 {
			o = notice.Untested
		}
		a.Days = append(a.Days, notice.Day{On: first.AddDays(i), Outcome: o, Looks: 1})
	}
	b := notice.At{Place: notice.Place{ID: "P2", Place: sx2021.LevelAccount, URL: "https://mp.weixin.qq.com/s/1", FirstOn: first, Basis: notice.ByReceipt, PostedBy: "王秀兰"}, HangUntil: first.AddDays(30), ReceiptDue: on.AddDays(2)}
	s := notice.Stand{Notice: n, Places: []notice.At{a, b}, On: on, Seen: true, First: first, HangUntil: first.AddDays(31)}
	if state == notice.Owed {
		s.Places = []notice.At{{Place: notice.Place{ID: "P1", Place: sx2021.LevelPortal}}, {Place: notice.Place{ID: "P2", Place: sx2021.LevelAccount}}}
		s.Seen, s.First, s.HangUntil, s.Missing = false, calendar.Date{}, calendar.Date{}, []string{"本级政府门户网站首页", "本级政府政务新媒体"}
	}
	return s
}

var sampleLooks = []notice.Look{
	{ID: "L2", Place: "P1", At: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), How: "fetch", Outcome: notice.Absent, Says: "首页上找不到这项公告的标题和链接。", Ref: "sha256:0000000000000000000000000000000000000000000000000000000000000000", HomeRef: "sha256:0000000000000000000000000000000000000000000000000000000000000000"},
	{ID: "L1", Place: "P2", At: time.Date(2026, 3, 19, 2, 0, 0, 0, time.UTC), How: "receipt", Outcome: notice.Seen, Says: "人工留证：截图首页.png", Actor: "王秀兰", Ref: "sha256:0000000000000000000000000000000000000000000000000000000000000000"},
}

// shutPage is a notice whose page readers cannot open.
func shutPage() notice.Stand {
	s := sampleStand(notice.Hanging)
	s.Places[0].Shut = true
	return s
}

func hostile() notice.Stand {
	s := sampleStand(notice.Hanging)
	s.ObjectName, s.Title, s.PublisherName = "<script>alert(1)</script>", `"><img src=x>`, "<b>"
	s.Places[0].URL = `javascript:alert("x")`
	return s
}

var (
	listPage = web.Define(views, "views/list.html", newListView(nil, 0),
		newListView([]notice.Stand{sampleStand(notice.Owed), sampleStand(notice.Hanging), sampleStand(notice.Complete)}, 3), newListView([]notice.Stand{hostile()}, 1))
	noticePage = web.Define(views, "views/notice.html", newNoticeView(sampleStand(notice.Owed), nil, nil, true),
		newNoticeView(sampleStand(notice.Hanging), sampleLooks, []passage.Step{{At: time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC), Act: "owe", To: notice.Owed, ActorName: "王秀兰"}}, true),
		newNoticeView(shutPage(), nil, nil, true), newNoticeView(hostile(), []notice.Look{{ID: `"><`, Place: "P1", At: sampleLooks[0].At, Says: "<script>", Outcome: "odd"}}, nil, false))
)

// looksShown is how many looks the page lists.
const looksShown = 60

func (h *Handler) view(r *http.Request) (noticeView, error) {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), notice.ID(r.PathValue("id"))
	s, err := h.notices.Stand(ctx, h.db, scope, id)
	if err != nil {
		return noticeView{}, err
	}
	day, _ := calendar.ParseDate(r.URL.Query().Get("day")) // anything else shows all days
	looks, err := h.notices.Looks(ctx, h.db, scope, id, day, looksShown)
	if err != nil {
		return noticeView{}, err
	}
	steps, err := h.notices.History(ctx, h.db, scope, id)
	if err != nil {
		return noticeView{}, err
	}
	v := newNoticeView(s, looks, steps, notice.MayPost(authz.SessionFrom(ctx), s.Notice))
	if !day.IsZero() {
		v.Looks.Caption = "查看记录（" + day.String() + "）"
		v.Looks.Empty = web.Empty{Title: "这一天没有查看记录", Act: web.Act{Text: "全部记录", Href: path(id)}}
	}
	return v, nil
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return noticePage.Render(w, r, v)
}

func (h *Handler) post(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), notice.ID(r.PathValue("id"))
	first, err := web.DayOf(r, "first", "首次发布日期")
	if err == nil {
		_, err = h.notices.Post(ctx, scope, id, sx2021.Place(r.PostFormValue("place")), r.PostFormValue("url"), first)
	}
	return noticePage.Answer(w, r, err, path(id), "公告网址已登记，系统正在查看；也可以点“现在查看”。", h.view, func(v *noticeView) *web.Form { return &v.Post })
}

func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	id := notice.ID(r.PathValue("id"))
	s, err := h.notices.LookNow(r.Context(), authz.ScopeFrom(r.Context()), id)
	if err != nil {
		return err
	}
	says := "已查看。"
	switch {
	case s.State == notice.Complete:
		says = "已查看，悬挂期满，义务办结。"
	case s.Seen:
		says = "已查看，各处都看到公告。"
	case len(s.Unconfirmed) > 0:
		says = "已查看，" + join(s.Unconfirmed) + "没有看到公告，原因见查看记录。"
	}
	return web.Done(w, r, path(id), says)
}

func (h *Handler) receipt(w http.ResponseWriter, r *http.Request) error {
	id := notice.ID(r.PathValue("id"))
	upload, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		_, err = h.notices.Receipt(r.Context(), authz.ScopeFrom(r.Context()), id, sx2021.Place(r.PostFormValue("shot_place")), r.PostFormValue("note"), upload)
	}
	return noticePage.Answer(w, r, err, path(id), "截图已留存，下次留存的日期见公告页。", h.view, func(v *noticeView) *web.Form { return &v.Receipt })
}

// evidence hands out the bytes of a look, never shown inside the console.
func (h *Handler) evidence(w http.ResponseWriter, r *http.Request) error {
	home := r.URL.Query().Get("page") == "home"
	l, content, err := h.notices.OpenEvidence(r.Context(), authz.ScopeFrom(r.Context()), notice.ID(r.PathValue("id")), r.PathValue("look"), home)
	if err != nil {
		return err
	}
	defer content.Close()
	name, media, size := "notice-"+l.ID+".html.txt", "application/octet-stream", l.Size
	switch {
	case home:
		name, size = "home-"+l.ID+".html.txt", l.HomeSz
	case l.How == "receipt":
		media = l.Media
		name = "screenshot-" + l.ID + map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf"}[l.Media]
	}
	return web.SendFile(w, name, media, size, content)
}
