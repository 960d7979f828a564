package dutyweb

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

func takedownTag(t duty.Takedown) web.Tag {
	out := web.Tag{Text: t.StateName()}
	switch t.State {
	case duty.Proposed:
		out.Kind = web.Danger
	case duty.Alone:
		out.Kind = web.Warn
	case duty.Done, duty.Reviewed:
		out.Kind = web.Good
	}
	return out
}

func takedownTable(caption string, list []duty.Takedown) web.Table {
	t := web.Table{Caption: caption, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "状态"}, {Head: "提出"}, {Head: "第二人"}, {Head: "撤下"}}, Empty: web.Empty{Title: "没有应急撤下"}}
	for _, x := range list {
		name := web.Linked(x.Title, x.Link())
		name.Note = x.UnitName
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, web.Tagged(takedownTag(x)), {Text: x.Proposer, Note: web.Minute(x.ProposedAt)}, {Text: x.Decider, Note: web.Minute(x.DecidedAt)}, web.When(x.DownAt)}})
	}
	return t
}

func newTakedowns(list []duty.Takedown, total int, may bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: "应急撤下", Lead: "两人办理：一人提出、另一人批准后从所有页面撤下；来不及的可一人先行撤下，另一人在时限内补审。"}, Trail: trail, Filter: web.Filter{Action: takedownPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "state", Label: "状态", Options: states(duty.TakedownMachine, duty.Proposed, duty.Alone, duty.Done, duty.Reviewed, duty.Undue, duty.Refused, duty.Recalled)}}}, Table: takedownTable("应急撤下", list)}}
	v.Table.Quiet = true
	if may {
		v.Heading.Acts = []web.Act{{Text: "应急撤下稿件", Href: takedownPath + "/new", Primary: true}, {Text: "应急首页", Href: "/console/front-pages"}}
	}
	return v
}

func (h *Handler) takedowns(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.duty.Takedowns(r.Context(), authz.ScopeFrom(r.Context()), "", r.URL.Query().Get("state"), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newTakedowns(list, total, authz.SessionFrom(r.Context()).May(authz.TakedownPropose))
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newTakedownForm(address, incident string) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "应急撤下稿件", Lead: "从所有页面和栏目同时撤下，稿件和记录保留；采用其他单位的稿件，从您管辖的网站撤下，并告知发布单位。整站不宜访问的，请用应急首页。"}, Trail: below("应急撤下", takedownPath),
		Form: web.Form{Key: "takedown-new", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "incident", Value: incident}, {Name: "address", Label: "稿件的公开网址或编号", Required: true, Max: 300, Value: address}, {Kind: web.TextArea, Name: "reason", Label: "撤下理由", Required: true, Max: 500, Rows: 3},
			{Kind: web.Radios, Name: "way", Label: "办理方式", Required: true, Value: "two", Options: []web.Option{{Value: "two", Label: "由另一人批准后撤下"}, {Value: "alone", Label: "情况紧急，由我先行撤下", Hint: "立即撤下，另一名有权人员须在时限内补审"}}}}}}, Buttons: []web.Button{{Label: "提出应急撤下", Kind: web.Danger}}, Cancel: web.Link{Text: "取消", Href: takedownPath}}}}
}

func (h *Handler) showTakedown(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return formPage.Render(w, r, newTakedownForm(q.Get("item"), q.Get("incident")))
}

// itemOf reads an item's number or public address.
func (h *Handler) itemOf(s string) (library.ItemID, error) {
	if s == "" {
		return "", fault.New(fault.Invalid, "没有填写稿件。").On("address", "请填写稿件的公开网址或编号")
	}
	if strings.Contains(s, "/") {
		link := h.item(s)
		if link == "" && strings.HasPrefix(s, "/console/items/") {
			link = s
		}
		if link == "" {
			return "", fault.New(fault.Invalid, "这个网址不是本平台发布的稿件。").On("address", "请填写稿件正文页的网址")
		}
		s = path.Base(link)
	}
	return library.ItemID(strings.ToUpper(s)), nil
}

