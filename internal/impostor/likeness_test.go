package impostor_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/impostor"
	"zhengshu/internal/registry"
)

// drawn is a picture of a given size and pattern.
func drawn(w, h int, at func(x, y int) uint8) image.Image {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetGray(x, y, color.Gray{Y: at(x*900/w, y*800/h)})
		}
	}
	return m
}

func emblem(x, y int) uint8 {
	if (x-300)*(x-300)+(y-400)*(y-400) < 60000 || x > 600 && y/100%2 == 0 {
		return 30
	}
	return 220
}

func stripes(x, y int) uint8 { return uint8((x / 100 % 2) * 255) }

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, png.Encode(&b, m))
	return b.Bytes()
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: 70}))
	return b.Bytes()
}

// home is a portal's home page.
func home(title, foot string) string {
	var menu strings.Builder
	for _, w := range []string{"要闻动态", "政务公开", "办事服务", "互动交流", "走进渭南", "政策解读", "通知公告", "领导之窗", "机构职能", "数据开放"} {
		fmt.Fprintf(&menu, `<li><a href="/%s/">%s</a></li>`, w, w)
	}
	return `<!doctype html><html><head><meta charset="utf-8"><title>` + title + `</title><link rel="shortcut icon" href="/icon.png"></head><body><div class="header"><img src="/img/top.png" class="logo"></div><ul>` + menu.String() +
		`</ul><p>市委、市政府召开全市高质量发展大会，部署下半年重点项目建设、乡村振兴和民生保障工作，要求各县区各部门压实责任，狠抓落实。</p><p>全市夏粮收购工作进展顺利，累计收购小麦四十二万吨，群众售粮款当日结清。</p>` + foot + `</body></html>`
}

// Article 23(3), readings 12: where a look finds the page, it is set beside that of the
// genuine site. What is alike is shown and orders what waits; it decides nothing.
func TestArticle23_3_AFakeIsSetBesideTheGenuineSite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		*h.standing = true
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(h.ctx, `UPDATE site SET site_code = '6105000001', icp = '陕ICP备05000001号' WHERE id = $1`, h.site.ID); err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test", Target: h.site.Target()})
		}))
		logo := drawn(300, 90, emblem)
		h.serve = func(w http.ResponseWriter, r *http.Request) bool {
			send := func(kind string, body []byte) bool {
				w.Header().Set("Content-Type", kind)
				_, err := w.Write(body)
				return err == nil
			}
			genuine, honest := r.Host == h.site.Host, strings.HasPrefix(r.Host, "honest")
			switch {
			case r.URL.Path == "/icon.png" && honest:
				return send("image/png", asPNG(t, drawn(16, 16, stripes)))
			case r.URL.Path == "/icon.png":
				return send("image/png", asPNG(t, drawn(16, 16, emblem)))
			case r.URL.Path == "/img/top.png" && genuine:
				return send("image/png", asPNG(t, logo))
			case r.URL.Path == "/img/top.png" && honest:
				return send("image/png", asPNG(t, drawn(300, 90, stripes)))
			case r.URL.Path == "/img/top.png": // another size, another format
				return send("image/jpeg", asJPEG(t, drawn(240, 72, emblem)))
			case honest:
				return send("text/html", []byte(`<!doctype html><title>诚信商贸公司</title><img class="logo" src="/img/top.png"><link rel="icon" href="/icon.png"><p>本公司经营五金、建材和日用百货，欢迎新老客户来电洽谈，地址在东风街。</p>`))
			case genuine:
				return send("text/html", []byte(home("渭南市人民政府门户网站", "<p>网站标识码：6105000001 陕ICP备05000001号</p>")))
			}
			return send("text/html", []byte(home("渭南市人民政府门户网站-登录", "<p>网站标识码 6105000001　陕 ICP备05000001号</p>"+strings.Repeat(`<a href="http://www.weinan.gov.cn/x/">原文</a>`, 3))))
		}
		scope := h.boss.ScopeFor(authz.InspectionRead)
		entered := func(address string) impostor.Case {
			t.Helper()
			c, err := h.svc.Report(h.as(h.boss), h.boss.ScopeFor(authz.ImpostorReport), impostor.Clue{Kind: "site", Address: address, Source: "unit", Says: "照搬本市门户网站首页", Of: registry.Ref{Kind: "site", ID: string(h.site.ID)}}, nil)
			ok(t, err)
			return c
		}
		fake := entered("weinan-gov.cn")
		h.clock.Advance(60e9)
		honest := entered("honest-weinan.cn")
		order := func(want ...string) {
			t.Helper()
			list, _, err := h.svc.Cases(h.ctx, scope, impostor.Filter{})
			ok(t, err)
			for i, c := range list {
				if c.ID != want[i] {
					t.Errorf("%d: %s (%d)", i, c.Shown, c.Alike)
				}
			}
		}
		order(honest.ID, fake.ID) // the newest
		look := func(c impostor.Case) impostor.Look {
			t.Helper()
			_, err := h.svc.LookNow(h.as(h.boss), scope, h.boss, c.ID)
			ok(t, err)
			d, err := h.svc.Dossier(h.ctx, scope, c.ID)
			ok(t, err)
			if d.State != impostor.Found {
				t.Errorf("the comparison moved the case to %s", d.State)
			}
			if d.Looks[0].Likeness == nil {
				t.Fatalf("%+v", d.Looks)
			}
			return d.Looks[0]
		}
		l, u := look(fake), look(honest)
		alike := map[string]bool{}
		for _, s := range l.Likeness.Signs {
			alike[s.Name] = s.Alike
		}
		for _, name := range []string{"标题", "栏目和导航文字", "页面文字", impostor.LogoSign, "浏览器标签图标", "指向官方网站的链接", "网站标识码", "ICP 备案号"} {
			if !alike[name] {
				t.Errorf("%s is not alike: %+v", name, l.Likeness.Signs)
			}
		}
		if l.Likeness.Score != 100 || u.Likeness.Score != 0 || u.Likeness.Alike() != 0 {
			t.Errorf("scores %d and %d: %+v", l.Likeness.Score, u.Likeness.Score, u.Likeness.Signs)
		}
		order(fake.ID, honest.ID) // the likest first
		// Both logos are kept, and shown drawn anew.
		for _, ours := range []bool{false, true} {
			b, err := h.svc.Picture(h.ctx, scope, fake.ID, l.ID, ours)
			ok(t, err)
			if m, err := png.DecodeConfig(bytes.NewReader(b)); err != nil || m.Width != map[bool]int{false: 240, true: 300}[ours] {
				t.Errorf("%+v (%v)", m, err)
			}
		}
		_, err := h.svc.Picture(h.ctx, authz.Scope{}, fake.ID, l.ID, true)
		is(t, err, fault.NotFound)
		_, err = h.svc.Picture(h.ctx, scope, honest.ID, l.ID, true) // of another case
		is(t, err, fault.NotFound)

		// The genuine site does not open: nothing is said, and the last order stays.
		inner := h.serve
		h.serve = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Host == h.site.Host {
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			return inner(w, r)
		}
		h.clock.Advance(60e9)
		if l := look(fake); l.Likeness.Why == "" || len(l.Likeness.Signs) != 0 {
			t.Errorf("%+v", l.Likeness)
		}
		order(fake.ID, honest.ID)
	})
}

