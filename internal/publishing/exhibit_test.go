package publishing_test

import (
	"context"
	"io"
	"io/fs"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
)

func figure(kind, src, alt, caption string) prose.Node {
	return prose.Node{Type: prose.Figure, Attrs: map[string]any{"kind": kind, "src": src, "alt": alt, "caption": caption}}
}

func said(words string) prose.Node {
	return prose.Node{Type: prose.Paragraph, Content: []prose.Node{{Type: prose.TextNode, Text: words}}}
}

func doc(nodes ...prose.Node) func(*library.Writing) {
	return func(w *library.Writing) { w.Doc = prose.Doc{Content: nodes} }
}

// TestPicturesFilmsAndInterpretationsHaveViewsOfTheirOwn: a set of pictures is a
// gallery, a film has poster, captions, transcript and download, and all
// interpretations of one file name each other (第十四条（三）).
func TestPicturesFilmsAndInterpretationsHaveViewsOfTheirOwn(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	files := map[string]string{"/media/a.jpg": "image/jpeg", "/media/b.jpg": "image/jpeg", "/media/film.mp4": "video/mp4", "/media/said.mp3": "audio/mpeg", "/media/poster.jpg": "image/jpeg", "/media/film.vtt": "text/vtt"}
	h.pub = publishing.New(h.db, h.reg, h.lib, h.store, publishing.Config{Demo: true, Port: "8080",
		Look: func(_ context.Context, _ db.Querier, path string) (prose.Shown, bool, error) {
			_, ok := files[path]
			s := prose.Shown{Kind: "MP4 视频", Size: "12 MB"}
			if strings.HasSuffix(path, ".jpg") {
				s = prose.Shown{Width: 1600, Height: 1000, Widths: []prose.ShownWidth{{Path: path, Width: 1600}}}
			}
			return s, ok, nil
		},
		Media: func(_ context.Context, path string) (io.ReadCloser, string, error) {
			if kind, ok := files[path]; ok {
				return io.NopCloser(strings.NewReader("x")), kind, nil
			}
			return nil, "", fs.ErrNotExist
		}})
	h.lib.OnChange(h.pub.Changed)
	set := h.live("县城新貌图集", "", into(h.news, library.Pictures, library.Answers{"photographer": "王某"}),
		doc(said("五年来的变化。"), figure("image", "/media/a.jpg", "新修的河堤", "河堤"), figure("image", "/media/b.jpg", "夜里的广场", "")))
	film := h.live("供暖短片", "", into(h.news, library.Media, library.Answers{"medium": "视频", "file": "/media/film.mp4", "duration": "1:05", "subtitle": "有字幕", "poster": "/media/poster.jpg", "captions": "/media/film.vtt"}),
		doc(said("各位观众，今天说说供暖。")))
	sound := h.live("供暖录音", "", into(h.news, library.Media, library.Answers{"medium": "音频", "file": "/media/said.mp3", "duration": "04:10", "subtitle": "无字幕，附文字稿"}), doc(said("录音的文字稿。")))
	policy := h.live("云河县供暖办法", "第一条 供热单位应当保障供暖。", func(w *library.Writing) {
		w.Type, w.DocNo, w.Issuer, w.Columns = library.Policy, "云政发〔2026〕18号", "云河县人民政府", []registry.ColumnID{h.policies.ID}
	})
	reading := func(form string, nodes ...prose.Node) library.Item {
		it := h.live("供暖办法"+form, "", into(h.policies, library.Interpretation, library.Answers{"form": form, "interpreter": "县住建局"}), doc(nodes...))
		must(t, h.lib.LinkInterpretation(h.author.ctx, system, policy.ID, it.ID, form))
		return it
	}
	words := reading("文字", said("说了三件事。"))
	h.publish()
	drawing := reading("图解", figure("image", "/media/a.jpg", "一张图看懂供暖办法：何时供、谁来管、找谁问", ""), said("图里的文字。"))
	clip := reading("短视频", figure("video", "/media/film.mp4", "讲解供暖办法", "局长讲解"), said("讲解的文字稿。"))
	h.publish() // draws the first one anew, too

	for _, tt := range []struct {
		it    library.Item
		wants []string
		nots  []string
	}{
		{set, []string{`class="plates"`, `alt="新修的河堤"`, "1 / 2", "河堤", `<figcaption><span class="plate-no">2 / 2</span>夜里的广场`, "五年来的变化", `width="1600"`, `"@type":"ImageGallery"`, "王某"}, []string{`<figure class="figure">`, "thumbs"}},
		{film, []string{`<video controls preload="metadata" playsinline`, `poster="/media/poster.jpg"`, `<track kind="captions" srclang="zh-CN" label="中文字幕" src="/media/film.vtt" default>`, `<a download href="/media/film.mp4">下载视频（MP4 视频，12 MB）</a>`, "文字稿</h2>", "各位观众", "时长 1:05", `"duration":"PT1M5S"`}, []string{"<iframe", "http-equiv=\"refresh"}},
		{sound, []string{`<audio controls`, `src="/media/said.mp3"`, "录音的文字稿", `"@type":"AudioObject"`}, []string{"<video"}},
		{words, []string{"解读的文件", publishing.Path(policy), "多种形式解读", publishing.Path(drawing), publishing.Path(clip), `aria-current="page"><span class="form-name">文字`}, nil},
		{drawing, []string{`class="plates"`, "图解的文字内容", publishing.Path(policy), publishing.Path(words), publishing.Path(clip)}, nil},
		{clip, []string{`<video controls`, "局长讲解", "讲解的文字稿", publishing.Path(words)}, []string{`class="plates"`}},
		{policy, []string{"相关解读", publishing.Path(words), publishing.Path(drawing), publishing.Path(clip), "【短视频】"}, nil},
	} {
		_, page := h.get(publishing.Path(tt.it))
		for _, want := range tt.wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", tt.it.Title, want)
			}
		}
		for _, not := range tt.nots {
			if strings.Contains(page, not) {
				t.Errorf("%s has %s", tt.it.Title, not)
			}
		}
		if tt.it.Type == library.Policy {
			continue
		}
		if _, elder := h.get(publishing.ElderPath(tt.it)); !strings.Contains(elder, "<h1") || strings.Contains(page, "<video") != strings.Contains(elder, "<video") {
			t.Errorf("%s: its elder twin shows something else", tt.it.Title)
		}
	}
	for path, kind := range files {
		if code, _ := h.get(path); code != 200 {
			t.Errorf("%s (%s) is not in the release: %d", path, kind, code)
		}
	}
	// One goes: the others no longer name it.
	h.withdraw(clip)
	h.publish()
	for _, it := range []library.Item{words, drawing, policy} {
		if _, page := h.get(publishing.Path(it)); strings.Contains(page, publishing.Path(clip)) {
			t.Errorf("%s still names what was withdrawn", it.Title)
		}
	}
	// Drawn whole, nothing changes.
	before, err := h.store.Current(h.site.ID)
	must(t, err)
	must(t, h.pub.Rebuild(audit.System(context.Background(), "test"), h.site.ID))
	after, err := h.store.Current(h.site.ID)
	must(t, err)
	for name, hash := range after.Lists {
		if before.Lists[name] != hash && !strings.HasPrefix(name, "/media/") { // a file names the item that brought it first
			t.Errorf("drawing the whole site gives another list %s", name)
		}
	}
	// What a composition of the home page would draw, counted without writing.
	fan, err := h.pub.FanOut(h.final.ctx, h.final.session.ScopeFor(authz.ItemRead), publishing.Act{Site: h.site.ID, Parts: []publishing.Part{publishing.HomePart}})
	if err != nil || fan.Pages < 2 || fan.Pages > 12 || len(fan.Sites) != 1 || fan.Sites[0].Whole {
		t.Errorf("fan of the home page: %+v %v", fan, err)
	}
	if _, err := h.pub.FanOut(h.stranger.ctx, h.stranger.session.ScopeFor(authz.ItemRead), publishing.Act{Site: h.site.ID, Parts: []publishing.Part{publishing.HomePart}}); err == nil {
		t.Error("a neighbour learns of the site")
	}
}
