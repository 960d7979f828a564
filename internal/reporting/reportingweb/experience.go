package reportingweb

import (
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

const experiencePath = "/console/experiences"

// experiencesView is GET /console/experiences.
type experiencesView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
	May     bool
	Offer   web.Form
}

// Title of the document.
func (experiencesView) Title() string { return "典型经验" }

// Crumbs of the page.
func (experiencesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "典型经验"}}
}

func experienceTag(e reporting.Experience) web.Tag {
	tone := web.Warn
	switch e.State {
	case reporting.ExperiencePublished:
		tone = web.Good
	case reporting.ExperienceDeclined, reporting.ExperienceWithdrawn:
		tone = web.Neutral
	}
	return web.Tag{Kind: tone, Text: e.StateName()}
}

func topicOptions() []web.Option {
	var out []web.Option
	for _, t := range reporting.ExperienceTopics {
		out = append(out, web.Option{Value: t, Label: t})
	}
	return out
}

func experienceFields(e reporting.Experience) []web.Field {
	return []web.Field{{Kind: web.Select, Name: "topic", Label: "类别", Options: topicOptions(), Value: e.Topic, Required: true}, {Name: "title", Label: "标题", Value: e.Title, Required: true, Max: 80},
		{Kind: web.TextArea, Name: "body", Label: "做法和成效", Value: e.Body, Required: true, Rows: 10, Max: 6000, Hint: "写清做了什么、有什么成效。不要写个人联系方式和证件号码。"}}
}

func newExperiencesView(list []reporting.Experience, units []web.Option) experiencesView {
	v := experiencesView{Heading: web.Heading{Title: "典型经验", Lead: "各单位报送，主管单位修改后发布，全省可看，可写进通报（第三十条“推广先进经验”）。"}, May: len(units) > 0,
		Filter: web.Filter{Action: experiencePath, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "标题或单位"}, {Kind: web.Select, Name: "about", Label: "类别", Options: append([]web.Option{{Label: "全部"}}, topicOptions()...)},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "全部"}, {Value: reporting.ExperiencePublished, Label: "已发布"}, {Value: reporting.ExperienceOffered, Label: "待采用"}, {Value: reporting.ExperienceDeclined, Label: "未采用"}}}}},
		Table: web.Table{Caption: "典型经验", Quiet: true, Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "类别"}, {Head: "单位"}, {Head: "状态"}, {Head: "报送"}}, Empty: web.Empty{Title: "没有典型经验", Text: "报送以后由主管单位采用、发布。"}}}
	for _, e := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Link()}, web.Text(e.Topic), web.Text(e.UnitName), web.Tagged(experienceTag(e)), {Text: e.OfferedBy, Note: web.Minute(e.OfferedAt)}}})
	}
	v.Offer = web.Form{Action: experiencePath, Key: "experience", Sections: []web.Section{{Legend: "报送典型经验", Fields: append([]web.Field{{Kind: web.Select, Name: "unit", Label: "单位", Options: units, Required: true}}, experienceFields(reporting.Experience{})...)}}, Buttons: []web.Button{{Label: "报送"}}}
	return v
}

func (h *Handler) experiencesScreen(r *http.Request) (experiencesView, error) {
	q, session := r.URL.Query(), authz.SessionFrom(r.Context())
	f := reporting.ExperienceFilter{State: q.Get("state"), Topic: q.Get("about"), Text: strings.TrimSpace(q.Get("q")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.reporting.Experiences(r.Context(), session, f)
	if err != nil {
		return experiencesView{}, err
	}
	var units []web.Option
	if session != nil && session.May(authz.ExperienceOffer) {
		seen := map[string]bool{}
		for _, p := range session.Posts {
			if !seen[p.UnitID] {
				seen[p.UnitID] = true
				units = append(units, web.Option{Value: p.UnitID, Label: p.UnitName})
			}
		}
	}
	v := newExperiencesView(list, units)
	v.Filter.Fill(q)
	v.Filter.Total = total
	v.Pager = web.PagerOf(r, total, perPage)
	return v, nil
}

func (h *Handler) experiences(w http.ResponseWriter, r *http.Request) error {
	v, err := h.experiencesScreen(r)
	if err != nil {
		return err
	}
	return experiencesPage.Render(w, r, v)
}

func experienceOf(r *http.Request) reporting.Experience {
	n, err := strconv.Atoi(r.PostFormValue("revision"))
	if err != nil {
		n = -1
	}
	return reporting.Experience{Unit: org.UnitID(r.PostFormValue("unit")), Topic: r.PostFormValue("topic"), Title: r.PostFormValue("title"), Body: r.PostFormValue("body"), Revision: n}
}

func (h *Handler) offer(w http.ResponseWriter, r *http.Request) error {
	e, err := h.reporting.Offer(r.Context(), authz.ScopeFrom(r.Context()), experienceOf(r))
	if web.Mendable(err) {
		v, shown := h.experiencesScreen(r)
		if shown != nil {
			return shown
		}
		v.Offer.Fill(r.PostForm)
		v.Offer.Wrong(err)
		return experiencesPage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, e.Link(), "已报送，等主管单位采用。")
}

// experienceView is GET /console/experiences/{id}.
type experienceView struct {
	Heading web.Heading
	Facts   web.Summary
	Lines   []string
	Forms   []web.Form
	Story   web.Timeline
}

// Title of the document.
func (v experienceView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v experienceView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "典型经验", Href: experiencePath}, {Name: v.Heading.Title}}
}

