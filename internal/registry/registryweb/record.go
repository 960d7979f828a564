package registryweb

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// whySection asks for the reason of a change.
func whySection() web.Section {
	return web.Section{Legend: "变更原因", Fields: []web.Field{
		{Name: "why", Label: "为什么改", Required: true, Max: registry.MaxWhy, Hint: "例如：更正录入错误、续费、人员调整"},
		{Name: "document", Label: "依据文件", Max: 100, Hint: "文号或材料名称，没有可不填"},
	}}
}

func whyOf(r *http.Request) registry.Why {
	return registry.Why{Says: typed(r, "why"), Document: typed(r, "document"), Source: registry.ByPerson}
}

// errLook ends a transaction that was only to see whether the act would be
// taken.
var errLook = errors.New("registryweb: only a look")

// agreed reports whether the person has seen these very changes.
func agreed(r *http.Request, changes []registry.Change) bool {
	return r.PostFormValue("agreed") == digest(changes)
}

func digest(changes []registry.Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(c.Field + "\x00" + c.Was + "\x00" + c.Now + "\x00")
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:12])
}

// ask shows the form as typed with the changes it would make; pressing the
// button again makes them.
func ask(w http.ResponseWriter, r *http.Request, v formView, changes []registry.Change) error {
	v.Form.Fill(r.PostForm)
	t := web.Table{Caption: "改动前后对照", Columns: []web.Column{{Head: "项目"}, {Head: "改动前", Wide: true}, {Head: "改动后", Wide: true}}}
	for _, c := range changes {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(c.FieldName()), web.Text(orNone(c.Was)), web.Text(orNone(c.Now))}})
	}
	v.Before = append(v.Before, web.Alert{Kind: web.Warn, Title: "还没有保存：请核对下面 " + count(len(changes)) + " 处改动", Text: "核对无误后，按页末的按钮保存；要再改，直接在表单里改。"})
	v.Changes = t
	v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, web.Field{Kind: web.Hidden, Name: "agreed", Value: digest(changes)})
	v.Form.Buttons = []web.Button{{Label: "核对无误，保存这 " + count(len(changes)) + " 处改动"}}
	return formPage.Render(w, r, v)
}

// dates reads date fields; what is no date is told at its field.
type dates struct {
	r *http.Request
	f fault.Fields
}

