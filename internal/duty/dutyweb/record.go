package dutyweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// section is one of the four things of Article 19(4) on a card.
type section struct {
	Name, Says string
	Tag        web.Tag
}

// card is one site of the day's reading.
type card struct {
	ID, Key, Name, Host, Unit, Open, Site string
	Tag                                   web.Tag
	Verdict                               string
	Sections                              []section
	Said, Finding, Standing               string // Standing: where what is not put right is listed
	Note, Wrong                           string // as typed, and why it was refused
	Turn                                  bool   // the first without a verdict: its 通过 is what is next
}

// readingView is GET /console/duty/records/{unit}/{day}.
type readingView struct {
	Heading    web.Heading
	Wrong      web.ErrorSummary
	Alerts     []web.Alert
	Stats      web.Stats
	Alarms     web.Table
	Base       string
	Cards      []card
	Empty      web.Empty
	Media      web.Stats
	May        bool
	MayConfirm bool
	Left       int // sites without a verdict, which stand against confirming
	Confirm    web.Form
	Done       web.Summary
}

// Title of the document.
func (v readingView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v readingView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, trail[0], {Name: v.Heading.Title}}
}

func sectionsOf(f duty.Facts) []section {
	when := ""
	if f.OneDay {
		when = "当日："
	}
	count := func(n int) (string, web.Tag) {
		if n == 0 && f.Unexamined {
			return cmp.Or(strings.TrimSuffix(when, "："), "到现在") + "还没有检查过页面，请人工查看", web.Tag{Text: "未检查"}
		}
		if n == 0 {
			return when + "没有未办结的问题", web.Tag{Kind: web.Good, Text: "正常"}
		}
		return fmt.Sprintf("%s%d 个未办结的问题", when, n), web.Tag{Kind: web.Warn, Text: "有问题"}
	}
	run, tag := "没有监测数据", web.Tag{Text: "未监测"}
	switch {
	case f.Excused:
		run, tag = "当日在"+f.Window+"内，访问结果不计", web.Tag{Kind: web.Info, Text: "不计"}
	case f.OneDay && f.Probes == 0:
		run = "当日没有监测数据"
	case f.OneDay && f.Down:
		run, tag = fmt.Sprintf("当日访问 %d 次，全部失败", f.Probes), web.Tag{Kind: web.Danger, Text: "打不开"}
	case f.OneDay:
		run, tag = fmt.Sprintf("当日访问 %d 次，失败 %d 次", f.Probes, f.Failures), web.Tag{Kind: web.Good, Text: "正常"}
	case f.Refuses:
		run, tag = "网站拒绝平台的检测访问，未能检测，请人工打开查看，并通知主办单位放行", web.Tag{Kind: web.Warn, Text: "拒绝检测"}
	case f.Down:
		run, tag = "最近一次访问打不开", web.Tag{Kind: web.Danger, Text: "打不开"}
	case f.Probes > 0:
		run, tag = fmt.Sprintf("七日访问 %d 次，失败 %d 次", f.Probes, f.Failures), web.Tag{Kind: web.Good, Text: "正常"}
	}
	if f.Window != "" && !f.Excused {
		run += "；" + f.Window + "时段的访问不计"
	}
	out := []section{{Says: run, Tag: tag}}
	for _, n := range []int{f.Links, f.Columns, f.Content} {
		says, tag := count(n)
		out = append(out, section{Says: says, Tag: tag})
	}
	for i := range out {
		out[i].Name = sx2021.DutySections[i].Name
	}
	return out
}

