package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// desk is one signed-in editor.
type desk struct {
	ctx   context.Context
	unit  org.UnitID
	scope authz.Scope
}

// house is two counties with an editor each.
type house struct {
	*testing.T
	db       *db.DB
	dir      string
	store    *store
	media    *media.Service
	clock    *calendar.Manual
	lib      *library.Service
	us, them desk
}

// store is a disk that can fail.
type store struct {
	blob.Store
	fail error
	puts int
}

func (s *store) Put(ctx context.Context, r io.Reader) (blob.Ref, error) {
	if s.puts++; s.fail != nil {
		return "", s.fail
	}
	return s.Store.Put(ctx, r)
}

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	clock := calendar.NewManual(time.Now())
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		h := &house{T: t, db: d, dir: t.TempDir(), clock: clock}
		disk, err := blob.Disk(h.dir)
		if err != nil {
			t.Fatal(err)
		}
		h.store = &store{Store: disk}
		o := org.New(d)
		r := registry.New(d, o)
		h.media = media.New(d, o, h.store)
		h.lib = library.New(d, o, r, obligation.New(d, o, library.WaivedInterpretation, library.ColumnUpdate), func(string) []check.Span { return nil }, sx2021.Defaults())
		h.lib.OnVersion(func(ctx context.Context, tx *db.Tx, id library.ItemID, no int, doc prose.Doc) error {
			return h.media.Enter(ctx, tx, string(id), no, doc)
		})
		if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine); err != nil {
			t.Fatal(err)
		}
		err = d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
				{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.County, Code: "610112", Name: "未央区", Parent: "city-610100000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for i, code := range []string{"610113", "610112"} {
				u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID("county-" + code + "000000"), Kind: org.Office, Name: code + "人民政府办公室"})
				if err != nil {
					return err
				}
				session := &authz.Session{PersonID: fmt.Sprint("p", i), Name: "编辑" + code, Posts: []authz.Post{{Role: authz.Editor, UnitID: string(u.ID), UnitName: u.Name, AreaPath: u.AreaPath, LinePath: u.LinePath}}}
				at := desk{authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: session.PersonID, Name: session.Name, Unit: string(u.ID)}), session), u.ID, session.ScopeFor(authz.ItemWrite)}
				if i == 0 {
					h.us = at
				} else {
					h.them = at
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(h)
	})
}

