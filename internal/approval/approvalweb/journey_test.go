package approvalweb_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web/webtest"
	"zhengshu/internal/workbench"
)

// desk is the console of a province with one kind of wish, walked by whoever
// sits at it.
type desk struct {
	*webtest.Site
	t      *testing.T
	db     *db.DB
	svc    *approval.Service
	inbox  approvalweb.Inbox
	units  map[string]org.Unit
	people map[string]*authz.Session
	broken map[approval.CaseID]bool
}

func open(t *testing.T) *desk {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, approval.Machine); err != nil {
		t.Fatal(err)
	}
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	svc := approval.New(d, o, obligation.New(d, o, approval.Obligations()...), days, 5)
	out := &desk{t: t, db: d, svc: svc, inbox: approvalweb.NewInbox(svc), units: map[string]org.Unit{}, people: map[string]*authz.Session{}, broken: map[approval.CaseID]bool{}}
	svc.NameKind("wish", "愿望申请")
	svc.OnApproved("wish", func(context.Context, *db.Tx, approval.Case) error { return nil })
	svc.OnShown("wish", func(_ context.Context, c approval.Case) (approval.Presentation, error) {
		return approval.Presentation{KindName: "愿望申请", Judged: "按当前台账核对", Facts: []approval.Fact{{Section: "愿望", Name: "名称", Text: c.Title}},
			Verdicts: []approval.Verdict{{OK: !out.broken[c.ID], Rule: "S7.1c.one_site", Citation: "陕政公开办〔2021〕18号 第七条（一）", Says: "一个单位最多开设一个网站", Note: "本单位已有网站。"}}}, nil
	})
	out.Site = webtest.Open(t, nil, clock, approvalweb.New(svc, d, store).Routes()...)
	err = d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key  string
			u    org.Unit
			role authz.Role
		}{
			{"province", org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}, authz.Supervisor},
			{"city", org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}, authz.Reviewer},
			{"dept", org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}, authz.Sponsor},
			{"law", org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市司法局"}, authz.Sponsor},
			{"police", org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市公安局"}, authz.Police},
		} {
			u, _, err := o.AddUnit(ctx, tx, n.u)
			if err != nil {
				return err
			}
			p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: n.key})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, n.role); err != nil {
				return err
			}
			posts, err := o.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			out.units[n.key], out.people[n.key] = u, &authz.Session{PersonID: string(p.ID), Name: n.key, Posts: posts}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (d *desk) as(name string) context.Context {
	s := d.people[name]
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func (d *desk) sit(name string) *desk {
	d.Gate.Session = d.people[name]
	d.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: d.people[name].PersonID, Name: name})
	}
	return d
}

// wish submits a case; outside makes its last step one of the State Council's
// office.
func (d *desk) wish(title string, outside bool) string {
	d.t.Helper()
	steps := []approval.Step{{Kind: approval.Review, Unit: d.units["city"].ID, Name: "西安市人民政府办公厅审核"}, {Kind: approval.Approve, Unit: d.units["province"].ID, Name: "陕西省人民政府办公厅批准"}}
	if outside {
		steps = []approval.Step{{Kind: approval.External, Unit: d.units["province"].ID, Name: "国务院办公厅批准", Body: "国务院办公厅", Asks: "政府网站标识码"}}
	}
	var c approval.Case
	ctx := d.as("dept")
	if err := d.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		c, err = d.svc.Submit(ctx, tx, approval.Application{Kind: "wish", Title: title, Unit: d.units["dept"].ID, Applicant: org.PersonID(d.people["dept"].PersonID), ConsentBy: "王建民",
			ConsentOn: calendar.DateOf(tx.Now()), Steps: steps})
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
	return c.Link()
}

