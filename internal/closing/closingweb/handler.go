package closingweb

import (
	"embed"

	"zhengshu/internal/authz"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	db       *db.DB
	closings *closing.Service
	registry *registry.Service
}

// New makes the handler.
func New(d *db.DB, c *closing.Service, r *registry.Service) *Handler { return &Handler{d, c, r} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/closings", Permit: authz.ClosingRead, Handle: h.list},
		{Pattern: "GET /console/closings/{id}", Permit: authz.ClosingRead, Handle: h.show},
		{Pattern: "POST /console/closings/{id}/columns", Permit: authz.ClosingManage, Handle: h.addColumn},
		{Pattern: "POST /console/closings/{id}/relay", Permit: authz.ClosingManage, Handle: h.relay},
		{Pattern: "POST /console/closings/{id}/decide", Permit: authz.ClosingManage, Handle: h.decide},
		{Pattern: "POST /console/closings/{id}/items/{kind}", Permit: authz.ClosingManage, Handle: h.prove, MaxBody: web.UploadBody},
		{Pattern: "POST /console/closings/{id}/items/{kind}/look", Permit: authz.ClosingManage, Handle: h.look},
		{Pattern: "POST /console/closings/{id}/hand-over", Permit: authz.ClosingManage, Handle: h.handOver},
		{Pattern: "POST /console/closings/{id}/until", Permit: authz.ClosingManage, Handle: h.until},
		{Pattern: "POST /console/closings/{id}/archives", Permit: authz.ClosingManage, Handle: h.startArchive},
		{Pattern: "POST /console/closings/{id}/archives/{archive}/check", Permit: authz.ClosingRead, Handle: h.checkArchive},
		{Pattern: "GET /console/closings/{id}/archives/{archive}", Permit: authz.ClosingRead, Handle: h.openArchive},
		{Pattern: "GET /console/closings/{id}/map", Permit: authz.ClosingRead, Handle: h.showMap},
		{Pattern: "POST /console/closings/{id}/map", Permit: authz.ClosingManage, Handle: h.importMap, MaxBody: mapUpload},
		{Pattern: "POST /console/closings/{id}/map/set", Permit: authz.ClosingManage, Handle: h.setRedirect},
		{Pattern: "GET /console/closings/{id}/map/file", Permit: authz.ClosingRead, Handle: h.exportMap},
		{Pattern: "GET /console/closings/{id}/files/{file}", Permit: authz.ClosingRead, Handle: h.file},
		{Pattern: "GET /console/inquiries", Permit: authz.ClosingRead, Handle: h.inquiries},
		{Pattern: "GET /console/inquiries/new", Permit: authz.InquiryDecide, Handle: h.showReport},
		{Pattern: "POST /console/inquiries/new", Permit: authz.InquiryDecide, Handle: h.report},
		{Pattern: "GET /console/inquiries/{id}", Permit: authz.ClosingRead, Handle: h.showInquiry},
		{Pattern: "GET /console/inquiries/{id}/document", Permit: authz.ClosingRead, Handle: h.inquiryDocument},
		{Pattern: "POST /console/inquiries/{id}/answer", Permit: authz.ClosingManage, Handle: h.answer, MaxBody: web.UploadBody},
		{Pattern: "POST /console/inquiries/{id}/decide", Permit: authz.InquiryDecide, Handle: h.conclude, MaxBody: web.UploadBody},
		{Pattern: "POST /console/inquiries/{id}/accountability", Permit: authz.InquiryDecide, Handle: h.account, MaxBody: web.UploadBody},
		{Pattern: "GET /console/inquiries/{id}/files/{file}", Permit: authz.ClosingRead, Handle: h.paper},
	}
}
