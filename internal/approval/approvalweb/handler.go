package approvalweb

import (
	"embed"
	"errors"
	"net/http"
	"strconv"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const casesPath = "/console/cases"

// Handler serves the screens.
type Handler struct {
	approvals *approval.Service
	db        *db.DB
	store     blob.Store
}

// New makes the handler.
func New(a *approval.Service, d *db.DB, store blob.Store) *Handler {
	return &Handler{approvals: a, db: d, store: store}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/cases", Permit: authz.CaseRead, Handle: h.cases},
		{Pattern: "GET /console/cases/export", Permit: authz.CaseRead, Handle: h.export},
		{Pattern: "GET /console/cases/{id}", Permit: authz.CaseRead, Handle: h.show},
		{Pattern: "GET /console/cases/{id}/sign", Permit: authz.CaseDecide, Handle: h.sign},
		{Pattern: "GET /console/cases/{id}/print", Permit: authz.CaseRead, Handle: h.print},
		{Pattern: "GET /console/cases/{id}/files/{file}", Permit: authz.CaseRead, Handle: h.file},
		{Pattern: "GET /console/cases/{id}/letters/{letter}", Permit: authz.CaseRead, Handle: h.letter},
		{Pattern: "GET /console/cases/{id}/letters/{letter}/file", Permit: authz.CaseRead, Handle: h.letterFile},
		{Pattern: "POST /console/cases/{id}/decide", Permit: authz.CaseDecide, Handle: h.decide},
		{Pattern: "POST /console/cases/{id}/external", Permit: authz.CaseDecide, Handle: h.external, MaxBody: web.UploadBody},
		{Pattern: "POST /console/cases/{id}/end", Permit: authz.CaseDecide, Handle: h.end},
		{Pattern: "POST /console/cases/{id}/withdraw", Permit: authz.OpeningApply, Handle: h.withdraw},
		{Pattern: "GET /console/cases/{id}/ask", Permit: authz.CaseDecide, Handle: h.showAsk},
		{Pattern: "POST /console/cases/{id}/ask", Permit: authz.CaseDecide, Handle: h.ask},
		{Pattern: "POST /console/cases/{id}/waive", Permit: authz.CaseDecide, Handle: h.waive},
		{Pattern: "POST /console/cases/{id}/answer", Permit: authz.CaseAdvise, Handle: h.answer},
		{Pattern: "GET /console/advice", Permit: authz.CaseAdvise, Handle: h.advice},
		{Pattern: "POST /console/batches", Permit: authz.CaseDecide, Handle: h.startBatch},
		{Pattern: "GET /console/batches/{id}", Permit: authz.CaseDecide, Handle: h.batch},
		{Pattern: "GET /console/batches/{id}/read", Permit: authz.CaseDecide, Handle: h.readCase},
		{Pattern: "POST /console/batches/{id}/read", Permit: authz.CaseDecide, Handle: h.markRead},
		{Pattern: "POST /console/batches/{id}/decide", Permit: authz.CaseDecide, Handle: h.decideBatch},
	}
}

// dateOf reads a date field; an impossible day is named.
func dateOf(r *http.Request, name, what string, wrong *fault.Fields) calendar.Date {
	text := r.PostFormValue(name)
	if text == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseLoose(text)
	if err != nil {
		says := what + "无法识别，请写作 2026-03-02"
		var p *calendar.ParseError
		if errors.As(err, &p) {
			says = p.Error()
		}
		wrong.Add(name, says)
	}
	return d
}

// stepOf is the step the page was about; -1, which is none, for no page of ours.
func stepOf(r *http.Request) int {
	n, err := strconv.Atoi(r.PostFormValue("step"))
	if err != nil {
		return -1
	}
	return n
}

// typed reports whether the fault is one the form can show.
func typed(err error) bool { return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) }

// file hands out an attachment; the content is never shown inside the console.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.approvals.OpenAttachment(r.Context(), authz.ScopeFrom(r.Context()), h.store, approval.CaseID(r.PathValue("id")), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}