func picture(w, h int, shade uint8) []byte {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range p.Pix {
		p.Pix[i] = shade | 0x0f
	}
	p.SetRGBA(0, 0, color.RGBA{shade, 0, 0, 255})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

var pdf = []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

func file(name string, content []byte) media.Upload {
	return media.Upload{Name: name, Content: bytes.NewReader(content)}
}

func (h *house) take(at desk, about media.About, files ...media.Upload) []media.Asset {
	h.Helper()
	about.FocalX, about.FocalY = 50, 50
	list, err := h.media.Take(at.ctx, at.scope, at.unit, files, about)
	if err != nil {
		h.Fatal(err)
	}
	return list
}

func (h *house) count(table string) int {
	h.Helper()
	n, err := db.One(h.us.ctx, h.db, db.Value[int], `SELECT count(*) FROM `+table)
	if err != nil {
		h.Fatal(err)
	}
	return n
}

func (h *house) write(at desk, lines ...string) (library.Item, error) {
	h.Helper()
	d, err := prose.FromText(strings.Join(lines, "\n\n"))
	if err == nil {
		d, err = h.media.Place(at.ctx, at.scope, d)
	}
	if err != nil {
		return library.Item{}, err
	}
	return h.lib.Create(at.ctx, at.scope, library.Writing{Meta: library.Meta{Type: library.News, Title: "防汛", Origin: library.Original}, Doc: d, Unit: at.unit})
}

func TestTakeDescribeAndFind(t *testing.T) {
	each(t, func(h *house) {
		list := h.take(h.us, media.About{Source: "本单位"}, file("现场.jpg", picture(2000, 1000, 0x40)), file("附件.pdf", pdf))
		a, f := list[0], list[1]
		if a.Kind != media.Picture || a.Width != 2000 || a.Source != "本单位" || f.Kind != media.File || f.Size != int64(len(pdf)) {
			t.Fatalf("%+v %+v", a, f)
		}
		if again := h.take(h.us, media.About{}, file("又名.jpg", picture(2000, 1000, 0x40))); again[0].ID != a.ID || h.count("media_asset") != 2 {
			t.Errorf("the same content is kept twice")
		}
		h.take(h.them, media.About{}, file("现场.jpg", picture(2000, 1000, 0x40)))
		for want, n := range map[string]int{"": 2, media.NoAlt: 1, media.NoMapNo: 0, media.Unused: 2} {
			if got, total, err := h.media.Assets(h.us.ctx, h.us.scope, media.Filter{Wants: want}); err != nil || total != n || len(got) != n {
				t.Errorf("wants %q: %d of %d, %v", want, len(got), total, err)
			}
		}
		about := a.About
		about.Alt, about.IsMap, about.FocalX = " 城区\u202e积水\n现场 ", true, 20
		b, err := h.media.Describe(h.us.ctx, h.us.scope, a.ID, about)
		if err != nil || b.Alt != "城区积水 现场" {
			t.Fatalf("%q %v", b.Alt, err)
		}
		if _, total, err := h.media.Assets(h.us.ctx, h.us.scope, media.Filter{Wants: media.NoMapNo}); err != nil || total != 1 {
			t.Errorf("maps without a number: %d, %v", total, err)
		}
		about = b.About
		for no, ok := range map[string]bool{"GS(2026)0123号": true, "GS京（2026）0123号": true, "陕S〔2026〕012号": true, "随便": false, "GS2026": false} {
			about.MapNo = no
			if _, err := h.media.Describe(h.us.ctx, h.us.scope, a.ID, about); (err == nil) != ok {
				t.Errorf("%s: %v", no, err)
			}
		}
		trail, err := h.media.Trail(h.us.ctx, h.us.scope, a.ID)
		if err != nil || len(trail) < 3 || trail[len(trail)-1].Act != "media.asset.add" {
			t.Errorf("history has %d acts, %v", len(trail), err)
		}
		// Another county sees and changes nothing.
		for what, err := range map[string]error{
			"read":     second(h.media.Asset(h.them.ctx, h.them.scope, a.ID)),
			"describe": second(h.media.Describe(h.them.ctx, h.them.scope, a.ID, about)),
			"remove":   h.media.Remove(h.them.ctx, h.them.scope, a.ID),
			"replace":  second(h.media.Replace(h.them.ctx, h.them.scope, a.ID, file("x.jpg", picture(9, 9, 1)))),
			"original": second(h.media.OpenOriginal(h.them.ctx, h.them.scope, a.ID)),
			"shown":    second(h.media.OpenShown(h.them.ctx, h.them.scope, a.Src())),
			"for":      second(h.media.Take(h.them.ctx, h.them.scope, h.us.unit, []media.Upload{file("x.jpg", picture(9, 9, 1))}, media.About{})),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("another county may %s: %v", what, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestNothingIsHalfKept(t *testing.T) {
	each(t, func(h *house) {
		good := file("好.jpg", picture(100, 80, 0x40))
		clean := func(what string) {
			t.Helper()
			if n := h.count("media_asset"); n != 0 {
				t.Errorf("%s: %d assets", what, n)
			}
			if left, err := os.ReadDir(filepath.Join(h.dir, "tmp")); err != nil || len(left) != 0 {
				t.Errorf("%s: %d unfinished files, %v", what, len(left), err)
			}
		}
		try := func(files ...media.Upload) error {
			_, err := h.media.Take(h.us.ctx, h.us.scope, h.us.unit, files, media.About{FocalX: 50, FocalY: 50})
			return err
		}
		err := try(good, file("坏.svg", []byte("<svg/>")), file("宏.docx", []byte("MZ")))
		if !fault.Is(err, fault.Invalid) || len(fault.Of(err).Fields) != 2 || !strings.Contains(fault.Of(err).Says, "坏.svg") || !strings.Contains(fault.Of(err).Says, "都没有保存") || h.store.puts != 0 {
			t.Errorf("one bad of three: %v, %d put", err, h.store.puts)
		}
		clean("refused")
		whole := picture(400, 300, 0x40)
		if err := try(file("断.jpg", whole[:len(whole)/2])); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "只有一部分") {
			t.Errorf("a cut picture: %v", err)
		}
		clean("cut picture")
		if err := try(media.Upload{Name: "断.pdf", Content: &cut{bytes.NewReader(pdf)}}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "没有传完") {
			t.Errorf("a cut connection: %v", err)
		}
		clean("cut connection")
		for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
			h.store.fail = &fs.PathError{Op: "write", Path: "x", Err: cause}
			if err := try(good, file("附件.pdf", pdf)); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Of(err).Says, "存储空间不足") {
				t.Errorf("%v: %v", cause, err)
			}
			clean("disk full")
		}
		h.store.fail = nil
		if err := try(good); err != nil {
			t.Errorf("with room again: %v", err)
		}
		if err := try(); !fault.Is(err, fault.Invalid) {
			t.Errorf("no file: %v", err)
		}
		if err := try(make([]media.Upload, media.MaxTogether+1)...); !fault.Is(err, fault.Invalid) {
			t.Errorf("too many files: %v", err)
		}
	})
}

// cut is a file whose bytes end before its length does.
type cut struct{ io.ReadSeeker }

func (c *cut) Read(p []byte) (int, error) {
	return iotest.ErrReader(io.ErrUnexpectedEOF).Read(p)
}

func TestRenditionsAreMadeOnceAndServed(t *testing.T) {
	each(t, func(h *house) {
		a := h.take(h.us, media.About{Alt: "积水"}, file("现场.jpg", picture(2000, 1000, 0x40)))[0]
		workers := jobs.NewWorkers()
		media.Register(h.media, workers)
		if waiting := jobstest.Waiting[media.Render](t, h.db); len(waiting) != 1 || waiting[0].Asset != a.ID {
			t.Fatalf("waiting %+v", waiting)
		}
		jobstest.Work(t, h.db, workers, jobs.Config{})
		if n := h.count("media_rendition"); n != 4 { // 1920, 960, 480, thumbnail
			t.Fatalf("%d renditions", n)
		}
		puts := h.store.puts
		base := strings.TrimSuffix(a.Src(), ".jpg")
		for path, size := range map[string]image.Point{a.Src(): image.Pt(960, 480), base + "-480.jpg": image.Pt(480, 240), base + "-1920.jpg": image.Pt(1920, 960), a.Thumb(): image.Pt(320, 240)} {
			o, err := h.media.OpenShown(h.us.ctx, h.us.scope, path)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			c, _, err := image.DecodeConfig(o)
			if err := errors.Join(err, o.Close()); err != nil || c.Width != size.X || c.Height != size.Y {
				t.Errorf("%s: %d×%d, %v", path, c.Width, c.Height, err)
			}
		}
		if h.store.puts != puts {
			t.Errorf("%d made again", h.store.puts-puts)
		}
		for _, path := range []string{base + "-2000.jpg", base + "-481.jpg", base + ".png", base + "-thumb-50-50.png", "/media/../etc/passwd", "/media/x.jpg", strings.Replace(a.Src(), "01", "02", 1)} {
			if _, err := h.media.OpenShown(h.us.ctx, h.us.scope, path); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, _, err := h.media.Release(h.us.ctx, a.Thumb()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a thumbnail is released: %v", err)
		}
		o, err := h.media.OpenOriginal(h.us.ctx, h.us.scope, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if b, err := io.ReadAll(o); err != nil || !bytes.Equal(b, picture(2000, 1000, 0x40)) {
			t.Errorf("the original came back changed: %v", err)
		}
		// Before the job has run, a reader does not wait for it.
		var p bytes.Buffer
		if err := png.Encode(&p, image.NewRGBA(image.Rect(0, 0, 30, 20))); err != nil {
			t.Fatal(err)
		}
		b := h.take(h.us, media.About{Alt: "图"}, file("图.png", p.Bytes()))[0]
		r, kind, err := h.media.Release(h.us.ctx, b.Src())
		if err != nil || kind != "image/png" {
			t.Fatalf("%s %v", kind, err)
		}
		r.Close()
	})
}

func TestUsesReplaceAndRemove(t *testing.T) {
	each(t, func(h *house) {
		list := h.take(h.us, media.About{Alt: "积水现场", Source: "本单位"}, file("现场.jpg", picture(2000, 1000, 0x40)), file("附件.pdf", pdf))
		a, f := list[0], list[1]
		it, err := h.write(h.us, "第一段", a.Line(), "第二段", f.Line())
		if err != nil {
			t.Fatal(err)
		}
		v, err := h.lib.Version(h.us.ctx, h.us.scope, it.ID, 0)
		if err != nil || !v.Intact() || !strings.Contains(v.HTML, `<img loading="lazy" src="`+a.Src()+`" alt="积水现场">`) || !strings.Contains(v.HTML, `href="`+f.Src()+`"`) {
			t.Fatalf("%v %s", err, v.HTML)
		}
		d, err := prose.Parse([]byte(v.Doc))
		if err != nil {
			t.Fatal(err)
		}
		page := d.Page(func(path string) (prose.Shown, bool) {
			s, ok, err := h.media.Look(h.us.ctx, h.db, path)
			if err != nil {
				t.Fatal(err)
			}
			return s, ok
		})
		for _, want := range []string{` 480w, `, ` 1920w"`, `width="960" height="480"`, "PDF 文档，" + media.Bytes(f.Size), f.Blob.Hash()} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q: %s", want, page)
			}
		}
		uses, err := h.media.UsedBy(h.us.ctx, h.us.scope, a.ID)
		if err != nil || len(uses) != 1 || uses[0].Item != string(it.ID) || uses[0].Live {
			t.Errorf("used by %+v, %v", uses, err)
		}
		if err := h.media.Remove(h.us.ctx, h.us.scope, a.ID); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "1 篇") {
			t.Errorf("removed in use: %v", err)
		}
		better, err := h.media.Replace(h.us.ctx, h.us.scope, a.ID, file("更清楚.jpg", picture(1500, 900, 0x80)))
		if err != nil || better.ID == a.ID || better.Alt != "积水现场" || better.Replaces != a.ID {
			t.Fatalf("%+v %v", better, err)
		}
		if old, err := h.media.Asset(h.us.ctx, h.us.scope, a.ID); err != nil || old.ReplacedBy != better.ID || old.Uses != 1 {
			t.Errorf("the old one: %+v %v", old, err)
		}
		if _, err := h.media.Replace(h.us.ctx, h.us.scope, a.ID, file("同.jpg", picture(1500, 900, 0x80))); !fault.Is(err, fault.Conflict) {
			t.Errorf("replaced by what is there: %v", err)
		}
		if err := h.media.Remove(h.us.ctx, h.us.scope, better.ID); err != nil {
			t.Errorf("remove unused: %v", err)
		}
		if _, err := h.media.Asset(h.us.ctx, h.us.scope, better.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("still there: %v", err)
		}
		left, err := h.media.Left(h.us.ctx, h.db, string(it.ID), "no-such-site")
		if err != nil || len(left) != 5 { // three widths, the picture's and the attachment's own
			t.Errorf("left on a site that shows nothing: %v, %v", left, err)
		}
	})
}

// A number somebody knows does not make another office's file public.
func TestForeignFilesStayWhereTheyAre(t *testing.T) {
	each(t, func(h *house) {
		list := h.take(h.us, media.About{Alt: "内部"}, file("内部.jpg", picture(200, 100, 0x40)), file("内部.pdf", pdf))
		for _, a := range list {
			if _, err := h.write(h.them, "正文", a.Line()); !fault.Is(err, fault.Invalid) {
				t.Errorf("by line: %v", err)
			}
			n := prose.Node{Type: prose.Attachment, Attrs: map[string]any{"name": "偷", "href": a.Src()}}
			if a.Kind == media.Picture {
				n = prose.Node{Type: prose.Figure, Attrs: map[string]any{"kind": "image", "alt": "偷", "src": strings.Replace(a.Src(), ".jpg", "-200.jpg", 1)}}
			}
			_, err := h.lib.Create(h.them.ctx, h.them.scope, library.Writing{Meta: library.Meta{Type: library.News, Title: "偷", Origin: library.Original}, Doc: prose.Doc{Content: []prose.Node{n}}, Unit: h.them.unit})
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "没有找到") {
				t.Errorf("by address: %v", err)
			}
		}
		if n := h.count("item"); n != 0 {
			t.Errorf("%d items were written", n)
		}
		mute := h.take(h.us, media.About{}, file("无字.jpg", picture(201, 100, 0x40)))[0]
		if _, err := h.write(h.us, "正文", mute.Line()); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "替代文字") {
			t.Errorf("without alt: %v", err)
		}
	})
}

func TestLinesWithinParagraphs(t *testing.T) {
	each(t, func(h *house) {
		f := h.take(h.us, media.About{}, file("附件】1.pdf", pdf))[0]
		d, err := prose.FromText("第一行\n" + f.Line() + "\n第二行\n\n另一段")
		if err != nil {
			t.Fatal(err)
		}
		d, err = h.media.Place(h.us.ctx, h.us.scope, d)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, n := range d.Content {
			kinds = append(kinds, n.Type)
		}
		if got := strings.Join(kinds, " "); got != "paragraph attachment paragraph paragraph" {
			t.Errorf("blocks %s", got)
		}
	})
}
