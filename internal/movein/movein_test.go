package movein

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// county is an office with an editor, a hosted site and a neighbour.
type county struct {
	t         *testing.T
	db        *db.DB
	s         *Service
	lib       *library.Service
	unit      org.Unit
	site      registry.Site
	column    registry.Column
	editor    *authz.Session
	neighbour *authz.Session
}

func (c *county) ctx() context.Context {
	return audit.WithActor(authz.WithSession(context.Background(), c.editor), audit.Actor{Kind: "person", ID: c.editor.PersonID, Name: c.editor.Name})
}

func (c *county) scope() authz.Scope { return c.editor.ScopeFor(authz.ItemWrite) }

// oldNames leads every name to the test's own server.
type oldNames struct{}

func (oldNames) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if host != "www.old.gov.cn" {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func eachCounty(t *testing.T, server *httptest.Server, fn func(c *county)) {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) { fn(newCounty(t, d, server)) })
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newCounty(t *testing.T, d *db.DB, server *httptest.Server) *county {
	ctx := audit.System(context.Background(), "test")
	system := authz.System("test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	r := registry.New(d, o)
	c := &county{t: t, db: d}
	inspect := func(text string) []check.Span { return check.Text(text) }
	c.lib = library.New(d, o, r, obligation.New(d, o, library.WaivedInterpretation, library.ColumnUpdate), inspect, sx2021.Defaults())
	policy := egress.Policy{Resolver: oldNames{}}
	if server != nil {
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		policy.Allow, policy.Ports = []netip.AddrPort{at}, []uint16{at.Port()}
	}
	client := egress.New(policy)
	t.Cleanup(client.Close)
	blobs := store(t)
	c.s = New(Parts{DB: d, Org: o, Registry: r, Library: c.lib, Blobs: blobs, Shelf: Blobs{blobs}, Client: client, Delay: -1})
	var ids []org.PersonID
	var second org.PersonID
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, u := range []struct{ area, name string }{{"county-610113000000", "雁塔区人民政府办公室"}, {"county-610114000000", "阎良区人民政府办公室"}} {
			unit, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(u.area), Kind: org.Office, Name: u.name})
			if err != nil {
				return err
			}
			p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: unit.ID, Name: "编辑"})
			if err != nil {
				return err
			}
			for _, role := range []authz.Role{authz.Editor, authz.Sponsor} {
				if err := o.Appoint(ctx, tx, system, p.ID, unit.ID, role); err != nil {
					return err
				}
			}
			if ids = append(ids, p.ID); len(ids) > 1 {
				continue
			}
			c.unit = unit
			if p, err = o.AddPerson(ctx, tx, system, org.Person{Unit: unit.ID, Name: "同事"}); err != nil {
				return err
			}
			second = p.ID
		}
		var err error
		if c.site, err = r.EnterSite(ctx, tx, registry.Site{Unit: c.unit.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: "www.yanta.example.gov.cn", Hosted: true}); err != nil {
			return err
		}
		c.column, err = r.AddColumn(ctx, tx, system, registry.Column{Site: c.site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "要闻栏目的内容", Owner: ids[0], A: ids[0], B: second, CycleDays: 30})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		posts := must(o.PostsOf(ctx, d, id))(t)
		s := &authz.Session{PersonID: string(id), Name: "编辑", Posts: posts}
		if i == 0 {
			c.editor = s
		} else {
			c.neighbour = s
		}
	}
	return c
}

func sent(name string, body []byte) Sent {
	return Sent{Name: name, Size: int64(len(body)), Content: bytes.NewReader(body)}
}

func (c *county) bring(files ...Sent) Batch {
	c.t.Helper()
	b := must(c.s.Bring(c.ctx(), c.editor, c.scope(), Ask{Unit: c.unit.ID}, files))(c.t)
	return c.done(b)
}

// done works what was left to a job.
func (c *county) done(b Batch) Batch {
	c.t.Helper()
	if b.Busy() {
		if err := c.s.Work(context.Background(), Work{Batch: b.ID}); err != nil {
			c.t.Fatal(err)
		}
	}
	return must(c.s.Batch(c.ctx(), c.scope(), b.ID))(c.t)
}

