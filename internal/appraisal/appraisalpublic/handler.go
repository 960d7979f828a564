package appraisalpublic

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/official"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web/porch"
)

//go:embed views/*.html
var views embed.FS

const (
	listPath = "/results/"

	perPage = 50
	// maxPage bounds how far a list is paged, maxQuestion a question in characters.
	maxPage     = 1000
	maxQuestion = 60
)

// Config is what the portal around the door gives.
type Config struct {
	Store *publishing.Store
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	Log    *slog.Logger // slog.Default when nil
}

// Handler serves everything below /results/.
type Handler struct {
	door *porch.Door
	c    Config
	mux  *http.ServeMux

	told publishing.Reading[*appraisal.Public]
}

// New makes the door.
func New(c Config) *Handler {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{door: &porch.Door{Name: "考核结果", Home: listPath, About: "政府网站与政务新媒体考核结果。", Kind: "政务公开", Render: c.Render, Log: c.Log}, c: c, mux: http.NewServeMux()}
	for pattern, fn := range map[string]handle{"GET /results/{$}": h.list, "GET /results/{id}": h.show, "GET /results/{id}/data": h.data, "/results/": h.nowhere} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /results/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request, list []appraisal.PublicRound) error

var errNowhere = errors.New("appraisalpublic: no such page")

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
	p, err := h.read()
	if err == nil {
		err = fn(w, r, p.Rounds)
	}
	switch {
	case err == nil:
	case errors.Is(err, errNowhere):
		h.door.Problem(w, r, http.StatusNotFound, "没有这一轮的结果，可能已经撤下。请从“考核结果”进入。")
	case errors.Is(err, publishing.ErrNoStatement):
		h.door.Problem(w, r, http.StatusServiceUnavailable, "考核结果正在准备，请过几分钟再来。")
	default:
		h.c.Log.ErrorContext(r.Context(), "public results", "path", r.URL.Path, "error", err)
		h.door.Problem(w, r, http.StatusInternalServerError, "页面暂时打不开，请过几分钟再试。")
	}
}

func (h *Handler) read() (*appraisal.Public, error) {
	return h.told.Read(h.c.Store, appraisal.PublicName, h.c.Log, func(st publishing.Statement) (*appraisal.Public, error) {
		var p appraisal.Public
		err := json.Unmarshal(st.Body, &p)
		return &p, err
	})
}

func find(r *http.Request, list []appraisal.PublicRound) (appraisal.PublicRound, error) {
	i := slices.IndexFunc(list, func(p appraisal.PublicRound) bool { return p.ID == r.PathValue("id") })
	if i < 0 {
		return appraisal.PublicRound{}, errNowhere
	}
	return list[i], nil
}

var (
	listView = porch.Define[listPage](views, "list.html")
	showView = porch.Define[showPage](views, "show.html")
)

func (h *Handler) nowhere(http.ResponseWriter, *http.Request, []appraisal.PublicRound) error {
	return errNowhere
}

type line struct{ Href, Name, Kind, Office, On, Label string }

type listPage struct{ Lines []line }

func (h *Handler) list(w http.ResponseWriter, r *http.Request, list []appraisal.PublicRound) error {
	var v listPage
	for _, p := range list {
		v.Lines = append(v.Lines, line{listPath + p.ID, p.Name, appraisal.KindName(p.Kind), p.Office, p.PublishedOn.Chinese(), p.Adoption.Label})
	}
	return listView.Render(h.door, w, r, http.StatusOK, "考核结果", v)
}

// sum is how many of a kind came to what.
type sum struct {
	Name                          string
	All, Good, Bad, Open, Doubted int
}

type showPage struct {
	Base         string
	Round        appraisal.PublicRound
	Period       string
	On, Adopted  string
	Sums         []sum
	Text         string
	Kind         string
	Verdict      string
	Verdicts     []string
	Found        int
	Rows         []appraisal.PublicResult
	Errata       []appraisal.PublicErratum
	Doubt        bool // some result is not published
	Newer, Older string
	Fields       []field
}

// field is one thing the open data say of a result: its column of the CSV, its
// name in the JSON, and what it means.
type field struct {
	Title, Name, Says string
	of                func(appraisal.PublicResult) any
}