// proposal reads the form, before the person is asked to prove who they are.
func (h *Handler) proposal(r *http.Request) (library.ItemID, error) {
	id, err := h.itemOf(web.Typed(r, "address"))
	var f fault.Fields
	f.Text("reason", "撤下理由", web.Typed(r, "reason"), true, 500)
	return id, together(err, f.Err())
}

func (h *Handler) propose(w http.ResponseWriter, r *http.Request) error {
	v := newTakedownForm(web.Typed(r, "address"), web.Typed(r, "incident"))
	id, err := h.proposal(r)
	alone := web.Typed(r, "way") == "alone"
	if err == nil && alone {
		if ok, perr := web.Prove(w, r); !ok {
			return perr
		}
	}
	var t duty.Takedown
	if err == nil {
		t, err = h.duty.ProposeTakedown(r.Context(), authz.ScopeFrom(r.Context()), id, web.Typed(r, "reason"), web.Typed(r, "incident"), alone)
		if fault.Is(err, fault.NotFound) {
			err = fault.New(fault.Invalid, "没有找到这篇稿件，或不在您的管辖范围内。").On("address", "请核对网址或编号").From(err)
		}
	}
	said := "已提出，请另一名有权人员批准。"
	if alone {
		said = "已从" + t.Where() + "撤下，请另一名有权人员在时限内补审。"
	}
	return answer(w, r, v, err, t.Link(), said)
}

// second says who is to approve or review a takedown that waits.
type second struct {
	people []org.Person
	unit   string
}

// Says is it in a sentence.
func (x second) Says(t duty.Takedown) string {
	what := "批准"
	if t.State == duty.Alone {
		what = "补审"
	}
	if len(x.people) == 0 {
		return "除提出人外，没有可以" + what + "的人；请安全管理员在本单位或上级办公厅（室）授予主管或终审岗位。"
	}
	says := "由" + x.unit + "的" + names(x.people) + what
	if x.unit != t.UnitName {
		says += "（本单位没有另一名有权人员）"
	}
	return says + "，任一人办理即可。"
}