// A picture is decoded within bounds, whatever its head says.
func FuzzPicture(f *testing.F) {
	var small, wide bytes.Buffer
	if err := png.Encode(&small, drawn(40, 30, emblem)); err != nil {
		f.Fatal(err)
	}
	if err := png.Encode(&wide, image.NewPaletted(image.Rect(0, 0, 4001, 2), color.Palette{color.Black, color.White})); err != nil {
		f.Fatal(err)
	}
	bomb := bytes.Clone(small.Bytes())
	copy(bomb[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65,536 × 65,536
	f.Add(small.Bytes())
	f.Add(wide.Bytes())
	f.Add(bomb)
	f.Add([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;"))
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := impostor.Redrawn(body)
		if err != nil {
			return
		}
		c, err := png.DecodeConfig(bytes.NewReader(out))
		if err != nil || c.Width > 4000 || c.Height > 4000 || c.Width*c.Height > 2<<20 {
			t.Fatalf("%d × %d (%v)", c.Width, c.Height, err)
		}
	})
}

func TestPicturesBeyondTheBoundsAreRefused(t *testing.T) {
	var wide bytes.Buffer
	ok(t, png.Encode(&wide, image.NewPaletted(image.Rect(0, 0, 4001, 2), color.Palette{color.Black})))
	bomb := asPNG(t, drawn(40, 30, emblem))
	copy(bomb[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0})
	for name, body := range map[string][]byte{"wide": wide.Bytes(), "bomb": bomb, "long": make([]byte, 513<<10), "none": nil, "text": []byte("<html>")} {
		if _, err := impostor.Redrawn(body); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
	if _, err := impostor.Redrawn(asPNG(t, drawn(40, 30, emblem))); err != nil {
		t.Error(err)
	}
}