func (d *dates) get(name string) calendar.Date {
	s := typed(d.r, name)
	if s == "" {
		return calendar.Date{}
	}
	on, err := calendar.ParseDate(s)
	if err != nil {
		d.f.Add(name, err.Error())
	}
	return on
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// peopleOptions offer the people of a unit.
func peopleOptions(people []org.Person, unit org.UnitID) []web.Option {
	out := []web.Option{{Value: "", Label: "没有"}}
	for _, p := range people {
		label := p.Name
		if p.Title != "" {
			label += "（" + p.Title + "）"
		}
		if p.Unit != unit {
			label += " " + p.UnitName
		}
		out = append(out, web.Option{Value: string(p.ID), Label: label})
	}
	return out
}

// sourced writes beside every value where it comes from: terms named by field.
func sourced(t *web.Term, field string, origins map[string]registry.Origin) {
	if t.Text == "" && len(t.Parts) == 0 {
		return
	}
	o, ok := origins[field]
	if !ok {
		if o, ok = origins[""]; !ok {
			return
		}
	}
	says := "来源：" + registry.SourceName(o.Source)
	if o.Ref != "" {
		says += "，" + o.Ref
	} else if o.Source == registry.ByPerson && o.Actor != "" {
		says += "，" + o.Actor
	}
	if t.Note != "" {
		says = t.Note + " " + says
	}
	t.Note = says
}

// term is a fact with its source.
func term(name, text, field string, origins map[string]registry.Origin) web.Term {
	t := web.Term{Name: name, Text: text}
	sourced(&t, field, origins)
	return t
}

// stateEvents tell the passages of a record's state, newest first.
func stateEvents(m passage.Machine, steps []passage.Step) []web.Event {
	var out []web.Event
	for _, s := range slices.Backward(steps) {
		e := web.Event{At: s.At, Title: m.ActName(s.Act) + "：" + m.Name(s.To), Who: s.ActorName, Text: s.Note, Kind: web.Info}
		if s.CaseID != "" {
			e.Links = []web.Link{caseLink(s.CaseID, m.ActName(s.Act))}
		}
		out = append(out, e)
	}
	return out
}

// shownChanges bounds the changes a page lists; older ones are in the export of
// the trail.
const shownChanges = 100

// changesTable tells field by field what was changed, by whom, why, on which
// approval and from which source, newest first.
func changesTable(history []registry.Change) web.Table {
	t := web.Table{Caption: "逐项变更", Columns: []web.Column{{Head: "项目"}, {Head: "改动前"}, {Head: "改动后"}, {Head: "原因和依据", Wide: true}, {Head: "经手"}},
		Empty: web.Empty{Title: "登记后没有改动", Text: "以后每改一项，改动前后、原因、依据和来源都会列在这里。"}}
	for _, c := range history {
		if c.Field == "" {
			continue // the first passage tells it
		}
		if len(t.Rows) == shownChanges {
			t.Caption = "逐项变更（最近 " + count(shownChanges) + " 项）"
			break
		}
		why := web.Text(orNone(c.Why))
		note := "来源：" + registry.SourceName(c.Source)
		if c.SourceRef != "" {
			note += "（" + c.SourceRef + "）"
		}
		if c.Document != "" {
			note = "依据：" + c.Document + "。" + note
		}
		why.Note = note
		if c.CaseID != "" {
			why.Links = []web.Link{caseLink(c.CaseID, c.FieldName())}
		}
		who := web.Text(c.Actor)
		who.Keep = true
		who.Note = web.Minute(c.At)
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(c.FieldName()), web.Text(orNone(c.Was)), web.Text(orNone(c.Now)), why, who}})
	}
	return t
}

// caseLink leads to the approval of what is named.
func caseLink(id, what string) web.Link {
	return web.Link{Text: "审批事项", Href: "/console/cases/" + id, Note: what}
}

// formerTable lists the names an object had.
func formerTable(names []registry.FormerName) web.Table {
	t := web.Table{Caption: "曾用名", Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "使用至"}, {Head: "依据"}}}
	for _, n := range names {
		until := web.Day(n.Until)
		if !n.From.IsZero() {
			until.Note = "自 " + n.From.String()
		}
		basis := web.Text(orNone(n.Document))
		if n.CaseID != "" {
			basis.Text = n.Document
			basis.Links = []web.Link{caseLink(n.CaseID, n.Name)}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(n.Name), until, basis}})
	}
	return t
}

// dutiesTable lists what is owed for a record.
func dutiesTable(list []obligation.Obligation, name func(kind string) string, today calendar.Date) web.Table {
	t := web.Table{Caption: "未办结的时限", Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "期限"}}}
	for _, o := range list {
		what := web.Text(name(o.Kind))
		if o.Link != "" {
			what = web.Linked(name(o.Kind), o.Link)
		}
		due := web.DueCell(o.Due.On, today)
		if o.Due.Provisional {
			due.Note = "暂定：当年放假通知未发布"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{what, due}})
	}
	return t
}

// Related shows what other departments hold of a record: its clocks, the
// sponsor's open cases, and pages of modules above.
type related struct {
	Duties web.Table
	Cases  []web.Link
}

// Clocks lets the record pages show the clocks that run for a record.
func (h *Handler) Clocks(o *obligation.Service) *Handler {
	h.obligations = o
	return h
}

// Cases lets the record pages show the sponsor's open cases.
func (h *Handler) Cases(a *approval.Service) *Handler {
	h.approvals = a
	return h
}

// Pages adds links of modules above to a record's page: what they hold of it.
func (h *Handler) Pages(f func(r *http.Request, ref registry.Ref) []web.Link) *Handler {
	h.pages = append(h.pages, f)
	return h
}

// Beside is what a module above holds of a site, an account or an app, as parts
// of its page; nothing when the person may not read it.
type Beside func(r *http.Request, ref registry.Ref) ([]web.Component, error)

