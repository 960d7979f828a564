package e2e

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
)

// TestAdoption: an item of the province stands on three portals by reference;
// one withdrawal by its editor takes it from all of them, with the reason, and
// the adopters are told. Then the province marks something to be reposted
// within 24 hours: the city does it in time, the district comes an hour late.
func TestAdoption(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	ctx := context.Background()
	column := func(slug, name string) registry.Column {
		site, err := h.Registry.SiteBySlug(ctx, h.DB, authz.System("e2e"), slug)
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.Registry.ColumnBySlug(ctx, h.DB, authz.System("e2e"), site.ID, name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	live, err := h.Library.LiveItems(ctx, h.DB, column("shaanxi", "news").ID, 4, 0)
	if err != nil || len(live) < 4 {
		t.Fatalf("%d items of the province, %v", len(live), err)
	}
	it := live[2].Item
	page := "/console/items/" + string(it.ID)

	city := b.person("shibian", withoutScript)
	city.open(page + "/adopt?column=" + url.QueryEscape(string(column("xian", "news").ID)))
	city.fill("显示标题", "省里的消息，本市转发（演示）")
	city.both("adopt")
	city.press("采用并发布")
	city.sees("本市转发（演示）")
	city.both("shown")

	district := b.person("xian")
	district.open("/console/columns")
	district.sees("已超期")
	district.both("columns")
	district.press("要闻")
	district.sees("可以采用的稿件")
	district.both("column")
	// One click at the item's row.
	if !eval[bool](district, `(() => { const e = document.querySelector('button[name="item"][value="`+string(it.ID)+`"]'); if (!e) return false; document.documentElement.dataset.mark = "adopt"; e.click(); return true; })()`) {
		district.fail("the item is not offered")
	}
	if !district.turned("adopt") {
		district.fail("nothing came of the click")
	}
	district.sees("还有")
	district.lacks("已超期")

	address := func(host string) string { return "http://" + host + ":" + b.port + publishing.Path(it) }
	hosts := []string{"shaanxi.localhost", "xian.localhost", "yanta.localhost"}
	citizen := b.person("")
	for _, host := range hosts {
		citizen.portal(host, publishing.Path(it))
		citizen.seesSoon(it.Title, 10*time.Second)
	}
	province := b.person("shengbian")
	province.open(page)
	province.press("撤稿")
	province.sees("撤稿后不再显示的栏目")
	province.sees("雁塔区人民政府（演示） / 要闻")
	province.both("fan-out")
	province.fill("撤稿理由", "数据有误，重新核实")
	pressed := time.Now()
	province.press("撤下这篇稿件")
	province.sees("数据有误，重新核实")
	for _, host := range hosts {
		for range 100 {
			if answers(t, h.addr, address(host)) == http.StatusGone {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if got := answers(t, h.addr, address(host)); got != http.StatusGone {
			t.Errorf("%s answers %d", host, got)
		}
	}
	t.Logf("gone from three portals %v after the button", time.Since(pressed).Round(time.Millisecond))
	citizen.portal("yanta.localhost", publishing.Path(it))
	citizen.lacks(it.Title)
	citizen.both("withdrawn")
	district.open("/console/messages")
	district.sees("数据有误，重新核实")
	district.open("/console/columns/" + string(column("yanta", "news").ID))
	district.sees("已超期")
	district.sees("撤稿：数据有误，重新核实")

	marked := live[3].Item
	supervisor := b.person("sheng")
	supervisor.open("/console/reposts/new?item=" + url.QueryEscape(string(marked.ID)))
	supervisor.sees(marked.Title)
	supervisor.tick("西安市")
	supervisor.both("repost-mark")
	supervisor.press("标明并通知")
	supervisor.sees("已标明并通知各单位")
	call := supervisor.location()

	adopt := func(p *tab, place string) {
		p.open(call)
		p.press("采用到栏目")
		p.fill("栏目", place)
		p.press("采用并发布")
		p.sees("谁在显示")
		p.open(call)
	}
	adopt(city, "西安市人民政府（演示） / 要闻")
	city.sees("按时转载")
	clock.ahead.Store(int64(25*time.Hour + 30*time.Minute))
	district.again()
	district.open(call)
	district.sees("超时 1 小时")
	adopt(district, "雁塔区人民政府（演示） / 要闻")
	district.sees("迟 1 小时")
	supervisor.again()
	supervisor.open(call)
	supervisor.both("repost-late")
	supervisor.open(call + "?state=late")
	supervisor.sees("雁塔区人民政府（演示）")
	supervisor.lacks("西安市人民政府（演示）")
	supervisor.open(call + "?state=owed")
	supervisor.sees("超时 1 小时")
}

// answers is the status at an address of a portal.
func answers(t *testing.T, addr, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, "http://"+addr+u.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = u.Host
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return resp.StatusCode
}
