package annualpublic

import (
	"bytes"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/annual"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web"
	"zhengshu/internal/web/porch"
)

//go:embed views/*.html
var views embed.FS

const (
	home = "/annual/"

	perPage = 20
	// maxPage bounds how far a list is paged, maxQuestion a question in characters.
	maxPage     = 500
	maxQuestion = 60
	// perMinute is how many pages one address may ask for in a minute, costly
	// counts a document as so many of them.
	perMinute = 120
	costly    = 10
	// maxHeld is how many statements are kept ready.
	maxHeld = 12
)

// Config is what the portal around the door gives.
type Config struct {
	Store *publishing.Store
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	// Address is the asker's network address, for the counters; the
	// connection's when nil.
	Address func(r *http.Request) string
	Clock   calendar.Clock
	Log     *slog.Logger // slog.Default when nil
}

// Handler serves everything below /annual/.
type Handler struct {
	c   Config
	mux *http.ServeMux

	door  *porch.Door
	asked porch.Counter

	mu   sync.Mutex
	held map[string]*held
}

// held is a statement made ready.
type held struct {
	stamp publishing.Stamp
	index annual.Index
	forms []annual.PublicForm
	made  time.Time
	hash  string
	sign  string
}

// New makes the door.
func New(c Config) *Handler {
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{c: c, mux: http.NewServeMux(), held: map[string]*held{}, asked: porch.Counter{Clock: c.Clock, PerMinute: perMinute},
		door: &porch.Door{Name: "年度报表", Home: home, About: "查询本省政府网站工作年度报表、监管年度报表和政务新媒体年度报表。", Kind: "信息公开年报", Render: c.Render, Log: c.Log}}
	for pattern, fn := range map[string]handle{
		"GET /annual/{$}": h.list, "GET /annual/data": h.data, "GET /annual/data/{file}": h.file,
		"GET /annual/{kind}/{year}/{id}": h.form, "GET /annual/{kind}/{year}/{id}/{as}": h.download, "/annual/": h.nowhere,
	} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /annual/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request) error

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
	cost := 1
	if r.PathValue("as") != "" || r.PathValue("file") != "" {
		cost = costly
	}
	if !h.asked.May(porch.Asker(h.c.Address(r)), cost) {
		h.door.Slow(w, r)
		return
	}
	err := fn(w, r)
	if err == nil {
		return
	}
	f := fault.Of(err)
	if f.Kind.Status() >= http.StatusInternalServerError {
		h.c.Log.ErrorContext(r.Context(), "annual forms", "path", r.URL.Path, "error", err)
	}
	h.door.Problem(w, r, f.Kind.Status(), f.Says)
}

// statement reads one that is signed; one stat a request once it is held. What
// was read before stays when a broken one comes.
func (h *Handler) statement(name string) (*held, error) {
	stamp := h.c.Store.StatementStamp(name)
	h.mu.Lock()
	defer h.mu.Unlock()
	have := h.held[name]
	if have != nil && have.stamp == stamp {
		return have, nil
	}
	st, err := h.c.Store.ReadStatement(name)
	if errors.Is(err, publishing.ErrNoStatement) {
		return &held{}, nil
	}
	got := &held{stamp: stamp, hash: st.Hash, sign: st.Signature}
	if err == nil && name == annual.PublicIndex {
		err = json.Unmarshal(st.Body, &got.index)
	} else if err == nil {
		var s annual.Statement
		err = json.Unmarshal(st.Body, &s)
		got.forms, got.made = s.Forms, s.Made
	}
	if err != nil {
		if have != nil {
			h.c.Log.Error("annual forms refused", "statement", name, "error", err)
			have.stamp = stamp
			return have, nil
		}
		return nil, fmt.Errorf("annualpublic: statement %s: %w", name, err)
	}
	if len(h.held) >= maxHeld {
		clear(h.held)
	}
	h.held[name] = got
	return got, nil
}

// forms of a kind and year that the index names; nothing else is looked for.
func (h *Handler) forms(kind annual.Kind, year string) (*held, annual.PublicYear, error) {
	index, err := h.statement(annual.PublicIndex)
	if err != nil {
		return nil, annual.PublicYear{}, err
	}
	i := slices.IndexFunc(index.index.Years, func(y annual.PublicYear) bool { return y.Kind == kind && strconv.Itoa(y.Year) == year })
	if i < 0 {
		return nil, annual.PublicYear{}, fault.New(fault.NotFound, "没有这个年度的年度报表，请从“年度报表”进入。")
	}
	y := index.index.Years[i]
	got, err := h.statement(annual.PublicName(y.Kind, y.Year))
	return got, y, err
}