// upload posts a multipart form as a browser does.
func (d *desk) upload(path string, form map[string]string, name string, content []byte) *webtest.Answer {
	d.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	form["_form"] = webtest.Token
	for k, v := range form {
		if err := m.WriteField(k, v); err != nil {
			d.t.Fatal(err)
		}
	}
	if name != "" {
		w, err := m.CreateFormFile("scan", name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		d.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return d.Do(r)
}

func TestOutsideAnswerIsEnteredByForm(t *testing.T) {
	d := open(t)
	at := d.wish("基本信息表", true)
	d.sit("province")
	page := d.Get(at).Want(200)
	if len(page.All("form[action$='/external']")) != 1 || strings.Contains(page.Text("main"), "批准后立即生效") {
		t.Error("the province may enter the answer and nothing else")
	}
	form := func(change ...string) map[string]string {
		f := map[string]string{"result": "agreed", "document": "国办函〔2026〕3号", "on": "2026-03-02", "value": "6100000099", "step": "1"}
		for i := 0; i+1 < len(change); i += 2 {
			f[change[i]] = change[i+1]
		}
		return f
	}
	pdf := []byte("%PDF-1.7\n")
	var macro bytes.Buffer
	z := zip.NewWriter(&macro)
	for _, n := range []string{"word/document.xml", "word/vbaProject.bin"} {
		if _, err := z.Create(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		form map[string]string
		file string
		body []byte
		says string
	}{
		"no such day": {form("on", "2021年2月30日"), "批复.pdf", pdf, "2月"},
		"macros":      {form(), "批复.docx", macro.Bytes(), "附件“批复.docx”含有宏"},
		"no scan":     {form(), "", nil, "请上传文件扫描件"},
		"no result":   {form("result", ""), "批复.pdf", pdf, "请选择同意或不予批准"},
	} {
		page := d.upload(at+"/external", tt.form, tt.file, tt.body).Want(422)
		if !strings.Contains(page.Text(".errors"), tt.says) || page.Attr("#f-document", "value") != "国办函〔2026〕3号" {
			t.Errorf("%s: %s", name, page.Text(".errors"))
		}
	}
	d.upload(at+"/external", form(), "批复.pdf", pdf).Want(303)
	if got := d.upload(at+"/external", form(), "批复.pdf", pdf); got.Status != 409 {
		t.Errorf("entered twice: %d", got.Status)
	}
	page = d.sit("dept").Get(at).Want(200)
	if text := page.Text("main"); !strings.Contains(text, "国办函〔2026〕3号") || !strings.Contains(text, "6100000099") || !strings.Contains(text, "外部批复") {
		t.Errorf("the applicant reads %s", text)
	}
}

func TestReturnGivesALetterInEveryForm(t *testing.T) {
	d := open(t)
	at := d.wish("开设网站", false)
	d.sit("city")
	// On the telephone a return without a reason comes back as typed.
	page := d.Post(at+"/decide", url.Values{"act": {"return"}, "step": {"1"}, "from": {"sign"}, "opinion": {"请补正"}}).Want(422)
	if page.Text("#f-opinion") != "请补正" || len(page.All(".actions.sticky button")) != 3 {
		t.Error("the telephone page was not shown again as typed")
	}
	d.Post(at+"/decide", url.Values{"act": {"return"}, "step": {"1"}, "from": {"sign"}, "reason": {"incomplete", "naming", "made-up", "outside"}, "opinion": {"请补正"}}).Want(303)
	page = d.sit("dept").Get(at).Want(200)
	text := page.Text("main")
	if !strings.Contains(text, "材料不齐全、名称或域名不规范：请补正") || strings.Contains(text, "made-up") || strings.Contains(text, "外部机关") {
		t.Errorf("the file reads %s", text)
	}
	link := page.Attr("a[href*='/letters/']", "href")
	letter := d.Get(link).Want(200)
	if !strings.Contains(letter.Text(".official"), "补正通知书") || !strings.Contains(letter.Text(".official"), "第九条、第十条") {
		t.Errorf("the letter reads %s", letter.Text(".official"))
	}
	docx := d.Get(link + "/file?as=docx").Want(200)
	if !strings.HasPrefix(docx.Body, "PK") || !strings.Contains(docx.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("docx %q", docx.Header)
	}
	pdf := d.Get(link + "/file?as=pdf")
	if _, err := official.FindFaces(); err != nil {
		if pdf.Status != 503 || !strings.Contains(pdf.Body, official.EnvFont) {
			t.Errorf("without a font: %d", pdf.Status)
		}
	} else if pdf.Status != 200 || !strings.HasPrefix(pdf.Body, "%PDF-") {
		t.Errorf("pdf: %d", pdf.Status)
	}
	d.Get(link + "/file?as=exe").Want(422)
	d.sit("law").Get(link).Want(404)
}

func TestAdviceIsAskedAndGivenByForm(t *testing.T) {
	d := open(t)
	at := d.wish("开设网站", false)
	d.sit("law").Get(at).Want(404)
	d.sit("city")
	page := d.Get(at + "/ask?q=" + url.QueryEscape("司法")).Want(200)
	if text := page.Text("form.form"); !strings.Contains(text, "公安部门：西安市公安局") || !strings.Contains(text, "西安市司法局") || !strings.Contains(text, "都没有登记") {
		t.Errorf("offered: %s", text)
	}
	law := string(d.units["law"].ID)
	d.Post(at+"/ask", url.Values{"kind": {"countersign"}, "step": {"1"}}).Want(422)
	d.Post(at+"/ask", url.Values{"kind": {"countersign"}, "step": {"1"}, "unit": {law, string(d.units["police"].ID)}, "question": {"名称妥否？"}, "due": {"2026-03-05"}}).Want(303)
	page = d.Post(at+"/decide", url.Values{"act": {"pass"}, "step": {"1"}}).Want(422)
	if !strings.Contains(page.Text(".errors"), "会签还没有答复") {
		t.Errorf("passed on: %s", page.Text(".errors"))
	}
	d.sit("law")
	tasks, err := d.inbox.Tasks(d.as("law"), d.people["law"], workbench.ToDo, 10)
	if err != nil || len(tasks) != 1 || tasks[0].Act != "去答复" {
		t.Fatalf("tasks %+v (%v)", tasks, err)
	}
	if !strings.Contains(d.Get("/console/advice").Want(200).Text("main"), "开设网站") {
		t.Error("the list of the asked")
	}
	page = d.Get(at).Want(200)
	if len(page.All("main form")) != 1 || len(page.All("form[action$='/answer']")) != 1 {
		t.Error("the asked may answer and nothing else")
	}
	request := page.Attr("input[name=request]", "value")
	d.Post(at+"/answer", url.Values{"request": {request}, "stance": {"remarks"}}).Want(422)
	d.Post(at+"/answer", url.Values{"request": {request}, "stance": {"remarks"}, "answer": {"建议用全称。"}}).Want(303)
	d.sit("police").Post(at+"/answer", url.Values{"request": {request}, "stance": {"none"}}).Want(404)
	d.sit("city")
	page = d.Get(at).Want(200)
	if text := page.Text("main"); !strings.Contains(text, "建议用全称。") || !strings.Contains(text, "1 个单位有意见") || !strings.Contains(text, "会签待答复 1 个单位") {
		t.Errorf("the office reads %s", text)
	}
	open := page.Attr("select[name=request] option", "value")
	d.Post(at+"/waive", url.Values{"request": {open}, "waive_why": {""}}).Want(422)
	d.Post(at+"/waive", url.Values{"request": {open}, "waive_why": {"已电话沟通"}}).Want(303)
	d.Post(at+"/decide", url.Values{"act": {"pass"}, "step": {"1"}}).Want(303)
	if print := d.Get(at + "/print").Want(200); !strings.Contains(print.Text("main"), "建议用全称。") || !strings.Contains(print.Text("main"), "已电话沟通") {
		t.Error("the print leaves the opinions out")
	}
}

func TestBatchByFormAndExportEqualsTheList(t *testing.T) {
	d := open(t)
	var links []string
	for i := range 5 {
		links = append(links, d.wish(fmt.Sprintf("第%d件", i), false))
	}
	id := func(link string) string { return strings.TrimPrefix(link, "/console/cases/") }
	d.sit("city")
	list := d.Get("/console/cases?mine=todo&kind=wish&due=week").Want(200)
	if n := len(list.All("input[name=case]")); n != 5 {
		t.Fatalf("%d cases to tick", n)
	}
	if got := d.Post("/console/batches", url.Values{"case": {id(links[0])}}); got.Status != 422 {
		t.Errorf("a batch of one: %d", got.Status)
	}
	var picked []string
	for _, l := range links {
		picked = append(picked, id(l))
	}
	at := d.Post("/console/batches", url.Values{"case": picked}).Want(303).Location()
	if i := strings.IndexByte(at, '?'); i > 0 {
		at = at[:i]
	}
	if got := d.Post(at+"/decide", url.Values{"opinion": {"同意"}}); got.Status != 409 {
		t.Errorf("decided unread: %d", got.Status)
	}
	d.sit("province").Get(at).Want(404)
	d.sit("city")
	page := d.Get(at).Want(200)
	for page := page; len(page.All("a[href*='/read?case=']")) > 0; page = d.Get(at).Want(200) {
		read := page.Attr("a[href*='/read?case=']", "href")
		d.Get(read).Want(200)
		d.Post(at+"/read", url.Values{"case": {read[strings.Index(read, "case=")+5:]}}).Want(303)
	}
	d.broken[approval.CaseID(picked[3])] = true
	d.Post(at+"/decide", url.Values{"phrase": {"同意。"}}).Want(303)
	page = d.Get(at).Want(200)
	if text := page.Text("main"); !strings.Contains(text, "已同意上报 4 件，没有办理 1 件") || !strings.Contains(text, "本单位已有网站。依据：陕政公开办〔2021〕18号 第七条（一）") {
		t.Errorf("the receipt reads %s", text)
	}
	// What goes out is what the list shows, filter by filter.
	for query, want := range map[string]int{"": 5, "mine=todo": 1, "mine=done": 4, "q=SP-2026-0003": 1, "q=xaswj": 0, "q=xasswj": 5, "state=approved": 0, "due=overdue": 0, "due=week&kind=wish": 5} {
		page := d.Get("/console/cases?" + query).Want(200)
		if rows := len(page.All(".table tbody tr")); rows != want {
			t.Errorf("%q shows %d rows, want %d", query, rows, want)
		}
		file := d.Get("/console/cases/export?format=csv&" + query).Want(200)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != want+1 {
			t.Errorf("%q exports %d rows (%v)", query, len(rows)-1, err)
			continue
		}
		for i, number := range page.All(".table tbody th .cell-note") {
			if rows[1+i][0] != number {
				t.Errorf("%q: row %d is %s on screen and %s in the file", query, i, number, rows[1+i][0])
			}
		}
	}
	if x := d.Get("/console/cases/export?format=xlsx").Want(200); !strings.HasPrefix(x.Body, "PK") {
		t.Error("no workbook")
	}
	d.Get("/console/cases/export?format=doc").Want(422)
	if n := len(d.Taken); n != 10 {
		t.Errorf("%d exports told to the trail", n)
	}
}

// After the provincial office agreed, who has the case is the State Council's
// office: the receipt, the list and the page say so.
func TestReceiptNamesTheBodyOutside(t *testing.T) {
	d := open(t)
	var c approval.Case
	ctx := d.as("dept")
	if err := d.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		c, err = d.svc.Submit(ctx, tx, approval.Application{Kind: "wish", Title: "报送基本信息表", Unit: d.units["dept"].ID, Applicant: org.PersonID(d.people["dept"].PersonID), ConsentBy: "王建民",
			ConsentOn: calendar.DateOf(tx.Now()), Steps: []approval.Step{{Kind: approval.Review, Unit: d.units["province"].ID, Name: "陕西省人民政府办公厅审核"},
				{Kind: approval.External, Unit: d.units["province"].ID, Name: "国务院办公厅批准", Body: "国务院办公厅"}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	got := d.sit("province").Post(c.Link()+"/decide", url.Values{"act": {"pass"}, "step": {"1"}, "opinion": {"同意"}}).Want(303)
	r := http.Response{Header: got.Header}
	said := ""
	for _, k := range r.Cookies() {
		if b, err := base64.RawURLEncoding.DecodeString(k.Value); err == nil {
			said += string(b)
		}
	}
	if !strings.Contains(said, "须报国务院办公厅") || strings.Contains(said, "陕西省人民政府办公厅") {
		t.Errorf("the receipt says %q", said)
	}
	if rows := d.Get("/console/cases").Want(200).All("tbody tr"); len(rows) != 1 || !strings.Contains(rows[0], "国务院办公厅") || strings.Contains(rows[0], "陕西省") {
		t.Errorf("the list says %v", rows)
	}
}
