package e2e

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/registry"
)

// TestComposing walks the two who keep a site: its builder arranges the home
// page with the keyboard alone, looks at it, publishes, sees it and sets it
// back; a column's owner finds a red light, publishes and finds it green.
func TestComposing(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	ctx, system := audit.System(context.Background(), "e2e"), authz.System("e2e")
	site := func(slug string) registry.Site {
		s, err := h.Registry.SiteBySlug(ctx, h.DB, system, slug)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("Article13_1_HomeByKeyboard", func(t *testing.T) {
		b := b.in(t)
		reader := b.person("")
		reader.portal("xian.localhost", "/")
		reader.seesSoon("政务服务网", time.Minute)
		builder := b.person("shibian")
		builder.open("/console/layouts")
		builder.follow("编排首页")
		builder.sees("版块次序")
		at := builder.location()
		// A new block, by Tab and Enter.
		builder.tabTo("版块种类")
		builder.keys("自选链接")
		if is := eval[string](builder, `document.activeElement.value`); is != "links" {
			eval[bool](builder, `(document.activeElement.value = "links", true)`) // a driver types no Chinese into a list
		}
		builder.follow("添加版块")
		builder.write("版块标题", "常用网站")
		builder.write("名称", "联系我们")
		builder.write("网址", "/contact.html")
		builder.follow("添加到草稿")
		builder.sees("已添加到草稿")
		builder.both("layout-board")
		order := func() int {
			return eval[int](builder, `[...document.querySelectorAll(".arrange-item")].findIndex(e => e.innerText.includes("常用网站"))`)
		}
		was := order()
		builder.follow("上移\n：自选链接“常用网站”")
		if now := order(); now != was-1 {
			t.Errorf("上移 brings it from %d to %d", was, now)
		}
		// Dragging does the same as 移到.
		drag := func(from, to int) {
			builder.t.Helper()
			mark := fmt.Sprint(time.Now().UnixNano())
			eval[bool](builder, fmt.Sprintf(`(() => { document.documentElement.dataset.mark = %s; const all = [...document.querySelectorAll(".arrange-item")], d = new DataTransfer();
				const fire = (e, kind) => e.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: d}));
				fire(all[%d], "dragstart"); fire(all[%d], "dragover"); fire(all[%d], "drop"); return true; })()`, quoted(mark), from, to, to))
			if !builder.turned(mark) {
				builder.fail("dragging led nowhere")
			}
		}
		drag(order(), 2)
		if now := order(); now != 2 {
			t.Errorf("dragging brings it to %d", now)
		}
		builder.follow("预览")
		builder.sees("宽 1280 像素")
		builder.follow("手机")
		builder.sees("宽 390 像素")
		builder.keep("layout-preview")
		reader.portal("xian.localhost", "/")
		reader.lacks("常用网站")
		builder.open(at)
		builder.follow("发布首页")
		builder.sees("已发布")
		began := time.Now()
		for !strings.Contains(reader.text(), "常用网站") {
			if time.Since(began) > 20*time.Second {
				reader.fail("the published home page is not seen")
			}
			time.Sleep(100 * time.Millisecond)
			reader.portal("xian.localhost", "/")
		}
		t.Logf("published → seen by a reader: %v", time.Since(began).Round(10*time.Millisecond))
		reader.keep("layout-home")
		builder.open(at + "/versions")
		builder.follow("恢复第 1 版")
		builder.sees("已恢复")
		for began := time.Now(); strings.Contains(reader.text(), "常用网站"); time.Sleep(100 * time.Millisecond) {
			if time.Since(began) > 20*time.Second {
				reader.fail("the home page is not set back")
			}
			reader.portal("xian.localhost", "/")
		}
		// Without scripts the same buttons do.
		plain := b.person("shibian", withoutScript)
		plain.open(at)
		plain.press("下移\n：头条")
		plain.sees("已移到第 3 位")
		plain.press("放弃草稿")
		plain.sees("已放弃草稿")
	})
	t.Run("Article07_4_LawfulNoticeStays", func(t *testing.T) {
		builder := b.in(t).person("shibian")
		builder.open("/console/sites/" + string(site("xian").ID) + "/bar")
		builder.sees("关于雁塔区人民政府（演示）门户网站开通的公告")
		builder.press("撤下")
		builder.sees("还不能撤下")
		builder.sees("第七条（四）")
		builder.both("layout-bar")
	})
	t.Run("Article19_2_LightFromRedToGreen", func(t *testing.T) {
		yanta := site("yanta")
		news, err := h.Registry.ColumnBySlug(ctx, h.DB, system, yanta.ID, "news")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.DB.Update(ctx, func(tx *db.Tx) error { // two weeks went by without a word
			_, err := h.Obligations.Postpone(ctx, tx, library.ColumnUpdate.ID, obligation.Subject{Kind: "column", ID: string(news.ID), Name: news.Name}, calendar.Due{On: calendar.DateOf(tx.Now()).AddDays(-2)}, "两周没有更新")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		owner := b.in(t).person("xian")
		owner.open("/console/columns?light=red")
		owner.sees("红灯，已超期 2 天")
		owner.both("column-red")
		owner.press("选稿发布")
		owner.sees("可以采用的稿件")
		owner.press("采用")
		owner.sees("已采用")
		owner.open("/console/columns?q=" + url.QueryEscape("要闻"))
		owner.sees("绿灯")
		owner.lacks("红灯，")
		owner.both("column-green")
		// The card of one's own column.
		owner.open("/console/columns/" + string(news.ID) + "/edit")
		owner.sees("栏目卡片")
		owner.keep("column-card")
		owner.open("/console/sites/" + string(yanta.ID) + "/columns")
		owner.press("下移\n：要闻")
		owner.sees("“要闻”已移动")
		owner.both("column-tree")
	})
}
