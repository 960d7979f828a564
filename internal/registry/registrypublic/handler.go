package registrypublic

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web/porch"
)

//go:embed views/*.html
var views embed.FS

const (
	findPath  = "/official/"
	checkPath = "/official/check"
	dataPath  = "/official/data"

	perPage = 20
	// maxPage bounds how far a search is paged.
	maxPage = 500
	// maxQuestion and maxAddress are in characters.
	maxQuestion = 60
	maxAddress  = 300
	// perMinute is how many questions one address may ask in a minute.
	perMinute = 60
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

// Handler serves everything below /official/.
type Handler struct {
	c   Config
	mux *http.ServeMux

	door  *porch.Door
	asked porch.Counter

	told publishing.Reading[*directory]
}

// New makes the door.
func New(c Config) *Handler {
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{c: c, mux: http.NewServeMux(), asked: porch.Counter{Clock: c.Clock, PerMinute: perMinute},
		door: &porch.Door{Name: "官方名录", Home: findPath, About: "查询本省政府网站、政务新媒体和域名，核对一个网址是不是官方的。", Kind: "互动交流", Render: c.Render, Log: c.Log}}
	for pattern, fn := range map[string]handle{
		"GET /official/{$}": h.find, "GET /official/check": h.check, "GET /official/data": h.data,
		"GET /official/data.csv": h.csv, "GET /official/data.json": h.json, "/official/": h.nowhere,
	} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /official/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request, d *directory) error

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
	if !h.asked.May(porch.Asker(h.c.Address(r)), 1) {
		h.door.Slow(w, r)
		return
	}
	d, err := h.directory()
	if err != nil {
		if !errors.Is(err, publishing.ErrNoStatement) {
			h.c.Log.ErrorContext(r.Context(), "official directory", "error", err)
		}
		h.door.Problem(w, r, http.StatusServiceUnavailable, "官方名录正在生成，请过几分钟再来。")
		return
	}
	if err := fn(w, r, d); err != nil {
		h.c.Log.ErrorContext(r.Context(), "official directory", "path", r.URL.Path, "error", err)
		h.door.Problem(w, r, http.StatusInternalServerError, "页面暂时打不开，请过几分钟再试。")
	}
}

func (h *Handler) directory() (*directory, error) {
	return h.told.Read(h.c.Store, registry.DirectoryName, h.c.Log, func(st publishing.Statement) (*directory, error) {
		return newDirectory(st.Body, st.Hash, st.Signature)
	})
}

var (
	findView  = porch.Define[findPage](views, "find.html")
	checkView = porch.Define[checkPage](views, "check.html")
	dataView  = porch.Define[dataPage](views, "data.html")
)

func (h *Handler) nowhere(w http.ResponseWriter, r *http.Request, _ *directory) error {
	h.door.Problem(w, r, http.StatusNotFound, "没有这个页面，请从“官方名录”进入。")
	return nil
}

type row struct {
	Name, Kind, Platform, Address, Href, Unit, Area, Main string
}

func rowOf(l registry.Listed) row {
	x := row{Name: l.Name, Kind: l.KindName(), Platform: l.Platform, Address: l.Address, Unit: l.Unit, Area: l.Area}
	if l.Shown != "" {
		x.Address = l.Shown + "（" + l.Address + "）"
	}
	switch {
	case l.Kind == "site" || l.Kind == "domain":
		if l.Address != "" {
			x.Href = "http://" + l.Address + "/"
		}
	case strings.HasPrefix(l.Address, "https://") || strings.HasPrefix(l.Address, "http://"):
		x.Href = l.Address
	}
	if l.Account != "" && x.Address == "" {
		x.Address = l.Account
	}
	if l.Main && l.Kind == "account" {
		x.Main = "主账号"
	}
	return x
}

type option struct {
	Value, Label string
	Chosen       bool
}

type findPage struct {
	Made     string
	Question string
	Kinds    []option
	Asked    bool
	Rows     []row
	Total    int
	Older    string
	Newer    string
}

func cut(s string, n int) string {
	return abridge.Cut(strings.ToValidUTF8(strings.TrimSpace(s), ""), n)
}

func madeText(t time.Time) string { return t.In(calendar.Shanghai).Format("2006-01-02 15:04") }

func (h *Handler) find(w http.ResponseWriter, r *http.Request, d *directory) error {
	q := r.URL.Query()
	p := findPage{Made: madeText(d.Made), Question: cut(q.Get("q"), maxQuestion)}
	kind := q.Get("kind")
	for _, k := range []option{{"", "全部", false}, {"site", "政府网站", false}, {"account", "政务新媒体", false}, {"app", "移动客户端", false}, {"domain", "域名", false}} {
		k.Chosen = k.Value == kind
		if k.Chosen || k.Value == "" {
			p.Asked = p.Asked || k.Chosen && k.Value != ""
		}
		p.Kinds = append(p.Kinds, k)
	}
	p.Asked = p.Asked || p.Question != ""
	if p.Asked {
		page, err := strconv.Atoi(q.Get("p"))
		if err != nil || page < 1 || page > maxPage {
			page = 1
		}
		list, total := d.find(p.Question, kind, perPage, (page-1)*perPage)
		p.Total = total
		for _, l := range list {
			p.Rows = append(p.Rows, rowOf(l))
		}
		at := func(n int) string {
			return findPath + "?" + url.Values{"q": {p.Question}, "kind": {kind}, "p": {strconv.Itoa(n)}}.Encode()
		}
		if page > 1 {
			p.Newer = at(page - 1)
		}
		if page*perPage < total && page < maxPage {
			p.Older = at(page + 1)
		}
	}
	return findView.Render(h.door, w, r, http.StatusOK, "官方名录", p)
}

