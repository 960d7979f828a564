package lookalike

import (
	"strings"
	"testing"
)

var someProtected = []string{
	"www.shaanxi.gov.cn", "www.xa.gov.cn", "www.baoji.gov.cn", "www.xianyang.gov.cn", "www.tongchuan.gov.cn", "www.weinan.gov.cn", "www.yanan.gov.cn", "www.hanzhong.gov.cn", "www.yl.gov.cn", "www.ankang.gov.cn", "www.shangluo.gov.cn", "www.ylagri.gov.cn",
	"www.baishui.gov.cn", "www.lantian.gov.cn", "www.beilin.gov.cn", "www.yanta.gov.cn", "zwfw.shaanxi.gov.cn", "www.sxhanyin.gov.cn", "www.fuping.gov.cn", "www.snqindu.gov.cn", "rst.shaanxi.gov.cn", "www.xixianxinqu.gov.cn",
}

// Names as an impostor would choose them, by ways and words that no set has.
func TestNamesOfImpostors(t *testing.T) {
	m := New(someProtected)
	for host, imitates := range map[string]string{
		"hanzhong-gov-cn.com":               "www.hanzhong.gov.cn",
		"www-hanzhong-gov-cn.top":           "www.hanzhong.gov.cn",
		"wwwhanzhonggovcn.com":              "www.hanzhong.gov.cn",
		"hanzhonggov.com.cn":                "www.hanzhong.gov.cn",
		"hanzhong.gov.com.cn":               "www.hanzhong.gov.cn",
		"hanzhong.govcn.net":                "www.hanzhong.gov.cn",
		"hanzhong.gov.cn-login.com":         "www.hanzhong.gov.cn",
		"www.hanzhong.gov.cn.evil-site.xyz": "www.hanzhong.gov.cn",
		"hanzhong.gov.cn.com.ru":            "www.hanzhong.gov.cn",
		"hanzhong-gov.xyz":                  "www.hanzhong.gov.cn",
		"hanzhongzf.cn":                     "www.hanzhong.gov.cn",
		"hanzhong-zf.com":                   "www.hanzhong.gov.cn",
		"hanzhongzwfw.com":                  "www.hanzhong.gov.cn",
		"hanzhong-zwfw.online":              "www.hanzhong.gov.cn",
		"zwfwhanzhong.cn":                   "www.hanzhong.gov.cn",
		"hanzhong-online.gov.cn.cc":         "www.hanzhong.gov.cn",
		"hanzhonggov.org":                   "www.hanzhong.gov.cn",
		"gov-hanzhong.org.cn":               "www.hanzhong.gov.cn",
		"hanzhong.org.cn":                   "www.hanzhong.gov.cn",
		"hanzhong.net.cn":                   "www.hanzhong.gov.cn",
		"hanzhomg-gov.cn":                   "www.hanzhong.gov.cn",
		"hanzhnog.gov.cn.info":              "www.hanzhong.gov.cn",
		"hamzhong.com.cn":                   "www.hanzhong.gov.cn",
		"hannzhong.cn":                      "www.hanzhong.gov.cn",
		"hanzhong.qov.cn":                   "www.hanzhong.gov.cn",
		"hanzhong.gov-service.com":          "www.hanzhong.gov.cn",
		"www.hanzhong.goy.cn":               "www.hanzhong.gov.cn",
		"hanzhong.gov.con.cn":               "www.hanzhong.gov.cn",
		"hanzhong.gov.xn--fiqs8s":           "www.hanzhong.gov.cn",
		"һanzhong.com":                      "www.hanzhong.gov.cn",
		"hanzhοng.cn":                       "www.hanzhong.gov.cn",
		"ｈａｎｚｈｏｎｇ-gov.cn":                   "www.hanzhong.gov.cn",
		"hánzhong.com":                      "www.hanzhong.gov.cn",
		"hanzh0ng.cn":                       "www.hanzhong.gov.cn",
		"shaanx1.com.cn":                    "www.shaanxi.gov.cn",
		"shaanxi-rst.com":                   "",
		"rst-shaanxi.cn":                    "",
		"rst.shaanxi-gov.cn":                "",
		"sxzwfw-shaanxi.com":                "",
		"shaanxizhengwu.com":                "www.shaanxi.gov.cn",
		"shaanxizhengfu.cn":                 "www.shaanxi.gov.cn",
		"shaanxi-zwfw-gov.cn":               "",
		"shaanxi-shebao.com":                "www.shaanxi.gov.cn",
		"shaanxi-yibao.top":                 "www.shaanxi.gov.cn",
		"etc-shaanxi.com":                   "www.shaanxi.gov.cn",
		"shaanxi12345.com":                  "www.shaanxi.gov.cn",
		"shaanxi-12345.cn":                  "www.shaanxi.gov.cn",
		"xianyang-gongjijin.com":            "www.xianyang.gov.cn",
		"xianyang-gov.shop":                 "www.xianyang.gov.cn",
		"xianyang.gov.cn.login.xn--abc.com": "www.xianyang.gov.cn",
		"gov.cn.xianyang.com":               "",
		"xianyang.cn-gov.com":               "www.xianyang.gov.cn",
		"xianyang-cn.com":                   "www.xianyang.gov.cn",
		"xianyang.xn--zfr164b.com":          "",
		"xianyan9.com.cn":                   "www.xianyang.gov.cn",
		"汉中市人民政府.com":                       "",
		"汉中市政府.net":                         "",
		"汉中政务服务网.cn":                        "",
		"陕西省人民政府.cn":                        "",
		"汉中-政务.com":                         "",
		"陕西政务服务.公司":                         "",
		"baishuixian-gov.cn":                "",
		"baishuizhengfu.com":                "www.baishui.gov.cn",
		"baishui.government.cn":             "",
		"baishui-government.com":            "www.baishui.gov.cn",
		"baishuigovernment.com":             "www.baishui.gov.cn",
		"yanta-gov.vip":                     "www.yanta.gov.cn",
		"yantagov.vip":                      "www.yanta.gov.cn",
		"my-yanta-gov.com":                  "www.yanta.gov.cn",
		"login.yanta.gov-cn.vip":            "www.yanta.gov.cn",
	} {
		v := m.Check(host)
		if !v.Lookalike || imitates != "" && v.Imitates != imitates {
			t.Errorf("%s: %+v, want %s", host, v, imitates)
		}
	}
}

