package check

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/prose"
)

// OnItem is the subject of the checks on what is not a page yet: a manuscript
// with what is said about it. They stand in the same table as those of pages.
const OnItem = "item"

// Item is a manuscript before it becomes a page. Empty fields are not given.
type Item struct {
	// Policy files carry the elements of a document.
	Policy  bool
	DocNo   string
	Issuer  string
	Written calendar.Date
	// Published is the day it goes out; zero is today.
	Published calendar.Date
	Pictures  []Picture
	Links     []Link
	// Unread are the attachments whose text could not be read, each with why.
	Unread []string
}

// Picture is a picture of an item as its author described it.
type Picture struct{ Src, Alt, Caption, Source string }

// itemPatterns are the expressions the checks of items judge by; they are part
// of the edition.
var itemPatterns = []string{mapWords, reviewNumber, docNumber, emptyAlt}

const (
	// Pictures that show territory. “服务地图” and “思维导图” do not.
	mapWords = `(?:行政区划图|行政区划示意图|政区图|地形图|交通图|区位图|全国地图|中国地图|世界地图|全省地图|(?:省|市|区|县|镇|旗|州)(?:域)?地图|导游图|遥感影像图|卫星影像图|(?:位置|分布)(?:示意)?图)`
	// 审图号：GS（2023）1234号, 陕S（2022）015号, 琼S〔2021〕…
	reviewNumber = `(?:GS|\p{Han}S)\s?(?:京)?\s?[(（〔\[]\s?\d{4}\s?[)）〕\]]\s?\d{1,6}\s?号`
	docNumber    = `^(.{1,30}?)([\[(（【［﹝〔〖])?((?:19|20)\d{2}|\d{2})([\])）】］﹞〕〗])?(第?)(0*)(\d{1,5})号$`
	emptyAlt     = `^(?i:图片?|照片|插图|配图|image|img|photo|pic|picture|untitled|未命名|微信图片|截图|[\d_\-\s()（）]+|.*\.(?:jpe?g|png|gif|bmp|webp))[\d_\-\s]*$`
)

var (
	mapPattern    = regexp.MustCompile(mapWords)
	reviewPattern = regexp.MustCompile(reviewNumber)
	docNoPattern  = regexp.MustCompile(docNumber)
	altPattern    = regexp.MustCompile(emptyAlt)
)

// DocNoWrong says what GB/T 9704—2012, 7.2.5 finds wrong in a document number
// and how it is written right; empty says when nothing is.
func DocNoWrong(no string) (says, right string) {
	m := docNoPattern.FindStringSubmatch(strings.Join(strings.Fields(no), ""))
	if m == nil {
		return "", ""
	}
	if len(m[3]) == 2 && (m[2] == "" || m[4] == "") {
		return "", "" // 令第230号: no year at all
	}
	right = m[1] + "〔" + m[3] + "〕" + m[7] + "号"
	switch {
	case len(m[3]) == 2:
		return "年份应当标全称，不得简写为两位", ""
	case m[2] == "" || m[4] == "":
		// “第12号” of an order has no year; four figures before it are one.
		return "年份应当用六角括号“〔〕”括入", right
	case m[2] != "〔" || m[4] != "〕":
		return "年份应当用六角括号“〔〕”括入，不用“" + m[2] + m[4] + "”", right
	case m[5] != "":
		return "顺序号不加“第”字", right
	case m[6] != "":
		return "顺序号不编虚位（不以 0 开头）", right
	}
	return "", ""
}

// itemCheck makes a check on items.
func itemCheck(id string, sev Severity, articles []string, fine, wrong, fix string, run func(c *Check, f *Facts, i *Item) []Finding) Check {
	return Check{ID: id, Articles: articles, Severity: sev, AppliesTo: []string{OnItem},
		Says: Says{Fine: fine, Wrong: wrong, HowToFix: fix}, Evidence: "稿件版本及其摘要值",
		run: func(c *Check, f *Facts) []Finding {
			if f.Item == nil {
				return nil
			}
			return run(c, f, f.Item)
		}}
}

var itemChecks = []Check{
	itemCheck("item.docno", Error, []string{"S19.3a"}, "发文字号规范", "发文字号不规范", "发文字号由机关代字、六角括号括入的四位年份和顺序号组成，例：陕政发〔2026〕12号。", itemDocNo),
	itemCheck("item.dates", Error, []string{"S12.1"}, "日期合理", "日期不合理", "请核对成文日期和发布时间。", itemDates),
	itemCheck("item.elements", Advice, []string{"S19.3a"}, "要素齐全", "要素不全", "请在“公文信息”中补填。", itemElements),
	// An error, which the author mends or keeps with a reason: no clause makes it a bar,
	// and what rests on a basis that is not verified blocks nobody.
	doubted(itemCheck("item.undescribed", Error, []string{"S32"}, "图片都写了替代文字", "图片还没有替代文字", "请写明图片表达的内容，读屏用户靠它了解图片。", itemUndescribed),
		barrierFreeDoubt+"；发布前补写或写明理由是本系统的要求"),
	doubted(itemCheck("item.alt", Error, []string{"S32"}, "图片有替代文字", "图片的替代文字没有说明内容", "请写明图片表达的内容，读屏用户靠它了解图片。", itemAlt), barrierFreeDoubt),
	itemCheck("item.map", Serious, []string{"S12.2a"}, "地图有审图号", "地图没有标注审图号", "请使用自然资源部门的标准地图，并在图注中写明审图号；不是地图的，请改写替代文字。", itemMap),
	itemCheck("item.link", Error, []string{"S19.4"}, "链接地址规范", "链接地址有误", "请改为完整的、公众可以访问的网址。", itemLinks),
	itemCheck("item.advert_link", Error, []string{"S12.2b"}, "没有商业广告链接", "疑似链接商业页面", "不得链接商业广告页面，请删去；确系工作需要的，请写明理由。", itemAdverts),
	itemCheck("item.attachment", Error, []string{"S19.3a"}, "附件文字可以检查", "附件的文字没有检查到", "请改用可复制文字的 DOCX、XLSX 或 PDF，或人工核对附件后写明理由。", itemUnread),
}

