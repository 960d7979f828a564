package reportingpublic

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"zhengshu/internal/official"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web/porch"
)

//go:embed views/*.html
var views embed.FS

const listPath = "/bulletins/"

// Config is what the portal around the door gives.
type Config struct {
	Store *publishing.Store
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	Log    *slog.Logger // slog.Default when nil
}

// Handler serves everything below /bulletins/.
type Handler struct {
	door *porch.Door
	c    Config
	mux  *http.ServeMux

	told  publishing.Reading[[]paper]
	files sync.Mutex // one document is written at a time
}

// paper is one bulletin with what was drawn of it.
type paper struct {
	reporting.PublicPaper
	b     reporting.Bulletin
	files map[string][]byte
}

// New makes the door.
func New(c Config) *Handler {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{door: &porch.Door{Name: "检查通报", Home: listPath, About: "政府网站与政务新媒体检查通报。", Kind: "政务公开", Render: c.Render, Log: c.Log}, c: c, mux: http.NewServeMux()}
	for pattern, fn := range map[string]handle{"GET /bulletins/{$}": h.list, "GET /bulletins/{id}": h.show, "GET /bulletins/{id}/document": h.document, "GET /bulletins/{id}/data": h.data, "/bulletins/": h.nowhere} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /bulletins/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request, list []paper) error

var errNowhere = errors.New("reportingpublic: no such page")

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
	list, err := h.read()
	if err == nil {
		err = fn(w, r, list)
	}
	switch {
	case err == nil:
	case errors.Is(err, errNowhere):
		h.door.Problem(w, r, http.StatusNotFound, "没有这份通报，可能已经撤下。请从“检查通报”进入。")
	case errors.Is(err, publishing.ErrNoStatement):
		h.door.Problem(w, r, http.StatusServiceUnavailable, "检查通报正在准备，请过几分钟再来。")
	default:
		h.c.Log.ErrorContext(r.Context(), "public bulletins", "path", r.URL.Path, "error", err)
		h.door.Problem(w, r, http.StatusInternalServerError, "页面暂时打不开，请过几分钟再试。")
	}
}

func (h *Handler) read() ([]paper, error) {
	return h.told.Read(h.c.Store, reporting.PublicName, h.c.Log, func(st publishing.Statement) ([]paper, error) {
		var p reporting.Public
		if err := json.Unmarshal(st.Body, &p); err != nil {
			return nil, err
		}
		list := make([]paper, 0, len(p.Papers))
		for _, x := range p.Papers {
			b, err := x.Bulletin()
			if err != nil {
				return nil, err
			}
			list = append(list, paper{PublicPaper: x, b: b, files: map[string][]byte{}})
		}
		return list, nil
	})
}

func find(r *http.Request, list []paper) (paper, error) {
	i := slices.IndexFunc(list, func(p paper) bool { return string(p.ID) == r.PathValue("id") })
	if i < 0 {
		return paper{}, errNowhere
	}
	return list[i], nil
}

var (
	listView = porch.Define[listPage](views, "list.html")
	showView = porch.Define[showPage](views, "show.html")
)

func (h *Handler) nowhere(http.ResponseWriter, *http.Request, []paper) error { return errNowhere }

type line struct{ Href, Title, Number, Office, On string }

type listPage struct {
	Area         string
	Areas        []string
	Lines        []line
	Newer, Older string
}

const perPage = 20

func (h *Handler) list(w http.ResponseWriter, r *http.Request, list []paper) error {
	v := listPage{Area: r.URL.Query().Get("area")}
	var found []paper
	for _, p := range list {
		if !slices.Contains(v.Areas, p.Area) {
			v.Areas = append(v.Areas, p.Area)
		}
		if v.Area == "" || p.Area == v.Area {
			found = append(found, p)
		}
	}
	if !slices.Contains(v.Areas, v.Area) {
		v.Area = ""
	}
	page, err := strconv.Atoi(r.URL.Query().Get("p"))
	if err != nil || page < 1 || page > 1000 {
		page = 1
	}
	from := min((page-1)*perPage, len(found))
	for _, p := range found[from:min(from+perPage, len(found))] {
		v.Lines = append(v.Lines, line{listPath + string(p.ID), p.b.Title(), p.Number, p.Office, p.IssuedOn.Chinese()})
	}
	at := func(n int) string {
		return listPath + "?" + url.Values{"area": {v.Area}, "p": {strconv.Itoa(n)}}.Encode()
	}
	if page > 1 {
		v.Newer = at(page - 1)
	}
	if from+perPage < len(found) {
		v.Older = at(page + 1)
	}
	return listView.Render(h.door, w, r, http.StatusOK, "检查通报", v)
}

