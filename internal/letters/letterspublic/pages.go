package letterspublic

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
	"zhengshu/internal/web/porch"
)

// guide is /letters/.
type guide struct {
	Site  string
	Days  int
	Types string
}

func (h *Handler) guide(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	name, _, err := h.desk.Site(r.Context(), site)
	if err != nil {
		return err
	}
	var types []string
	for _, t := range letters.Types {
		types = append(types, t.Name())
	}
	return guideView.Render(h.door, w, r, http.StatusOK, "互动交流", guide{name, letters.ReplyDays, strings.Join(types, "、")})
}

// form is /letters/new.
type form struct {
	Token    string
	Says     string // what was wrong with the whole
	Wrong    []wrong
	Type     choice
	Title    field
	Body     field
	Name     field
	Phone    field
	Email    field
	Consent  bool
	Trap     string
	MaxTitle int
	MaxBody  int
	MaxName  int
	Days     int
}

type wrong struct{ Name, Says string }

type field struct{ Value, Error string }

type choice struct {
	Options []option
	Error   string
}

type option struct {
	Value, Label string
	Chosen       bool
}

func newForm(token string, v url.Values, err error) form {
	f := form{Token: token, MaxTitle: letters.MaxTitle, MaxBody: letters.MaxBody, MaxName: letters.MaxName, Days: letters.ReplyDays,
		Title: field{Value: v.Get("title")}, Body: field{Value: v.Get("body")}, Name: field{Value: v.Get("name")}, Phone: field{Value: v.Get("phone")},
		Email: field{Value: v.Get("email")}, Consent: v.Get("consent") != "", Trap: v.Get("website")}
	for _, t := range letters.Types {
		f.Type.Options = append(f.Type.Options, option{string(t), t.Name(), v.Get("type") == string(t)})
	}
	if err == nil {
		return f
	}
	x := fault.Of(err)
	f.Says = x.Says
	errors := map[string]*string{"type": &f.Type.Error, "title": &f.Title.Error, "body": &f.Body.Error, "name": &f.Name.Error, "phone": &f.Phone.Error, "email": &f.Email.Error}
	for _, w := range x.Fields {
		if at := errors[w.Name]; at != nil {
			*at = w.Says
			f.Wrong = append(f.Wrong, wrong{w.Name, w.Says})
		}
	}
	return f
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	return formView.Render(h.door, w, r, http.StatusOK, "我要写信", newForm(h.desk.FormToken(site), begun(r.URL.Query()), nil))
}

// begun fills in what the way here tells: an error report (找错) names the page
// it came from, so that nobody copies an address by hand.
func begun(q url.Values) url.Values {
	if q.Get("type") != "error" {
		return nil
	}
	v := url.Values{"type": {string(letters.Other)}, "title": {"网站找错"}}
	body := "哪里有错：\n\n应当怎样：\n"
	if page := q.Get("page"); strings.HasPrefix(page, "/") && len(page) <= 200 && !strings.ContainsFunc(page, unicode.IsControl) {
		body = "有错的页面：" + page + "\n\n" + body
	}
	v.Set("body", body)
	return v
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	v, err := h.posted(w, r)
	if err != nil {
		return err
	}
	sealed, err := h.desk.Receive(r.Context(), site, letters.Submission{
		Type: letters.Type(v.Get("type")), Title: v.Get("title"), Body: v.Get("body"), Name: v.Get("name"), Phone: v.Get("phone"), Email: v.Get("email"),
		Consent: v.Get("consent") != "", Trap: v.Get("website"), Token: v.Get("token"), Address: porch.Asker(h.c.Address(r)),
	})
	if err == nil {
		http.Redirect(w, r, receiptPath+"?"+url.Values{"r": {sealed}}.Encode(), http.StatusSeeOther)
		return nil
	}
	f := fault.Of(err)
	switch f.Kind {
	case fault.Invalid, fault.TooMany, fault.Unavailable:
	default:
		return err
	}
	// The token stays while it is good: a form sent twice is still one letter.
	token := v.Get("token")
	if slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Name == "token" }) {
		token = h.desk.FormToken(site)
	}
	status := http.StatusUnprocessableEntity
	if f.Kind != fault.Invalid {
		status = f.Kind.Status()
	}
	return formView.Render(h.door, w, r, status, "我要写信", newForm(token, v, err))
}

// receipt is /letters/receipt.
type receipt struct {
	Number, Type, Code, Due, At string
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Shanghai).Format("2006年1月2日 15:04")
}

func (h *Handler) receipt(w http.ResponseWriter, r *http.Request, _ registry.SiteID) error {
	x, err := h.desk.OpenReceipt(r.URL.Query().Get("r"))
	if err != nil {
		f := fault.Of(err)
		f.Cause = nil // a stale address is no trouble of ours
		return f
	}
	return receiptView.Render(h.door, w, r, http.StatusOK, "来信已收到", receipt{x.Number, x.Type.Name(), x.Code[:5] + " " + x.Code[5:], x.Due.Chinese(), minute(x.At)})
}

// query is /letters/query.
type query struct {
	Says string
	Code string
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request, _ registry.SiteID) error {
	return queryView.Render(h.door, w, r, http.StatusOK, "查询办理进度", query{})
}

// follow is the answer to a query.
type follow struct {
	Number, Type, Title, State, Unit, Received, Due, Answered, Reason string
	Provisional                                                       bool
	Answer                                                            []string
	Steps                                                             []step
	Code, Last4                                                       string // to fetch the answer as a document, once there is one
}