func itemDocNo(c *Check, _ *Facts, i *Item) []Finding {
	says, right := DocNoWrong(i.DocNo)
	if says == "" {
		return nil
	}
	if right != "" {
		says += "，建议写作“" + right + "”"
	}
	return []Finding{c.wrong(says, "发文字号")}
}

func itemDates(c *Check, f *Facts, i *Item) []Finding {
	on, word := i.Published, "发布日期"
	if on.IsZero() {
		on, word = f.Today, "今天"
	}
	switch {
	case i.Written.IsZero() || on.IsZero():
	case i.Written.After(on):
		return []Finding{c.wrong(fmt.Sprintf("成文日期%s晚于%s（%s）", i.Written.Chinese(), word, on.Chinese()), "成文日期")}
	case i.Written.Year < 1949:
		return []Finding{c.wrong("成文日期"+i.Written.Chinese()+"过早", "成文日期")}
	}
	return nil
}

func itemElements(c *Check, _ *Facts, i *Item) []Finding {
	var missing []string
	need := func(wanted bool, value, name string) {
		if wanted && strings.TrimSpace(value) == "" {
			missing = append(missing, name)
		}
	}
	need(i.Policy, i.DocNo, "发文字号")
	need(i.Policy, i.Issuer, "发文机关")
	if i.Policy && i.Written.IsZero() {
		missing = append(missing, "成文日期")
	}
	if len(missing) == 0 {
		return nil
	}
	return []Finding{c.wrong("没有填写"+strings.Join(missing, "、"), "要素")}
}

// itemUndescribed finds pictures that were pasted without words.
func itemUndescribed(c *Check, _ *Facts, i *Item) []Finding {
	var out []Finding
	for n, p := range i.Pictures {
		if strings.TrimSpace(p.Alt) == prose.Undescribed {
			out = append(out, c.wrong("粘贴或导入时没有带来说明", fmt.Sprintf("第 %d 张图片", n+1)))
		}
	}
	return out
}

func itemAlt(c *Check, _ *Facts, i *Item) []Finding {
	var out []Finding
	for n, p := range i.Pictures {
		if alt := strings.TrimSpace(p.Alt); alt != prose.Undescribed && (alt == "" || altPattern.MatchString(alt)) {
			out = append(out, c.wrong("“"+abridge.Text(alt, 40)+"”", fmt.Sprintf("第 %d 张图片", n+1)))
		}
	}
	return out
}

func itemMap(c *Check, _ *Facts, i *Item) []Finding {
	var out []Finding
	for n, p := range i.Pictures {
		words := p.Alt + " " + p.Caption
		if mapPattern.MatchString(words) && !reviewPattern.MatchString(words+" "+p.Source) {
			out = append(out, c.wrong("“"+abridge.Text(strings.TrimSpace(words), 40)+"”", fmt.Sprintf("第 %d 张图片", n+1)))
		}
	}
	return out
}

func itemLinks(c *Check, _ *Facts, i *Item) []Finding {
	var out []Finding
	for _, l := range i.Links {
		if says := linkWrong(l.Href); says != "" {
			out = append(out, c.wrong(label40(l.Text)+says, l.Href))
		} else if strings.TrimSpace(l.Text) == "" {
			out = append(out, c.wrong("链接没有文字", l.Href))
		}
	}
	return out
}

// linkWrong says what is wrong with an address by its shape alone, "" for
// nothing.
func linkWrong(href string) string {
	href = strings.TrimSpace(href)
	if href == "" || href == "#" {
		return "链接没有地址"
	}
	if strings.IndexFunc(href, func(r rune) bool { return r >= 0xff01 && r <= 0xff5e || r == 0x3002 || r == '\u3000' }) >= 0 {
		return "网址里有全角字符"
	}
	u, err := url.Parse(href)
	if err != nil {
		return "网址写法有误"
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
	case "", "mailto", "tel":
		return ""
	case "file":
		return "指向本机文件，读者打不开"
	default:
		return "网址应以 http:// 或 https:// 开头"
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() {
			return "指向内部网络地址，读者打不开"
		}
		return ""
	}
	if host == "localhost" || !strings.Contains(host, ".") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".lan") || strings.Contains(host, "..") {
		return "域名不完整或是内部域名，读者打不开"
	}
	return ""
}

// commercial are registrable domains of shops: a link to one needs a reason.
var commercial = []string{"taobao.com", "tmall.com", "jd.com", "pinduoduo.com", "yangkeduo.com", "vip.com", "suning.com", "meituan.com", "dianping.com", "ele.me", "ctrip.com", "58.com", "ke.com", "lianjia.com", "anjuke.com", "youzan.com", "weidian.com", "1688.com"}

func itemAdverts(c *Check, f *Facts, i *Item) []Finding {
	var out []Finding
	for _, l := range i.Links {
		host := hostOf(l.Href)
		if host == "" || governmentHost(host) {
			continue
		}
		shop := slices.ContainsFunc(commercial, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
		if word := f.Lexicon.suspicious(l.Text); shop || word != "" {
			out = append(out, c.wrong(label40(l.Text)+host, l.Href))
		}
	}
	return out
}

func itemUnread(c *Check, _ *Facts, i *Item) []Finding {
	var out []Finding
	for _, s := range i.Unread {
		out = append(out, c.wrong(strings.TrimSuffix(s, "。"), "附件"))
	}
	return out
}