func newTakedown(t duty.Takedown, reach duty.Reach, steps []passage.Step, session *authz.Session, others second) record {
	v := record{web.RecordView{Heading: web.Heading{Above: "应急撤下　" + t.UnitName, Title: t.Title, Tags: []web.Tag{takedownTag(t)}}, Trail: below("应急撤下", takedownPath)}}
	from := web.Term{Name: "撤下范围", Text: t.Where()}
	item := web.Term{Name: "稿件", Text: t.Title, Href: "/console/items/" + string(t.Item)}
	if t.Adopted() { // whose desk the item is on is another's
		item.Href += "/shown"
		item.Note = t.OwnerName + "发布"
		from.Note = "只撤下采用的页面；原稿由" + t.OwnerName + "处理，撤下时告知该单位"
	}
	terms := []web.Term{item, from, {Name: "理由", Text: t.Reason}, {Name: "提出", Text: t.Proposer, Note: web.Minute(t.ProposedAt)}}
	for _, page := range reach.Pages {
		terms = append(terms, web.Term{Name: "公开网址", Text: page, Href: page})
	}
	if n := reach.Sites - len(reach.Pages); n > 0 {
		terms = append(terms, web.Term{Name: "其他网站", Text: fmt.Sprintf("还有 %d 个网站显示过这篇稿件", n)})
	}
	if !reach.Due.On.IsZero() {
		terms = append(terms, web.Term{Name: "补审期限", Text: reach.Due.Chinese()})
	}
	if t.Decider != "" {
		terms = append(terms, web.Term{Name: "第二人", Text: t.Decider, Note: web.Minute(t.DecidedAt)}, web.Term{Name: "意见", Text: t.Opinion})
	}
	if !t.DownAt.IsZero() {
		terms = append(terms, web.Term{Name: "撤下", Text: web.Minute(t.DownAt)})
	}
	if t.Incident != "" {
		terms = append(terms, web.Term{Name: "事件", Text: "查看处置", Href: incidentPath + "/" + t.Incident})
	}
	v.Main = append(v.Main, web.Summary{Title: "撤下", Terms: terms})
	mine := t.ProposedBy(session.PersonID)
	if decides := session.May(authz.TakedownApprove) && !mine; !decides && (t.State == duty.Proposed || t.State == duty.Alone) {
		says := others.Says(t)
		if mine {
			says = "您提出的撤下，须另一人办理。" + says
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: t.StateName(), Text: says})
	}
	opinion := web.Field{Kind: web.TextArea, Name: "opinion", Label: "意见", Max: 500, Rows: 2}
	if session.May(authz.TakedownApprove) && !mine && t.State == duty.Proposed {
		v.Forms = append(v.Forms, web.Form{Action: t.Link() + "/decide", Sections: []web.Section{{Legend: "第二人批准", Hint: "批准后立即从" + t.Where() + "撤下。不同意的请写明意见。", Fields: []web.Field{opinion}}}, Buttons: []web.Button{{Label: "批准并撤下", Name: "act", Value: "approve", Kind: web.Danger}, {Label: "不同意", Name: "act", Value: "refuse", Plain: true}}})
	}
	if session.May(authz.TakedownApprove) && !mine && t.State == duty.Alone {
		opinion.Required = true
		again := "重新送审发布"
		if t.Adopted() {
			again = "重新采用"
		}
		v.Forms = append(v.Forms, web.Form{Action: t.Link() + "/decide", Sections: []web.Section{{Legend: "补审", Hint: "写明撤下是否必要；不必要的，由" + t.UnitName + again + "。", Fields: []web.Field{opinion}}}, Buttons: []web.Button{{Label: "确有必要，补审完成", Name: "act", Value: "review"}, {Label: "撤下不必要", Name: "act", Value: "disagree", Plain: true}}})
	}
	if session.May(authz.TakedownPropose) && mine && t.State == duty.Proposed {
		v.Forms = append(v.Forms, web.Form{Action: t.Link() + "/withdraw", Buttons: []web.Button{{Label: "撤回", Plain: true}}})
	}
	story := web.Timeline{Title: "经过"}
	for _, x := range slices.Backward(steps) {
		story.Events = append(story.Events, web.Event{At: x.At, Title: duty.TakedownMachine.ActName(x.Act), Who: x.ActorName, Text: x.Note})
	}
	v.Side = append(v.Side, story)
	return v
}

func (h *Handler) takedownData(r *http.Request) (record, duty.Takedown, error) {
	session := authz.SessionFrom(r.Context())
	scope := session.ScopeFor(authz.InspectionRead)
	t, err := h.duty.TakedownOf(r.Context(), h.duty.DB, scope, r.PathValue("id"))
	if err != nil {
		return record{}, t, err
	}
	reach, err := h.duty.ReachOf(r.Context(), scope, t.ID)
	if err != nil {
		return record{}, t, err
	}
	steps, err := h.duty.TakedownHistory(r.Context(), scope, t.ID)
	if err != nil {
		return record{}, t, err
	}
	var others second
	others.people, others.unit, err = h.duty.Seconds(r.Context(), scope, t)
	return newTakedown(t, reach, steps, session, others), t, err
}

func (h *Handler) takedown(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.takedownData(r)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, v)
}

func (h *Handler) onTakedown(w http.ResponseWriter, r *http.Request, act string) error {
	v, t, err := h.takedownData(r)
	if err != nil {
		return err
	}
	if act == "approve" {
		if ok, err := web.Prove(w, r); !ok {
			return err
		}
	}
	_, err = h.duty.DecideTakedown(r.Context(), authz.ScopeFrom(r.Context()), t.ID, act, web.Typed(r, "opinion"))
	if web.Mendable(err) {
		wrong(&v, r, "没有办理", err)
		return recordView.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, t.Link(), map[string]string{"approve": "已批准，已从" + t.Where() + "撤下。", "refuse": "已退回，稿件照常公开。", "review": "补审完成。", "disagree": "补审完成；已通知" + t.UnitName + "，可以重新公开。", "withdraw": "已撤回。"}[act])
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	return h.onTakedown(w, r, web.Typed(r, "act"))
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	return h.onTakedown(w, r, "withdraw")
}