// Beside adds parts of modules above to a record's page.
func (h *Handler) Beside(list ...Beside) *Handler {
	h.beside = append(h.beside, list...)
	return h
}

func (h *Handler) besides(r *http.Request, ref registry.Ref) ([]web.Component, error) {
	var out []web.Component
	for _, f := range h.beside {
		parts, err := f(r, ref)
		if err != nil {
			return nil, err
		}
		out = append(out, parts...)
	}
	return out, nil
}

func (h *Handler) related(r *http.Request, kind, id string, unit org.UnitID) (related, error) {
	ctx := r.Context()
	var out related
	if h.obligations != nil && may(r, authz.ObligationRead) {
		list, err := h.obligations.Obligations(ctx, scopeFor(r, authz.ObligationRead), obligation.Filter{Subject: obligation.Subject{Kind: kind, ID: id}, Limit: 20})
		if err != nil {
			return related{}, err
		}
		out.Duties = dutiesTable(list, func(k string) string {
			info, _ := h.obligations.KindOf(k)
			return cmp.Or(info.Name, k)
		}, web.FrameOf(r).Today)
	}
	if h.approvals != nil && may(r, authz.CaseRead) {
		for _, state := range []string{approval.InReview, approval.Returned} {
			cases, _, err := h.approvals.Cases(ctx, scopeFor(r, authz.CaseRead), approval.Filter{State: state, Unit: unit, Limit: 10})
			if err != nil {
				return related{}, err
			}
			for _, c := range cases {
				out.Cases = append(out.Cases, web.Link{Text: c.Title + "（" + c.StateName() + "）", Href: "/console/cases/" + string(c.ID), Note: c.Number})
			}
		}
	}
	return out, nil
}

func (h *Handler) pagesOf(r *http.Request, ref registry.Ref) []web.Link {
	var out []web.Link
	for _, f := range h.pages {
		out = append(out, f(r, ref)...)
	}
	return out
}

// unitPicker are the units a person may enter a record for: by id or by name,
// because a province has thousands.
func (h *Handler) unitTyped(r *http.Request) (org.Unit, error) {
	scope, name := authz.ScopeFrom(r.Context()), typed(r, "unit")
	if name == "" {
		return org.Unit{}, fault.New(fault.Invalid, "没有填写主办单位。").On("unit", "请填写主办单位的全称")
	}
	u, err := h.org.UnitByName(r.Context(), h.db, scope, name)
	if fault.Is(err, fault.NotFound) {
		return org.Unit{}, fault.Newf(fault.Invalid, "管辖范围内没有登记“%s”。", name).On("unit", "请填写单位台账中的全称")
	}
	return u, err
}

// seenAt is the moment the form was opened at, hidden in it.
func seenAt(t time.Time) web.Field {
	return web.Field{Kind: web.Hidden, Name: "seen", Value: t.UTC().Format(time.RFC3339Nano)}
}

func seenOf(r *http.Request) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, r.PostFormValue("seen"))
	if err != nil {
		return time.Time{}, fault.New(fault.Conflict, "表单不完整，请刷新页面后重新填写。")
	}
	return t, nil
}

// saveAsked runs an act once to see whether it would be taken, and shows its
// changes; with the person's agreement to them it is done.
func (h *Handler) saveAsked(w http.ResponseWriter, r *http.Request, v formView, changes []registry.Change, renew func() time.Time, act func(tx *db.Tx) error) (done bool, err error) {
	look := !agreed(r, changes)
	err = h.db.Update(r.Context(), func(tx *db.Tx) error {
		if err := act(tx); err != nil || !look {
			return err
		}
		return errLook
	})
	switch {
	case errors.Is(err, errLook):
		return false, ask(w, r, v, changes)
	case web.Mendable(err):
		if fault.Is(err, fault.Conflict) && renew != nil {
			// The next press of the button is a decision made in view of what the
			// other has changed.
			if at := renew(); !at.IsZero() {
				r.PostForm.Set("seen", at.UTC().Format(time.RFC3339Nano))
			}
		}
		return false, again(w, r, v, err)
	}
	return err == nil, err
}