var (
	listView = porch.Define[listPage](views, "list.html")
	formView = porch.Define[formPage](views, "form.html")
	dataView = porch.Define[dataPage](views, "data.html")
)

func (h *Handler) nowhere(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "没有这个页面，请从“年度报表”进入。")
}

type option struct {
	Value, Label string
	Chosen       bool
}

type row struct{ Name, Href, Unit, Area, On, Edition string }

// listPage is /annual/.
type listPage struct {
	Years, Kinds []option
	Question     string
	Rows         []row
	Total        int
	Title        string
	Newer, Older string
	None         bool // nothing was published yet
}

func linkOf(p annual.PublicForm) string {
	return home + url.PathEscape(string(p.Kind)) + "/" + strconv.Itoa(p.Year) + "/" + strings.ToLower(url.PathEscape(string(p.ID)))
}

func cut(s string, n int) string {
	return abridge.Cut(strings.ToValidUTF8(strings.TrimSpace(s), ""), n)
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	index, err := h.statement(annual.PublicIndex)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := listPage{Question: cut(q.Get("q"), maxQuestion)}
	if len(index.index.Years) == 0 {
		p.None = true
		return listView.Render(h.door, w, r, http.StatusOK, "年度报表", p)
	}
	kind, year := annual.Kind(q.Get("kind")), q.Get("year")
	if kind.Name() == "" {
		kind = annual.SiteForm
		if !slices.ContainsFunc(index.index.Years, func(y annual.PublicYear) bool { return y.Kind == kind }) {
			kind = index.index.Years[0].Kind
		}
	}
	for _, k := range annual.Kinds {
		p.Kinds = append(p.Kinds, option{string(k), k.Name(), k == kind})
	}
	var years []int
	for _, y := range index.index.Years {
		if !slices.Contains(years, y.Year) {
			years = append(years, y.Year)
		}
	}
	if year == "" {
		year = strconv.Itoa(years[0])
		for _, y := range index.index.Years { // newest first: the newest year that has this form
			if y.Kind == kind {
				year = strconv.Itoa(y.Year)
				break
			}
		}
	}
	for _, y := range years {
		p.Years = append(p.Years, option{strconv.Itoa(y), strconv.Itoa(y) + " 年", strconv.Itoa(y) == year})
	}
	p.Title = kind.Name()
	got, _, err := h.forms(kind, year)
	if fault.Is(err, fault.NotFound) {
		return listView.Render(h.door, w, r, http.StatusOK, "年度报表", p)
	}
	if err != nil {
		return err
	}
	want := strings.ToLower(p.Question)
	var found []annual.PublicForm
	for _, f := range got.forms {
		if !f.Replaced && (want == "" || strings.Contains(strings.ToLower(strings.Join([]string{f.Name, f.Unit, f.Area, f.Host, f.SiteCode}, "\n")), want)) {
			found = append(found, f)
		}
	}
	page, err := strconv.Atoi(q.Get("p"))
	if err != nil || page < 1 || page > maxPage {
		page = 1
	}
	p.Total = len(found)
	for _, f := range found[min((page-1)*perPage, len(found)):min(page*perPage, len(found))] {
		x := row{Name: f.Name, Href: linkOf(f), Unit: f.Unit, Area: f.Area, On: f.PublishedOn.String()}
		if f.Edition > 1 {
			x.Edition = fmt.Sprintf("第 %d 版", f.Edition)
		}
		p.Rows = append(p.Rows, x)
	}
	at := func(n int) string {
		return home + "?" + url.Values{"kind": {string(kind)}, "year": {year}, "q": {p.Question}, "p": {strconv.Itoa(n)}}.Encode()
	}
	if page > 1 {
		p.Newer = at(page - 1)
	}
	if page*perPage < len(found) && page < maxPage {
		p.Older = at(page + 1)
	}
	return listView.Render(h.door, w, r, http.StatusOK, "年度报表", p)
}

type cell struct{ Group, Label, Value, Last, From string }

type section struct {
	Name  string
	Cells []cell
	Plain bool
}

type edition struct{ Text, Href string }

// formPage is /annual/{kind}/{year}/{id}.
type formPage struct {
	Unit, On, Until, Why, Newest, Base, SHA256, Source, Note string
	Replaced                                                 bool
	Sections                                                 []section
	Editions                                                 []edition
}