func newReading(rec duty.Record, may bool) readingView {
	v := readingView{Base: duty.RecordLink(rec.Unit.ID, rec.On), May: may && rec.State != duty.Confirmed, Empty: web.Empty{Title: "没有须巡检的网站", Text: "本单位值守的范围内没有正在运行的网站。"},
		Heading: web.Heading{Above: rec.Unit.Name, Title: rec.On.Chinese() + "巡检记录", Acts: []web.Act{{Text: "值班台", Href: deskPath + "?unit=" + string(rec.Unit.ID)}}}}
	switch rec.State {
	case duty.Confirmed:
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "已确认"}}
		v.Done = web.Summary{Title: "确认", Terms: []web.Term{{Name: "确认人", Text: rec.Person, Note: web.Minute(rec.ConfirmedAt)}, {Name: "开始巡检", Text: rec.OpenedBy, Note: web.Minute(rec.OpenedAt)}, {Name: "小结", Text: rec.Says}}}
	case duty.Open:
		v.Heading.Tags = []web.Tag{{Kind: web.Info, Text: "待确认"}}
	default:
		v.Heading.Tags = []web.Tag{{Kind: web.Warn, Text: "还没有开始"}}
	}
	if len(rec.Sites) > 0 {
		v.Heading.Lead = dueText(rec)
	}
	if rec.Overdue {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Danger, Text: "超期"})
	}
	if rec.Late {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "补记"})
		says := "监测数据为" + rec.On.Chinese() + "当日留存的数据；政务新媒体当日没有监测数据。结论由补记的人负责，当日以外的情况请记入今天的巡检记录。"
		if rec.State == duty.Confirmed {
			says = "这一天的记录在当日以后确认，确认时间见下。"
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "这是补记", Text: says})
	}
	down, problems, fine := 0, 0, 0
	for i, f := range rec.Sites {
		c := card{ID: anchor(i), Key: string(f.Site), Name: f.Name, Host: f.Host, Unit: f.Unit, Open: cmp.Or(f.Address, "http://"+f.Host+"/"), Site: "/console/inspection/sites/" + string(f.Site), Verdict: f.Verdict, Sections: sectionsOf(f), Tag: web.Tag{Text: "待查看"}}
		switch f.Verdict {
		case duty.Pass:
			c.Tag, c.Said = web.Tag{Kind: web.Good, Text: "通过"}, f.By+"，"+web.Minute(f.At)
		case duty.Problem:
			problems++
			c.Tag, c.Said = web.Tag{Kind: web.Danger, Text: "有问题"}, f.Note+"　"+f.By+"，"+web.Minute(f.At)
			if f.Finding != "" {
				c.Finding = "/console/findings/" + f.Finding
			}
		}
		if !f.OneDay && f.Links+f.Columns+f.Content+f.Serious > 0 {
			c.Standing = "/console/findings?state=standing&site=" + url.QueryEscape(string(f.Site))
		}
		if f.Down {
			down++
		}
		if f.Fine() {
			fine++
		}
		v.Cards = append(v.Cards, c)
	}
	v.Stats = web.Stats{Label: rec.On.Chinese() + "的情况", Items: []web.Stat{{Name: "已查看", Value: fmt.Sprintf("%d/%d", rec.Looked(), len(rec.Sites)), Note: "个网站", Kind: tone(rec.Looked() < len(rec.Sites), web.Warn)},
		{Name: "打不开", Value: fmt.Sprint(down), Unit: "个", Kind: tone(down > 0, web.Danger)}, {Name: "监测无异常", Value: fmt.Sprint(fine), Unit: "个", Note: "仍须逐个查看"}, {Name: "巡检发现问题", Value: fmt.Sprint(problems), Unit: "个", Kind: tone(problems > 0, web.Warn)}}}
	if m := rec.Media; m.Accounts > 0 {
		of := url.Values{"unit": {string(rec.Unit.ID)}}
		if rec.Unit.Kind == org.Office {
			of = url.Values{"area": {string(rec.Unit.Area)}}
		}
		sheets := func(query string) string { return "/console/account-sheets?" + of.Encode() + query }
		v.Media = web.Stats{Label: "政务新媒体", Items: []web.Stat{{Name: "政务新媒体", Value: fmt.Sprint(m.Accounts), Unit: "个", Note: fmt.Sprintf("已取得更新日期 %d 个", m.Known), Href: sheets("")},
			{Name: "超期没有更新", Value: fmt.Sprint(m.Stale), Unit: "个", Href: sheets("&item=stale&outcome=violated"), Kind: tone(m.Stale > 0, web.Warn)},
			{Name: "没有互动功能", Value: fmt.Sprint(m.Silent), Unit: "个", Href: sheets("&item=interaction&outcome=violated"), Kind: tone(m.Silent > 0, web.Warn)},
			{Name: "需要整改", Value: fmt.Sprint(m.Wrong), Unit: "个", Href: sheets("&wrong=on"), Kind: tone(m.Wrong > 0, web.Warn)}}}
	}
	v.Alarms = alarmTable("当日告警", rec.Alarms)
	v.Left = len(rec.Sites) - rec.Looked()
	v.MayConfirm = v.May && len(rec.Sites) > 0 && v.Left == 0
	if i := slices.IndexFunc(v.Cards, func(c card) bool { return c.Verdict == "" }); i >= 0 {
		v.Cards[i].Turn = true
	}
	button := "确认今日巡检"
	if rec.Late {
		button = "确认补记"
	}
	v.Confirm = web.Form{Action: v.Base + "/confirm", Key: "record-" + string(rec.Unit.ID) + rec.On.String(), Sections: []web.Section{{Legend: "确认巡检记录", Hint: "监测数据随记录一并留存，确认后不能再改。", Fields: []web.Field{{Kind: web.TextArea, Name: "says", Label: "小结", Max: 1000, Rows: 3, Hint: "可不填"}}}}, Buttons: []web.Button{{Label: button}}}
	return v
}

