package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/fault"
)

// Problem is application/problem+json (RFC 9457) as this house fills it.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance,omitempty"` // the request's number
	Kind     fault.Kind     `json:"kind"`
	Fields   []fault.Field  `json:"fields,omitempty"`
	Reasons  []fault.Reason `json:"reasons,omitempty"`
}

// ProblemOf is the fault as a problem document.
func ProblemOf(f *fault.Error) Problem {
	return Problem{Type: "about:blank", Title: titles[f.Kind], Status: f.Kind.Status(), Detail: f.Says, Kind: f.Kind, Fields: f.Fields, Reasons: f.Reasons}
}

// titles say the kind of wrong in few words.
var titles = map[fault.Kind]string{
	fault.Invalid:     "有内容需要改正",
	fault.Refused:     "按规定不能这样办",
	fault.NotFound:    "没有找到",
	fault.Forbidden:   "没有权限",
	fault.SignIn:      "请先登录",
	fault.Conflict:    "内容已有变化",
	fault.TooLarge:    "内容太大",
	fault.TooMany:     "操作太频繁",
	fault.Unavailable: "暂时不能使用",
	fault.Internal:    "系统出了问题",
	fault.Gone:        "内容已撤下",
	fault.Misdirected: "网址不属于本系统",
}

// WriteFault answers with the fault inside err: a page, or a problem document
// when the path begins with /api/ or the reader asks for JSON. It is the one
// place where an error becomes a status.
func WriteFault(w http.ResponseWriter, r *http.Request, err error) {
	writeFault(w, r, err, 0)
}

// writeFault is WriteFault with a status of its own; 0 takes the kind's.
func writeFault(w http.ResponseWriter, r *http.Request, err error, status int) {
	f := fault.Of(err)
	if status == 0 {
		status = f.Kind.Status()
	}
	id := RequestID(r.Context())
	if status >= 500 {
		log(r).ErrorContext(r.Context(), "fault", "request", id, "method", r.Method, "path", r.URL.Path, "error", err)
	} else {
		log(r).DebugContext(r.Context(), "fault", "request", id, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody reads the answer
	}
	if wantsProblem(r) {
		w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		w.WriteHeader(status)
		p := ProblemOf(f)
		p.Status, p.Instance = status, id
		_ = json.NewEncoder(w).Encode(p)
		return
	}
	if err := faultPage.RenderStatus(w, r, status, newFaultView(r, f, nil)); err != nil {
		log(r).ErrorContext(r.Context(), "fault page", "request", id, "error", err)
		http.Error(w, f.Says, status)
	}
}

func log(r *http.Request) *slog.Logger {
	if q := requestFrom(r.Context()); q != nil {
		return q.rt.c.Log
	}
	return slog.Default()
}

// wantsProblem reports whether a program asks: below /api/, or JSON accepted
// and HTML not.
func wantsProblem(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// faultView is the page of a fault.
type faultView struct {
	Heading  string
	Says     string
	Fields   []fault.Field
	Breaches Breaches
	Kept     []Field // what was typed, for copying
	Back     string  // address of the form
	Login    string  // address of the login page, when signing in is the cure
	ID       string
}

// Title is the document's title.
func (v faultView) Title() string { return v.Heading }

func newFaultView(r *http.Request, f *fault.Error, kept []Field) faultView {
	v := faultView{Heading: titles[f.Kind], Says: f.Says, Fields: f.Fields, Kept: kept, ID: RequestID(r.Context())}
	if len(f.Reasons) > 0 {
		v.Breaches = BreachesOf(f)
	}
	if back := refererPath(r); back != "" && r.Method != http.MethodGet {
		v.Back = back
	}
	if q := requestFrom(r.Context()); q != nil && f.Kind == fault.SignIn {
		v.Login = q.rt.login(r)
	}
	return v
}

// showKept answers a refused form with what was typed into it.
func showKept(w http.ResponseWriter, r *http.Request, f *fault.Error) error {
	if wantsProblem(r) {
		return f
	}
	if r.PostForm == nil {
		_ = r.ParseForm() // proven by a header, so not read yet; what cannot be read cannot be shown
	}
	log(r).InfoContext(r.Context(), "form refused", "request", RequestID(r.Context()), "path", r.URL.Path, "kind", string(f.Kind))
	return faultPage.RenderStatus(w, r, f.Kind.Status(), newFaultView(r, f, kept(r)))
}

// secretWords mark field names whose value is never shown again.
var secretWords = []string{"pass", "secret", "otp", "token", "captcha", "credential"}

// kept lists the posted fields a person typed, as read-only areas to copy
// from. It offers no button to post them again: without a valid token nobody
// can tell whether this person typed them.
func kept(r *http.Request) []Field {
	var out []Field
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lower := strings.ToLower(name)
		if strings.HasPrefix(name, "_") || slices.ContainsFunc(secretWords, func(s string) bool { return strings.Contains(lower, s) }) {
			continue
		}
		for i, value := range r.PostForm[name] {
			if strings.TrimSpace(value) == "" {
				continue
			}
			key := "kept-" + name
			if i > 0 {
				key += "-" + url.QueryEscape(numberText(i+1))
			}
			out = append(out, Field{Kind: TextArea, Name: key, Label: "您填写的“" + name + "”", Value: value, ReadOnly: true, Rows: min(8, 1+len([]rune(value))/40)})
		}
	}
	return out
}

var faultPage = Define(views, "pages/fault.html",
	faultView{Heading: "没有找到", Says: "没有找到这个站点，它可能已被移走，或不在您的管辖范围内。", ID: "01JD0000000000000000000000"},
	faultView{Heading: "按规定不能这样办", Says: "本年度已临时下线 1 次，不能再次申请；如遇不可抗力，请改用“紧急关停报备”。", ID: "01JD0000000000000000000001", Back: "/console/sites/1/offline",
		Breaches: Breaches{Title: "依据", Items: []Breach{{Citation: "陕政公开办〔2021〕18号 第八条（一）", Says: "每年临时下线不得超过1次", ID: "S8.1a.once"}}}},
	faultView{Heading: "内容已有变化", Says: "这个页面打开太久，本次没有提交。", Kept: []Field{{Kind: TextArea, Name: "kept-reason", Label: "您填写的“reason”", Value: `<script>alert(1)</script>`, ReadOnly: true, Rows: 2}}, Login: "/console/login", ID: "x"},
)