func (h *Handler) find(r *http.Request) (annual.PublicForm, *held, error) {
	got, _, err := h.forms(annual.Kind(r.PathValue("kind")), r.PathValue("year"))
	if err != nil {
		return annual.PublicForm{}, nil, err
	}
	i := slices.IndexFunc(got.forms, func(f annual.PublicForm) bool { return strings.EqualFold(string(f.ID), r.PathValue("id")) })
	if i < 0 {
		return annual.PublicForm{}, nil, fault.New(fault.NotFound, "没有这份年度报表，请从“年度报表”进入。")
	}
	return got.forms[i], got, nil
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request) error {
	f, got, err := h.find(r)
	if err != nil {
		return err
	}
	x, err := f.Sheet()
	if err != nil {
		return err
	}
	p := formPage{Unit: f.Unit, On: f.PublishedOn.Chinese(), Until: f.Until.Chinese(), Base: linkOf(f), SHA256: f.SHA256, Replaced: f.Replaced, Source: x.Def.Source, Note: x.Def.Note}
	if f.Edition > 1 {
		p.Why = f.Why
	}
	for _, s := range x.Def.Sections {
		out := section{Name: s.Name}
		for _, l := range x.Lines {
			if l.Cell.Section != s.ID {
				continue
			}
			c := cell{Group: l.Cell.Group, Label: l.Cell.Name(), Value: l.Printed(), Last: l.Last, From: l.Origin.Name()}
			if l.Cell.Plain {
				out.Plain = true
				c.From = ""
			}
			if l.Origin == annual.ByHand && l.Source != "" {
				c.From += "：" + l.Source
			}
			if l.Typed.Remark != "" {
				c.From += "。说明：" + l.Typed.Remark
			}
			out.Cells = append(out.Cells, c)
		}
		p.Sections = append(p.Sections, out)
	}
	for _, e := range got.forms {
		if e.Object == f.Object && e.ID != f.ID {
			p.Editions = append(p.Editions, edition{e.Title(), linkOf(e)})
			if !e.Replaced {
				p.Newest = linkOf(e)
			}
		}
	}
	return formView.Render(h.door, w, r, http.StatusOK, f.Name+fmt.Sprintf("%d年度", f.Year)+f.Kind.Name(), p)
}

// download answers with the form as a file.
func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	f, _, err := h.find(r)
	if err != nil {
		return err
	}
	x, err := f.Sheet()
	if err != nil {
		return err
	}
	as := r.PathValue("as")
	q := url.Values{}
	switch as {
	case "docx", "pdf":
		q.Set("as", as)
		r.URL.RawQuery = q.Encode()
		return web.SendDocument(w, r, x.Paper(), "年度报表", x.FileName())
	case "xlsx", "csv":
		q.Set("format", as)
		r.URL.RawQuery = q.Encode()
		return web.SendSheet(w, r, x.Table(), x.FileName())
	case "json":
		b, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			return err
		}
		return web.SendFile(w, x.FileName()+".json", "application/json; charset=utf-8", int64(len(b)), bytes.NewReader(b))
	}
	return fault.New(fault.NotFound, "只能下载 docx、pdf、xlsx、csv 和 json。")
}

// term is a line of the data dictionary.
type term struct{ ID, Name, Kind, Unit, Says string }

type dictionary struct {
	Title, Source, Note string
	Terms               []term
}

type set struct {
	Name      string
	Forms     int
	CSV, JSON string
}

// dataPage is /annual/data.
type dataPage struct {
	Sets         []set
	Fields       []term
	Dictionaries []dictionary
}

// fields are those of every form beside its cells.
var fields = []term{
	{"id", "报表编号", "文本", "", "每份报表唯一；更正版另有编号"}, {"kind", "报表类别", "文本", "", "site 政府网站工作年度报表；supervision 监管年度报表；media 政务新媒体年度报表"}, {"year", "年度", "整数", "年", "报表所属年度"},
	{"edition", "版次", "整数", "", "1 为首次公开，2 以上为更正版"}, {"replaced", "已被代替", "是或否", "", "true 表示已由更正版代替"}, {"name", "网站或单位", "文本", "", "网站报表为网站名称，其他为单位名称"}, {"host", "域名", "文本", "", "网站的域名"}, {"site_code", "网站标识码", "文本", "", "10 位"},
	{"unit", "填报单位", "文本", "", ""}, {"area", "区划", "文本", "", "填报单位所在区划"}, {"published_on", "公开日期", "日期", "", "YYYY-MM-DD"}, {"address", "公开网址", "文本", "", "填回全国系统的网址"}, {"sha256", "内容校验值", "文本", "", "审核内容的 SHA-256"},
}

