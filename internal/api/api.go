// Package api is the door for programs: JSON over HTTP below /api/v1, described
// by OpenAPI 3.1 at /api/v1/openapi.json.
//
// A caller shows a bearer token and has exactly the posts of its login: the
// same permissions, the same scope, the same services as on the screens. Faults
// are application/problem+json and carry the articles they rest on. It decides
// nothing that a screen does not decide. What programs tell is taken as the same
// thing told on a screen is: the answer names each row that was refused.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/signin"
	"zhengshu/internal/web"
)

// Services are the doors of the modules the API answers from.
type Services struct {
	Signin      *signin.Service
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	NewMedia    *newmedia.Service
	Rules       rules.Book
	Version     string
}

type door struct{ s Services }

// New is the handler of /api/v1.
func New(s Services) http.Handler {
	// huma's own validation errors take the house's form.
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := &problem{web.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: msg}}
		for _, err := range errs {
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				e := d.ErrorDetail()
				p.Fields = append(p.Fields, fault.Field{Name: e.Location, Says: e.Message})
			} else if err != nil {
				p.Fields = append(p.Fields, fault.Field{Says: err.Error()})
			}
		}
		return p
	}
	mux := http.NewServeMux()
	c := huma.DefaultConfig("政枢 Zhengshu", s.Version)
	c.Info.Description = "政府网站与政务新媒体监管发布平台接口。错误以 application/problem+json 返回，并写明依据的条款。"
	c.OpenAPIPath = "/api/v1/openapi"
	c.SchemasPath = "/api/v1/schemas"
	c.DocsPath = ""
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	api := humago.New(mux, c)
	d := &door{s}
	register(api, d, http.MethodGet, "list-sites", "/api/v1/sites", "站点台账", authz.RegistryRead, d.sites)
	register(api, d, http.MethodGet, "get-site", "/api/v1/sites/{id}", "一个站点", authz.RegistryRead, d.site)
	register(api, d, http.MethodGet, "list-units", "/api/v1/units", "单位", authz.OrgRead, d.units)
	register(api, d, http.MethodGet, "list-obligations", "/api/v1/obligations", "义务和时限", authz.ObligationRead, d.obligations)
	register(api, d, http.MethodGet, "list-rules", "/api/v1/rules", "规则和条款", authz.SignedIn, d.rules)
	register(api, d, http.MethodPost, "tell-account-posts", "/api/v1/account-posts", "报送新媒体账号的发布数据", authz.InspectionRun, d.tellPosts)
	register(api, d, http.MethodPost, "tell-account-sighting", "/api/v1/account-sightings", "报送从平台接口查到的账号情况", authz.InspectionRun, d.tellSighting)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		web.WriteFault(w, r, fault.New(fault.NotFound, "没有这个接口，或它不接受这种操作。接口说明见 /api/v1/openapi.json。"))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})
}

// Caller is what every operation needs: the bearer token. It is exported since huma
// passes over what is embedded otherwise.
type Caller struct {
	Authorization string `header:"Authorization" doc:"Bearer 令牌，由 zhengshu token create 生成"`
}

func (c Caller) token() string { return c.Authorization }

type authorized interface{ token() string }

// mostBody is how long what a program tells may be at a time, in bytes.
const mostBody = 4 << 20