type showPage struct {
	Base    string
	Paper   reporting.PublicPaper
	On      string
	Opening string
	Parts   []part
	Apart   []reporting.Table
	Uses    []use
	Fields  []reporting.DataField
}

// part is a part of the paper with its chart drawn.
type part struct {
	reporting.Told
	Drawn *drawing
}

type use struct{ Use, Name string }

// mostApart rows of a long list are on the page; all are in the document.
const mostApart = 100

func (h *Handler) show(w http.ResponseWriter, r *http.Request, list []paper) error {
	p, err := find(r, list)
	if err != nil {
		return err
	}
	v := showPage{Base: listPath + string(p.ID), Paper: p.PublicPaper, On: p.IssuedOn.Chinese(), Opening: p.b.Opening(), Fields: reporting.Dictionary(reporting.ForOpenness)}
	for _, t := range p.b.Told() {
		x := part{Told: t}
		if t.Chart != nil {
			d := drawn(*t.Chart)
			x.Drawn = &d
		}
		v.Parts = append(v.Parts, x)
	}
	for _, t := range p.b.Apart() {
		if len(t.Rows) > mostApart {
			t.Rows = t.Rows[:mostApart]
			t.Name += "（前 " + strconv.Itoa(mostApart) + " 行，全部见公文）"
		}
		v.Apart = append(v.Apart, t)
	}
	for _, u := range reporting.Uses {
		v.Uses = append(v.Uses, use{string(u.Use), u.Name})
	}
	return showView.Render(h.door, w, r, http.StatusOK, p.b.Title(), v)
}

// file is a document of the paper, written once while the statement stands.
func (h *Handler) file(p paper, name string, write func(w io.Writer) error) ([]byte, error) {
	h.files.Lock()
	defer h.files.Unlock()
	if b, ok := p.files[name]; ok {
		return b, nil
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return nil, err
	}
	p.files[name] = b.Bytes()
	return b.Bytes(), nil
}

func send(w http.ResponseWriter, b []byte, kind, name string) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // once begun, the answer cannot become a page
	return nil
}

func (h *Handler) document(w http.ResponseWriter, r *http.Request, list []paper) error {
	p, err := find(r, list)
	if err != nil {
		return err
	}
	as := r.URL.Query().Get("as")
	var kind string
	var write func(w io.Writer) error
	switch as {
	case "docx":
		kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
		write = func(w io.Writer) error { _, err := p.b.Paper().WriteTo(w); return err }
	case "pdf":
		kind = "application/pdf"
		faces, err := official.FindFaces()
		if err != nil {
			h.door.Problem(w, r, http.StatusServiceUnavailable, "暂时不能生成 PDF，请下载 DOCX。")
			return nil
		}
		write = func(w io.Writer) error { return p.b.Paper().WritePDF(w, faces) }
	default:
		return errNowhere
	}
	b, err := h.file(p, as, write)
	if err != nil {
		return err
	}
	return send(w, b, kind, p.b.Title()+"."+as)
}

func (h *Handler) data(w http.ResponseWriter, r *http.Request, list []paper) error {
	p, err := find(r, list)
	if err != nil {
		return err
	}
	u := reporting.Use(r.URL.Query().Get("for"))
	if !u.Known() {
		u = reporting.ForAll
	}
	name := p.Area + p.b.Period.Chinese() + "检查结果-" + string(u)
	if r.URL.Query().Get("as") == "csv" {
		s := official.Sheet{Title: name, Rows: slices.Values(p.b.Content.Rows(u))}
		for _, f := range reporting.Dictionary(u) {
			s.Columns = append(s.Columns, official.Column{Title: f.Title})
		}
		var b bytes.Buffer
		if err := official.WriteCSV(&b, s, official.CSVOptions{BOM: true}); err != nil {
			return err
		}
		return send(w, b.Bytes(), "text/csv; charset=utf-8", name+".csv")
	}
	b, err := p.b.OpenData(u)
	if err != nil {
		return err
	}
	return send(w, b, "application/json; charset=utf-8", name+".json")
}