func pack(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, body := range files {
		w := must(z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate}))(t)
		must(w.Write([]byte(body)))(t)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (c *county) pieces(b Batch) map[string]Piece {
	c.t.Helper()
	list, _, err := c.s.Pieces(c.ctx(), c.scope(), b.ID, PieceFilter{Limit: 500})
	if err != nil {
		c.t.Fatal(err)
	}
	out := map[string]Piece{}
	for _, p := range list {
		out[p.Name] = p
	}
	return out
}

func (c *county) drafts() int {
	c.t.Helper()
	_, n, err := c.lib.Items(c.ctx(), c.editor.ScopeFor(authz.ItemRead), library.Filter{})
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

func TestFilesAreRehearsedTakenAndUndone(t *testing.T) {
	eachCounty(t, nil, func(c *county) {
		t := c.t
		var sheet bytes.Buffer
		if err := official.WriteXLSX(&sheet, official.Sheet{Title: "稿件", Columns: []official.Column{{Title: "信息标题"}, {Title: "内容"}, {Title: "发布时间"}, {Title: "文号"}}, Rows: slices.Values([][]any{
			{"表中稿件甲", "第一段\n第二段", "2026-01-01", ""}, {"表中稿件乙", "第一段\n第二段", "2026-01-02", ""}, {"表中稿件丙", "第一段\n第二段", "2026-01-03", ""}, {"没有正文的行", "", "2026-01-05", ""}})}); err != nil {
			t.Fatal(err)
		}
		zipped := pack(t, map[string]string{
			"稿件/通知.docx":        string(wordFile(t, para(`<w:jc w:val="center"/>`, "关于防火的通知")+para("", "各单位：请做好防火工作。")+`<w:p><w:r><w:drawing><wp:docPr descr="疏散图"/><a:blip r:embed="p"/></w:drawing></w:r></w:p>`, nil)),
			"网页/公告.html":        `<html><head><meta charset="utf-8"><title>停水公告</title></head><body><div class="content"><h1>停水公告</h1><p>因管道检修，三月五日起停水两天，请各单位和居民提前储水，给您带来不便敬请谅解。</p><img src="公告_files/a.png" alt="停水范围"></div></body></html>`,
			"网页/公告_files/a.png": string(pixel),
			"旧.doc":             "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
			"里面.zip":            "PK\x03\x04",
			"__MACOSX/._x":      "x",
		})
		b := c.bring(sent("稿件.zip", zipped), sent("表.xlsx", sheet.Bytes()), sent("一篇.jsonl", []byte(`{"ref":"j1","type":"news","title":"行中稿件","text":"正文"}`+"\n"+`{"title":7}`+"\n")))
		if b.State != Looked || c.drafts() != 0 {
			t.Fatalf("%s %s, %d drafts after a rehearsal", b.State, b.Failure, c.drafts())
		}
		if b.Report.Read != 8 || b.Report.Accepted != 6 || len(b.Report.Refused) != 2 {
			t.Errorf("report %+v", b.Report)
		}
		p := c.pieces(b)
		for name, want := range map[string]string{"稿件/通知.docx": Ready, "网页/公告.html": Ready, "网页/公告_files/a.png": Passed, "旧.doc": Refused, "里面.zip": Refused, "表.xlsx": Warned, "一篇.jsonl": Warned} {
			if p[name].Result != want {
				t.Errorf("%s is %s, want %s: %v", name, p[name].Result, want, p[name].Notes)
			}
		}
		if n := strings.Join(p["旧.doc"].Notes, ""); !strings.Contains(n, "旧版Word") {
			t.Errorf("notes %s", n)
		}
		b = c.done(must(c.s.Take(c.ctx(), c.editor, c.scope(), b.ID, Into{}))(t))
		if b.State != Taken || b.Report.Accepted != 6 || c.drafts() != 6 {
			t.Fatalf("%s %s, %+v, %d drafts", b.State, b.Failure, b.Report, c.drafts())
		}
		rows, n, err := c.s.Items(c.ctx(), c.scope(), b.ID, 100, 0)
		if err != nil || n != 6 {
			t.Fatalf("%d items, %v", n, err)
		}
		i := slices.IndexFunc(rows, func(r library.Imported) bool { return r.Title == "关于防火的通知" })
		v := must(c.lib.Version(c.ctx(), c.editor.ScopeFor(authz.ItemRead), rows[i].Item, 0))(t)
		if !strings.Contains(v.HTML, `alt="疏散图"`) || !strings.Contains(v.HTML, `src="/files/`) {
			t.Errorf("html %s", v.HTML)
		}
		// Again: everything is named as likely double, nothing comes in twice.
		again := c.bring(sent("稿件.zip", zipped))
		if again.Report.Accepted != 0 || again.Report.Unchanged != 2 || !strings.Contains(strings.Join(c.pieces(again)["稿件/通知.docx"].Notes, ""), "可能重复") {
			t.Errorf("again %+v %v", again.Report, c.pieces(again))
		}
		// One is worked on; it stays.
		if _, err := c.lib.Save(c.ctx(), c.scope(), rows[i].Item, 1, library.Writing{Meta: library.Meta{Type: library.Notice, Origin: library.Original, Title: "改过的标题"}, Doc: document(t, Found{Row: library.Row{Doc: []byte(v.Doc)}})}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.s.Undo(c.ctx(), c.editor, c.scope(), b.ID, "错"); !fault.Is(err, fault.Invalid) {
			t.Errorf("undone without a reason: %v", err)
		}
		b = c.done(must(c.s.Undo(c.ctx(), c.editor, c.scope(), b.ID, "导错了目录"))(t))
		if b.State != Undone || c.drafts() != 1 {
			t.Fatalf("%s, %d drafts", b.State, c.drafts())
		}
		rows, _, _ = c.s.Items(c.ctx(), c.scope(), b.ID, 100, 0)
		for _, r := range rows {
			if changed := r.Title == "改过的标题"; changed != strings.Contains(r.Undone, "有人改过") || !changed && r.State != library.Undone {
				t.Errorf("%+v", r)
			}
		}
		// The same files may come in again.
		b = c.bring(sent("稿件.zip", zipped))
		if b = c.done(must(c.s.Take(c.ctx(), c.editor, c.scope(), b.ID, Into{}))(t)); b.Report.Accepted != 1 || c.drafts() != 2 {
			t.Errorf("again after the undoing: %+v, %d drafts", b.Report, c.drafts())
		}
		// The neighbour sees nothing of it.
		theirs := c.neighbour.ScopeFor(authz.ItemWrite)
		if _, err := c.s.Batch(c.ctx(), theirs, b.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour sees the batch: %v", err)
		}
		if list, err := c.s.Batches(c.ctx(), theirs, 10); err != nil || len(list) != 0 {
			t.Errorf("the neighbour sees %d batches, %v", len(list), err)
		}
		if _, err := c.s.Bring(c.ctx(), c.neighbour, theirs, Ask{Unit: c.unit.ID}, []Sent{sent("a.txt", []byte("题\n文"))}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour brings files for us: %v", err)
		}
	})
}

// unread is a store from which nothing can be read.
type unread struct{ blob.Store }

func (unread) Open(context.Context, blob.Ref) (io.ReadCloser, error) {
	return nil, errors.New("input/output error")
}

// Work that broke off while the person waited is the job's; when that is given up,
// the batch says so where it stands and can be gone on with.
func TestABatchEndsWithItsJob(t *testing.T) {
	eachCounty(t, nil, func(c *county) {
		t := c.t
		b := c.bring(sent("一篇.jsonl", []byte(`{"ref":"j1","type":"news","title":"行中稿件","text":"正文"}`+"\n")))
		if b.State != Looked || b.Report.Accepted != 1 {
			t.Fatalf("%+v", b)
		}
		good := c.s.Blobs
		c.s.Blobs = unread{good}
		if _, err := c.s.Take(c.ctx(), c.editor, c.scope(), b.ID, Into{}); err == nil {
			t.Fatal("taken from a store that cannot be read")
		}
		if b = must(c.s.Batch(c.ctx(), c.scope(), b.ID))(t); b.State != Taking {
			t.Fatalf("%+v", b)
		}
		w := jobs.NewWorkers()
		c.s.Register(w)
		jobstest.Silence[Work](t, c.db, 5)
		jobstest.Work(t, c.db, w, jobs.Config{})
		if b = must(c.s.Batch(c.ctx(), c.scope(), b.ID))(t); b.State != Looked || !strings.Contains(b.Failure, "多次中途停止") {
			t.Fatalf("given up: %s %q", b.State, b.Failure)
		}
		if _, err := c.s.Take(c.ctx(), c.editor, c.scope(), b.ID, Into{}); err == nil {
			t.Fatal("taken from a store that cannot be read")
		}
		c.s.Blobs = good
		// What lost its job before the schema that ends it, ends with that; this one has it.
		before := dbtest.Up(t, "0581_lost_jobs.sql")
		dbtest.Write(t, c.db, before)
		// A job of an earlier beginning does not end this one, its own does.
		left := jobstest.Waiting[Work](t, c.db)
		if len(left) != 1 {
			t.Fatalf("jobs %+v", left)
		}
		for _, x := range []struct {
			job   Work
			state string
		}{{Work{b.ID, "another"}, Taking}, {left[0], Taken}} {
			if err := c.s.Work(context.Background(), x.job); err != nil {
				t.Fatal(err)
			}
			if b = must(c.s.Batch(c.ctx(), c.scope(), b.ID))(t); b.State != x.state {
				t.Errorf("%+v leaves it %s", x.job, b.State)
			}
		}
		dbtest.Write(t, c.db, `UPDATE job SET state = 'failed'; UPDATE move_in_batch SET state = 'undoing'; `+before)
		if b = must(c.s.Batch(c.ctx(), c.scope(), b.ID))(t); b.State != Taken || b.Failure == "" {
			t.Errorf("lost: %s %q", b.State, b.Failure)
		}
	})
}

func TestColumnsOfATableAreMatchedAndRemembered(t *testing.T) {
	eachCounty(t, nil, func(c *county) {
		t := c.t
		table := []byte("甲,乙,丙\n第一篇,第一篇的正文,2026-01-01\n第二篇,第二篇的正文,2026-01-02\n")
		b := c.bring(sent("表.csv", table))
		if p := c.pieces(b)["表.csv"]; p.Result != Refused || !strings.Contains(strings.Join(p.Notes, ""), "标题") {
			t.Fatalf("%+v", p)
		}
		form := must(c.s.Table(c.ctx(), c.editor, c.scope(), b.ID, 1))(t)
		if len(form.Header) != 3 || len(form.First) != 2 {
			t.Fatalf("%+v", form)
		}
		if _, err := c.s.Match(c.ctx(), c.editor, c.scope(), b.ID, 1, intake.Columns{"title": 0, "text": 0}); !fault.Is(err, fault.Invalid) {
			t.Errorf("one column twice: %v", err)
		}
		b = c.done(must(c.s.Match(c.ctx(), c.editor, c.scope(), b.ID, 1, intake.Columns{"title": 0, "text": 1, "published": 2}))(t))
		if b.Report.Accepted != 2 {
			t.Fatalf("%+v", b.Report)
		}
		if b = c.bring(sent("下月.csv", append(table, "第三篇,第三篇的正文,2026-02-01\n"...))); b.Report.Accepted != 3 {
			t.Errorf("not remembered: %+v", b.Report)
		}
	})
}

func TestPacksThatAreRefused(t *testing.T) {
	c := newCounty(t, dbtest.SQLite(t, time.Now), nil)
	many := map[string]string{}
	for i := range maxPackFiles + 1 {
		many[fmt.Sprint(i, ".txt")] = "x"
	}
	for name, f := range map[string]struct {
		body []byte
		says string
	}{
		"bomb":   {pack(t, map[string]string{"a.txt": strings.Repeat("0", 30<<20)}), "压缩比异常"},
		"many":   {pack(t, many), "超过 5000 个"},
		"empty":  {pack(t, nil), "没有文件"},
		"no zip": {[]byte("PK\x03\x04xxxx"), "已损坏"},
		"twice":  {pack(t, map[string]string{"../a.txt": "x", "a.txt": "y"}), "同名文件"},
	} {
		_, err := c.s.Bring(c.ctx(), c.editor, c.scope(), Ask{Unit: c.unit.ID}, []Sent{sent(name+".zip", f.body)})
		if err == nil || !strings.Contains(err.Error(), f.says) {
			t.Errorf("%s: %v, want %s", name, err, f.says)
		}
	}
	if list := must(c.s.Batches(c.ctx(), c.scope(), 10))(t); len(list) != 0 {
		t.Errorf("%d batches of refused packs", len(list))
	}
}

// oldSite imitates a system of 2012: GB2312, nested tables, ASP addresses,
// attachments below /upload, dead links.
func oldSite(t testing.TB) *httptest.Server {
	t.Helper()
	gbk := func(s string) []byte { return []byte(must(simplifiedchinese.GBK.NewEncoder().String(s))(t)) }
	frame := func(title, body string) string {
		return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>` + title + `_雁塔区人民政府</title></head><body><table width="100%"><tr><td><a href="/">首页</a> <a href="/list.asp?id=3">通知公告</a> <a href="/dead.asp">旧栏目</a></td></tr><tr><td>` + body + `</td></tr><tr><td>版权所有 雁塔区人民政府办公室</td></tr></table></body></html>`
	}
	article := func(n int) string {
		return frame(fmt.Sprintf("关于第%d号事项的通知", n), fmt.Sprintf(`<table border="0"><tr><td>索引号：</td><td>610113-2019-%05d</td><td>发文机关：</td><td>雁塔区民政局</td></tr><tr><td>文号：</td><td>雁民发〔2019〕%d号</td><td>发布日期：</td><td>2019-03-%02d</td></tr></table>
<table><tr><td align="center"><b>关于第%d号事项的通知</b></td></tr><tr><td align="center">发布时间：2019-03-%02d 来源：区民政局 点击：5</td></tr><tr><td class="content"><p>　　各街道办事处：第%d号事项已经区政府研究同意，%s请认真办理，办理情况于月底前书面报送我局。</p><p><img src="/upload/p.png"></p><p>附件：<a href="/upload/fj%d.pdf">第%d号申请表</a></p><p>参见<a href="/show.asp?id=999">旧文</a>和<a href="show.asp?id=%d#p2">相关通知</a>、<a href="http://www.elsewhere.gov.cn/show.asp?id=1">外单位</a></p></td></tr></table>`, n, n, n+10, n, n+10, n, strings.Repeat(fmt.Sprintf("其中第%d项要求逐项落实，", n*7), n+3), n, n, n%5+1))
	}
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=gb2312")
		w.Write(gbk(body))
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		page(w, frame("雁塔区人民政府", `<a href="/list.asp?id=3">更多</a> <a href="/show.asp?id=1">关于第1号事项的通知</a>`))
	})
	mux.HandleFunc("/list.asp", func(w http.ResponseWriter, _ *http.Request) {
		var b strings.Builder
		for i := 1; i <= 5; i++ {
			fmt.Fprintf(&b, `<li><a href="/show.asp?id=%d">关于第%d号事项的通知</a> 2019-03-%02d</li>`, i, i, i+10)
		}
		page(w, frame("通知公告", "<ul>"+b.String()+"</ul>"))
	})
	mux.HandleFunc("/show.asp", func(w http.ResponseWriter, r *http.Request) {
		n := 0
		fmt.Sscan(r.URL.Query().Get("id"), &n)
		if n < 1 || n > 5 {
			http.NotFound(w, r)
			return
		}
		page(w, article(n))
	})
	mux.HandleFunc("/upload/{name}", func(w http.ResponseWriter, r *http.Request) {
		switch name := r.PathValue("name"); {
		case name == "p.png":
			w.Header().Set("Content-Type", "image/png")
			w.Write(pixel)
		case name == "fj5.pdf":
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "application/pdf")
			io.WriteString(w, "%PDF-1.4 "+name)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestOldSiteMovesIn(t *testing.T) {
	server := oldSite(t)
	eachCounty(t, server, func(c *county) {
		t := c.t
		_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
		b := c.done(must(c.s.Visit(c.ctx(), c.editor, c.scope(), Ask{Unit: c.unit.ID}, "www.old.gov.cn:"+port, 100))(t))
		if b.State != Looked || b.Total != 5 || b.Report.Accepted != 5 || c.drafts() != 0 {
			t.Fatalf("%s %s: %d rows, %+v", b.State, b.Failure, b.Total, b.Report)
		}
		base := "http://www.old.gov.cn:" + port
		p := c.pieces(b)
		if a := p[base+"/show.asp?id=1"]; a.Kind != "article" || a.Title != "关于第1号事项的通知" {
			t.Errorf("article %+v", a)
		}
		if l := p[base+"/list.asp?id=3"]; l.Kind != "index" || l.Result != Passed {
			t.Errorf("list %+v", l)
		}
		if a := p[base+"/show.asp?id=5"]; a.Result != Warned || !strings.Contains(strings.Join(a.Notes, ""), "404") {
			t.Errorf("article with a dead attachment %+v", a)
		}
		for _, dead := range []string{"/dead.asp", "/show.asp?id=999", "/upload/fj5.pdf"} {
			if !slices.ContainsFunc(b.Dead, func(d Dead) bool { return d.URL == base+dead && strings.Contains(d.Says, "404") && d.From != "" }) {
				t.Errorf("%s is not listed dead in %v", dead, b.Dead)
			}
		}
		ctx := audit.System(context.Background(), "approval")
		if err := c.db.Update(ctx, func(tx *db.Tx) error {
			_, err := c.lib.AdmitMoveIn(ctx, tx, authz.System("approval"), library.MoveIn{Site: c.site.ID, Number: "迁〔2026〕1号", Dated: calendar.DateOf(tx.Now()), ListSHA256: b.ListSHA256})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		b = c.done(must(c.s.Take(c.ctx(), c.editor, c.scope(), b.ID, Into{Column: c.column.ID, Case: "迁〔2026〕1号"}))(t))
		if b.State != Taken || b.Report.Accepted != 5 {
			t.Fatalf("%s %s %+v", b.State, b.Failure, b.Report)
		}
		live := must(c.lib.LiveItems(c.ctx(), c.db, c.column.ID, 10, 0))(t)
		if len(live) != 5 {
			t.Fatalf("%d live", len(live))
		}
		var one library.Imported
		for _, r := range must2(c.s.Items(c.ctx(), c.scope(), b.ID, 10, 0))(t) {
			if r.Title == "关于第2号事项的通知" {
				one = r
			}
		}
		it, v, err := c.lib.LiveItem(c.ctx(), c.db, one.Item)
		if err != nil || it.DocNo != "雁民发〔2019〕2号" || it.IndexNo != "610113-2019-00002" || it.Issuer != "雁塔区民政局" || it.PublishedAt.In(calendar.Shanghai).Format("2006-01-02") != "2019-03-12" || it.Origin != library.MovedIn {
			t.Errorf("%v %+v", err, it)
		}
		if !strings.Contains(v.HTML, "第2号申请表.pdf") || !strings.Contains(v.HTML, "<img") || strings.Contains(v.HTML, "首页") || strings.Contains(v.HTML, "点击") {
			t.Errorf("html %s", v.HTML)
		}
		// Links between the articles lead to the new pages; what did not move in
		// is listed and stays; what is elsewhere is not touched.
		for _, r := range live {
			if r.Item.Title == "关于第3号事项的通知" && !strings.Contains(v.HTML, `href="`+r.Item.Path()+`#p2"`) {
				t.Errorf("the link to %s is not rewritten: %s", r.Item.Path(), v.HTML)
			}
		}
		if !strings.Contains(v.HTML, base+"/show.asp?id=999") || !strings.Contains(v.HTML, "http://www.elsewhere.gov.cn/show.asp?id=1") {
			t.Errorf("links that stay: %s", v.HTML)
		}
		if b.Relinked == nil || b.Relinked.Links != 5 || !slices.ContainsFunc(b.Relinked.Kept, func(k library.KeptLink) bool {
			return k.URL == base+"/show.asp?id=999" && k.From == base+"/show.asp?id=2" && k.Says != ""
		}) {
			t.Errorf("relinked %+v", b.Relinked)
		}
		b = c.done(must(c.s.Undo(c.ctx(), c.editor, c.scope(), b.ID, "迁错了站点"))(t))
		if live := must(c.lib.LiveItems(c.ctx(), c.db, c.column.ID, 10, 0))(t); b.State != Undone || len(live) != 0 {
			t.Errorf("%s, %d still live", b.State, len(live))
		}
	})
}

func must2[T any](v T, _ int, err error) func(testing.TB) T { return must(v, err) }

func TestAnAddressThatLeadsNowhere(t *testing.T) {
	server := oldSite(t)
	c := newCounty(t, dbtest.SQLite(t, time.Now), server)
	b := c.done(must(c.s.Visit(c.ctx(), c.editor, c.scope(), Ask{Unit: c.unit.ID}, "http://none.gov.cn/", 0))(t))
	if b.State != Brought || b.Failure == "" {
		t.Errorf("%s %q", b.State, b.Failure)
	}
	for _, bad := range []string{"", "ftp://x/", "http://"} {
		if _, err := c.s.Visit(c.ctx(), c.editor, c.scope(), Ask{Unit: c.unit.ID}, bad, 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	// Inside addresses are not asked.
	b = c.done(must(c.s.Visit(c.ctx(), c.editor, c.scope(), Ask{Unit: c.unit.ID}, "http://127.0.0.1/", 0))(t))
	if b.State != Brought || b.Failure == "" {
		t.Errorf("%s %q", b.State, b.Failure)
	}
}

func TestArchiveComesBackTheSame(t *testing.T) {
	eachCounty(t, nil, func(c *county) {
		t := c.t
		b := c.bring(sent("通知.docx", wordFile(t, para(`<w:jc w:val="center"/>`, "关于防火的通知")+para("", "各单位：请做好防火工作。")+`<w:p><w:r><w:drawing><wp:docPr descr="疏散图"/><a:blip r:embed="p"/></w:drawing></w:r></w:p>`+para("", "2026年1月2日"), nil)),
			sent("一篇.jsonl", []byte(`{"ref":"j1","type":"policy","title":"行中稿件","text":"一、甲\n\n二、乙","written":"2026-01-03","doc_no":"雁政发〔2026〕3号","keywords":"水;电"}`)))
		c.done(must(c.s.Take(c.ctx(), c.editor, c.scope(), b.ID, Into{}))(t))
		read := c.editor.ScopeFor(authz.ItemRead)
		var archive bytes.Buffer
		sums := map[string]string{}
		n, err := WriteArchive(c.ctx(), &archive, c.s.Shelf, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), func(each func(library.Outgoing) error) error {
			_, err := c.lib.Export(c.ctx(), read, library.Filter{}, 1000, func(o library.Outgoing) error {
				sums[o.Version.Title] = o.Version.SHA256
				return each(o)
			})
			return err
		})
		if err != nil || n != 2 {
			t.Fatalf("%d items, %v", n, err)
		}
		// Here nothing is new.
		if b := c.bring(sent("归档.zip", archive.Bytes())); b.Report.Unchanged != 2 || b.Report.Accepted != 0 {
			t.Errorf("at home: %+v %v", b.Report, c.pieces(b))
		}
		// Elsewhere all comes in with the same hashes and pictures.
		far := newCounty(t, dbtest.SQLite(t, time.Now), nil)
		fb := far.bring(sent("归档.zip", archive.Bytes()))
		if fb = far.done(must(far.s.Take(far.ctx(), far.editor, far.scope(), fb.ID, Into{}))(t)); fb.Report.Accepted != 2 {
			t.Fatalf("elsewhere: %+v %v", fb.Report, far.pieces(fb))
		}
		for _, r := range must2(far.s.Items(far.ctx(), far.scope(), fb.ID, 10, 0))(t) {
			v := must(far.lib.Version(far.ctx(), far.editor.ScopeFor(authz.ItemRead), r.Item, 0))(t)
			if v.SHA256 != sums[v.Title] || !v.Intact() {
				t.Errorf("%s came in otherwise", v.Title)
			}
			for _, src := range document(t, Found{Row: library.Row{Doc: []byte(v.Doc)}}).Sources() {
				rc, _, err := far.s.Shelf.Open(far.ctx(), src)
				if err != nil {
					t.Fatal(err)
				}
				if body := must(io.ReadAll(rc))(t); !bytes.Equal(body, pixel) {
					t.Errorf("%s is another picture", src)
				}
				rc.Close()
			}
		}
		// One changed byte is seen.
		z := must(zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())))(t)
		files := map[string]string{}
		for _, f := range z.File {
			rc := must(f.Open())(t)
			files[f.Name] = string(must(io.ReadAll(rc))(t))
			rc.Close()
		}
		files[itemsName] = strings.Replace(files[itemsName], "防火", "防水", 1)
		bad := far.bring(sent("归档.zip", pack(t, files)))
		if p := far.pieces(bad)["归档.zip"]; p.Result != Refused || !strings.Contains(strings.Join(p.Notes, ""), "摘要不一致") {
			t.Errorf("a changed archive: %+v", p)
		}
	})
}

func FuzzPack(f *testing.F) {
	f.Add(pack(f, map[string]string{"a.txt": "题\n文", manifestName: `{"format":"zhengshu-items/1"}`}))
	f.Add(pack(f, map[string]string{"a.txt": "题\n文"})) // no archive
	f.Add([]byte("PK\x05\x06"))
	s := store(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := openPack(bytes.NewReader(b), int64(len(b)), "a.zip")
		if err != nil {
			return
		}
		for _, p := range list {
			if strings.HasPrefix(p.name, "/") || strings.Contains("/"+p.name+"/", "/../") {
				t.Fatalf("name %q", p.name)
			}
		}
		_ = fromArchive(context.Background(), s, list, "a.zip", func(library.Row) error { return nil }) // refused or not, it ends
	})
}
