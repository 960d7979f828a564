package letterspublic

import (
	"bytes"
	"context"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/seal"
	"zhengshu/internal/web/porch"
	"zhengshu/internal/web/webtest"
)

// portalScript is the portal's own script, which is in every page of a site and
// may be missing.
var portalScript = regexp.MustCompile(`<script src="/theme/portal\.[0-9a-f]+\.js"></script>`)

func TestViewsFitTheirTypes(t *testing.T) {
	for name, err := range map[string]error{
		"guide": templatecheck.CheckHTML(guideView.Template(), guide{}), "form": templatecheck.CheckHTML(formView.Template(), form{}), "receipt": templatecheck.CheckHTML(receiptView.Template(), receipt{}),
		"query": templatecheck.CheckHTML(queryView.Template(), query{}), "follow": templatecheck.CheckHTML(followView.Template(), follow{}), "replies": templatecheck.CheckHTML(repliesView.Template(), replies{}),
		"reply": templatecheck.CheckHTML(replyView.Template(), reply{}), "statistics": templatecheck.CheckHTML(statisticsView.Template(), statistics{}), "problem": templatecheck.CheckHTML(problemView.Template(), problem{}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// town is one hosted site with its door.
type town struct {
	t     testing.TB
	door  *Handler
	svc   *letters.Service
	clock *calendar.Manual
	from  string
}

func open(t testing.TB) *town {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	key, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	ctx := audit.System(context.Background(), "test")
	o := org.New(d)
	sites := registry.New(d, o)
	svc := letters.New(d, o, sites, obligation.New(d, o, letters.ReplyKind), days, key)
	if err := passage.Declare(ctx, d, letters.Machine, registry.SiteMachine); err != nil {
		t.Fatal(err)
	}
	var site registry.Site
	if err := d.Update(ctx, func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
			return err
		}
		u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"})
		if err != nil {
			return err
		}
		site, err = sites.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.example.gov.cn", Hosted: true})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	about := theme.Site{Name: site.Name, Host: site.Host, Sponsor: "西安市人民政府办公厅", Doors: theme.Doors{Letters: guidePath}}
	return &town{t: t, svc: svc, clock: clock, from: "192.0.2.7:4000", door: New(letters.NewDesk(svc), Config{
		SiteOf: func(r *http.Request) (registry.SiteID, bool) { return site.ID, r.Host == site.Host },
		Render: func(w http.ResponseWriter, r *http.Request, status int, e theme.Embedded) error {
			b, err := theme.EmbeddedPage.Draw(theme.EmbeddedFrame(about, e, r.URL.Path), e)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, err = w.Write(b)
			return err
		},
	})}
}

func (x *town) do(r *http.Request) (int, string, http.Header) {
	x.t.Helper()
	r.Host, r.RemoteAddr = "www.xa.example.gov.cn", x.from
	rec := httptest.NewRecorder()
	x.door.ServeHTTP(rec, r)
	body := rec.Body.String()
	if rec.Code != http.StatusSeeOther {
		for _, w := range webtest.Wrongs([]byte(body)) {
			// Public forms carry a signed token of their own and no session.
			if !strings.Contains(w, "posts without token") {
				x.t.Errorf("%s %s: %s", r.Method, r.URL.Path, w)
			}
		}
		if inline := portalScript.ReplaceAllString(body, ""); strings.Contains(inline, "<script") || strings.Contains(inline, "style=") {
			x.t.Errorf("%s needs script or inline style", r.URL.Path)
		}
	}
	if rec.Header().Get("Cache-Control") != "no-store" {
		x.t.Errorf("%s may be cached: %v", r.URL.Path, rec.Header())
	}
	return rec.Code, body, rec.Header()
}

func (x *town) get(path string, want int) string {
	x.t.Helper()
	code, body, _ := x.do(httptest.NewRequest(http.MethodGet, path, nil))
	if code != want {
		x.t.Fatalf("GET %s: %d, want %d", path, code, want)
	}
	return body
}

func (x *town) post(path string, v url.Values, want int) (string, string) {
	x.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	code, body, h := x.do(r)
	if code != want {
		x.t.Fatalf("POST %s: %d, want %d: %s", path, code, want, said.FindString(body))
	}
	return body, h.Get("Location")
}

var (
	tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)
	said       = regexp.MustCompile(`(?s)<div class="error-summary".*?</div>`)
	codeShown  = regexp.MustCompile(`<dd><strong>([0-9A-Z]{5} [0-9A-Z]{5})</strong></dd>`)
)

// fill opens the form as a person would and gives its fields.
func (x *town) fill() url.Values {
	x.t.Helper()
	m := tokenField.FindStringSubmatch(x.get("/letters/new", http.StatusOK))
	if m == nil {
		x.t.Fatal("the form has no token")
	}
	x.clock.Advance(20 * time.Second)
	return url.Values{"token": {html.UnescapeString(m[1])}, "type": {"help"}, "title": {"路灯不亮"}, "body": {"小区门口三盏路灯坏了，请尽快修理。𠮷祥小区😀"}, "name": {"欧阳秀兰"},
		"phone": {"13800138000"}, "website": {""}, "consent": {"yes"}}
}

func TestACitizenWritesAndFollowsALetter(t *testing.T) {
	x := open(t)
	x.get("/letters/", http.StatusOK)
	v := x.fill()
	_, at := x.post("/letters/new", v, http.StatusSeeOther)
	if strings.Contains(at, "13800138000") {
		t.Errorf("the address names somebody: %s", at)
	}
	body := x.get(at, http.StatusOK)
	m := codeShown.FindStringSubmatch(body)
	if m == nil || !strings.Contains(body, "LX-2026-0001") || !strings.Contains(body, "2026年3月16日") {
		t.Fatalf("receipt %s", body)
	}
	// The second click leads to the same receipt and writes nothing.
	_, again := x.post("/letters/new", v, http.StatusSeeOther)
	if again != at {
		t.Errorf("a replay led to %s", again)
	}
	if _, n, _ := x.svc.Letters(context.Background(), authz.System("test"), letters.Filter{}); n != 1 {
		t.Errorf("%d letters", n)
	}

	x.get("/letters/query", http.StatusOK)
	body, _ = x.post("/letters/query", url.Values{"code": {m[1]}, "last4": {"8000"}}, http.StatusOK)
	for _, want := range []string{"路灯不亮", "等待受理", "2026年3月16日", "来信已收到"} {
		if !strings.Contains(body, want) {
			t.Errorf("the follow page lacks %s", want)
		}
	}
	wrongCode, _ := x.post("/letters/query", url.Values{"code": {"2222222222"}, "last4": {"8000"}}, http.StatusUnprocessableEntity)
	wrongPhone, _ := x.post("/letters/query", url.Values{"code": {m[1]}, "last4": {"0000"}}, http.StatusUnprocessableEntity)
	if said.FindString(wrongCode) == "" || said.FindString(wrongCode) != said.FindString(wrongPhone) {
		t.Errorf("wrong code says %s, wrong number %s", said.FindString(wrongCode), said.FindString(wrongPhone))
	}
	x.clock.Advance(time.Hour)
	x.get(at, http.StatusGone)
	if !strings.Contains(x.get("/letters/statistics", http.StatusOK), "2026-03") {
		t.Error("the statistics lack the month")
	}
	if !strings.Contains(x.get("/letters/replies", http.StatusOK), "还没有公开") {
		t.Error("an unanswered letter is listed")
	}
	x.get("/letters/replies?p=2", http.StatusNotFound)
	x.get("/letters/replies/none", http.StatusNotFound)
	x.get("/letters/elsewhere", http.StatusNotFound)
}

func TestPublishedReplyAndItsFigures(t *testing.T) {
	x := open(t)
	_, at := x.post("/letters/new", x.fill(), http.StatusSeeOther)
	code := codeShown.FindStringSubmatch(x.get(at, http.StatusOK))
	all := authz.System("test")
	person := func(id string) context.Context {
		return audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: id, Name: id})
	}
	list, _, err := x.svc.Letters(context.Background(), all, letters.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	id := list[0].ID
	if _, err := x.svc.Paper(context.Background(), all, id); !fault.Is(err, fault.Refused) {
		t.Errorf("a document before the answer: %v", err)
	}
	for _, act := range []func() (letters.Letter, error){
		func() (letters.Letter, error) { return x.svc.Accept(person("a"), all, id) },
		func() (letters.Letter, error) { return x.svc.Assign(person("a"), all, id, list[0].Unit, "") },
		func() (letters.Letter, error) {
			return x.svc.Write(person("a"), all, id, letters.Draft{Answer: "欧阳秀兰您好：路灯已修好<b>谢谢</b>监督。"})
		},
		func() (letters.Letter, error) {
			return x.svc.Review(person("b"), all, id, letters.Verdict{Pass: true})
		},
		func() (letters.Letter, error) { return x.svc.Publish(person("b"), all, id) },
	} {
		if _, err := act(); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(x.get("/letters/replies", http.StatusOK), "/letters/replies/"+string(id)) {
		t.Error("the reply is not listed")
	}
	body := x.get("/letters/replies/"+string(id), http.StatusOK)
	if strings.Contains(body, "欧阳秀兰") || strings.Contains(body, "<b>") || !strings.Contains(body, "欧某您好") || !strings.Contains(body, "𠮷祥小区") {
		t.Errorf("published %s", body)
	}
	// The reply is to be had as a document, which says no more than the page; its
	// writer has the whole answer with the code.
	document := func(r *http.Request) string {
		t.Helper()
		rec := httptest.NewRecorder()
		r.Host, r.RemoteAddr = "www.xa.example.gov.cn", x.from
		x.door.ServeHTTP(rec, r)
		text, err := official.Text(bytes.NewReader(rec.Body.Bytes()), int64(rec.Body.Len()), "a.docx", official.TextLimits{})
		if rec.Code != http.StatusOK || err != nil || !strings.Contains(text, "LX-2026-0001") || !strings.Contains(text, "路灯已修好") {
			t.Errorf("the document: %d, %v, %.300s", rec.Code, err, text)
		}
		return text
	}
	if text := document(httptest.NewRequest(http.MethodGet, "/letters/replies/"+string(id)+"?as=docx", nil)); strings.Contains(text, "欧阳秀兰") || !strings.Contains(text, "欧某您好") {
		t.Errorf("the published document says %s", text)
	}
	mine := url.Values{"code": {code[1]}, "last4": {"8000"}}
	if body, _ := x.post("/letters/query", mine, http.StatusOK); !strings.Contains(body, "下载答复（PDF）") {
		t.Errorf("the writer cannot take the answer along: %s", body)
	}
	r := httptest.NewRequest(http.MethodPost, "/letters/query?as=docx", strings.NewReader(mine.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if text := document(r); !strings.Contains(text, "欧阳秀兰您好") {
		t.Errorf("the writer's document says %s", text)
	}
	x.get("/letters/replies/"+string(id)+"?as=exe", http.StatusUnprocessableEntity)
	if stats := x.get("/letters/statistics", http.StatusOK); !strings.Contains(stats, "100%") || !strings.Contains(stats, "求助") {
		t.Errorf("statistics %s", stats)
	}
}

func TestRefusedFormsKeepWhatWasTyped(t *testing.T) {
	x := open(t)
	v := x.fill()
	v.Set("phone", "12")
	v.Set("title", `"><script>alert(1)</script>`)
	body, _ := x.post("/letters/new", v, http.StatusUnprocessableEntity)
	if !strings.Contains(body, "𠮷祥小区") || !strings.Contains(body, `href="#phone"`) || !strings.Contains(body, html.EscapeString(`"><script>`)[:5]) {
		t.Errorf("lost: %s", body)
	}
	v.Set("phone", "13800138000")
	v.Set("website", "http://spam.example")
	body, _ = x.post("/letters/new", v, http.StatusUnprocessableEntity)
	if !strings.Contains(body, "隐藏栏") {
		t.Errorf("the trap says %s", said.FindString(body))
	}
	if strings.Contains(body, `<div hidden><label for="website">`) {
		t.Error("what has to be cleared cannot be seen")
	}
	v.Set("website", "")
	good := v.Get("token")
	v.Set("token", "forged")
	body, _ = x.post("/letters/new", v, http.StatusUnprocessableEntity)
	if m := tokenField.FindStringSubmatch(body); m == nil || m[1] == "forged" || m[1] == good {
		t.Error("a spent token is not replaced")
	}
	v.Set("token", good)
	x.post("/letters/new", v, http.StatusSeeOther)
}

func TestLimitsOfTheDoor(t *testing.T) {
	x := open(t)
	// 3000 characters of four bytes fit, whichever way a browser sends them.
	v := x.fill()
	v.Set("body", strings.Repeat("𠮷", letters.MaxBody))
	x.post("/letters/new", v, http.StatusSeeOther)

	v = x.fill()
	v.Set("body", strings.Repeat("长", 9000))
	x.post("/letters/new", v, http.StatusRequestEntityTooLarge)
	v.Set("body", strings.Repeat("长", 900000))
	x.post("/letters/new", v, http.StatusRequestEntityTooLarge)

	v = x.fill()
	v.Set("phone", "13900000002")
	form := func(file bool) *http.Request {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for k := range v {
			if err := m.WriteField(k, v.Get(k)); err != nil {
				t.Fatal(err)
			}
		}
		if file {
			if _, err := m.CreateFormFile("file", "a.exe"); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/letters/new", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		return r
	}
	if code, _, _ := x.do(form(true)); code < 400 || code >= 500 {
		t.Errorf("a file was answered %d", code)
	}
	if code, body, _ := x.do(form(false)); code != http.StatusSeeOther {
		t.Errorf("multipart was answered %d: %s", code, said.FindString(body))
	}

	r := httptest.NewRequest(http.MethodPost, "/letters/new", strings.NewReader(x.fill().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if code, _, _ := x.do(r); code != http.StatusForbidden {
		t.Errorf("another site's form was answered %d", code)
	}
	for range letters.WrongQueries {
		x.post("/letters/query", url.Values{"code": {"2222222222"}, "last4": {"8000"}}, http.StatusUnprocessableEntity)
	}
	body, _ := x.post("/letters/query", url.Values{"code": {"2222222222"}, "last4": {"8000"}}, http.StatusTooManyRequests)
	if !strings.Contains(said.FindString(body), "后再试") {
		t.Errorf("too many queries say %s", said.FindString(body))
	}
}

func TestAddressesAreCountedByHousehold(t *testing.T) {
	h := New(nil, Config{})
	for in, want := range map[string]string{
		"192.0.2.7:4000": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64", "[2001:db8:1:2::9]:80": "2001:db8:1:2::/64", "[::ffff:192.0.2.7]:1": "192.0.2.7", "odd": "odd",
	} {
		r := httptest.NewRequest(http.MethodGet, "/letters/", nil)
		r.RemoteAddr = in
		if got := porch.Asker(h.c.Address(r)); got != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
}

func TestAnotherHostIsMisdirected(t *testing.T) {
	x := open(t)
	r := httptest.NewRequest(http.MethodGet, "http://evil.example/letters/", nil)
	rec := httptest.NewRecorder()
	x.door.ServeHTTP(rec, r)
	if rec.Code != http.StatusMisdirectedRequest {
		t.Errorf("%d", rec.Code)
	}
}

// FuzzForm holds the door against any posted body.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "type=help&title=x&body=%00%ff")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n\x00\r\n--x--")
	f.Add("multipart/form-data", "--")
	x := open(f)
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, "/letters/new", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Host, r.RemoteAddr = "www.xa.example.gov.cn", "192.0.2.1:1"
		rec := httptest.NewRecorder()
		h := New(x.door.desk, Config{
			SiteOf: x.door.c.SiteOf,
			Render: func(w http.ResponseWriter, _ *http.Request, status int, _ theme.Embedded) error {
				w.WriteHeader(status)
				return nil
			},
		})
		h.ServeHTTP(rec, r)
		if rec.Code < 400 || rec.Code >= 500 {
			t.Errorf("answered %d", rec.Code)
		}
	})
}