// register adds an operation that asks for one permission, as a route does.
func register[In any, Out any](api huma.API, d *door, method, id, path, says string, permit authz.Permission, fn func(ctx context.Context, scope authz.Scope, in *In) (*Out, error)) {
	huma.Register(api, huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: says, Description: "权限：" + authz.Describe[permit], MaxBodyBytes: mostBody,
		Security: []map[string][]string{{"token": {}}}, Errors: []int{401, 403, 404, 422},
	}, func(ctx context.Context, in *In) (*Out, error) {
		who, _ := any(*in).(authorized)
		session, err := d.enter(ctx, who)
		if err != nil {
			return nil, problemOf(err)
		}
		if !session.May(permit) {
			return nil, problemOf(fault.New(fault.Forbidden, "这个令牌没有“"+authz.Describe[permit]+"”的权限。"))
		}
		ctx = authz.WithSession(audit.WithActor(ctx, audit.Actor{Kind: "token", ID: session.PersonID, Name: session.Name}), session)
		out, err := fn(ctx, session.ScopeFor(permit), in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
}

func (d *door) enter(ctx context.Context, c authorized) (*authz.Session, error) {
	if c == nil {
		return nil, fault.New(fault.Internal, "")
	}
	token, ok := strings.CutPrefix(c.token(), "Bearer ")
	if !ok {
		return nil, fault.New(fault.SignIn, "请在 Authorization 头中提供 Bearer 令牌。")
	}
	return d.s.Signin.ByToken(ctx, token)
}

// problem is a fault as huma sends it.
type problem struct{ web.Problem }

func (p *problem) Error() string             { return p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return "application/problem+json" }

func problemOf(err error) error {
	f := fault.Of(err)
	return &problem{web.ProblemOf(f)}
}

// Page is the paging of every list.
type Page struct {
	Limit  int `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"每页条数"`
	Offset int `query:"offset" minimum:"0" doc:"跳过的条数"`
}

type sitesIn struct {
	Caller
	Page
	Text  string `query:"q" maxLength:"100" doc:"名称、域名、标识码、单位或拼音首字母"`
	Kind  string `query:"kind" enum:"portal,department"`
	State string `query:"state" enum:"planned,running,temporarily_offline,exited,closed"`
}

// site is a site as programs see it.
type site struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Kind          string   `json:"kind"`
	Unit          string   `json:"unit"`
	Host          string   `json:"host"`
	ChineseDomain string   `json:"chinese_domain"`
	State         string   `json:"state"`
	SiteCode      string   `json:"site_code"`
	ICP           string   `json:"icp"`
	PoliceFiling  string   `json:"police_filing"`
	LaunchedOn    string   `json:"launched_on"`
	Monitored     bool     `json:"monitored"`
	Gaps          []string `json:"gaps" doc:"台账缺少的法定标识"`
}

func siteOf(s registry.Site) site {
	gaps := s.Gaps()
	if gaps == nil {
		gaps = []string{}
	}
	return site{string(s.ID), s.Name, string(s.Kind), s.UnitName, s.Host, s.ChineseDomain, s.State, s.SiteCode, s.ICP, s.PoliceFiling, s.LaunchedOn.String(), s.Monitored, gaps}
}

type list[T any] struct {
	Body struct {
		Total int `json:"total"`
		Items []T `json:"items"`
	}
}

func listOf[T any](total int, items []T) *list[T] {
	l := &list[T]{}
	l.Body.Total, l.Body.Items = total, items
	if items == nil {
		l.Body.Items = []T{}
	}
	return l
}

func (d *door) sites(ctx context.Context, scope authz.Scope, in *sitesIn) (*list[site], error) {
	found, total, err := d.s.Registry.Sites(ctx, scope, registry.SiteFilter{Text: in.Text, Kind: registry.SiteKind(in.Kind), State: in.State, Limit: in.Limit, Offset: in.Offset})
	out := make([]site, 0, len(found))
	for _, s := range found {
		out = append(out, siteOf(s))
	}
	return listOf(total, out), err
}

type oneIn struct {
	Caller
	ID string `path:"id"`
}

type oneSite struct{ Body site }

func (d *door) site(ctx context.Context, scope authz.Scope, in *oneIn) (*oneSite, error) {
	s, err := d.s.Registry.Site(ctx, scope, registry.SiteID(in.ID))
	return &oneSite{siteOf(s)}, err
}

type unitsIn struct {
	Caller
	Page
	Text string `query:"q" maxLength:"100" doc:"名称或拼音首字母"`
}

type unit struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Level string `json:"level"`
	Area  string `json:"area"`
}

func (d *door) units(ctx context.Context, scope authz.Scope, in *unitsIn) (*list[unit], error) {
	found, total, err := d.s.Org.Units(ctx, scope, org.UnitFilter{Text: in.Text, Limit: in.Limit, Offset: in.Offset})
	out := make([]unit, 0, len(found))
	for _, u := range found {
		out = append(out, unit{string(u.ID), u.Name, string(u.Kind), string(u.Level), u.AreaCode})
	}
	return listOf(total, out), err
}

type obligationsIn struct {
	Caller
	Page
	Overdue bool `query:"overdue" doc:"只看超期的"`
}

type debt struct {
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	Article     string `json:"article"`
	Unit        string `json:"unit"`
	Subject     string `json:"subject"`
	DueOn       string `json:"due_on"`
	Provisional bool   `json:"provisional" doc:"节假日安排未公布，期限可能变动"`
	State       string `json:"state"`
}

func (d *door) obligations(ctx context.Context, scope authz.Scope, in *obligationsIn) (*list[debt], error) {
	found, err := d.s.Obligations.Obligations(ctx, scope, obligation.Filter{Overdue: in.Overdue, Limit: in.Limit, Offset: in.Offset})
	out := make([]debt, 0, len(found))
	for _, o := range found {
		k, _ := d.s.Obligations.KindOf(o.Kind)
		out = append(out, debt{o.Kind, k.Name, k.Citation, o.UnitName, o.Subject.Name, o.Due.On.String(), o.Due.Provisional, o.State})
	}
	return listOf(len(out), out), err
}