type checkPage struct {
	Made    string
	Address string
	Asked   bool
	Tone    string // good, warn, info
	Verdict string
	Says    string
	Row     *row
}

func (h *Handler) check(w http.ResponseWriter, r *http.Request, d *directory) error {
	p := checkPage{Made: madeText(d.Made), Address: cut(r.URL.Query().Get("address"), maxAddress)}
	status := http.StatusOK
	if r.URL.Query().Has("address") {
		p.Asked = true
		standing, l, host := d.judge(p.Address)
		shown := registry.ShownHost(host)
		if l.Name != "" {
			x := rowOf(l)
			p.Row = &x
		}
		switch standing {
		case Official:
			p.Tone, p.Verdict, p.Says = "good", "是官方的", "这个地址在官方名录里。"
		case Below:
			p.Tone, p.Verdict, p.Says = "good", "在官方域名之下", "“"+shown+"”本身没有单独登记，它在下列官方域名之下，由该单位管理。"
		case Retired:
			p.Tone, p.Verdict, p.Says = "warn", "已经停用", "“"+shown+"”以前是官方域名，已经注销。现在能打开的页面不是政府网站，请不要填写个人信息。"
		case Lookalike:
			p.Tone, p.Verdict, p.Says = "warn", "不在官方名录里，而且与官方网址相似", "“"+shown+"”不是官方登记的网址，请不要在上面填写个人信息或付款。"
			if p.Row != nil {
				p.Says += "与它相似的官方网址是："
			}
		case Unlisted:
			p.Tone, p.Verdict, p.Says = "info", "没有登记在本省名录里", "“"+shown+"”使用的是政府机关专用的后缀，但不在本省名录里，可能属于国家部委或其他省份，也可能尚未登记。"
		case Unknown:
			p.Tone, p.Verdict, p.Says = "info", "不在官方名录里", "没有找到“"+cut(p.Address, 80)+"”。没有登记不等于假冒；拿不准时请从政府门户网站的链接进入，或拨打 12345。"
		default:
			p.Tone, p.Verdict, p.Says, status = "info", "看不出是网址", "请粘贴完整的网址，例如 www.example.gov.cn 或 https://weibo.com/u/1000000000。", http.StatusUnprocessableEntity
		}
	}
	return checkView.Render(h.door, w, r, status, "这个地址是官方的吗？", p)
}

// column is one column of the open data with its meaning.
type column struct {
	Name, Title, Says string
	value             func(registry.Listed) string
}

var columns = []column{
	{"kind", "类别", "site 政府网站；account 政务新媒体账号；app 移动客户端和小程序；domain 域名", func(l registry.Listed) string { return l.Kind }},
	{"name", "名称", "网站、账号或客户端的名称；域名为所属网站的名称", func(l registry.Listed) string { return l.Name }},
	{"address", "地址", "网站和域名为 ASCII 形式的域名；账号为网址，没有固定网址的为空", func(l registry.Listed) string { return l.Address }},
	{"shown", "中文形式", "中文域名的显示形式", func(l registry.Listed) string { return l.Shown }},
	{"chinese_domain", "中文域名", "网站的主中文域名", func(l registry.Listed) string { return l.Chinese }},
	{"platform", "平台", "账号所在平台", func(l registry.Listed) string { return l.Platform }},
	{"handle", "账号标识", "平台上公开的账号标识", func(l registry.Listed) string { return l.Account }},
	{"unit", "主办单位", "开设并主办的单位", func(l registry.Listed) string { return l.Unit }},
	{"area", "区划", "主办单位所在区划", func(l registry.Listed) string { return l.Area }},
	{"area_code", "区划代码", "12 位", func(l registry.Listed) string { return l.AreaCode }},
	{"site_code", "网站标识码", "政府网站标识码，10 位", func(l registry.Listed) string { return l.SiteCode }},
	{"main", "主账号或主域名", "true 为是", func(l registry.Listed) string { return strconv.FormatBool(l.Main) }},
	{"since", "开设日期", "开设、上线或注册日期，YYYY-MM-DD；不详为空", func(l registry.Listed) string {
		if l.Since.IsZero() {
			return ""
		}
		return l.Since.String()
	}},
}

type dataPage struct {
	Made                          string
	Sites, Accounts, Apps, Domain int
	Columns                       []column
	Hash                          string
}

func (h *Handler) data(w http.ResponseWriter, r *http.Request, d *directory) error {
	return dataView.Render(h.door, w, r, http.StatusOK, "开放数据", dataPage{madeText(d.Made), d.counts["site"], d.counts["account"], d.counts["app"], d.counts["domain"], columns, d.hash})
}

func (h *Handler) csv(w http.ResponseWriter, r *http.Request, d *directory) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.Name
	}
	if err := out.Write(head); err != nil {
		return err
	}
	line := make([]string, len(columns))
	for _, l := range d.Entries {
		for i, c := range columns {
			line[i] = harmless(c.value(l))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return h.send(w, r, d, "text/csv; charset=utf-8", "official.csv", b.Bytes())
}

// harmless keeps a cell from being read as a formula by a spreadsheet.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (h *Handler) json(w http.ResponseWriter, r *http.Request, d *directory) error {
	return h.send(w, r, d, "application/json; charset=utf-8", "official.json", d.body)
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request, d *directory, kind, name string, body []byte) error {
	hd := w.Header()
	hd.Set("Content-Type", kind)
	hd.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	hd.Set("ETag", `"`+d.hash[:32]+`"`)
	hd.Set("Cache-Control", "public, max-age=600")
	// The statement is signed; whoever holds release.pub can check data.json.
	hd.Set("X-Statement-Hash", d.hash)
	hd.Set("X-Statement-Signature", d.sign)
	http.ServeContent(w, r, "", d.Made, bytes.NewReader(body))
	return nil
}
