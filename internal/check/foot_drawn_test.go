package check

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
)

// footLedger is what the ledger holds of the site whose feet are drawn below.
func footLedger() *Ledger {
	return &Ledger{SiteName: "雁塔区人民政府", SiteDomain: "www.yanta.gov.cn", SiteCode: "6101130001", Sponsor: "西安市雁塔区人民政府办公室",
		ICPFiling: "陕ICP备05010001号-1", PoliceFiling: "陕公网安备61011302000123号", Object: Portal, Government: true,
		Opened: calendar.Date{Year: 2015, Month: 1, Day: 1}}
}

const (
	footMark  = `<a href="https://bszs.conac.cn/sitename?method=show&id=0A1B2C3D4E5F60718293A4B5C6D7E8F9"><img src="https://dcs.conac.cn/image/red.png" alt="党政机关网站标识"></a>`
	footWrong = `<script src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js?site_code=6101130001"></script>`
)

// Feet as the systems of publishing houses draw them: what is there is found, wherever
// and however it stands, and what is wrong is told and nothing else.
func TestFeetAsTheyAreDrawn(t *testing.T) {
	for _, tt := range []struct {
		name, foot string
		wrong      []string // the items that are wrong
	}{
		{"one line with bars", `<div class="footer"><p><a href="/wzdt.html">网站地图</a> | <a href="/lxwm.html">联系我们</a></p><p>主办：西安市雁塔区人民政府办公室　网站标识码：6101130001　陕ICP备05010001号-1　陕公网安备61011302000123号</p>` + footMark + footWrong + `</div>`, nil},
		{"a table of cells", `<table><tr><td>主办单位</td><td>西安市雁塔区人民政府办公室</td></tr><tr><td>联系电话</td><td>029-88881234</td></tr><tr><td>网站标识码</td><td>6101130001</td></tr><tr><td>备案号</td><td>陕ICP备05010001号-1</td></tr><tr><td>公安备案</td><td>陕公网安备 61011302000123号</td></tr></table><a href="/map/">站点地图</a>` + footMark + footWrong, nil},
		{"spans side by side", `<footer><span>主办单位：</span><span>西安市雁塔区人民政府办公室</span><br><span>网站标识码</span><span>：</span><span>6101130001</span><br><a href="https://beian.miit.gov.cn/">陕ICP备05010001号-1</a><a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=61011302000123"><img src="/i/ghs.png"><p>陕公网安备 61011302000123号</p></a><a title="网站地图" href="/wzdt/">网站地图</a><a href="/lxwm/">联系我们</a>` + footMark + footWrong + `</footer>`, nil},
		{"sponsor and maker in one line", `<p>主办单位：西安市雁塔区人民政府办公室 承办单位：雁塔区大数据服务中心 技术支持：某某公司</p><p>电话：（029）88881234　邮编：710061</p><p>网站标识码：6101130001　备案序号：陕ICP备05010001号-1　公安备案号：61011302000123</p><p><a href="/wzdt">网站地图</a></p>` + footMark + footWrong, nil},
		{"full width signs", `<p>主办单位:西安市雁塔区人民政府办公室</p><p>网站标识码:６１０１１３０００１</p><p>陕ICP备05010001号－1</p><p>陕公网安备61011302000123号</p><p>Tel:029-88881234</p><a href="/sitemap.html">网站地图</a>` + footMark + footWrong, nil},
		{"lists", `<ul class="foot"><li><a href="/about/">关于我们</a></li><li><a href="/contact/">联系方式</a></li><li><a href="/sitemap/">网站导航</a></li></ul><ul><li>主办：西安市雁塔区人民政府办公室</li><li>标识码：6101130001</li><li>ICP备案：陕ICP备05010001号-1</li><li>陕公网安备61011302000123号</li></ul>` + footMark + footWrong, nil},
		{"the code broken over tags", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234</p><p>网站标识码：<b>610113</b><b>0001</b></p><p>陕ICP备<span>05010001</span>号-1 陕公网安备<span>61011302000123</span>号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, nil},
		{"the button that reports errors as a picture", `<p>主办单位：西安市雁塔区人民政府办公室 联系我们：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + `<a href="https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=6101130001&url=http%3A%2F%2Fwww.yanta.gov.cn%2F"><img src="/i/jiucuo.png" alt="政府网站找错"></a>`, nil},
		{"a short name of the sponsor", `<p>主办：雁塔区人民政府办公室　承办：区政务信息中心</p><p>网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号 咨询电话：029-88881234</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, nil},
		{"a filing without its part", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, nil},

		{"another site's code", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101120001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"site_code"}},
		{"a code one figure short", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：610113001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"site_code"}},
		{"an old filing", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05000777号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"icp"}},
		{"no filing with the police", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"police"}},
		{"another number of the police", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000321号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"police"}},
		{"another office as sponsor", `<p>主办单位：西安市碑林区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"sponsor"}},
		{"only who made it", `<p>承办单位：雁塔区大数据服务中心 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"sponsor"}},
		{"no map", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p>` + footMark + footWrong, []string{"site_map"}},
		{"the mark as a picture that leads nowhere", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a><img src="/i/red.png" alt="党政机关">` + footWrong, []string{"party_gov_mark"}},
		{"errors are reported for another site", `<p>主办单位：西安市雁塔区人民政府办公室 电话：029-88881234 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + `<script src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js?site_code=6101990001"></script>`, []string{"error_report"}},
		{"nobody can be reached", `<p>主办单位：西安市雁塔区人民政府办公室 网站标识码：6101130001 陕ICP备05010001号-1 陕公网安备61011302000123号</p><a href="/wzdt/">网站地图</a>` + footMark + footWrong, []string{"contact"}},
		{"a foot without anything", `<p>版权所有 © 2026</p>`, []string{"party_gov_mark", "error_report", "site_code", "sponsor", "contact", "icp", "police", "site_map"}},
	} {
		page, err := ParsePage([]byte(`<!DOCTYPE html><html><head><meta charset="utf-8"><title>雁塔区人民政府</title></head><body><div class="top"><h1>雁塔区人民政府</h1></div><div class="main"><p>`+strings.Repeat("全区经济运行总体平稳，各项工作有序推进。", 30)+`</p></div>`+tt.foot+`</body></html>`), "text/html; charset=utf-8", "http://www.yanta.gov.cn/")
		if err != nil {
			t.Fatal(err)
		}
		var wrong, says []string
		for _, f := range Run(Facts{Page: page, Class: ClassHome, Ledger: footLedger(), Today: calendar.Date{Year: 2026, Month: 3, Day: 20}}) {
			if item, ok := strings.CutPrefix(f.Check, "footer."); ok && f.Outcome == Violated && item != "chinese_domain" {
				wrong, says = append(wrong, item), append(says, f.Says)
			}
		}
		if !slices.Equal(wrong, tt.wrong) {
			t.Errorf("%s: wrong %q, want %q: %q", tt.name, wrong, tt.wrong, says)
		}
	}
}
