package check

import (
	"strings"
	"testing"
)

// What outside links open after their domains changed hands, and what honest sites show.
func TestLandings(t *testing.T) {
	long := strings.Repeat("我市各部门认真落实各项任务，推动工作取得实效。", 40)
	for _, c := range []struct {
		name, final, title, text string
		want                     LinkState
	}{
		{"casino by title", "", "澳门新葡京_官方直营", "欢迎光临", LinkIllegal},
		{"casino by text", "", "首页", "本站提供百家乐、老虎机、真人荷官服务，欢迎注册", LinkIllegal},
		{"casino, lawful words in the foot", "", "百家乐平台", long + "网站管理办法", LinkIllegal},
		{"brand", "", "开云体育app下载", "", LinkIllegal},
		{"films", "", "国产av在线观看", "", LinkIllegal},
		{"by the host it leads to", "http://www.bet3650.com/", "", "", LinkIllegal},
		{"by the host, neutral words", "http://casino-vip.com/", "Welcome", "Loading", LinkIllegal},
		{"for sale", "", "lanting-jidian.com is for sale", "Buy this domain. The owner offers it.", LinkParked},
		{"for sale, the domain", "", "This domain name is for sale!", "", LinkParked},
		{"may be for sale", "", "x", "lanting-jidian.com may be for sale. Click here to inquire about this domain.", LinkParked},
		{"parked free", "", "Parked Domain name on Hostinger DNS system", "", LinkParked},
		{"web page parked", "", "lanting-jidian.com", "This Web page is parked for FREE, courtesy of GoDaddy.com.", LinkParked},
		{"has expired", "", "x", "The domain lanting-jidian.com has expired. Is this your domain? Renew now.", LinkParked},
		{"for sale in Chinese", "", "您正在访问的域名可以转让", "", LinkParked},
		{"for sale, honest price", "", "域名诚意出售", "本域名诚意出售，联系QQ 10001", LinkParked},
		{"price list", "", "精品域名米表", "以下域名低价转让，欢迎洽谈", LinkParked},
		{"expired in Chinese", "", "域名到期", "您访问的域名已到期，请及时续费", LinkParked},
		{"kept by a registrar", "", "域名停放", "此域名已被注册并停放在本平台", LinkParked},
		{"auction", "", "该域名正在拍卖中", "", LinkParked},
		{"trading house", "https://www.dan.com/buy-domain/lanting", "", "", LinkParked},
		{"suspended", "", "域名已被暂停解析", "该域名因未实名认证已暂停解析", LinkParked},
		{"no filing", "", "网站暂时无法访问", "该网站未进行备案，网站暂时无法访问。域名未备案", LinkParked},

		{"news on gambling", "", "我市警方打掉一个百家乐赌博团伙", "警方打击网络赌博，查获老虎机、时时彩网站", ""},
		{"lottery", "", "中国体育彩票中心", "投注站、开奖直播、彩票投注须知，体育彩票公益金", ""},
		{"on domains", "", "域名管理办法解读", "域名出售、转让的规定。" + long, ""},
		{"museum", "", "某博物馆", long, ""},
		{"own mobile", "http://m.lanting-jidian.com/", "某公司", long, ""},
		{"empty", "", "", "", ""},
		{"hotel", "", "威尼斯酒店预订", "客房、餐饮、会议", ""},
		{"estate for sale", "", "楼盘出售信息", "本小区房屋出售，联系电话见公告", ""},
		{"domain of law", "", "公共法律领域服务", "本领域已过期的文件清单", ""},
		{"renewing notice", "", "关于做好域名续费工作的通知", "各单位：请做好域名续费和备案。" + long, ""},
	} {
		final := c.final
		if final == "" {
			final = "http://www.lanting-jidian.com/"
		}
		r := LinkResult{Link: Link{URL: "http://www.lanting-jidian.com/", Kind: LinkExternal}, Status: 200, FinalURL: final, Title: c.title, Text: c.text}
		if got, sign := r.Landing(builtin()); got != c.want {
			t.Errorf("%s: %q %s, want %q", c.name, got, sign, c.want)
		}
	}
}