// Honest names: other bodies under restricted suffixes, media, schools, sights, trade.
func TestHonestNames(t *testing.T) {
	m := New(someProtected)
	for _, host := range strings.Fields(`
			www.shanxi.gov.cn www.jinan.gov.cn www.jian.gov.cn www.hanzhou.gov.cn www.hangzhou.gov.cn www.weihai.gov.cn www.ankan.gov.cn www.yulin.gov.cn www.xian.gov.cn www.guanzhong.gov.cn www.hanzhongbinjiang.gov.cn
			www.hanzhong123.com www.hanzhongnews.com www.hzxw.net www.hanzhongtv.com www.hanzhonghotel.com www.hanzhong-hotel.com www.hanzhongrc.com www.hanzhongfc.com www.hzrcw.com www.xianhotel.com
			www.sxdaily.com.cn www.cnwest.com www.xiancn.com www.xawb.com www.hsw.cn www.sanqin.com www.sxrb.com www.hanzhongribao.com www.baojinews.com www.baojibank.com www.baojidaily.com
			www.xjtu.edu.cn www.nwpu.edu.cn www.snnu.edu.cn www.baojiuniv.com www.hanzhongyixueyuan.com www.sntcm.edu.cn www.bjwlxy.edu.cn
			www.bmy.com.cn www.huashan16.com www.qinling.com www.qinlingtour.com www.dayanta.com www.xiancitywall.com www.famensi.com www.taibaishan.com
			www.shaanxibank.com www.ccabchina.com www.yanchangpetroleum.com www.sxccb.com www.xacbank.com www.shaanxigas.com www.sxmobile.com www.sxcoal.com
			www.58.com xa.58.com hanzhong.58.com hanzhong.ganji.com baoji.anjuke.com xian.fang.com hanzhong.zhaopin.com baoji.meituan.com xian.qq.com sn.people.com.cn sn.news.cn
			www.govtech.com www.governor.com www.gova.com www.mygov.in www.govt.nz www.gov.sg www.usa.gov www.gov.br service.gov.uk www.go.jp www.gob.mx
			www.lantianboats.com www.lantian.com.tw www.lantian360.com www.yantaiport.com www.yantaiunion.com www.fuping.net.tw www.weinanren.com www.tongchuang.com www.tongchuangsoft.com
			www.china.com.cn www.chinanews.com www.baidu.com www.taobao.com www.jd.com www.12306.cn www.chsi.com.cn www.icbc.com.cn www.boc.cn www.10086.cn www.95598.cn
			www.ankangtech.com www.ankang-hospital.com www.ankanghotel.com www.xianyangairport.com www.xxia.com www.shangluotravel.com www.yananhospital.com www.yanantour.com
			news.cctv.com www.gmw.cn www.legaldaily.com.cn www.chinacourt.org www.creditchina.com www.bankofxian.com www.westholiday.com www.zhengfucaigou.com www.zhengwu.com www.govmade.com www.egov.com
			github.com www.wikipedia.org developer.mozilla.org www.apache.org golang.org www.example.com www.microsoft.com
			www.beilinmuseum.com www.beilin-museum.com www.sxhm.com www.qindu.com.tw www.hanyin.com www.snedu.com www.sneac.com www.sxsme.com www.sxjt.com
		`) {
		if v := m.Check(host); v.Lookalike {
			t.Errorf("%s taken for %s (%s)", v.Host, v.Imitates, v.Technique)
		}
	}
}