// fields are the columns of the open data, in order.
var fields = []field{
	{"类别", "class", "门户网站、部门网站、各类账号、移动客户端或主管单位；kind 是大类：site 网站，account 政务新媒体，office 主管单位", func(x appraisal.PublicResult) any { return x.Class }},
	{"名称", "name", "冻结时台账登记的名称", func(x appraisal.PublicResult) any { return x.Name }},
	{"域名或平台", "host", "网站的域名，账号所在的平台；主管单位为空", func(x appraisal.PublicResult) any { return x.Host }},
	{"主办单位", "unit", "冻结时的主办单位", func(x appraisal.PublicResult) any { return x.Unit }},
	{"区划代码", "area_code", "主办单位所在地区的行政区划代码", func(x appraisal.PublicResult) any { return x.AreaCode }},
	{"结果", "verdict", "合格、不合格、未检测或未核实；未检测不是不合格，未核实的结果用到没有与正式文本核对的分值，不予公布", func(x appraisal.PublicResult) any { return x.Verdict }},
	{"得分", "points", "分，最多两位小数；不计分的和未核实的为空", func(x appraisal.PublicResult) any { return x.Points }},
	{"单项否决", "vetoes", "使其不合格的单项否决指标，多项以分号分开，JSON 中为列表", func(x appraisal.PublicResult) any { return strings.Join(x.Vetoes, "；") }},
	{"更正次数", "errata", "冻结以后更正和勘误的次数，逐次列在 errata 中", func(x appraisal.PublicResult) any { return x.Errata }},
}

func summed(name, kind string, list []appraisal.PublicResult) sum {
	s := sum{Name: name}
	for _, x := range list {
		if x.Kind != kind {
			continue
		}
		s.All++
		switch x.Verdict {
		case assessment.Qualified.Name():
			s.Good++
		case assessment.Unqualified.Name():
			s.Bad++
		case appraisal.NotVerified:
			s.Doubted++
		default:
			s.Open++
		}
	}
	return s
}

var verdicts = []string{assessment.Qualified.Name(), assessment.Unqualified.Name(), assessment.Untested.Name(), appraisal.NotVerified}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, list []appraisal.PublicRound) error {
	p, err := find(r, list)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := showPage{Fields: fields, Base: listPath + p.ID, Round: p, Period: p.Period, On: p.PublishedOn.Chinese(), Adopted: p.Adoption.On.Chinese(), Text: strings.TrimSpace(q.Get("q")), Kind: q.Get("kind"), Verdict: q.Get("verdict"), Verdicts: verdicts, Errata: p.Errata}
	if period, err := assessment.ParsePeriod(p.Period); err == nil {
		v.Period = period.Chinese()
	}
	v.Text = abridge.Cut(v.Text, maxQuestion)
	if v.Kind != "site" && v.Kind != "account" && v.Kind != "office" {
		v.Kind = ""
	}
	if !slices.Contains(verdicts, v.Verdict) {
		v.Verdict = ""
	}
	for _, s := range []sum{summed("网站", "site", p.Results), summed("政务新媒体", "account", p.Results), summed("主管单位", "office", p.Results)} {
		if s.All > 0 {
			v.Sums = append(v.Sums, s)
			v.Doubt = v.Doubt || s.Doubted > 0
		}
	}
	var found []appraisal.PublicResult
	for _, x := range p.Results {
		if (v.Kind == "" || x.Kind == v.Kind) && (v.Verdict == "" || x.Verdict == v.Verdict) && (v.Text == "" || strings.Contains(x.Name, v.Text) || strings.Contains(x.Unit, v.Text) || strings.Contains(x.Host, v.Text)) {
			found = append(found, x)
		}
	}
	v.Found = len(found)
	page, err := strconv.Atoi(q.Get("p"))
	if err != nil || page < 1 || page > maxPage {
		page = 1
	}
	from := min((page-1)*perPage, len(found))
	v.Rows = found[from:min(from+perPage, len(found))]
	at := func(n int) string {
		return v.Base + "?" + url.Values{"q": {v.Text}, "kind": {v.Kind}, "verdict": {v.Verdict}, "p": {strconv.Itoa(n)}}.Encode()
	}
	if page > 1 {
		v.Newer = at(page - 1)
	}
	if from+perPage < len(found) {
		v.Older = at(page + 1)
	}
	return showView.Render(h.door, w, r, http.StatusOK, p.Name, v)
}

func (h *Handler) data(w http.ResponseWriter, r *http.Request, list []appraisal.PublicRound) error {
	p, err := find(r, list)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("as") == "json" {
		b, err := json.MarshalIndent(p, "", " ")
		if err != nil {
			return err
		}
		return send(w, b, "application/json; charset=utf-8", p.Name+".json")
	}
	s := official.Sheet{Title: p.Name}
	for _, f := range fields {
		s.Columns = append(s.Columns, official.Column{Title: f.Title})
	}
	s.Rows = func(yield func([]any) bool) {
		for _, x := range p.Results {
			row := make([]any, len(fields))
			for i, f := range fields {
				row[i] = f.of(x)
			}
			if !yield(row) {
				return
			}
		}
	}
	var b bytes.Buffer
	if err := official.WriteCSV(&b, s, official.CSVOptions{BOM: true}); err != nil {
		return err
	}
	return send(w, b.Bytes(), "text/csv; charset=utf-8", p.Name+".csv")
}

func send(w http.ResponseWriter, b []byte, kind, name string) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // once begun, the answer cannot become a page
	return nil
}