func newExperienceView(e reporting.Experience, history []passage.Step, mayDecide, mayOffer bool) experienceView {
	v := experienceView{Heading: web.Heading{Above: e.Topic, Title: e.Title, Tags: []web.Tag{experienceTag(e)}}, Lines: strings.Split(e.Body, "\n"),
		Facts: web.Summary{Terms: []web.Term{{Name: "单位", Text: e.UnitName}, {Name: "报送", Text: e.OfferedBy, Note: web.Minute(e.OfferedAt)}}}, Story: web.Timeline{Title: "办理经过"}}
	if !e.PublishedAt.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "发布", Text: e.EditedBy, Note: web.Minute(e.PublishedAt)})
	}
	for _, s := range history {
		v.Story.Events = append(v.Story.Events, web.Event{At: s.At, Title: reporting.ExperienceMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	revision := web.Field{Kind: web.Hidden, Name: "revision", Value: strconv.Itoa(e.Revision)}
	switch {
	case e.State == reporting.ExperienceOffered && mayDecide:
		v.Forms = append(v.Forms, ask(e.Link()+"/publish", "修改后发布", "", "发布", append([]web.Field{revision}, experienceFields(e)...)...), ask(e.Link()+"/decline", "不采用", "", "不采用并告知", why("理由")))
	case e.State == reporting.ExperienceDeclined && mayOffer:
		v.Forms = append(v.Forms, ask(e.Link()+"/offer", "修改后再报", "", "再次报送", append([]web.Field{revision}, experienceFields(e)...)...))
	case e.State == reporting.ExperiencePublished && mayDecide:
		v.Forms = append(v.Forms, ask(e.Link()+"/withdraw", "撤回", "撤回后其他单位不再看到，已写进通报的文字不变。", "撤回", why("理由")))
	}
	return v
}

func (h *Handler) experienceScreen(r *http.Request) (experienceView, error) {
	session := authz.SessionFrom(r.Context())
	e, err := h.reporting.Experience(r.Context(), session, reporting.ExperienceID(r.PathValue("id")))
	if err != nil {
		return experienceView{}, err
	}
	var steps []passage.Step
	in := func(p authz.Permission) bool { return session.May(p) && e.In(session.ScopeFor(p)) }
	if in(authz.AssessmentRead) {
		if steps, err = h.reporting.ExperienceHistory(r.Context(), session, e.ID); err != nil {
			return experienceView{}, err
		}
	}
	return newExperienceView(e, steps, in(authz.BulletinCompose), in(authz.ExperienceOffer)), nil
}

func (h *Handler) experience(w http.ResponseWriter, r *http.Request) error {
	v, err := h.experienceScreen(r)
	if err != nil {
		return err
	}
	return experiencePage.Render(w, r, v)
}

// decide makes the handler of one act on a good example.
func (h *Handler) decide(act, said string) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		e, err := h.reporting.DecideExperience(r.Context(), authz.ScopeFrom(r.Context()), reporting.ExperienceID(r.PathValue("id")), act, experienceOf(r), r.PostFormValue("why"))
		if web.Mendable(err) {
			v, shown := h.experienceScreen(r)
			if shown != nil {
				return shown
			}
			shownIn := false
			for i := range v.Forms {
				if v.Forms[i].Action == r.URL.Path {
					shownIn = true
					current := v.Forms[i].Field("revision")
					now := ""
					if current != nil {
						now = current.Value
					}
					v.Forms[i].Fill(r.PostForm)
					if current != nil {
						current.Value = now // what was typed is upon what stands now
					}
					v.Forms[i].Wrong(err)
				}
			}
			if !shownIn {
				return fault.Of(err)
			}
			return experiencePage.RenderStatus(w, r, status(err), v)
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, e.Link(), said)
	}
}