// dueText says by when today's record is to be confirmed; nothing of one that is,
// or of a day that is over.
func dueText(rec duty.Record) string {
	if rec.Due.IsZero() {
		return ""
	}
	at := rec.Due.In(calendar.Shanghai).Format("15:04")
	if rec.Overdue {
		return "应在今天 " + at + " 前确认，已超期"
	}
	return "请在今天 " + at + " 前确认"
}

// anchor is where the card of the i-th site stands on the page.
func anchor(i int) string { return fmt.Sprintf("s%d", i+1) }

// goesOn is where the reader goes after a verdict, and what is said: to the next
// site without one, from the last to confirming; what was taken back stays.
func goesOn(rec duty.Record, site registry.SiteID, verdict string) (at, said string) {
	i := slices.IndexFunc(rec.Sites, func(f duty.Facts) bool { return f.Site == site })
	if i < 0 { // it went off the duty meanwhile
		return "confirm", "已记下。"
	}
	name := "“" + rec.Sites[i].Name + "”"
	switch verdict {
	case duty.Undo:
		return anchor(i), "已撤销" + name + "的结论，请重新查看。"
	case duty.Problem:
		said = "已记下：" + name + "有问题，已登记为问题。"
	default:
		said = "已记下：" + name + "通过。"
	}
	for k := range rec.Sites {
		if next := (i + 1 + k) % len(rec.Sites); rec.Sites[next].Verdict == "" {
			return anchor(next), said
		}
	}
	return "confirm", said + "全部网站都有结论，请确认巡检记录。"
}

func dayOf(r *http.Request) (calendar.Date, error) {
	on, err := calendar.ParseDate(r.PathValue("day"))
	if err != nil {
		return on, fault.Missing("巡检记录").From(err)
	}
	return on, nil
}

func (h *Handler) reading(r *http.Request) (duty.Record, readingView, error) {
	session := authz.SessionFrom(r.Context())
	unit := org.UnitID(r.PathValue("unit"))
	on, err := dayOf(r)
	if err != nil {
		return duty.Record{}, readingView{}, err
	}
	rec, err := h.duty.RecordOf(r.Context(), session.ScopeFor(authz.InspectionRead), unit, on)
	return rec, newReading(rec, session.MayAt(authz.DutyServe, string(unit)) && !on.After(web.FrameOf(r).Today)), err
}

func (h *Handler) record(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.reading(r)
	if err != nil {
		return err
	}
	return readingPage.Render(w, r, v)
}

// refused puts what a verdict was refused for on its own card, which is where
// the browser stays, with what was typed.
func (v *readingView) refused(posted url.Values, title string, err error) {
	i := slices.IndexFunc(v.Cards, func(c card) bool { return c.Key == posted.Get("site") })
	f := fault.Of(err)
	if i < 0 || !v.May {
		v.Wrong = web.ErrorSummary{Title: title, Says: f.Alone(), Breaches: web.BreachesOf(f)}
		return
	}
	v.Cards[i].Note, v.Cards[i].Wrong = posted.Get("note"), title+"："+f.Alone()
}

// unconfirmed keeps the words of a record that was not confirmed.
func (v *readingView) unconfirmed(posted url.Values, title string, err error) {
	v.Wrong, v.MayConfirm = wrongForm(&v.Confirm, posted, title, err), v.May
}

func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	rec, _, err := h.reading(r)
	if err != nil {
		return err
	}
	_, err = h.duty.Look(r.Context(), authz.ScopeFrom(r.Context()), rec.Unit.ID, rec.On, registry.SiteID(web.Typed(r, "site")), web.Typed(r, "verdict"), web.Typed(r, "note"))
	if web.Mendable(err) {
		_, v, rerr := h.reading(r)
		if rerr != nil {
			return rerr
		}
		v.refused(r.PostForm, "没有记下", err)
		return readingPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	after, err := h.duty.RecordOf(r.Context(), authz.ScopeFrom(r.Context()), rec.Unit.ID, rec.On)
	if err != nil {
		return err
	}
	at, said := goesOn(after, registry.SiteID(web.Typed(r, "site")), web.Typed(r, "verdict"))
	return web.Done(w, r, duty.RecordLink(rec.Unit.ID, rec.On)+"#"+at, said)
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	rec, _, err := h.reading(r)
	if err != nil {
		return err
	}
	_, err = h.duty.Confirm(r.Context(), authz.ScopeFrom(r.Context()), rec.Unit.ID, rec.On, web.Typed(r, "says"))
	if web.Mendable(err) {
		_, v, rerr := h.reading(r)
		if rerr != nil {
			return rerr
		}
		v.unconfirmed(r.PostForm, "没有确认", err)
		return readingPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, duty.RecordLink(rec.Unit.ID, rec.On), "巡检记录已确认。")
}