type step struct{ At, Says string }

func (h *Handler) find(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	v, err := h.posted(w, r)
	if err != nil {
		return err
	}
	x, err := h.desk.Find(r.Context(), site, v.Get("code"), v.Get("last4"), porch.Asker(h.c.Address(r)))
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.TooMany) {
		f := fault.Of(err)
		status := http.StatusUnprocessableEntity
		if f.Kind == fault.TooMany {
			status = f.Kind.Status()
		}
		return queryView.Render(h.door, w, r, status, "查询办理进度", query{f.Says, v.Get("code")})
	}
	if err != nil {
		return err
	}
	if r.URL.Query().Has("as") {
		paper, err := x.Paper()
		if err != nil {
			return err
		}
		return web.SendDocument(w, r, paper.Document(), "答复", "答复-"+x.Number)
	}
	p := follow{Number: x.Number, Type: x.Type.Name(), Title: x.Title, State: x.State, Unit: x.Unit, Received: minute(x.ReceivedAt), Due: x.Due.On.Chinese(),
		Provisional: x.Due.Provisional, Answered: minute(x.AnsweredAt), Reason: x.Reason, Answer: lines(x.Answer)}
	if x.Answer != "" {
		p.Code, p.Last4 = v.Get("code"), v.Get("last4")
	}
	for _, s := range x.Steps {
		p.Steps = append(p.Steps, step{minute(s.At), s.Says})
	}
	return followView.Render(h.door, w, r, http.StatusOK, "办理进度", p)
}

// replies is /letters/replies.
type replies struct {
	List         []line
	Total        int
	Newer, Older string
}

type line struct{ Href, Title, Type, Unit, On string }

func (h *Handler) replies(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	page := pageOf(r)
	list, total, err := h.desk.Replies(r.Context(), site, perPage, (page-1)*perPage)
	if err != nil {
		return err
	}
	if page > 1 && len(list) == 0 {
		return fault.New(fault.NotFound, "没有这一页，请回到公开答复的第一页。")
	}
	p := replies{Total: total}
	for _, y := range list {
		p.List = append(p.List, line{repliesPath + "/" + string(y.ID), y.Title, y.Type.Name(), y.Unit, y.AnsweredOn.String()})
	}
	if page > 1 {
		p.Newer = repliesPath + "?p=" + strconv.Itoa(page-1)
	}
	if page*perPage < total {
		p.Older = repliesPath + "?p=" + strconv.Itoa(page+1)
	}
	return repliesView.Render(h.door, w, r, http.StatusOK, "公开答复", p)
}

// reply is /letters/replies/{id}.
type reply struct {
	Number, Type, Unit, Received, Answered string
	Body, Answer                           []string
	File                                   string // address of the document, without its form
}

func (h *Handler) reply(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	y, err := h.desk.Reply(r.Context(), site, letters.LetterID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if r.URL.Query().Has("as") {
		return web.SendDocument(w, r, y.Paper().Document(), "答复", "答复-"+y.Number)
	}
	return replyView.Render(h.door, w, r, http.StatusOK, y.Title, reply{y.Number, y.Type.Name(), y.Unit, y.ReceivedOn.Chinese(), y.AnsweredOn.Chinese(), lines(y.Body), lines(y.Answer), repliesPath + "/" + string(y.ID) + "?as="})
}

// statistics is /letters/statistics, counted when it is asked for.
type statistics struct {
	At    string
	Total []figure
	Rate  string
	Type  grid
	Month grid
}

type figure struct {
	Name string
	N    int
}

// grid is a table of figures; the first head names the rows.
type grid struct {
	Caption string
	Heads   []string
	Rows    []gridRow
}

type gridRow struct {
	Name string
	N    []int
	Rate string
}

// published are the figures the public reads.
var published = []letters.Measure{letters.MeasureReceived, letters.MeasureAccepted, letters.MeasureAnswered, letters.MeasureOnTime, letters.MeasureLate, letters.MeasurePublished}

// short heads let seven columns stand on a phone.
func short(m letters.Measure) string {
	switch m {
	case letters.MeasureOnTime:
		return "按时"
	case letters.MeasurePublished:
		return "公开"
	}
	return m.Name()
}

func rate(c letters.Counts) string {
	if p := c.OnTimePercent(); p >= 0 {
		return strconv.Itoa(p) + "%"
	}
	return "—"
}

func newGrid(caption, head string, list []letters.Counts) grid {
	g := grid{Caption: caption, Heads: []string{head}}
	for _, m := range published {
		g.Heads = append(g.Heads, short(m))
	}
	g.Heads = append(g.Heads, "按时率")
	for _, c := range list {
		row := gridRow{Name: c.Name, Rate: rate(c)}
		for _, m := range published {
			row.N = append(row.N, c.N[m])
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

func (h *Handler) statistics(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	f, err := h.desk.Figures(r.Context(), site)
	if err != nil {
		return err
	}
	p := statistics{At: minute(f.At), Rate: rate(f.Total), Type: newGrid("按类型", "类型", f.ByType), Month: newGrid("按收到的月份", "月份", f.ByMonth)}
	for _, m := range published {
		p.Total = append(p.Total, figure{short(m), f.Total.N[m]})
	}
	return statisticsView.Render(h.door, w, r, http.StatusOK, "来信办理统计", p)
}

// lines splits text, empty lines aside.
func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
