package inspectionpublic

import (
	"embed"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/percent"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web/porch"
)

//go:embed views/*.html
var views embed.FS

const listPath = "/rules/"

// Config is what the portal around the door gives.
type Config struct {
	Store *publishing.Store
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	Log    *slog.Logger // slog.Default when nil
}

// Handler serves everything below /rules/.
type Handler struct {
	door *porch.Door
	c    Config
	mux  *http.ServeMux

	told publishing.Reading[statement]
}

// statement is what was read, with its bytes and hash.
type statement struct {
	inspection.PublicRules
	body []byte
	hash string
}

// New makes the door.
func New(c Config) *Handler {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{door: &porch.Door{Name: "检查规则", Home: listPath, About: "政府网站与政务新媒体检查规则和准确率。", Kind: "政务公开", Render: c.Render, Log: c.Log}, c: c, mux: http.NewServeMux()}
	for pattern, fn := range map[string]handle{"GET /rules/{$}": h.list, "GET /rules/data.json": h.data, "GET /rules/{id}": h.show, "/rules/": h.nowhere} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /rules/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request, s statement) error

var errNowhere = errors.New("inspectionpublic: no such page")

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
	s, err := h.read()
	if err == nil {
		err = fn(w, r, s)
	}
	switch {
	case err == nil:
	case errors.Is(err, errNowhere):
		h.door.Problem(w, r, http.StatusNotFound, "没有这条检查规则，请从“检查规则”进入。")
	case errors.Is(err, publishing.ErrNoStatement):
		h.door.Problem(w, r, http.StatusServiceUnavailable, "检查规则正在准备，请过几分钟再来。")
	default:
		h.c.Log.ErrorContext(r.Context(), "public rules", "path", r.URL.Path, "error", err)
		h.door.Problem(w, r, http.StatusInternalServerError, "页面暂时打不开，请过几分钟再试。")
	}
}

func (h *Handler) read() (statement, error) {
	return h.told.Read(h.c.Store, inspection.RulesName, h.c.Log, func(st publishing.Statement) (statement, error) {
		s := statement{body: st.Body, hash: st.Hash}
		err := json.Unmarshal(st.Body, &s.PublicRules)
		return s, err
	})
}

var (
	listView = porch.Define[listPage](views, "list.html")
	showView = porch.Define[showPage](views, "show.html")
)

func (h *Handler) nowhere(http.ResponseWriter, *http.Request, statement) error { return errNowhere }

type line struct{ Href, Name, Basis, Severity, Raised, Disputed, False, Right string }

type group struct {
	Name                 string
	Lines                []line // of the family that was asked for, or of all
	Rules, Raised, False int
	judged               int
	Right                string
}

type listPage struct {
	Family, Made, Hash string
	Families           []string
	Groups             []group
	Listed             bool // the rules themselves and not their families
	Rules              int
}

var severityNames = map[string]string{"serious": "严重", "error": "一般", "advice": "提示", string(engine.ByPerson): "由检查人员认定"}

func share(r inspection.PublicRule) string {
	if r.Right < 0 {
		return "尚无申辩"
	}
	return percent.Hundredths(r.Right).Text(2)
}

// The families are chosen with the form and not with links: a machine that follows
// links, our own patrol among them, finds one page here and not a hundred.

// everything asks for the rules of all families on one page.
const everything = "all"

func newList(s statement, family string) listPage {
	v := listPage{Family: family, Listed: family == everything, Made: calendar.DateOf(s.Made).Chinese() + s.Made.In(calendar.Shanghai).Format(" 15:04"), Hash: s.hash, Rules: len(s.Rules)}
	for _, r := range s.Rules {
		if !slices.Contains(v.Families, r.Family) {
			v.Families = append(v.Families, r.Family)
		}
	}
	if !slices.Contains(v.Families, family) {
		v.Family = ""
	}
	v.Listed = v.Listed || v.Family != ""
	for _, r := range s.Rules {
		if v.Family != "" && r.Family != v.Family {
			continue
		}
		if n := len(v.Groups); n == 0 || v.Groups[n-1].Name != r.Family {
			v.Groups = append(v.Groups, group{Name: r.Family})
		}
		g := &v.Groups[len(v.Groups)-1]
		g.Rules, g.Raised, g.False, g.judged = g.Rules+1, g.Raised+r.Raised, g.False+r.False, g.judged+r.False+r.Upheld
		g.Right = share(inspection.PublicRule{Right: -1})
		if g.Raised > 0 && g.judged > 0 {
			g.Right = percent.Of(g.Raised-g.False, g.Raised).Text(2)
		}
		g.Lines = append(g.Lines, line{listPath + r.ID, r.Wrong, basisOf(r), severityNames[r.Severity], strconv.Itoa(r.Raised), strconv.Itoa(r.Disputed), strconv.Itoa(r.False), share(r)})
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request, s statement) error {
	return listView.Render(h.door, w, r, http.StatusOK, "检查规则和准确率", newList(s, r.URL.Query().Get("family")))
}

type showPage struct {
	Rule                                  inspection.PublicRule
	Basis, Severity, Objects, Right, Made string
}

// basisOf is what a rule rests on; where that is not verified, it says so.
func basisOf(r inspection.PublicRule) string {
	says := strings.Join(r.Basis, "；")
	if r.Doubt != "" {
		says += "（未核实）"
	}
	return says
}

func newShow(s statement, r inspection.PublicRule) showPage {
	return showPage{Rule: r, Made: newList(s, "").Made, Basis: basisOf(r), Severity: severityNames[r.Severity], Objects: strings.Join(r.Objects, "、"), Right: share(r)}
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, s statement) error {
	i := slices.IndexFunc(s.Rules, func(x inspection.PublicRule) bool { return x.ID == r.PathValue("id") })
	if i < 0 {
		return errNowhere
	}
	return showView.Render(h.door, w, r, http.StatusOK, s.Rules[i].Wrong, newShow(s, s.Rules[i]))
}

func (h *Handler) data(w http.ResponseWriter, _ *http.Request, s statement) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="rules.json"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(s.body)))
	_, _ = w.Write(s.body) // once begun, the answer cannot become a page
	return nil
}