var kindWords = map[annual.CellKind]string{annual.Count: "整数", annual.Number: "数字，最多两位小数", annual.Words: "文本", annual.Choice: "选择", annual.Checks: "多选，以顿号分隔", annual.Day: "日期，YYYY-MM-DD"}

func (h *Handler) data(w http.ResponseWriter, r *http.Request) error {
	index, err := h.statement(annual.PublicIndex)
	if err != nil {
		return err
	}
	p := dataPage{Fields: fields}
	for _, y := range index.index.Years {
		base := "/annual/data/" + string(y.Kind) + "-" + strconv.Itoa(y.Year)
		p.Sets = append(p.Sets, set{fmt.Sprintf("%d 年 %s", y.Year, y.Kind.Name()), y.Forms, base + ".csv", base + ".json"})
	}
	all, err := annual.Definitions()
	if err != nil {
		return err
	}
	for _, d := range all {
		x := dictionary{Title: fmt.Sprintf("%s（第 %d 版）", d.Title, d.Version), Source: d.Source, Note: d.Note}
		for _, c := range d.Cells {
			if c.Plain {
				continue
			}
			says := c.Says
			if len(c.Options) > 0 {
				says = "选项：" + strings.Join(c.Options, "、")
			}
			if c.Formula != nil {
				says = c.Formula.Percent[0] + " 除以 " + c.Formula.Percent[1]
			}
			x.Terms = append(x.Terms, term{c.ID, c.Name(), kindWords[c.Kind], c.Unit, says})
		}
		p.Dictionaries = append(p.Dictionaries, x)
	}
	return dataView.Render(h.door, w, r, http.StatusOK, "年度报表开放数据", p)
}

// file is the open data of a kind and year. Who signs a form, with the
// telephone, is on the form and not in the data.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	name, as, _ := strings.Cut(r.PathValue("file"), ".")
	kind, year, _ := strings.Cut(name, "-")
	got, y, err := h.forms(annual.Kind(kind), year)
	if err != nil {
		return err
	}
	plain := map[string]bool{}
	var columns []annual.Cell
	all, err := annual.Definitions()
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Kind != y.Kind {
			continue
		}
		for _, c := range d.Cells {
			plain[c.ID] = plain[c.ID] || c.Plain
			if !c.Plain && !slices.ContainsFunc(columns, func(o annual.Cell) bool { return o.ID == c.ID }) {
				columns = append(columns, c)
			}
		}
	}
	var b bytes.Buffer
	switch as {
	case "json":
		out := annual.Statement{Made: got.made}
		for _, f := range got.forms {
			f.Cells = slices.DeleteFunc(slices.Clone(f.Cells), func(c annual.PublicCell) bool { return plain[c.Cell] })
			out.Forms = append(out.Forms, f)
		}
		if err := json.NewEncoder(&b).Encode(out); err != nil {
			return err
		}
		return web.SendFile(w, name+".json", "application/json; charset=utf-8", int64(b.Len()), &b)
	case "csv":
		b.WriteString("\ufeff")
		out := csv.NewWriter(&b)
		head := make([]string, 0, len(fields)+len(columns))
		for _, f := range fields {
			head = append(head, f.ID)
		}
		for _, c := range columns {
			head = append(head, c.ID)
		}
		if err := out.Write(head); err != nil {
			return err
		}
		for _, f := range got.forms {
			line := []string{string(f.ID), string(f.Kind), strconv.Itoa(f.Year), strconv.Itoa(f.Edition), strconv.FormatBool(f.Replaced), f.Name, f.Host, f.SiteCode, f.Unit, f.Area, f.PublishedOn.String(), f.Address, f.SHA256}
			values := map[string]string{}
			for _, c := range f.Cells {
				values[c.Cell] = c.Value
			}
			for _, c := range columns {
				line = append(line, values[c.ID])
			}
			for i := range line {
				line[i] = harmless(line[i])
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return err
		}
		return web.SendFile(w, name+".csv", "text/csv; charset=utf-8", int64(b.Len()), &b)
	}
	return fault.New(fault.NotFound, "开放数据只有 csv 和 json。")
}

// harmless keeps a cell from being read as a formula by a spreadsheet.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