type rulesIn struct{ Caller }

type rule struct {
	ID        string `json:"id"`
	Clause    string `json:"clause"`
	Article   string `json:"article"`
	Says      string `json:"says"`
	Effective string `json:"effective"`
}

func (d *door) rules(_ context.Context, _ authz.Scope, _ *rulesIn) (*list[rule], error) {
	var out []rule
	for _, r := range d.s.Rules.All() {
		out = append(out, rule{r.ID, r.Clause, r.Citation, r.Says, r.Effective.String()})
	}
	return listOf(len(out), out), nil
}

type postsIn struct {
	Caller
	Body struct {
		Posts []post `json:"posts" minItems:"1" maxItems:"5000" doc:"一次最多 5000 条，重复报送的只记一次"`
	}
}

// post is a post of an account as a program tells it.
type post struct {
	Account  string `json:"account" doc:"账号网址、平台内部标识或账号名称"`
	PostedOn string `json:"posted_on" doc:"发布日期（2026-11-23）或时间（RFC 3339）"`
	Title    string `json:"title,omitempty"`
	URL      string `json:"url,omitempty"`
	Original *bool  `json:"original,omitempty" doc:"是否原创；不知道的不写"`
}

type report struct{ Body intake.Report }

func (d *door) tellPosts(ctx context.Context, scope authz.Scope, in *postsIn) (*report, error) {
	list := make([]newmedia.Posted, 0, len(in.Body.Posts))
	for _, p := range in.Body.Posts {
		own := ""
		if p.Original != nil {
			own = map[bool]string{true: "是", false: "否"}[*p.Original]
		}
		list = append(list, newmedia.Posted{Account: p.Account, On: p.PostedOn, Title: p.Title, URL: p.URL, Original: own})
	}
	rep, err := d.s.NewMedia.TakePosts(ctx, scope, list)
	return &report{rep}, err
}

type sightingIn struct {
	Caller
	Body struct {
		Account     string          `json:"account" doc:"账号网址、平台内部标识或账号名称"`
		SeenOn      string          `json:"seen_on" doc:"查询日期（2026-11-23）"`
		Link        string          `json:"link" doc:"账号页面或所查接口的网址"`
		Name        string          `json:"seen_name,omitempty" doc:"平台显示的名称"`
		VerifiedAs  string          `json:"seen_subject,omitempty" doc:"平台显示的认证主体"`
		LastPost    string          `json:"last_post,omitempty" doc:"最近一条的发布日期"`
		LastOwn     string          `json:"last_own,omitempty" doc:"最近一条原创的日期"`
		Interaction *bool           `json:"interaction,omitempty" doc:"能否留言、评论或私信；不知道的不写"`
		Note        string          `json:"note,omitempty"`
		Answer      json.RawMessage `json:"answer" doc:"平台接口返回的原文，作为凭据保存，不超过 256 KB"`
	}
}

type sighted struct {
	Body struct {
		Account  string `json:"account" doc:"账号编号"`
		Recorded bool   `json:"recorded" doc:"当天已经报送过同样情况的为 false"`
	}
}

func (d *door) tellSighting(ctx context.Context, scope authz.Scope, in *sightingIn) (*sighted, error) {
	b := in.Body
	n := newmedia.Receipt{Link: b.Link, SeenName: b.Name, SeenSubject: b.VerifiedAs, Note: b.Note}
	if b.Interaction != nil {
		n.Interaction = map[bool]string{true: "yes", false: "no"}[*b.Interaction]
	}
	for _, x := range []struct {
		name, says string
		into       *calendar.Date
	}{{"seen_on", b.SeenOn, &n.SeenOn}, {"last_post", b.LastPost, &n.LastPost}, {"last_own", b.LastOwn, &n.LastOwn}} {
		if x.says == "" {
			continue
		}
		var err error
		if *x.into, err = calendar.ParseDate(x.says); err != nil {
			return nil, fault.Newf(fault.Invalid, "%s 不是日期，应写作 2026-11-23。", x.name).On(x.name, "应写作 2026-11-23").From(err)
		}
	}
	id, fresh, err := d.s.NewMedia.RecordAnswer(ctx, scope, authz.SessionFrom(ctx), b.Account, n, b.Answer)
	out := &sighted{}
	out.Body.Account, out.Body.Recorded = string(id), fresh
	return out, err
}
